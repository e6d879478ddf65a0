"""NUL, lone surrogates, bidi and tag characters never reach a page, whatever way they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bubblenet.corpus.reading.readers import Page
from tests.archives import gzip_members, read, warc_record

HOSTILE = "a\x00b\ud800c\u202ed\U000e0041e\r\nf\u2028g\x9bh"
CLEAN = "ab\ufffdcde\nf\ngh"
WITHOUT_SURROGATE = HOSTILE.replace("\ud800", "")


def read_one(path: Path) -> Page:
    [page] = read(path)
    return page


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_escapes_in_json_are_cleaned(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        json.dumps({"text": HOSTILE, "url": f"http://{HOSTILE}", "date": "2024\u202e-01-\x0031", "license": HOSTILE, "lang": HOSTILE})
    )

    page = read_one(tmp_path / name)

    line = " ".join(CLEAN.split())
    assert (page.content, page.url) == (CLEAN, f"http://{line}")
    assert (page.fetched_at, page.declared_licence, page.declared_language) == ("2024-01-31", line, line)


@pytest.mark.parametrize(
    ("escaped", "expected"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\ud800 \udFFF", "\\ud800 \ufffd"),
        (r"\\\ud800", "\\\ufffd"),
        (r"\ud800x", "\ufffdx"),
    ],
)
def test_halves_of_characters_in_json_become_replacement_characters(tmp_path: Path, escaped: str, expected: str) -> None:
    (tmp_path / "x.jsonl").write_text(f'{{"text": "{escaped}"}}')

    assert read_one(tmp_path / "x.jsonl").content == expected


def test_strings_and_bytes_in_parquet_are_cleaned(tmp_path: Path) -> None:
    raw = HOSTILE.encode("utf-8", "surrogatepass")
    pq.write_table(pa.table({"text": [WITHOUT_SURROGATE], "url": [f"http://{WITHOUT_SURROGATE}"]}), tmp_path / "x.parquet")
    pq.write_table(pa.table({"html": [raw]}), tmp_path / "y.parquet")

    page, from_bytes = read_one(tmp_path / "x.parquet"), read_one(tmp_path / "y.parquet")

    assert page.content == CLEAN.replace("\ufffd", "")
    assert page.url == "http://" + " ".join(CLEAN.replace("\ufffd", "").split())
    assert from_bytes.content is not None
    assert from_bytes.content.encode()
    assert "\x00" not in from_bytes.content


def test_headers_and_addresses_of_an_archive_are_cleaned(tmp_path: Path) -> None:
    record = warc_record(url="http://example.org/a\x00b\u202ec\U000e0041d").replace(b"2024-05-01T", b"2024-05-\x0001\xe2\x80\xaeT")
    (tmp_path / "x.warc.gz").write_bytes(gzip_members([record])[0])

    page = read_one(tmp_path / "x.warc.gz")

    assert page.url == "http://example.org/abcd"
    assert page.fetched_at == "2024-05-01T10:00:00Z"
    assert page.content


def test_a_title_of_a_licence_cannot_carry_them(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(f"<html lang=en><link rel=license href='http://x/{WITHOUT_SURROGATE}'><p>tea", newline="")

    page = read_one(tmp_path / "x.html")

    assert page.declared_licence is not None
    assert not set(page.declared_licence) & set("\x00\u202e\U000e0041\x9b")
