"""Pages in WARC files (ISO 28500), compressed or not, whole or damaged.

FastWARC reads the records; the way from one gzip member to the next is ours, because a member that is cut or damaged must cost that record
alone, and must never pass for a complete page.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from bubblenet.corpus import http
from bubblenet.corpus.pages import Page, from_payload, quarantined
from bubblenet.corpus.streams import GZIP_MAGIC, GzipMember, file_size, find

MAX_DRAINED_BYTES = 256 * 1024 * 1024
"""A page that announces more is left at once; the next record is looked for in the compressed bytes."""

_WARC_MAGIC = b"WARC/"
_CONTENT_TYPES = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text", "text/markdown": "markdown"}
_PAGE_SCHEMES = ("http://", "https://", "file://", "ftp://")
_PAGE_RECORDS = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_NATIVE_PANIC = "PanicException"  # how an error that FastWARC did not foresee arrives; its class cannot be imported
_DIGESTS = ("sha1", "sha256", "sha512", "md5")


def read_warc(source: BinaryIO, path: str, max_document_bytes: int) -> Iterator[Page]:
    """Every page of an open WARC file, and a quarantined Page for each damaged place. Raises nothing for bad content."""
    source.seek(0)
    is_gzip = source.read(len(GZIP_MAGIC)) == GZIP_MAGIC or path.endswith(".gz")
    reader = _Reader(source, path, max_document_bytes)
    return reader.gzip_pages() if is_gzip else reader.plain_pages()


class _Reader:
    """One pass over a file. _resume: where, after damage, the search for the next record may begin."""

    def __init__(self, source: BinaryIO, path: str, max_document_bytes: int) -> None:
        self._source = source
        self._path = path
        self._limit = max_document_bytes
        self._resume = 0

    def gzip_pages(self) -> Iterator[Page]:
        """One gzip member after the other; after damage, the next place where a member holds a record."""
        size, start = file_size(self._source), 0
        while start < size:
            member = GzipMember(self._source, start)
            held: Page | None = None  # the latest page waits for the checksum of its member
            for page in self._pages(cast(BinaryIO, member), start, is_whole_file=False):
                if held:
                    yield held
                held = page
            member.drain(MAX_DRAINED_BYTES)
            if member.has_ended:
                if held:
                    yield held
                start = member.end
            else:
                yield self._damaged(held, start, member.damage)
                start = self._next_member(start + 1, size)

    def plain_pages(self) -> Iterator[Page]:
        """Records of an uncompressed file; after damage, the next place that looks like the head of a record."""
        start: int | None = 0
        while start is not None:
            self._source.seek(start)
            is_damaged = False
            for page in self._pages(self._source, start, is_whole_file=True):
                yield page
                is_damaged = page.reason in ("unreadable", "truncated", "digest_mismatch")
                if is_damaged:
                    break
            found = find(self._source, b"\n" + _WARC_MAGIC, self._resume) if is_damaged else None
            start = None if found is None else found + 1

    def _pages(self, stream: BinaryIO, start: int, is_whole_file: bool) -> Iterator[Page]:
        """Pages from a stream of records that begins at a file offset; after a record that cannot be parsed there are no more."""
        offset = start
        self._resume = start + 1
        try:
            for record in ArchiveIterator(stream, parse_http=False, stream_detect=False, fsspec_args=False):
                offset = start + record.stream_pos if is_whole_file else start
                length = record.content_length
                page = _read_record(record, self._limit, offset) if record.record_type & _PAGE_RECORDS else None
                is_sound = page is None or page.reason not in ("truncated", "digest_mismatch")
                self._resume = offset + length if is_sound else offset + 1
                if page:
                    yield page
                if page and page.reason == "too_large" and length > MAX_DRAINED_BYTES:
                    return
        except BaseException as error:
            if not isinstance(error, (OSError, ValueError)) and type(error).__name__ != _NATIVE_PANIC:
                raise
            detail = f"no WARC record where one should be: {error}"
            yield quarantined(Page(self._path, None, "html", record_offset=offset), "unreadable", detail)

    def _damaged(self, page: Page | None, start: int, damage: str) -> Page:
        """The row for a member that is cut or damaged; it takes the URL of the page that was read from it."""
        if page and page.reason in ("truncated", "digest_mismatch", "too_large"):
            return page
        page = page or Page(self._path, None, "html", record_offset=start)
        return quarantined(page, "truncated" if "early" in damage else "unreadable", damage or "more data than will be read")

    def _next_member(self, start: int, size: int) -> int:
        """The offset of the next gzip member that begins with a WARC record, or the size of the file."""
        found = find(self._source, GZIP_MAGIC, start)
        while found is not None:
            if GzipMember(self._source, found).read(len(_WARC_MAGIC)) == _WARC_MAGIC:
                return found
            found = find(self._source, GZIP_MAGIC, found + 1)
        return size


def _read_record(record: WarcRecord, limit: int, offset: int) -> Page | None:
    """The page of a response, resource or conversion record; None for one that holds no page."""
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
    if not url.lower().startswith(_PAGE_SCHEMES):
        return None
    page = Page(url, None, "html", record_offset=offset, fetched_at=record.headers.get("WARC-Date"))
    length = record.content_length
    block = _read_block(record, min(length, limit + http.MAX_HEAD_BYTES))
    is_response = record.record_type == WarcRecordType.response
    response = http.parse(block) if is_response else http.Response(200, {"content-type": record.headers.get("Content-Type") or ""}, block)
    if response is None:
        return _cut_record(page, len(block), length) or quarantined(page, "unreadable", "the response has no HTTP status line")
    content_type = _CONTENT_TYPES.get(response.content_type or _sniffed_type(response.body))
    if response.status != 200 or content_type is None:
        return None
    page = replace(page, content_type=content_type)
    problem = _record_problem(page, record, response, block, limit)
    return problem or _decoded_page(page, response, limit)


def _read_block(record: WarcRecord, size: int) -> bytes:
    parts = []
    while size > 0 and (data := record.reader.read(size)):
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def _sniffed_type(body: bytes) -> str:
    """The type of a body that the server did not name: HTML if its first tag is one of HTML's."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "text/html" if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) else ""


def _record_problem(page: Page, record: WarcRecord, response: http.Response, block: bytes, limit: int) -> Page | None:
    """The quarantined page if the record is too large, cut, or not what its digest says."""
    if record.content_length > limit + http.MAX_HEAD_BYTES:
        return quarantined(page, "too_large", f"a record of {record.content_length} bytes; the limit is {limit}")
    if cut := _cut_record(page, len(block), record.content_length):
        return cut
    if record.headers.get("WARC-Truncated"):
        return quarantined(page, "truncated", f"the crawler cut the page: {record.headers.get('WARC-Truncated')}")
    if not _matches_digest(block, record.headers.get("WARC-Block-Digest") or ""):
        return quarantined(page, "digest_mismatch", "the block is not the one its WARC-Block-Digest was made from")
    if response.is_cut:
        announced = response.headers["content-length"]
        return quarantined(page, "truncated", f"the server announced {announced} bytes, {len(response.body)} are stored")
    return None


def _cut_record(page: Page, num_bytes: int, announced: int) -> Page | None:
    if num_bytes >= announced:
        return None
    return quarantined(page, "truncated", f"the record announces {announced} bytes, {num_bytes} are there")


def _matches_digest(block: bytes, labelled: str) -> bool:
    """Whether a digest `algorithm:value` (base 32, as WARC writers do, or hex) fits; an unknown algorithm proves nothing."""
    algorithm, _, value = labelled.strip().partition(":")
    if algorithm.lower() not in _DIGESTS or not value:
        return True
    digest = hashlib.new(algorithm.lower(), block, usedforsecurity=False).digest()
    return value.upper().rstrip("=") in (base64.b32encode(digest).decode().rstrip("="), digest.hex().upper())


def _decoded_page(page: Page, response: http.Response, limit: int) -> Page:
    try:
        body = http.decoded_body(response, limit)
    except http.BodyError as error:
        return quarantined(page, *error.args)
    return from_payload(page, body, response.charset)
