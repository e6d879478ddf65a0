"""One WARC record as a page: which records are pages, what their digests prove, and what makes a record incomplete."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Protocol

from fastwarc.warc import WarcRecord, WarcRecordType

from bubblenet.corpus.reading import http, hygiene
from bubblenet.corpus.reading.dates import iso_date
from bubblenet.corpus.reading.digests import fits
from bubblenet.corpus.reading.encodings import BodyError
from bubblenet.corpus.reading.language_codes import shortest
from bubblenet.corpus.reading.pages import Page, from_payload, quarantined
from bubblenet.corpus.reading.sniffing import is_document
from bubblenet.corpus.rights import robots
from bubblenet.corpus.rights.claims import header_claims
from bubblenet.corpus.rights.site_files import site_file

_CONTENT_TYPES = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text", "text/markdown": "markdown"}
_PAGE_RECORDS = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_NO_PAGES = (
    WarcRecordType.warcinfo | WarcRecordType.request | WarcRecordType.metadata | WarcRecordType.revisit | WarcRecordType.continuation
)
_PAGE_SCHEMES = ("http://", "https://", "file://", "ftp://")
_ALTERED_BLOCK = ("digest_mismatch", "the block is not the one its WARC-Block-Digest was made from")
_CRAWLER_FIELDS = ("http-header-user-agent", "software", "operator")
_MAX_CRAWLER_CHARACTERS = 500
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Digests(Protocol):
    """What is done about a payload digest."""

    def refuses(self, fits: bool | None) -> bool:
        """Whether a record is refused whose digest fits, does not fit, or cannot be checked (None)."""


def read_record(record: WarcRecord, limit: int, offset: int, digests: Digests | None) -> Page | None:
    """The page of a response, resource or conversion record; None for one without a page, and for one of another type.

    limit: maximum bytes of a page; a larger one is quarantined as `too_large`. offset: of the record, or of its gzip member.
    digests: None if none is to refuse a record.
    """
    if record.record_type & _NO_PAGES:
        return None
    url = hygiene.clean_line((record.headers.get("WARC-Target-URI") or "").strip("<> "))
    if not (record.record_type & _PAGE_RECORDS and url.lower().startswith(_PAGE_SCHEMES)):
        problem = _problem_of_head(record, url)
        return quarantined(Page(url, None, "html", record_offset=offset), "unreadable", problem) if problem else None
    page = Page(url, None, "html", record_offset=offset, fetched_at=iso_date(hygiene.clean_line(record.headers.get("WARC-Date") or "")))
    length = record.content_length
    block = _read_block(record, min(length, limit + http.MAX_HEAD_BYTES))
    is_response = record.record_type == WarcRecordType.response
    response = http.parse(block) if is_response else http.Response(200, {"content-type": record.headers.get("Content-Type") or ""}, block)
    if response is None:
        return _cut_record(page, len(block), length) or quarantined(page, "unreadable", "the response has no HTTP status line")
    page = replace(page, http_status=response.status if is_response else None, claims=header_claims(response.rights))
    if kind := site_file(url):
        return _site_file(replace(page, content_type=kind, claims=()), record, response, block, limit, digests)
    content_type = _CONTENT_TYPES.get(response.content_type or _sniffed_type(response.body))
    if response.status != 200 or content_type is None:
        is_altered = bool(digests) and len(block) == length and fits(record.headers.get("WARC-Block-Digest"), block) is False
        return quarantined(page, *_ALTERED_BLOCK) if is_altered else None  # its status or type may be what was altered
    page = replace(page, content_type=content_type, block_digest=hashlib.sha256(block).hexdigest() if len(block) == length else "")
    page = replace(page, declared_language=_identified_language(record))
    return _record_problem(page, record, block, limit) or _decoded_page(page, record, response, block, limit, digests)


def _problem_of_head(record: WarcRecord, url: str) -> str:
    """Why a record that seems to hold a page cannot be one: its type is none, or its address; empty for any other."""
    media = (record.headers.get("Content-Type") or "").lower()
    is_response = "application/http" in media and "msgtype=request" not in media
    if record.record_type == WarcRecordType.no_type or (record.record_type == WarcRecordType.unknown and is_response):
        return f"no type of a WARC record: {record.headers.get('WARC-Type')!r}"
    if record.record_type & _PAGE_RECORDS and (is_response or not _SCHEME.match(url)):
        return f"no address of a page: {url!r}"
    return ""


def _identified_language(record: WarcRecord) -> str | None:
    """The first language that the archive names for the page, as those of Common Crawl do."""
    named = hygiene.clean_line(record.headers.get("WARC-Identified-Content-Language") or "")
    return shortest(named.partition(",")[0].strip()) or None


def _read_block(record: WarcRecord, size: int) -> bytes:
    parts = []
    while size > 0 and (data := record.reader.read(size)):
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def _sniffed_type(body: bytes) -> str:
    """The type of a body if the server did not name it: HTML if its first tag is one of a document."""
    return "text/html" if is_document(body) else ""


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


def _site_file(page: Page, record: WarcRecord, response: http.Response, block: bytes, limit: int, digests: Digests | None) -> Page | None:
    """A file that speaks for its site; one that is not there (4xx) speaks for nothing from then on (RFC 9309, section 2.3.1.3).

    None for a redirect and for a server that failed: they say nothing, and the file before them still holds.
    """
    if 400 <= response.status < 500:
        return replace(page, content="", payload_digest=hashlib.sha256(b"").hexdigest())
    if response.status != 200:
        return None
    page = replace(page, block_digest=hashlib.sha256(block).hexdigest())
    body = _record_problem(page, record, block, limit) or _verified_body(page, record, response, block, limit, digests)
    if isinstance(body, Page):
        return body
    digest = hashlib.sha256(body[0]).hexdigest()
    return replace(page, is_verified=body[1], payload_digest=digest, content=robots.decoded(body[0]), charset="utf-8")


def _decoded_page(page: Page, record: WarcRecord, response: http.Response, block: bytes, limit: int, digests: Digests | None) -> Page:
    """The page of a complete record, unless its digests refuse it."""
    found = _verified_body(page, record, response, block, limit, digests)
    return found if isinstance(found, Page) else from_payload(replace(page, is_verified=found[1]), found[0], response.charset)


def _verified_body(
    page: Page, record: WarcRecord, response: http.Response, block: bytes, limit: int, digests: Digests | None
) -> tuple[bytes, bool] | Page:
    """The body without its encodings, and whether a digest proves it; the quarantined page if it is cut, damaged or refused."""
    fits_block = fits(record.headers.get("WARC-Block-Digest"), block)
    if fits_block is False and digests:
        return quarantined(page, *_ALTERED_BLOCK)
    if response.is_cut:
        announced = response.headers["content-length"]
        return quarantined(page, "truncated", f"the server announced {announced} bytes, {len(response.body)} are stored")
    try:
        entity = http.without_transfer_encoding(response)
        body = http.without_content_encoding(response, entity, limit)
    except BodyError as error:
        return quarantined(page, *error.args)
    fits_payload = fits(record.headers.get("WARC-Payload-Digest"), response.body, entity, body, block)
    if digests and digests.refuses(fits_payload):
        return quarantined(page, "digest_mismatch", "the body is not the one its WARC-Payload-Digest was made from")
    return body, bool(fits_block or fits_payload) and fits_block is not False


def crawler_of(record: WarcRecord) -> str | None:
    """What an archive says in its first record that it was made by: the crawler's name for itself, else its program, else who ran it."""
    if record.record_type != WarcRecordType.warcinfo:
        return None
    fields: dict[str, str] = {}
    for line in _read_block(record, min(record.content_length, http.MAX_HEAD_BYTES)).decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), hygiene.clean_line(value)[:_MAX_CRAWLER_CHARACTERS])
    return next((fields[name] for name in _CRAWLER_FIELDS if fields.get(name)), None)
