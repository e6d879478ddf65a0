"""One WARC record as a page: which records are pages, what their digests prove, and what makes a record incomplete."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

from fastwarc.warc import WarcRecord, WarcRecordType

from bubblenet.corpus.reading import http, hygiene
from bubblenet.corpus.reading.pages import Page, from_payload, quarantined

_CONTENT_TYPES = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text", "text/markdown": "markdown"}
_PAGE_SCHEMES = ("http://", "https://", "file://", "ftp://")
_DIGESTS = ("sha1", "sha256", "sha512", "md5")


def read_record(record: WarcRecord, limit: int, offset: int) -> Page | None:
    """The page of a response, resource or conversion record; None for one without a page.

    limit: maximum bytes of a page; a larger one is quarantined as `too_large`. offset: of the record, or of its gzip member.
    """
    url = hygiene.clean_line((record.headers.get("WARC-Target-URI") or "").strip("<> "))
    if not url.lower().startswith(_PAGE_SCHEMES):
        return None
    page = Page(url, None, "html", record_offset=offset, fetched_at=hygiene.clean_line(record.headers.get("WARC-Date") or "") or None)
    length = record.content_length
    block = _read_block(record, min(length, limit + http.MAX_HEAD_BYTES))
    is_response = record.record_type == WarcRecordType.response
    response = http.parse(block) if is_response else http.Response(200, {"content-type": record.headers.get("Content-Type") or ""}, block)
    if response is None:
        return _cut_record(page, len(block), length) or quarantined(page, "unreadable", "the response has no HTTP status line")
    content_type = _CONTENT_TYPES.get(response.content_type or _sniffed_type(response.body))
    if response.status != 200 or content_type is None:
        return None
    page = replace(page, content_type=content_type, block_digest=hashlib.sha256(block).hexdigest() if len(block) == length else "")
    return _record_problem(page, record, block, limit) or _decoded_page(page, record, response, block, limit)


def _read_block(record: WarcRecord, size: int) -> bytes:
    parts = []
    while size > 0 and (data := record.reader.read(size)):
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def _sniffed_type(body: bytes) -> str:
    """The type of a body if the server did not name it: HTML if its first tag is an HTML tag."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "text/html" if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) else ""


def _record_problem(page: Page, record: WarcRecord, block: bytes, limit: int) -> Page | None:
    """The quarantined page if the record is too large or truncated."""
    if record.content_length > limit + http.MAX_HEAD_BYTES:
        return quarantined(page, "too_large", f"a record of {record.content_length} bytes; the limit is {limit}")
    if cut := _cut_record(page, len(block), record.content_length):
        return cut
    if record.headers.get("WARC-Truncated"):
        return quarantined(page, "truncated", f"the crawler cut the page: {record.headers.get('WARC-Truncated')}")
    return None


def _cut_record(page: Page, num_bytes: int, announced: int) -> Page | None:
    if num_bytes >= announced:
        return None
    return quarantined(page, "truncated", f"the record announces {announced} bytes, {num_bytes} are there")


def _decoded_page(page: Page, record: WarcRecord, response: http.Response, block: bytes, limit: int) -> Page:
    """The page of a complete record, if its digests match.

    Writers disagree on what WARC-Payload-Digest covers (WARC 1.1, section 5.9, leaves transfer encoding open): the body as stored, without
    transfer encoding, and without content encoding are all accepted.
    """
    fits_block = _fits(record.headers.get("WARC-Block-Digest"), block)
    if fits_block is False:
        return quarantined(page, "digest_mismatch", "the block is not the one its WARC-Block-Digest was made from")
    if response.is_cut:
        announced = response.headers["content-length"]
        return quarantined(page, "truncated", f"the server announced {announced} bytes, {len(response.body)} are stored")
    try:
        entity = http.without_transfer_encoding(response)
        body = http.without_content_encoding(response, entity, limit)
    except http.BodyError as error:
        return quarantined(page, *error.args)
    fits_payload = _fits(record.headers.get("WARC-Payload-Digest"), response.body, entity, body)
    if fits_payload is False:
        return quarantined(page, "digest_mismatch", "the body is not the one its WARC-Payload-Digest was made from")
    return from_payload(replace(page, is_verified=bool(fits_block or fits_payload)), body, response.charset)


def _fits(labelled: str | None, *candidates: bytes) -> bool | None:
    """Whether a digest `algorithm:value` (base 32, as WARC writers do, or hex) matches a candidate; None if it cannot be checked.

    An unknown algorithm or a value of another length proves nothing.
    """
    algorithm, _, value = (labelled or "").strip().lower().partition(":")
    value = value.upper().rstrip("=")
    if algorithm not in _DIGESTS:
        return None
    for candidate in dict.fromkeys(candidates):
        digest = hashlib.new(algorithm, candidate, usedforsecurity=False).digest()
        spellings = (base64.b32encode(digest).decode().rstrip("="), digest.hex().upper())
        if len(value) not in map(len, spellings):
            return None
        if value in spellings:
            return True
    return False
