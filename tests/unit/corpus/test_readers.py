"""Every format gives pages, and everything that is wrong with a file becomes a page with the reason."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bubblenet.corpus.reading.formats import FORMATS, format_of, kind_of, suffix_table
from bubblenet.corpus.reading.streams import COMPRESSIONS
from tests.archives import LIMIT, PACKERS, PAGE, gzip_members, read, reasons, some_records, warc_record


@pytest.fixture
def write_warc(tmp_path: Path) -> Callable[..., Path]:
    """Write records to a .warc.gz, one gzip member each."""

    def write(*records: bytes) -> Path:
        path = tmp_path / "crawl.warc.gz"
        path.write_bytes(b"".join(gzip.compress(record, mtime=0) for record in records))
        return path

    return write


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/B.HTML", "html"),
        ("a.xhtml", "html"),
        ("CC-MAIN.warc.gz", "warc"),
        ("x.jsonl.gz", "jsonl"),
        ("x.ndjson", "jsonl"),
        ("x.jsonl.zst", "jsonl"),
        ("c4-train.00000-of-01024.json.gz", "json"),
        ("CC-MAIN.warc.wet.gz", "warc"),
        ("CC-MAIN.warc.wat.gz", None),
        ("zip://a/b.html::/pages.zip", "html"),
        ("zip://a/style.css::/page.html", None),
        ("part-0.snappy.parquet", "parquet"),
        ("README.md", "text"),
        ("a.TXT.gz", "text"),
        ("a.html.zst", "html"),
        ("style.css", None),
        ("x.warc.lz4", None),
        ("html", None),
    ],
)
def test_the_format_is_known_by_the_name(name: str, expected: str | None) -> None:
    known = format_of(name)

    assert kind_of(name, suffix_table()).format == expected
    assert (known.name if known else None) == expected


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("x.warc.lz4", "unpack"),
        ("x.warc.zst", "unpack"),
        ("x.jsonl.lz4", "unpack"),
        ("a.html.bz2", "unpack"),
        ("IA-2005.arc.gz", "warcio recompress"),
        ("IA-2005.ARC", "warcio recompress"),
        ("x.warc.gz", None),
        ("style.css.gz", None),
    ],
)
def test_a_file_that_may_hold_pages_but_is_not_read_is_refused_with_advice(name: str, advice: str | None) -> None:
    found = kind_of(name, suffix_table()).refusal

    assert found is None if advice is None else advice in (found or "")


def test_an_html_file_tells_its_text_language_and_licence(tmp_path: Path) -> None:
    payload = b"<html lang=en-GB><link rel='license' href='https://example.org/by'><p>caf\xc3\xa9\x00"
    path = tmp_path / "a page.html"
    path.write_bytes(payload)

    [page] = read(path)

    assert page.url == path.as_uri()
    assert page.content == "<html lang=en-GB><link rel='license' href='https://example.org/by'><p>caf\u00e9"
    assert (page.content_type, page.charset, page.declared_language, page.declared_licence) == (
        "html",
        "utf-8",
        "en-GB",
        "https://example.org/by",
    )
    assert page.payload_digest == hashlib.sha256(payload).hexdigest()
    assert read(path.as_uri()) == [page]


@pytest.mark.parametrize(("name", "content_type"), [("a.txt", "text"), ("a.md", "markdown"), ("a.htm", "html")])
def test_files_of_one_page_know_their_type(tmp_path: Path, name: str, content_type: str) -> None:
    (tmp_path / name).write_text("hello")

    assert [page.content_type for page in read(tmp_path / name)] == [content_type]


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [
        ("a.html", b"", "empty"),
        ("a.html", b" \n\t ", "empty"),
        ("a.html", b"\x00\x01", "empty"),
        ("a.html", b"%PDF-1.7 ...", "not_html"),
        ("a.html", b"x" * (LIMIT + 1), "too_large"),
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b'{"text": "cut', "bad_json"),
        ("a.jsonl", b'{"text": "\xff"}', "bad_json"),
        ("a.jsonl", b'{"text": 5}', "missing_text"),
        ("a.jsonl", b"[]", "missing_text"),
        ("a.jsonl", b'{"text": ""}', "empty"),
        ("a.jsonl", b'{"text": "' + b"x" * (LIMIT + 1) + b'"}', "too_large"),
        ("a.jsonl", b"[" * 100_000, "bad_json"),
        ("a.parquet", b"PAR1", "unreadable"),
        ("a.parquet", b"", "unreadable"),
        ("a.warc", b"", "empty"),
        ("a.warc", b"no archive at all", "unreadable"),
        ("a.warc.gz", b"no gzip at all", "unreadable"),
        ("a.warc.gz", gzip.compress(b"no archive at all", mtime=0), "unreadable"),
    ],
)
def test_a_bad_file_is_one_page_with_the_reason(tmp_path: Path, name: str, payload: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(payload)

    [page] = read(tmp_path / name)

    assert (page.reason, page.content) == (reason, None)
    assert page.detail


def test_a_file_that_is_there_no_more_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("its folder was not lost")
    assert reasons(tmp_path / "none.html") == ["unreadable"]


def test_a_bad_line_does_not_cost_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"url": "http://a.org", "text": "one", "language": "en", "license": "CC0"}\n{bad\n\n{"html": "<p>three", "id": 7}'
    )

    first, bad, third = read(path)

    assert (first.url, first.content, first.declared_language, first.declared_licence) == ("http://a.org", "one", "en", "CC0")
    assert (bad.reason, bad.record_offset) == ("bad_json", 78)
    assert bad.url == path.as_uri() + "#78"
    assert (third.url, third.content, third.content_type, third.record_offset) == (path.as_uri() + "#84", "<p>three", "html", 84)


def test_a_line_that_is_far_too_long_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"text": "' + b"x" * 100_000 + b'"}\n{"text": "fine"}\n')

    assert reasons(path, limit=1024) == ["too_large", None]


def test_a_cut_jsonl_gz_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(orjson.dumps({"text": random.Random(n).randbytes(50).hex()}) + b"\n" for n in range(500)))
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])

    *read_lines, last = reasons(path)

    assert last == "truncated"
    assert len(read_lines) > 50
    assert set(read_lines) == {None}


def test_every_compression_is_packed_by_these_tests() -> None:
    assert set(PACKERS) == {known.suffix for known in COMPRESSIONS}


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize(("suffix", "content_type"), [(".txt", "text"), (".md", "markdown"), (".html", "html")])
def test_a_compressed_page_is_read_like_a_plain_one(tmp_path: Path, suffix: str, content_type: str, compression: str) -> None:
    plain, path, pack = tmp_path / f"a{suffix}", tmp_path / f"a{suffix}{compression}", PACKERS[compression]
    lines = [f"line {number} caf\u00e9\n".encode() for number in range(20_000)]
    plain.write_bytes(b"".join(lines))
    path.write_bytes(pack(b"".join(lines[:9_000])) + pack(b"".join(lines[9_000:])))

    [page], [expected] = read(path), read(plain)

    assert (page.url, page.content_type) == (path.as_uri(), content_type)
    assert (page.content, page.payload_digest) == (expected.content, expected.payload_digest)


@pytest.mark.parametrize("compression", PACKERS)
def test_a_compressed_page_that_is_none_has_the_reason(tmp_path: Path, compression: str) -> None:
    path, pack = tmp_path / f"a.txt{compression}", PACKERS[compression]
    whole = pack(random.Random(0).randbytes(5_000).hex().encode())
    cases = {
        "truncated": [whole[:end] for end in (len(whole) // 2, len(whole) - 1)],
        "unreadable": [bytes([whole[0] ^ 64]) + whole[1:], b"no compressed data at all"],
        "too_large": [pack(b"x" * (LIMIT + 1))],
        "empty": [b"", pack(b""), pack(b" \n")],
        "not_html": [pack(b"%PDF-1.7")],
    }

    for reason, contents in cases.items():
        for content in contents:
            path.write_bytes(content)
            assert reasons(path) == [reason], content[:20]
    path.write_bytes(pack(b"x" * LIMIT))
    assert reasons(path) == [None]


def test_parquet_rows_are_pages(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"url": ["http://a.org", None], "content": ["one", None], "other": [1, 2]}), path)

    first, second = read(path)

    assert (first.url, first.content, first.record_offset) == ("http://a.org", "one", 1)
    assert (second.reason, second.record_offset, second.url) == ("missing_text", 2, path.as_uri() + "#2")


def test_damaged_parquet_pages_end_the_file_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": [random.Random(n).randbytes(100).hex() for n in range(1000)]}), path, compression="gzip")
    damaged = bytearray(path.read_bytes())
    damaged[1000:1100] = bytes(100)
    path.write_bytes(damaged)

    assert reasons(path)[-1] == "unreadable"


def test_a_warc_page_carries_its_provenance(write_warc: Callable[..., Path]) -> None:
    info = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    path = write_warc(info, warc_record())

    [page] = read(path)

    assert (page.url, page.fetched_at, page.charset, page.declared_language) == (
        "http://example.org/",
        "2024-05-01T10:00:00Z",
        "utf-8",
        "en",
    )
    assert page.record_offset == len(gzip.compress(info, mtime=0))
    assert page.payload_digest == hashlib.sha256(PAGE).hexdigest()


CHUNKED = b"5\r\n" + PAGE[:5] + b"\r\n" + f"{len(PAGE) - 5:x}".encode() + b"\r\n" + PAGE[5:] + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "http_head"),
    [
        (PAGE, f"Content-Length: {len(PAGE)}\r\n"),
        (CHUNKED, "Transfer-Encoding: chunked\r\n"),
        (PAGE, "Transfer-Encoding: chunked\r\n"),
        (gzip.compress(PAGE, mtime=0), "Content-Encoding: gzip\r\n"),
        (PAGE, "Content-Encoding: gzip\r\n"),
        (zlib.compress(PAGE), "Content-Encoding: deflate\r\n"),
    ],
)
def test_http_encodings_are_taken_off_where_they_are(write_warc: Callable[..., Path], body: bytes, http_head: str) -> None:
    [page] = read(write_warc(warc_record(body, http_head=http_head)))

    assert page.content == PAGE.decode()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (warc_record(http_head="Content-Length: 5000\r\n"), "truncated"),
        (warc_record(warc_head="WARC-Truncated: length\r\n"), "truncated"),
        (warc_record(gzip.compress(PAGE, mtime=0)[:-9], http_head="Content-Encoding: gzip\r\n"), "truncated"),
        (warc_record(CHUNKED[:40], http_head="Transfer-Encoding: chunked\r\n"), "truncated"),
        (warc_record(warc_head="WARC-Block-Digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"), "digest_mismatch"),
        (warc_record(b"x" * (2 * LIMIT)), "too_large"),
        (warc_record(gzip.compress(bytes(2 * LIMIT), mtime=0), http_head="Content-Encoding: gzip\r\n"), "too_large"),
        (warc_record(b""), "empty"),
        (warc_record(b"%PDF-1.4"), "not_html"),
        (warc_record(kind="request"), "empty"),
        (warc_record(kind="revisit"), "empty"),
        (warc_record().replace(b"200 OK", b"404 No"), "empty"),
        (warc_record().replace(b"text/html", b"image/gif"), "empty"),
    ],
)
def test_a_record_that_is_no_whole_page_has_its_reason(write_warc: Callable[..., Path], record: bytes, reason: str) -> None:
    assert reasons(write_warc(record)) == [reason]


def test_every_cut_of_an_archive_is_noticed(tmp_path: Path) -> None:
    members = gzip_members(some_records(50))
    path, whole = tmp_path / "x.warc.gz", b"".join(members)
    borders = list(itertools.accumulate(map(len, members), initial=0))

    for end in sorted(set(range(1, len(whole), 211)) - set(borders)):
        path.write_bytes(whole[:end])
        *sound, last = read(path)
        assert [page.url for page in sound] == [f"http://example.org/{n}" for n in range(len(sound))]
        assert all(page.content for page in sound)
        assert last.reason in ("truncated", "unreadable")
        assert len(sound) == sum(border <= end for border in borders) - 1


@pytest.mark.parametrize("name", ["x.warc.gz", "x.warc"])
def test_a_flipped_bit_costs_one_record_and_its_neighbour_at_most_and_is_reported(tmp_path: Path, name: str) -> None:
    records = some_records(50)
    path, whole = tmp_path / name, b"".join(gzip_members(records) if name.endswith(".gz") else records)
    path.write_bytes(whole)
    sound = {(page.url, page.content) for page in read(path)}
    generator = random.Random(0)

    for _ in range(200):
        flipped = bytearray(whole)
        flipped[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
        path.write_bytes(flipped)
        pages = read(path)
        found = {(page.url, page.content) for page in pages if page.reason is None}
        assert len(sound - found) <= (1 if name.endswith(".gz") else 2)
        if name.endswith(".gz"):  # in a plain archive without digests, a letter of a page can change unseen
            assert found <= sound
            assert found == sound or any(page.reason for page in pages)


def test_damage_in_a_plain_archive_costs_one_record(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    records = [warc_record(url=f"http://example.org/{n}") for n in range(4)]
    records[1] = records[1].replace(b"WARC/1.0", b"WURC/1.0")
    path.write_bytes(b"".join(records))

    pages = read(path)

    assert [page.url for page in pages if page.reason is None] == [f"http://example.org/{n}" for n in (0, 2, 3)]
    assert [page.reason for page in pages if page.reason] == ["unreadable"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([f"a{ending}" for known in FORMATS for ending in (*known.suffixes, *known.compressed_suffixes)]),
    st.binary(max_size=400),
)
def test_any_bytes_give_at_least_one_page_and_no_error(tmp_path: Path, name: str, payload: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(payload)

    pages = read(path)

    assert pages
    assert all((page.content is None) == (page.reason is not None) for page in pages)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_as_head_or_body_of_a_record_cost_no_neighbour(write_warc: Callable[..., Path], head: bytes, body: bytes) -> None:
    block = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body
    record = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://b.org/\r\nContent-Length: %d\r\n\r\n" % len(block)
        + block
        + b"\r\n\r\n"
    )

    pages = read(write_warc(warc_record(url="http://a.org/"), record, warc_record(url="http://c.org/")))

    assert pages[0].url == "http://a.org/"
    assert pages[-1].url == "http://c.org/"
    assert pages[0].content == pages[-1].content == PAGE.decode()
