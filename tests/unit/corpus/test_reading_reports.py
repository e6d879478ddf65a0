"""Files that people have: JSON with NaN, records of public corpora, encodings, charsets, digests of other conventions."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bubblenet.corpus.reading.dates import iso_date
from bubblenet.corpus.reading.formats import kind_of, suffix_table
from bubblenet.corpus.reading.http import media_type
from bubblenet.corpus.reading.json_values import loads
from bubblenet.corpus.reading.pages import Page
from bubblenet.corpus.reading.prescan import PRESCAN_BYTES, declared_charsets
from bubblenet.corpus.reading.readers import read_file
from bubblenet.corpus.reading.seed_files import fault_of, read_lines, read_seed
from bubblenet.corpus.reading.sniffing import is_html
from bubblenet.corpus.similarity.contamination import read_items
from bubblenet.errors import InputError
from bubblenet.method.seeds import SeedFile
from tests.archives import LIMIT, PAGE, gzip_members, read, read_parts, reasons, warc_record

TEXT = "Boil the water first, then warm the pot."
PACKS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
BOM = b"\xef\xbb\xbf"
LINES = b'{"text": "one", "score": NaN}\n\n{"text": "two NaN", "scores": [-Infinity, Infinity, 1.5]}\n{"text": "\\ud800", "x": NaN}\n'


# JSON as Python writes it


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b'{"a": NaN, "b": [Infinity, -Infinity]}', {"a": None, "b": [None, None]}),
        (b'{"NaN": "NaN, Infinity \\" NaN", "b": NaN}', {"NaN": 'NaN, Infinity " NaN', "b": None}),
        (b'{"a": "\\\\", "b": NaN, "c": "\\ud800"}', {"a": "\\", "b": None, "c": "\ufffd"}),
        (BOM + b'{"a": 1180591620717411303424}', {"a": 1180591620717411303424.0}),
    ],
)
def test_nan_and_infinity_are_null_and_strings_stay(payload: bytes, value: Any) -> None:
    assert loads(payload) == value


@pytest.mark.parametrize("payload", [b'{"a": NaNs}', b'{"a": -NaN}', b"{NaN: 1}", b'{"a": nan}', b'{"a": "NaN', b'{"a": Inf}'])
def test_what_python_does_not_write_stays_an_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match="line 1"):
        loads(payload)


@given(st.recursive(st.none() | st.floats() | st.text() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whatever_python_writes_is_read(value: Any) -> None:
    def told(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: told(inner) for key, inner in item.items()}
        return [told(inner) for inner in item] if isinstance(item, list) else None if item != item or item in (1e999, -1e999) else item

    assert loads(json.dumps(value).encode()) == told(value)


def test_the_pages_of_the_report_are_all_read(suite: Callable[[str], Path]) -> None:
    assert reasons(suite("reports") / "nan.jsonl") == [None] * 4


@pytest.mark.parametrize("mark", [b"", BOM], ids=["plain", "marked"])
@pytest.mark.parametrize("suffix", PACKS)
def test_pages_seeds_and_evaluation_items_are_lines_of_one_reader(tmp_path: Path, suffix: str, mark: bytes) -> None:
    path = tmp_path / f"x.jsonl{suffix}"
    path.write_bytes(PACKS[suffix](mark + LINES))

    assert [page.content for page in read(path)] == ["one", "two NaN", "\ufffd"]
    assert [number for number, _ in read_lines(str(path))] == [1, 3, 4]
    assert {read_seed(line)["reason"] for _, line in read_lines(str(path))} == {"missing_text"}
    assert [text for _, text in read_items(f"{path}:text")] == ["one", "two NaN", "\ufffd"]


@pytest.mark.parametrize("suffix", PACKS)
def test_an_evaluation_file_may_be_one_list(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.json{suffix}"
    path.write_bytes(PACKS[suffix](BOM + json.dumps([{"q": "one", "x": float("nan")}, {"q": "two"}], indent=1).encode()))

    assert list(read_items(f"{path}:q")) == [(f"{path}#1", "one"), (f"{path}#2", "two")]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_an_evaluation_file_that_ends_early_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.jsonl{suffix}"
    rows = b"".join(b'{"q": "%s"}\n' % hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(9999))
    path.write_bytes(PACKS[suffix](rows)[:-5000])

    with pytest.raises(InputError, match="ends early"):
        list(read_items(f"{path}:q"))


# Records of public corpora

ADDRESS = "https://pumps.example/a"
DATE = "2023-02-05T04:30:28Z"
HEADERS = {"warc-target-uri": ADDRESS, "warc-date": DATE, "warc-identified-content-language": "eng", "warc-record-id": "<urn:uuid:1>"}
RP2_META = {"url": ADDRESS, "partition": "head_middle", "language": "en", "source_domain": "pumps.example", "date_download": DATE}
RECORDS: dict[str, dict[str, Any]] = {
    "dolma": {
        "id": "doc-1", "text": TEXT, "source": "common-crawl", "added": "2024-03-01T00:00:00.000Z", "created": "2020-01-01T00:00:00.000Z",
        "metadata": {"url": ADDRESS, "date_download": DATE, "language": "en", "language_score": 0.9, "provenance": "cc_en_head-0.gz:1"},
    },
    "datatrove": {
        "text": TEXT, "id": "<urn:uuid:2>", "media": [],
        "metadata": {"dump": "CC-MAIN-2023-06", "url": ADDRESS, "date": DATE, "file_path": "s3://commoncrawl/x.warc.gz", "language": "en"},
    },
    "redpajama 1": {"text": TEXT, "meta": {"url": ADDRESS, "timestamp": DATE, "language": "en", "source": "arxiv"}},
    "redpajama 1, as a text": {"text": TEXT, "meta": str({"url": ADDRESS, "timestamp": DATE, "language": "en"})},
    "ccnet": {
        "url": ADDRESS, "date_download": DATE, "digest": "sha1:X", "length": 9, "nlines": 1, "source_domain": "pumps.example", "title": "",
        "raw_content": TEXT, "original_nlines": 9, "language": "en", "language_score": 0.9, "perplexity": float("nan"), "bucket": "head",
    },
    "redpajama 2": {"raw_content": TEXT, "doc_id": "2023-06/0000/en_head.json.gz/0", "meta": json.dumps(RP2_META), "quality_signals": "{}"},
    "oscar 22.01": {
        "content": TEXT, "warc_headers": HEADERS,
        "metadata": {"identification": {"label": "en", "prob": 0.93}, "annotation": None, "sentence_identifications": [None]},
    },
    "oscar 23.01": {"id": 7, "text": TEXT, "meta": {"warc_headers": HEADERS, "identification": {"label": "en", "prob": 0.9}}},
    "c4": {"text": TEXT, "timestamp": DATE, "url": ADDRESS, "lang": "en"},
    "fineweb": {
        "text": TEXT, "id": "<urn:uuid:3>", "dump": "CC-MAIN-2023-06", "url": ADDRESS, "date": DATE, "file_path": "s3://commoncrawl/x.warc.gz",
        "language": "eng", "language_script": "Latn", "language_score": 0.9, "token_count": 9,
    },
    "hplt 1": {"id": 1, "document_lang": "en", "scores": [0.9], "langs": ["de"], "text": TEXT, "url": ADDRESS, "ts": DATE},
    "hplt 2": {
        "f": "./wide16/x.warc.gz", "o": 9, "s": 9, "rs": 9, "u": ADDRESS, "c": "text/html", "ts": DATE, "collection": "wide16",
        "lang": ["eng_Latn", "deu_Latn"], "prob": [0.9, 0.1], "text": TEXT, "seg_langs": ["eng_Latn"], "id": "ab12",
    },
    "culturax": {"text": TEXT, "timestamp": "2023/02/05 04:30:28", "url": ADDRESS, "source": "mC4", "language": "en"},
    "dclm": {
        "text": TEXT, "url": ADDRESS, "language_id_whole_page_fasttext": {"de": 0.01, "en": 0.97}, "warcinfo": "software: Nutch",
        "metadata": {"WARC-Target-URI": ADDRESS, "WARC-Date": DATE, "WARC-Record-ID": "<urn:uuid:4>", "Content-Type": "application/http"},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_address_date_language_and_text_are_found_in_the_records_of(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(RECORDS[name]) + "\n")

    [page] = read(tmp_path / "x.jsonl")

    assert (page.url, page.content, page.content_type, page.reason) == (ADDRESS, TEXT, "text", None)
    assert (page.declared_language or "")[:3].rstrip("_") == "en"
    assert (page.fetched_at or "").removesuffix("Z") == DATE.removesuffix("Z")


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "ccnet"])
def test_the_same_records_as_parquet_give_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(RECORDS[name]) + "\n")
    pq.write_table(pa.Table.from_pylist([RECORDS[name]]), tmp_path / "x.parquet")

    [line], [row] = read(tmp_path / "x.jsonl"), read(tmp_path / "x.parquet")

    assert (row.url, row.content, row.declared_language, row.fetched_at) == (
        line.url,
        line.content,
        line.declared_language,
        line.fetched_at,
    )


def test_the_lines_of_a_cirrus_dump_are_pages_with_the_address_of_the_wiki(tmp_path: Path) -> None:
    pages = [
        {"wiki": "enwiki", "title": "Water pump", "language": "en", "timestamp": DATE, "text": TEXT, "source_text": "[[x]]"},
        {"wiki": "zh_min_nanwikibooks", "title": "C++/\u6c34", "language": "zh-min-nan", "timestamp": DATE, "text": TEXT},
        {"wiki": "commonswiki", "title": "Pump", "language": "en", "timestamp": DATE, "text": TEXT},
    ]
    lines = [line for number, page in enumerate(pages) for line in ({"index": {"_type": "page", "_id": str(number)}}, page)]
    path = tmp_path / "enwiki-20230206-cirrussearch-content.json.gz"
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))

    first, second, third = read(path)

    assert (first.url, first.fetched_at, first.declared_language) == ("https://en.wikipedia.org/wiki/Water_pump", DATE, "en")
    assert second.url == "https://zh-min-nan.wikibooks.org/wiki/C%2B%2B/%E6%B0%B4"
    assert third.url.startswith("file://")
    assert {page.content for page in (first, second, third)} == {TEXT}


def test_a_wet_file_gives_address_date_language_and_text(tmp_path: Path) -> None:
    head = f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: {ADDRESS}\r\nWARC-Date: {DATE}\r\nContent-Type: text/plain\r\n"
    head += f"WARC-Identified-Content-Language: eng,deu\r\nContent-Length: {len(TEXT)}\r\n\r\n"
    path = tmp_path / "CC-MAIN-20230205.warc.wet.gz"
    path.write_bytes(gzip.compress(f"{head}{TEXT}\r\n\r\n".encode()))

    [page] = read(path)

    assert (page.url, page.fetched_at, page.declared_language, page.content) == (ADDRESS, DATE, "en", TEXT)


@pytest.mark.parametrize("name", ["CC-MAIN-20230205.warc.wat.gz", "x.wat"])
def test_a_wat_file_is_refused_with_advice(name: str) -> None:
    assert "WET" in (kind_of(name, suffix_table()).refusal or "")


def test_the_records_of_the_report(suite: Callable[[str], Path]) -> None:
    pages = read(suite("reports") / "records.jsonl")

    assert [page.reason for page in pages] == [None] * 11
    names = ["dolma1", "dolma2", "datatrove3", "rp4", "oscar5", "emptytext6", "7", "htmlincontent8", "9", "10"]
    assert [page.url for page in pages[:10]] == [f"https://pumps.example/{name}" for name in names]
    assert pages[10].url.startswith("file://")
    dates = ["2024-01-01T00:00:00Z", None, "2024-02-03T00:00:00Z", "2019-01-01", "2021-09-16T00:00:00Z", None, None, None]
    assert [page.fetched_at for page in pages] == [*dates, "2020-01-01T00:00:00Z", None, None]
    assert [page.content_type for page in pages] == ["html" if number in (5, 7) else "text" for number in range(11)]
    assert [page.declared_language for page in pages[:6]] == ["en", None, "en", "en", "en", "en"]


@pytest.mark.parametrize(
    "value", ["common-crawl", "cc/2019-30/en_middle_0053.json.gz/line1", "<urn:uuid:aaaa>", "urn:isbn:1", 11, {"name": "x"}, "a b://c", ""]
)
@pytest.mark.parametrize("field", ["url", "source", "id"])
def test_what_is_no_address_is_none(tmp_path: Path, field: str, value: Any) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({field: value, "text": TEXT}) + "\n")

    assert read(path)[0].url == f"{path.as_uri()}#0"


@pytest.mark.parametrize("value", [ADDRESS, f" {ADDRESS}\n", "ftp://a.example/a%20b", "https://b\u00fccher.example/a b?c", "file:///tmp/a"])
@pytest.mark.parametrize("field", ["url", "source", "id"])
def test_an_address_is_one_under_any_of_its_names(tmp_path: Path, field: str, value: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps({"text": TEXT, field: value}) + "\n")

    assert read(tmp_path / "x.jsonl")[0].url == value.strip()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:11:12Z", "2024-01-31T10:11:12Z"),
        ("2024-01-31T10:11:12.123456+02:00", "2024-01-31T10:11:12.123456+02:00"),
        ("2024", "2024"),
        ("2024-01", "2024-01"),
        ("2024-01-31 10:11:12", "2024-01-31T10:11:12"),
        ("2024-01-31 10:11:12 UTC", "2024-01-31T10:11:12"),
        ("2024/01/31 10:11:12", "2024-01-31T10:11:12"),
        ("20240131", "2024-01-31"),
        ("20240131101112", "2024-01-31T10:11:12Z"),
        ("Wed, 31 Jan 2024 10:11:12 GMT", "2024-01-31T10:11:12+00:00"),
        (1_577_836_800, "2020-01-01T00:00:00Z"),
        (1_577_836_800_000, "2020-01-01T00:00:00Z"),
        ("1577836800", "2020-01-01T00:00:00Z"),
        (1_577_836_800_000_000, "2020-01-01T00:00:00Z"),
        (1_577_836_800_000_000_000, "2020-01-01T00:00:00Z"),
        (1_577_836_800.5, "2020-01-01T00:00:00.500000Z"),
        (2024, "2024"),
    ],
)
def test_a_date_is_iso_8601(value: Any, expected: str) -> None:
    assert iso_date(value) == expected


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2008-10-294T05:21:46-0700", "2024-13-01", "2024-02-30", "CC-MAIN-2024-10", "31.01.2024", 7, True, float("nan"),
     1e300, None, {}, [], "0001-01-01", "9" * 20, "\u0662\u0660\u0662\u0664", "2024-01-01" * 9],
)  # fmt: skip
def test_what_is_no_date_is_null(value: Any) -> None:
    assert iso_date(value) is None


@given(st.text(max_size=40) | st.integers() | st.floats() | st.datetimes() | st.dates() | st.binary(max_size=20))
def test_any_value_is_a_date_or_null_and_a_date_stays_itself(value: Any) -> None:
    found = iso_date(value)

    assert found is None or iso_date(found) == found


@pytest.mark.parametrize(
    "html",
    [
        "<!DOCTYPE html><p>Hi</p>", "  <HTML lang=en><body>Hi", "<!-- saved -->\n<html>", '<?xml version="1.0"?>\n<!doctype HTML "x">',
        "<div class='a'><h1>Tea</h1><p>Boil.</p></div>", "<p>One.</p>\n<pre># no heading</pre>\n<p>Two.</p>", "\ufeff<html>",
        "<article>\n<p>Boil.</p>\n</article>\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["text", "content", "raw_content"])
def test_html_under_the_name_of_a_text_is_seen(tmp_path: Path, field: str, html: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps({field: html}) + "\n")

    assert read(tmp_path / "x.jsonl")[0].content_type == "html"


@pytest.mark.parametrize(
    "text",
    [
        "Tea <b>is</b> good.", "<b>Note</b> that water boils.", "<div align=center>\n\n# Title\n\n</div>", "a <html> tag opens a page",
        "<html-like names are allowed", "<p>Text</p>\n\n```\ncode\n```\n<p>x</p>", "<a@b.example> wrote </p>", "1 < 2", "<https://a.example>",
        "<p align=center>[logo](https://a.example)</p>",
    ],
)  # fmt: skip
def test_text_and_markdown_with_tags_are_no_html(text: str) -> None:
    assert not is_html(text.encode())


# Seeds


def told(path: Path) -> list[tuple[str | None, str | None]]:
    rows = [read_seed(line) for _, line in read_lines(str(path))]
    return [(row["reason"], row.get("response")) for row in rows]


def test_the_seeds_of_the_report(suite: Callable[[str], Path]) -> None:
    folder = suite("reports")

    refused = {6: "system_prompt", 7: "missing_text", 8: "system_prompt", 9: "bad_conversation", 10: "bad_conversation", 13: "missing_text"}
    assert {number: reason for number, (reason, _) in enumerate(told(folder / "seeds.jsonl"), start=1) if reason} == refused
    assert told(folder / "seeds-bom.jsonl") == [(None, "A mark at the beginning.")]
    assert told(folder / "seeds-alpaca.json") == [(None, "The impeller."), (None, "The pump is cold."), (None, "When.")]


PAIR = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
PARTS = [{"type": "text", "text": "Why?"}], [{"type": "output_text", "text": "So."}]


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [{"role": "system", "content": ""}, *PAIR]},
        {"messages": [{"role": "system", "content": " \n"}, *PAIR]},
        {"messages": [{"role": "system", "content": None}, *PAIR]},
        {"messages": [{"role": "system", "content": [{"type": "text", "text": ""}]}, *PAIR]},
        {"messages": [{"role": "developer", "content": []}, *PAIR]},
        {"messages": [{"role": role, "content": parts} for role, parts in zip(("user", "assistant"), PARTS, strict=True)]},
        {"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}], "id": "x"},
        {"conversations": [{"from": "system", "value": ""}, {"from": "user", "value": "Why?"}, {"from": "assistant", "value": "So."}]},
        {"conversations": PAIR, "system": ""},
        {"messages": None, "instruction": "Why?", "response": "So."},
        {"instruction": "Why?", "input": "", "output": "So."},
        {"instruction": "Why?", "input": " <noinput> ", "output": "So.", "text": "Below is an instruction"},
        {"instruction": "Why?", "input": " ", "output": "So.", "response": None},
        {"instruction": "Why?", "response": "So.", "score": float("nan")},
    ],
)
def test_the_forms_that_people_have_are_one_pair(tmp_path: Path, record: dict[str, Any]) -> None:
    for payload in (json.dumps(record), json.dumps([record], indent=2)):
        (tmp_path / "x.jsonl").write_bytes(BOM + payload.encode())
        [(_, line)] = read_lines(str(tmp_path / "x.jsonl"))

        row = read_seed(line)

        assert (row["reason"], row["instruction"], row["response"]) == (None, "Why?", "So.")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [{"role": "developer", "content": "Be short."}, *PAIR]}, "system_prompt"),
        ({"messages": [{"role": "system", "content": [{"type": "text", "text": "Be short."}]}, *PAIR]}, "system_prompt"),
        ({"system": "Be short.", "conversations": PAIR}, "system_prompt"),
        ({"system": "Be short.", "instruction": "Why?", "output": "So."}, "system_prompt"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, PAIR[1]]}, "missing_text"),
        ({"messages": [{"role": ["user"], "content": "Why?"}, PAIR[1]]}, "bad_conversation"),
        ({"conversations": [{"from": "gpt", "value": "Hi."}]}, "bad_conversation"),
        ({"instruction": "Why?", "output": ""}, "missing_text"),
    ],
)
def test_what_is_no_pair_has_its_reason(record: dict[str, Any], reason: str) -> None:
    assert read_seed(json.dumps(record).encode())["reason"] == reason


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"data": [{"instruction": "a", "output": "b"}]}, indent=2),
        json.dumps([{"question": "a", "answer": "b"}] * 3, indent=2),
        json.dumps([{"instruction": "a", "output": "b"}] * 3, indent=2)[:-4],
        "instruction,output\nWhy?,So.\n",
        "[]",
    ],
)
def test_a_file_of_another_form_is_refused_as_a_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)

    assert fault_of(str(tmp_path / "x.json"))
    with pytest.raises(InputError, match="lines of JSON"):
        SeedFile.of(str(tmp_path / "x.json"), "MIT", None)


def test_one_pair_among_bad_lines_makes_a_file_of_seeds(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{\n{"instruction": "Why?", "response": "So."}\n[1]\n')

    assert fault_of(str(tmp_path / "x.jsonl")) is None
    assert [reason for reason, _ in told(tmp_path / "x.jsonl")] == ["missing_text", "bad_json", None, "bad_json"]


# Bodies


def test_the_bodies_of_the_report(suite: Callable[[str], Path]) -> None:
    pages = read(suite("reports") / "encodings.warc")

    assert [page.reason for page in pages] == ["truncated" if number == 16 else None for number in range(1, 21)]
    assert {number: len(page.content or "") for number, page in enumerate(pages, start=1) if number not in (10, 16, 20)} == dict.fromkeys(
        {*range(1, 20)} - {10, 16}, 893
    )
    assert [pages[number].content_type for number in (10, 18, 19)] == ["html", "html", "text"]
    assert pages[19].declared_language == "en"


def body_of(tmp_path: Path, body: bytes, http_head: str) -> Page:
    (tmp_path / "x.warc.gz").write_bytes(gzip_members([warc_record(body, http_head=http_head)])[0])
    [page] = read(tmp_path / "x.warc.gz")
    return page


PLAIN = {"html": PAGE, "text": b"J" * 3000, "line ends": b"\n\n<html>tea", "utf-16": "<html>tea".encode("utf-16")}


@pytest.mark.parametrize("label", ["br", "deflate", "zstd", "gzip", "x-gzip", "gzip, br", "br, zstd, deflate"])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_body_is_read_whatever_its_label(tmp_path: Path, kind: str, label: str) -> None:
    page = body_of(tmp_path, PLAIN[kind], f"Content-Encoding: {label}\r\n")

    assert (page.reason, page.payload_digest) == (None, hashlib.sha256(PLAIN[kind]).hexdigest())


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda data: pa.compress(data, codec="brotli", asbytes=True),
    "zstd": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    "deflate": zlib.compress,
    "gzip": gzip.compress,
}
LONG = b"".join(hashlib.sha256(b"%d" % number).hexdigest().encode() for number in range(200))


@pytest.mark.parametrize("label", ENCODERS)
def test_an_encoded_body_is_decoded_and_a_damaged_one_is_never_taken_for_plain(tmp_path: Path, label: str) -> None:
    data = ENCODERS[label](LONG)

    assert body_of(tmp_path, data, f"Content-Encoding: {label}\r\n").content == LONG.decode()
    assert body_of(tmp_path, data[:-900], f"Content-Encoding: {label}\r\n").reason in ("truncated", "unreadable")
    if label != "zstd":  # this one has no checksum
        damaged = data[:500] + bytes(200) + data[700:]
        assert body_of(tmp_path, damaged, f"Content-Encoding: {label}\r\n").reason in ("truncated", "unreadable")


@pytest.mark.parametrize("label", ["gzip", "deflate", "br"])
def test_all_members_of_a_gzip_body_are_read_whatever_its_label(tmp_path: Path, label: str) -> None:
    members = b"".join(gzip.compress(LONG[start : start + 5000]) for start in range(0, len(LONG), 5000))

    assert body_of(tmp_path, members, f"Content-Encoding: {label}\r\n").content == LONG.decode()
    assert body_of(tmp_path, members + bytes(9), f"Content-Encoding: {label}\r\n").content == LONG.decode()
    assert body_of(tmp_path, members[:-9], f"Content-Encoding: {label}\r\n").reason == "truncated"


def test_the_limit_holds_for_the_members_together(tmp_path: Path) -> None:
    body = gzip.compress(bytes(LIMIT // 2 + 1)) * 2

    assert body_of(tmp_path, body, "Content-Encoding: gzip\r\n").reason == "too_large"


@pytest.mark.parametrize("size", ["%x", "%010x", "0000000000%x", " %X "])
def test_the_size_of_a_chunk_may_have_zeros_before_it(tmp_path: Path, size: str) -> None:
    chunked = (size % len(PAGE)).encode() + b"\r\n" + PAGE + b"\r\n0\r\n\r\n"

    assert body_of(tmp_path, chunked, "Transfer-Encoding: chunked\r\n").content == PAGE.decode()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("text/html", ("text/html", None)),
        ("text/plain;charset=gbk, text/html", ("text/html", None)),
        ("text/html;charset=gbk;a=b, text/html;x=y", ("text/html", "gbk")),
        ("text/html;charset=gbk;a=b", ("text/html", "gbk")),
        ("text/html;charset=gbk, x/x, text/html;x=y", ("text/html", None)),
        ("text/html, cannot-parse", ("text/html", None)),
        ("text/html, */*", ("text/html", None)),
        ("text/html, ", ("text/html", None)),
        ('text/html; a=", text/plain"; charset="utf-8"', ("text/html", "utf-8")),
        ("TEXT/HTML ; Charset='UTF-8'", ("text/html", "UTF-8")),
        ("text/html charset=x", ("", None)),
        ("html", ("", None)),
        ("", ("", None)),
    ],
)
def test_of_several_content_types_the_last_that_can_be_parsed_counts(values: str, expected: tuple[str, str | None]) -> None:
    """The examples of WHATWG Fetch, "extract a MIME type", and some more."""
    assert media_type(values) == expected


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ("Content-Type: image/png\r\nContent-Type: text/html; charset=latin2\r\n", ("html", "iso8859-2")),
        ("Content-Type: text/html; charset=latin2\r\nContent-Type: text/html\r\n", ("html", "iso8859-2")),
        ("Content-Type: text/html;\r\n charset=latin2\r\n", ("html", "iso8859-2")),
        ("Content-Type: text/html; charset=latin2\r\nContent-Type: what\r\n", ("html", "iso8859-2")),
        ("Content-Type: html\r\n", ("html", "utf-8")),  # none: the body tells
    ],
)
def test_the_heads_of_a_record_are_read_so(tmp_path: Path, heads: str, expected: tuple[str, str]) -> None:
    record = warc_record(b"<html><p>tea</p>").replace(b"Content-Type: text/html; charset=utf-8\r\n", heads.encode())
    length = record.partition(b"Content-Length: ")[2].partition(b"\r")[0]
    block = record.partition(b"\r\n\r\n")[2][:-4]
    (tmp_path / "x.warc").write_bytes(record.replace(b"Content-Length: " + length, b"Content-Length: %d" % len(block), 1))

    [page] = read(tmp_path / "x.warc")

    assert (page.content_type, page.charset) == expected


# Charsets


def test_a_charset_in_a_comment_is_none(suite: Callable[[str], Path]) -> None:
    [page], [good] = (read(suite("reports") / f"{name}.html") for name in ("charset-in-comment", "charset-good"))

    assert page.charset == good.charset == "utf-8"
    assert "Gr\u00f6\u00dfe der D\u00fcse" in (page.content or "")
    assert (page.content or "").partition("<title>")[2] == (good.content or "").partition("<title>")[2]


@pytest.mark.parametrize(
    ("html", "labels"),
    [
        ("<meta charset=x>", ["x"]),
        ("<META\nCHARSET = 'x' />", ["x"]),
        ("<meta/charset='x'>", ["x"]),
        ("<meta http-equiv=Content-Type content='text/html; charset=x'>", ["x"]),
        ("<meta content=\"text/html; charset='x y'\" http-equiv=CONTENT-TYPE>", ["x y"]),
        ("<meta http-equiv=refresh content='0; url=?charset=x'>", []),
        ("<meta name=description content='text; charset=x'>", []),
        ("<meta property='og:x' content='charset=x'><meta charset=y>", ["y"]),
        ("<!-- <meta charset=x> --><meta charset=y>", ["y"]),
        ("<!--><meta charset=x>", ["x"]),
        ("<!-- <meta charset=x>", []),
        ("<a title='<meta charset=x>'><meta charset=y>", ["y"]),
        ("<div data-charset=x><meta charset=y>", ["y"]),
        ("<metadata charset=x><meta charset=y>", ["y"]),
        ("</p title='<meta charset=x>'><meta charset=y>", ["y"]),
        ("<!doctype html><?php <meta charset=x ?><meta charset=y>", ["y"]),
        ("<a title='<meta charset=x>", []),
        ("1 < 2 <meta charset=x>", ["x"]),
        ("<?xml version='1.0' encoding='x'?><html>", ["x"]),
        ("<?xml version='1.0' encoding='x'?><meta charset=y>", ["y", "x"]),
        ("<p><?xml version='1.0' encoding='x'?>", []),
        ("<meta charset=x><meta charset=y>", ["x", "y"]),
        (" " * PRESCAN_BYTES + "<meta charset=x>", []),
        ("", []),
    ],
)
def test_the_charset_is_the_one_that_a_browser_finds(html: str, labels: list[str]) -> None:
    assert list(declared_charsets(html.encode())) == labels


def test_a_label_that_nobody_knows_leaves_the_word_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_bytes(b"<meta charset=unknown><meta charset=latin2><p>\xb3\xf3d\xbc</p>")

    [page] = read(tmp_path / "x.html")

    assert (page.charset, "\u0142\u00f3d\u017a" in (page.content or "")) == ("iso8859-2", True)


@given(st.binary(max_size=300), st.sampled_from([b"<meta ", b"<!--", b"<a b='", b"<meta charset=", b""]))
def test_any_bytes_can_be_scanned(payload: bytes, begin: bytes) -> None:
    list(declared_charsets(begin + payload))


# Digests


def sha1(payload: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()


def archive(tmp_path: Path, digests: list[bytes | None], name: str = "x.warc.gz", head: str = "WARC-Payload-Digest") -> Path:
    """Records whose stated digests are of these bytes; None: of what is there."""
    records = []
    for number, covered in enumerate(digests):
        body = PAGE + b"%d" % number
        records.append(
            warc_record(body, f"http://a.example/{number}", warc_head=f"{head}: {sha1(body if covered is None else covered)}\r\n")
        )
    (tmp_path / name).write_bytes(b"".join(gzip_members(records) if name.endswith(".gz") else records))
    return tmp_path / name


NAMES = ["x.warc", "x.warc.gz"]


def test_the_digests_of_clueweb_cover_the_block(suite: Callable[[str], Path]) -> None:
    pages = read(suite("warc") / "resiliparse" / "clueweb-quirk.warc.gz")

    assert [(page.reason, page.is_verified, page.fetched_at) for page in pages] == [(None, True, None)] * 29


@pytest.mark.parametrize("name", NAMES)
def test_digests_of_which_none_fits_are_another_convention(tmp_path: Path, name: str) -> None:
    pages = read(archive(tmp_path, [b"strange %d" % number for number in range(40)], name))

    assert [(page.reason, page.is_verified) for page in pages] == [(None, False)] * 40


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [0, 7, 39])
def test_one_digest_that_does_not_fit_refuses_its_record_where_others_do(tmp_path: Path, name: str, bad: int) -> None:
    pages = read(archive(tmp_path, [b"strange" if number == bad else None for number in range(40)], name))

    assert [page.reason for page in pages] == ["digest_mismatch" if number == bad else None for number in range(40)]
    assert sum(page.is_verified for page in pages) == 39


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strange", [range(40), range(0, 40, 9), range(35), [3], range(38, 40)], ids=str)
def test_parts_come_to_the_verdict_of_the_whole(tmp_path: Path, name: str, strange: Any) -> None:
    path = archive(tmp_path, [b"strange" if number in strange else None for number in range(40)], name)
    whole, size = read(path), path.stat().st_size

    for step in (1 + size // 23, 1 + size // 5, 1 + size // 2):
        assert read_parts(path, list(range(step, size, step))) == whole, step


def test_single_disagreements_are_kept_where_the_setting_says_so(tmp_path: Path) -> None:
    for head in ("WARC-Payload-Digest", "WARC-Block-Digest"):
        path = archive(tmp_path, [None, b"strange", None], head=head)
        kept = list(read_file(str(path), max_document_bytes=LIMIT, refuse_digest_mismatch=False))
        assert [page.reason for page in kept] == [None] * 3
        assert not kept[1].is_verified
    assert [page.is_verified for page in read(archive(tmp_path, [None, None]))] == [True, True]


def test_the_digest_of_a_block_has_one_convention(tmp_path: Path) -> None:
    assert set(reasons(archive(tmp_path, [b"strange"] * 9, head="WARC-Block-Digest"))) == {"digest_mismatch"}
