"""The public test collections through the readers: every file as its README expects, none a crash."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bubblenet.corpus.reading import records
from bubblenet.corpus.reading.formats import kind_of, suffix_table
from bubblenet.corpus.reading.hygiene import clean_text
from bubblenet.corpus.reading.warc import PlainRecord
from tests.archives import gzip_members, read, reasons, warc_record

ARCHIVES = {
    "resiliparse/clipped.warc.gz": ["truncated"],
    "resiliparse/clueweb-quirk.warc.gz": [None] * 29,  # the payload digests of ClueWeb09 are those of the block
    "resiliparse/block-sized-records.warc": ["empty"],
    "resiliparse/block-sized-records.warc.gz": ["empty"],
    "pywb/missing-status-text.warc": ["empty"],  # status 302
    "pywb/dupes.warc.gz": [None],  # of its 3 responses, 2 are style sheets
    "pywb/example.warc.gz": [None],  # the other response is a redirect
    "pywb/example.warc": [None, "unreadable"],  # the length of the fifth record ends three bytes early
    "pywb/example-extra.warc": [None, "truncated"],  # `HTTPX` made the second response one byte longer than its record
    "pywb/example2.warc.gz": [None],
    "pywb/example-url-agnostic-orig.warc.gz": [None],
    "pywb/example-url-agnostic-revisit.warc.gz": ["empty"],
    "pywb/example-wget-1-14.warc.gz": [None],  # the resources are Wget's logs
    "pywb/example-wpull.warc.gz": [None],
    "pywb/httpbin-resource.warc.gz": ["empty"],
    "pywb/iana.warc.gz": [None] * 16,  # of 48 responses
    "pywb/post-test.warc.gz": ["empty"],  # JSON
}


def page_of(tmp_path: Path, body: bytes) -> str | None:
    """The content of a body that the server declares UTF-8."""
    path = tmp_path / "x.warc.gz"
    path.write_bytes(gzip_members([warc_record(body)])[0])
    [page] = read(path)
    return page.content


@pytest.mark.parametrize(("name", "expected"), ARCHIVES.items())
def test_every_archive_gives_its_pages_and_nothing_else(suite: Callable[[str], Path], name: str, expected: list[str | None]) -> None:
    assert reasons(suite("warc") / name) == expected


def test_every_archive_of_the_collection_is_read_or_refused_by_name(suite: Callable[[str], Path]) -> None:
    folder = suite("warc")
    names = {str(path.relative_to(folder)) for path in folder.glob("*/*")}

    others = names - set(ARCHIVES)
    assert {name for name in others if kind_of(name, suffix_table()).refusal} == {
        "resiliparse/block-sized-records.warc.lz4", "pywb/bad.arc", "pywb/example.arc", "pywb/example.arc.gz",
    }  # fmt: skip
    assert {name for name in others if not kind_of(name, suffix_table()).refusal} == {"pywb/example-bad.warc.gz.bad"}  # below


def test_records_that_end_at_the_border_of_a_buffer_are_all_found(suite: Callable[[str], Path]) -> None:
    offsets, start = [], 0
    with (suite("warc") / "resiliparse" / "block-sized-records.warc").open("rb") as source:
        while (record := PlainRecord(source, start, 49158)).read(5) == b"WARC/":
            record.drain()
            offsets.append(start)
            start = record.end

    assert offsets == [0, 16386, 32772]
    assert start == 49158


@pytest.mark.parametrize(
    ("name", "expected"), [("example-bad.warc.gz.bad", [None]), ("bad.arc", ["unreadable"]), ("example.arc", ["unreadable"])]
)
def test_archives_that_are_wrongly_compressed_or_older_are_read_or_refused(
    suite: Callable[[str], Path], tmp_path: Path, name: str, expected: list[str | None]
) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes((suite("warc") / "pywb" / name).read_bytes())

    assert reasons(path) == expected


def test_the_json_collection_is_accepted_and_refused_as_its_names_say(suite: Callable[[str], Path]) -> None:
    """As files of one value: none of them holds a text, so an accepted one is `missing_text`, or `empty` for an empty list."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in sorted(suite("json").glob("*.json")):
        for reason in {str(page.reason) for page in read(case)}:
            counts[case.name[0], reason] += 1

    undefined = {key: counts.pop(key) for key in list(counts) if key[0] == "i"}
    refused = {("n", "bad_json"): 182, ("n", "empty"): 3, ("n", "missing_text"): 3}  # no data, one space, a mark; NaN and Infinity
    assert counts == {("y", "missing_text"): 93, ("y", "empty"): 2} | refused
    assert sum(undefined.values()) == 35


def test_every_line_of_the_json_collection_is_accepted_and_refused_as_its_name_says(suite: Callable[[str], Path], tmp_path: Path) -> None:
    counts: Counter[tuple[str, str | None]] = Counter()
    for case in sorted(suite("json").glob("*.json")):
        payload = case.read_bytes()
        if payload.strip() and b"\n" not in payload.strip():
            path = tmp_path / "x.jsonl"
            path.write_bytes(payload)
            counts[case.name[0], reasons(path)[0]] += 1

    refused = {("n", "bad_json"): 179, ("n", "empty"): 1, ("n", "missing_text"): 3}  # a byte order mark alone; NaN and Infinity
    assert {key: count for key, count in counts.items() if key[0] != "i"} == {("y", "missing_text"): 93} | refused


def test_every_utf8_case_becomes_the_page_with_replacement_characters(suite: Callable[[str], Path], tmp_path: Path) -> None:
    cases = [orjson.loads(line) for line in (suite("utf8") / "utf8tests.jsonl").read_bytes().splitlines()]

    for case in cases:
        content = page_of(tmp_path, b"<p>" + bytes.fromhex(case["hex"]))
        assert content == clean_text("<p>" + bytes.fromhex(case["replace"]).decode()), case["num"]

    assert Counter(case["valid"] for case in cases) == {True: 77, False: 145}


def test_the_utf8_cases_as_one_page_are_their_reference_output(suite: Callable[[str], Path], tmp_path: Path) -> None:
    folder = suite("utf8")

    content = page_of(tmp_path, (folder / "utf8tests.bin").read_bytes())

    assert content == clean_text((folder / "utf8.replace.ref.txt").read_bytes().decode())


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_naughty_strings_pass_unchanged_but_for_what_is_harmful(suite: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    strings = orjson.loads((suite("strings") / "blns.json").read_bytes())
    path = tmp_path / name
    if name == "x.jsonl":
        path.write_bytes(b"\n".join(orjson.dumps({"text": string}) for string in strings))
    else:
        pq.write_table(pa.table({"text": strings}), path)

    contents = [page.content for page in read(path)]

    assert len(contents) == 515
    assert [content for content in contents if content is not None] == [clean_text(text) for text in strings if clean_text(text).strip()]
    harmless = [text for text in strings if text.strip() and not is_harmful(text)]
    assert len(harmless) > 480
    assert set(harmless) <= set(contents)


def is_harmful(text: str) -> bool:
    """Whether the written rule changes it: controls, marks of direction, line ends of other kinds, or not in normal form."""
    return bool({unicodedata.category(c) for c in text} & {"Cc", "Cf", "Zl", "Zp"}) or not unicodedata.is_normalized("NFC", text)


def test_broken_parquet_is_an_error_and_never_a_page(suite: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every column is taken for a text, or no damaged column would be touched."""
    monkeypatch.setattr("bubblenet.corpus.reading.parquet.KNOWN_FIELDS", _Everything())
    monkeypatch.setattr("bubblenet.corpus.reading.parquet.TEXT_FIELDS", _Everything())
    monkeypatch.setattr(records, "TEXT_FIELDS", ("no such field",))
    found = {path.name: reasons(path) for path in sorted(suite("parquet").glob("*.parquet"))}

    assert len(found) == 8
    assert {name for name, given in found.items() if "unreadable" not in given} == {"ARROW-GH-43605.parquet"}  # some take it as legal
    assert all(None not in given for given in found.values())


class _Everything:
    def __contains__(self, _: object) -> bool:
        return True
