"""Pages in records with named fields, by the field names of public corpora."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bubblenet.corpus.reading import hygiene
from bubblenet.corpus.reading.pages import Page, from_payload, from_text, quarantined

TEXT_FIELDS = ("text", "content", "raw_content", "markdown", "html")
"""The first of these that is a text is the content; `markdown` and `html` also give its type."""

URL_FIELDS = ("url", "source", "id")
LANGUAGE_FIELDS = ("language", "lang")
LICENCE_FIELDS = ("license", "licence")
DATE_FIELDS = ("fetched_at", "date", "timestamp", "crawl_date")
KNOWN_FIELDS = frozenset((*TEXT_FIELDS, *URL_FIELDS, *LANGUAGE_FIELDS, *LICENCE_FIELDS, *DATE_FIELDS))


def page_at(path: str, place: int) -> Page:
    """A page named by its place in the file, for records without a URL."""
    return Page(f"{path}#{place}", None, "text", record_offset=place)


def page_of_record(page: Page, record: Mapping[str, Any], max_document_bytes: int) -> Page:
    """A page from the fields of a record; `missing_text` if none of TEXT_FIELDS is a text."""
    page = replace(
        page,
        url=_first(record, URL_FIELDS) or page.url,
        declared_language=_first(record, LANGUAGE_FIELDS),
        declared_licence=_first(record, LICENCE_FIELDS),
        fetched_at=_first(record, DATE_FIELDS),
    )
    name = next((name for name in TEXT_FIELDS if isinstance(record.get(name), (str, bytes))), None)
    if name is None:
        return quarantined(page, "missing_text", f"no text in any of the fields {', '.join(TEXT_FIELDS)}")
    page = replace(page, content_type=name if name in ("markdown", "html") else "text")
    value = record[name]
    payload = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    if len(payload) > max_document_bytes:
        return quarantined(page, "too_large", f"{len(payload)} bytes of text; the limit is {max_document_bytes}")
    if isinstance(value, bytes):
        return from_payload(page, payload)
    return from_text(replace(page, payload_digest=hashlib.sha256(payload).hexdigest()), value)


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first non-empty field, as clean text on one line."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "" and not isinstance(value, (dict, list, bytes)):
            return hygiene.clean_line(str(value)) or None
    return None
