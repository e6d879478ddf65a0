"""A page as read: its text and metadata, or why it could not be read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from bubblenet.corpus.reading import hygiene
from bubblenet.corpus.rights.claims import Claim, html_claims, linked_licence
from bubblenet.corpus.rights.site_files import SITE_FILES

READER_VERSION = 5
"""Raise when the same payload would give another page: another address, content, type or declared language, or a verdict. Pages are read
and segmented again.
"""

PROVENANCE_VERSION = 4
"""Raise when the same page would get another licence, claim, crawler, date, digest, place or charset. Pages are read again; no later
stage is redone.
"""

_TAG_ATTRIBUTES = 4096
_HTML_TAG = re.compile(rf"<html\b([^<>]{{0,{_TAG_ATTRIBUTES}}})", re.IGNORECASE)
_LANG = re.compile(r"\blang\s*=\s*[\"']?\s*([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3})")
_BINARY_MAGIC = (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"RIFF", b"\xd0\xcf\x11\xe0")
_MAX_DETAIL_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page, or a record that could not be read.

    content: decoded and cleaned text, None if quarantined. content_type: `html`, `text` or `markdown`; of a file that speaks for its site,
    its kind (corpus/rights/site_files.py).
    payload_digest: SHA-256 (hex) of the payload after HTTP transfer and content decoding, empty if nothing could be read.
    block_digest: SHA-256 (hex) of the record as stored: a WARC record's block, a JSON line; empty for other formats.
    is_verified: whether a digest that the archive states for the record was computed and matches.
    record_offset: byte offset in the file for WARC, in the decompressed file for JSON, row number from 1 for Parquet, else 0.
    declared_language, declared_licence: what the page declares. fetched_at: ISO 8601. http_status: None where no response is stored.
    claims: what response, page or record say about rights, as they write it. crawler: what the archive says it was made by.
    reason: None if readable, else `unreadable`, `truncated`, `digest_mismatch`, `empty`, `too_large`, `bad_json`, `missing_text` or
    `not_html`; detail says more.
    """

    url: str
    content: str | None
    content_type: str
    payload_digest: str = ""
    block_digest: str = ""
    is_verified: bool = False
    record_offset: int = 0
    charset: str | None = None
    declared_language: str | None = None
    declared_licence: str | None = None
    fetched_at: str | None = None
    http_status: int | None = None
    claims: tuple[Claim, ...] = ()
    crawler: str | None = None
    reason: str | None = None
    detail: str = ""

    @property
    def is_site_file(self) -> bool:
        """Whether this is no page, but a file that speaks for its site."""
        return self.content_type in SITE_FILES.values()


def quarantined(page: Page, reason: str, detail: str) -> Page:
    """The page without its content, with the reason."""
    return replace(page, content=None, reason=reason, detail=hygiene.clean_text(detail)[:_MAX_DETAIL_CHARACTERS])


def from_payload(page: Page, payload: bytes, http_charset: str | None = None) -> Page:
    """Fill a page from its bytes: decode, clean, read its declarations; quarantine it if it has no text."""
    page = replace(page, payload_digest=hashlib.sha256(payload).hexdigest())
    if not payload.strip():
        return quarantined(page, "empty", "the payload holds no bytes, or only white space")
    if payload.startswith(_BINARY_MAGIC):
        return quarantined(page, "not_html", f"the payload starts like another kind of file: {payload[:8]!r}")
    text, charset = hygiene.decode(payload, http_charset=http_charset, is_html=page.content_type == "html")
    return from_text(replace(page, charset=charset), text)


def from_text(page: Page, text: str) -> Page:
    """Fill a page from decoded text; declarations that it already has are kept."""
    content = hygiene.clean_text(text)
    if not content.strip():
        return quarantined(page, "empty", "nothing is left after control characters and white space")
    if page.content_type != "html":
        return replace(page, content=content)
    language = page.declared_language or html_language(content)
    claims = html_claims(content)
    licence = page.declared_licence or linked_licence(claims)
    return replace(page, content=content, declared_language=language, declared_licence=licence, claims=(*page.claims, *claims))


def html_language(html: str) -> str | None:
    """The `lang` attribute of the html element."""
    tag = _HTML_TAG.search(html)
    language = _LANG.search(tag.group(1)) if tag else None
    return language.group(1) if language else None
