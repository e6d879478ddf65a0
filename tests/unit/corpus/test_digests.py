"""What a record's digests prove, by which rule, and what is kept of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from bubblenet.corpus.reading.readers import Page
from tests.archives import PAGE, read, warc_record

CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
PACKED = gzip.compress(PAGE, mtime=0)
CHUNKED_AND_PACKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PACKED), PACKED)
HEAD = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"


def base32(payload: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()


def read_one(tmp_path: Path, record: bytes) -> Page:
    (tmp_path / "x.warc").write_bytes(record)
    [page] = read(tmp_path / "x.warc")
    return page


@pytest.mark.parametrize("covered", [CHUNKED_AND_PACKED, PACKED, PAGE])
def test_a_payload_digest_may_cover_the_body_before_or_after_decoding(tmp_path: Path, covered: bytes) -> None:
    page = read_one(tmp_path, warc_record(CHUNKED_AND_PACKED, http_head=HEAD, warc_head=f"WARC-Payload-Digest: {base32(covered)}\r\n"))

    assert (page.reason, page.content, page.is_verified) == (None, PAGE.decode(), True)


@pytest.mark.parametrize("name", ["WARC-Payload-Digest", "WARC-Block-Digest"])
@pytest.mark.parametrize("digest", [base32(b"another"), "sha256:" + hashlib.sha256(b"another").hexdigest(), "md5:" + "0" * 32])
def test_a_digest_of_something_else_is_quarantined(tmp_path: Path, name: str, digest: str) -> None:
    page = read_one(tmp_path, warc_record(warc_head=f"{name}: {digest}\r\n"))

    assert (page.reason, page.content, page.is_verified) == ("digest_mismatch", None, False)
    assert name in page.detail


@pytest.mark.parametrize("digest", ["", "sha1:", "sha1:-", "blake3:AAAA", "sha1", "crc32:00000000"])
def test_a_digest_that_cannot_be_checked_proves_nothing(tmp_path: Path, digest: str) -> None:
    page = read_one(tmp_path, warc_record(warc_head=f"WARC-Payload-Digest: {digest}\r\n"))

    assert (page.reason, page.is_verified) == (None, False)


@pytest.mark.parametrize("spelt", [str.upper, str.lower])
def test_digests_are_known_in_both_cases_and_in_hex(tmp_path: Path, spelt: type[str]) -> None:
    hexadecimal = hashlib.sha256(PAGE).hexdigest()

    page = read_one(tmp_path, warc_record(warc_head=f"WARC-Payload-Digest: {spelt(f'sha256:{hexadecimal}')}\r\n"))

    assert page.is_verified


def test_the_digest_of_the_block_as_stored_is_kept_beside_that_of_the_page(tmp_path: Path) -> None:
    record = warc_record(CHUNKED, http_head="Transfer-Encoding: chunked\r\n")

    page = read_one(tmp_path, record)

    assert page.block_digest == hashlib.sha256(record.partition(b"\r\n\r\n")[2][:-4]).hexdigest()
    assert page.payload_digest == hashlib.sha256(PAGE).hexdigest()


def test_a_json_line_keeps_the_digest_of_its_bytes(tmp_path: Path) -> None:
    line = b'{"text": "tea"}\n'
    (tmp_path / "x.jsonl").write_bytes(line)

    [page] = read(tmp_path / "x.jsonl")

    assert (page.block_digest, page.payload_digest) == (hashlib.sha256(line).hexdigest(), hashlib.sha256(b"tea").hexdigest())


def test_a_page_with_a_digest_survives_a_neighbour_that_is_damaged_in_a_plain_archive(tmp_path: Path) -> None:
    """A length that is too long would swallow what follows; the digest tells that this one is right."""
    first, second, third = (warc_record(url=f"http://example.org/{n}", warc_head=f"WARC-Payload-Digest: {base32(PAGE)}\r\n") for n in "abc")
    (tmp_path / "x.warc").write_bytes(first + second.replace(b"WARC/1.0", b"WURC/1.0") + third)

    pages = read(tmp_path / "x.warc")

    assert [(page.url[-1], page.is_verified) for page in pages if page.content] == [("a", True), ("c", True)]
    assert [page.reason for page in pages if page.reason] == ["unreadable"]


@pytest.mark.parametrize(("too_many", "reason"), [(300, "digest_mismatch"), (9000, "truncated")])
def test_a_record_that_claims_to_be_longer_than_it_is_swallows_no_other(tmp_path: Path, too_many: int, reason: str) -> None:
    first, second, third = (warc_record(url=f"http://example.org/{n}", warc_head=f"WARC-Payload-Digest: {base32(PAGE)}\r\n") for n in "abc")
    length = first.partition(b"Content-Length: ")[2].partition(b"\r")[0]
    longer = first.replace(b"Content-Length: " + length, b"Content-Length: %d" % (int(length) + too_many), 1)
    (tmp_path / "x.warc").write_bytes(longer + second + third)

    pages = read(tmp_path / "x.warc")

    assert [page.url[-1] for page in pages if page.content] == ["b", "c"]
    assert reason in [page.reason for page in pages]
