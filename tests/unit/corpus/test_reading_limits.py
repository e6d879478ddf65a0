"""Readers at the limits of their rules: the value itself, and the next one."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from bubblenet.corpus.reading import json_lines, streams
from bubblenet.corpus.reading.arrow_values import _nested
from bubblenet.corpus.reading.dates import iso_date
from bubblenet.corpus.reading.digests import PROBE_RECORDS, Census
from bubblenet.corpus.reading.formats import digest, suffix_table
from bubblenet.corpus.reading.http import Response, parse
from bubblenet.corpus.reading.hygiene import _meta_charset
from bubblenet.corpus.reading.json_values import loads
from bubblenet.corpus.reading.language_codes import shortest
from bubblenet.corpus.reading.lines import Lines
from bubblenet.corpus.reading.prescan import PRESCAN_BYTES, declared_charsets
from bubblenet.corpus.reading.readers import read_file
from bubblenet.corpus.reading.records import CONTAINERS, _language, _levels
from bubblenet.corpus.reading.seed_files import Unusable
from bubblenet.corpus.reading.seed_files import parse as parse_seed
from bubblenet.corpus.reading.streams import ByteRange, find
from bubblenet.corpus.similarity.contamination import EvaluationIndex, build_index


def test_the_values_of_a_map_are_read_beside_their_names() -> None:
    array = pa.array([[("tea", "hot"), ("cup", "full")]], pa.map_(pa.string(), pa.string()))
    assert dict(_nested(array, 0)) == {"tea": "hot", "cup": "full"}


def test_a_date_has_at_most_sixty_four_characters() -> None:
    assert iso_date("2024-01-31" + " " * 54) == "2024-01-31"
    assert iso_date("Wed, 31 Jan 2024 00:00:00 GMT") == "2024-01-31T00:00:00+00:00"
    assert iso_date("2024-01-31" + " " * 100 + "x") is None


@pytest.mark.parametrize(("seconds", "date"), [(0, None), (1_000_000_000, "2001-09-09T01:46:40Z"), (1.7e12, "2023-11-14T22:13:20Z")])
def test_a_number_is_the_time_that_fits_the_web(seconds: float, date: str | None) -> None:
    assert iso_date(seconds) == date


def test_digests_are_of_another_convention_from_the_second_strange_one_on() -> None:
    assert [Census(fitting, strange).is_known for fitting, strange in ((0, 0), (0, 1), (0, 2), (1, 2), (1, 9))] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert [Census(0, strange).is_complete for strange in (PROBE_RECORDS - 1, PROBE_RECORDS)] == [False, True]
    assert PROBE_RECORDS == 32


def test_the_digest_of_the_table_of_formats_has_sixteen_digits() -> None:
    assert len(digest(suffix_table())) == 16


def test_a_response_without_a_type_names_no_charset() -> None:
    assert Response(200, {}, b"").charset is None
    assert (Response(200, {}, b"").content_type, parse(b"HTTP/1.1 200 OK\r\n\r\n").headers) == ("", {})


def test_a_status_line_is_no_header() -> None:
    assert parse(b"HTTP/1.1 200 OK: fine\r\nA: b\r\n\r\n").headers == {"a": "b"}


def test_a_page_for_users_own_fonts_is_read_as_windows() -> None:
    assert _meta_charset(b"<meta charset=x-user-defined>") == "cp1252"
    assert _meta_charset(b"<meta charset=koi8-r>") == "koi8-r"


@pytest.mark.parametrize(
    ("payload", "value"), [(b'["\\ud800"]', ["\ufffd"]), (b'["\\udc00 \\ud83d\\ude00"]', ["\ufffd \U0001f600"]), (b"[NaN]", [None])]
)
def test_what_python_writes_and_no_reader_takes_is_mended(payload: bytes, value: list[object]) -> None:
    assert loads(payload) == value


@pytest.mark.parametrize(
    ("tag", "short"), [("eng_Latn", "en_Latn"), ("deu", "de"), ("tlh-Latn", "tlh-Latn"), ("xyz", "xyz"), ("english", "english")]
)
def test_a_code_of_three_letters_is_shortened_where_there_is_a_shorter_one(tag: str, short: str) -> None:
    assert shortest(tag) == short


def test_a_line_that_damage_cut_is_left_out_and_one_before_it_is_not() -> None:
    whole = gzip.compress(b"".join(b"%d %s\n" % (number, bytes(str(hash(number)), "ascii")) for number in range(5000)))
    lines = Lines(io.BytesIO(whole[:-2000]), 1000)
    found = list(lines)
    assert lines.damage
    assert 0 < len(found) < 5000
    assert all(line.content.endswith(b"\n") for line in found)
    assert [line.number for line in found] == list(range(1, len(found) + 1))


def test_a_part_of_a_compressed_file_that_does_not_begin_it_has_no_line() -> None:
    data = gzip.compress(b"one\ntwo\n")
    assert [line.content for line in Lines(io.BytesIO(data), 100, ByteRange(0, 1))] == [b"one\n", b"two\n"]
    assert list(Lines(io.BytesIO(data), 100, ByteRange(1, None))) == []


@pytest.mark.parametrize(
    ("start", "first"), [(0, b"aaaa\n"), (1, b"bb\n"), (4, b"bb\n"), (5, b"bb\n"), (6, b"c\n"), (8, b"c\n"), (9, None)]
)
def test_a_part_begins_with_the_first_line_that_begins_in_it(start: int, first: bytes | None) -> None:
    found = list(Lines(io.BytesIO(b"aaaa\nbb\nc\n"), 100, ByteRange(start, None)))
    assert (found[0].content if found else None) == first


def test_a_declaration_counts_within_the_bytes_that_are_searched() -> None:
    meta = b"<meta charset=koi8-r>"
    assert list(declared_charsets(b" " * (PRESCAN_BYTES - len(meta) + 1) + meta)) == ["koi8-r"]
    assert list(declared_charsets(b" " * (PRESCAN_BYTES - len(meta) + 2) + meta)) != ["koi8-r"]
    assert PRESCAN_BYTES == 4096


def test_a_file_that_cannot_be_unpacked_is_one_page_of_html_and_not_empty_too(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("there")
    [page] = read_file(str(tmp_path / "gone.html"), max_document_bytes=1000)
    assert (page.content_type, page.reason) == ("html", "unreadable")


def test_containers_are_opened_three_levels_deep() -> None:
    name = next(iter(CONTAINERS))
    record: dict[str, object] = {"depth": 4}
    for depth in reversed(range(4)):
        record = {"depth": depth, name: record}
    assert [level["depth"] for level in _levels(record)] == [0, 1, 2, 3]


def test_a_language_has_a_name_of_one_character_and_more() -> None:
    assert (_language("x"), _language(""), _language("__label__eng_Latn")) == ("x", None, "en_Latn")


def test_a_pair_has_prompt_and_completion() -> None:
    assert parse_seed(json.dumps({"prompt": "What is tea?", "completion": "A drink."}).encode()).instruction == "What is tea?"
    with pytest.raises(Unusable):
        parse_seed(json.dumps({"prompt": "What is tea?"}).encode())


@pytest.mark.parametrize(
    ("start", "stop", "found"), [(0, 20, 5), (5, 20, 5), (6, 20, 15), (0, 6, 5), (0, 5, None), (6, 15, None), (16, 99, None)]
)
def test_a_needle_is_found_from_its_first_byte_to_before_the_stop(start: int, stop: int, found: int | None) -> None:
    assert find(io.BytesIO(b"-----abc-------abc--"), b"abc", start, stop) == found


def test_a_needle_across_chunks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CHUNK_BYTES", 4)
    for place in range(12):
        data = b"-" * place + b"abc" + b"-" * 9
        assert find(io.BytesIO(data), b"abc", 0, len(data)) == place


def test_a_bomb_is_drained_to_its_limit_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_DRAINED_BYTES", 1 << 20)
    member = streams.GzipMember(io.BytesIO(gzip.compress(bytes(1 << 24))), 0)
    member.drain()
    assert not member.has_ended
    assert 1 << 20 <= member.tell() <= (1 << 20) + streams.CHUNK_BYTES


def test_a_line_of_less_than_six_times_a_page_is_read() -> None:
    read = json_lines.read_jsonl
    page = json.dumps({"text": "x" * 200}).encode()
    wide = page[:-1] + b" " * (6 * 200 - len(page) - 1) + b"}"
    wider = page[:-1] + b" " * (6 * 200 - len(page)) + b"}"
    assert [found.reason for found in read(io.BytesIO(wide), "x", 200, streams.WHOLE)] == [None]
    assert [found.reason for found in read(io.BytesIO(wider), "x", 200, streams.WHOLE)] == ["too_large"]


def test_an_index_of_evaluations_holds_no_pickled_object() -> None:
    buffer = io.BytesIO()
    arrays = {name: np.array([SimpleNamespace()], dtype=object) for name in ("long_hashes", "long_items", "short_hashes", "short_items")}
    np.savez_compressed(buffer, items=np.array(["a"]), num_too_short=0, num_short=np.array([1]), scales=np.array([1]), **arrays)
    with pytest.raises(ValueError, match="pickle"):
        EvaluationIndex.from_bytes(buffer.getvalue())
    index = build_index([("a", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen")])
    assert EvaluationIndex.from_bytes(index.to_bytes()).items == index.items == ("a",)
