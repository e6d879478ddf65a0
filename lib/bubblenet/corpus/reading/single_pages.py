"""Files that are one page each: HTML, plain text, Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from bubblenet.corpus.reading.pages import Page, from_payload, quarantined
from bubblenet.corpus.reading.streams import ByteRange
from bubblenet.locations import file_name

MARKDOWN_SUFFIXES = (".md", ".markdown")


def read_html(source: BinaryIO, url: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """The page of an open HTML file; it belongs to the part with the first byte."""
    return _read(source, Page(url, None, "html"), max_document_bytes, part)


def read_text(source: BinaryIO, url: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """The page of a text or Markdown file, distinguished by suffix."""
    is_markdown = file_name(url).lower().endswith(MARKDOWN_SUFFIXES)
    return _read(source, Page(url, None, "markdown" if is_markdown else "text"), max_document_bytes, part)


def _read(source: BinaryIO, page: Page, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    if part.start:
        return
    payload = source.read(max_document_bytes + 1)
    if len(payload) > max_document_bytes:
        yield quarantined(page, "too_large", f"more than {max_document_bytes} bytes")
    else:
        yield from_payload(page, payload)
