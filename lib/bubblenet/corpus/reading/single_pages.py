"""Files that are one page each: HTML, plain text, Markdown; plain or compressed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from bubblenet.corpus.reading.pages import Page, from_payload, quarantined
from bubblenet.corpus.reading.streams import ByteRange, Unpacked, compression_of_name, file_size, reason_of
from bubblenet.locations import file_name

MARKDOWN_SUFFIXES = (".md", ".markdown")


def read_html(source: BinaryIO, url: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """The page of an open HTML file; it belongs to the part with the first byte."""
    return _read(source, Page(url, None, "html"), max_document_bytes, part)


def read_text(source: BinaryIO, url: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """The page of a text or Markdown file, distinguished by suffix."""
    compression = compression_of_name(file_name(url))
    name = file_name(url).lower().removesuffix(compression.suffix if compression else "")
    is_markdown = name.endswith(MARKDOWN_SUFFIXES)
    return _read(source, Page(url, None, "markdown" if is_markdown else "text"), max_document_bytes, part)


def _read(source: BinaryIO, page: Page, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    if part.start:
        return
    unpacked = _unpacked(source, page.url)
    payload = (io.BufferedReader(unpacked) if unpacked else source).read(max_document_bytes + 1)
    if unpacked and unpacked.damage:
        yield quarantined(page, reason_of(unpacked.damage), unpacked.damage)
    elif len(payload) > max_document_bytes:
        yield quarantined(page, "too_large", f"more than {max_document_bytes} bytes")
    else:
        yield from_payload(page, payload)


def _unpacked(source: BinaryIO, url: str) -> Unpacked | None:
    """The stream that unpacks a file whose name states a compression; None for other files, and for a file without a byte."""
    compression = compression_of_name(file_name(url))
    if compression is None:
        return None
    size = file_size(source)
    source.seek(0)
    return compression.stream(source) if size else None
