"""Read any file of a known format as pages. Bad content never raises: each bad record is a Page with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from bubblenet.corpus import streams
from bubblenet.corpus.pages import READER_VERSION, Page, from_payload, quarantined
from bubblenet.corpus.records import read_jsonl, read_parquet
from bubblenet.corpus.warc import read_warc

FORMATS: dict[str, tuple[str, ...]] = {
    "html": (".html", ".htm", ".xhtml"),
    "warc": (".warc", ".warc.gz"),
    "jsonl": (".jsonl", ".jsonl.gz", ".ndjson"),
    "parquet": (".parquet",),
    "text": (".txt", ".md", ".markdown"),
}
"""The file formats that are read, with the suffixes by which they are known."""


def detect_format(path: str) -> str | None:
    """The format of a file by the end of its name, a key of FORMATS; None for a file that holds no pages."""
    name = path.lower()
    return next((format_name for format_name, suffixes in FORMATS.items() if name.endswith(suffixes)), None)


def read_file(path: str, *, max_document_bytes: int) -> Iterator[Page]:
    """Every page of a file, in order; at least one Page.

    path: a local path, `file:` URI or URI of a file system that pyarrow knows. max_document_bytes: a larger page is quarantined as
    `too_large`. A file that holds no page at all gives one Page with reason `empty`; one that cannot be opened, `unreadable`.
    """
    url = file_url(path)
    num_pages = 0
    try:
        with streams.open_binary(path) as source:
            for page in _READERS[detect_format(path) or "html"](source, url, max_document_bytes):
                num_pages += 1
                yield page
    except (OSError, pa.ArrowException) as error:
        num_pages += 1
        yield quarantined(Page(url, None, "html"), "unreadable", f"the file cannot be read: {error}")
    if not num_pages:
        yield quarantined(Page(url, None, "html"), "empty", "the file holds no page")


def file_url(path: str) -> str:
    """The `file://` URI of a local path; any other URI unchanged."""
    local = streams.local_path(path)
    return path if local is None else Path(local).absolute().as_uri()


def _read_document(source: BinaryIO, url: str, max_document_bytes: int) -> Iterator[Page]:
    """A file that is one page."""
    is_markdown = url.lower().endswith((".md", ".markdown"))
    content_type = "markdown" if is_markdown else "text" if detect_format(url) == "text" else "html"
    page = Page(url, None, content_type)
    payload = source.read(max_document_bytes + 1)
    if len(payload) > max_document_bytes:
        yield quarantined(page, "too_large", f"more than {max_document_bytes} bytes")
    else:
        yield from_payload(page, payload)


_READERS: dict[str, Callable[[BinaryIO, str, int], Iterator[Page]]] = {
    "html": _read_document,
    "text": _read_document,
    "warc": read_warc,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
}

__all__ = ["FORMATS", "READER_VERSION", "Page", "detect_format", "file_url", "read_file"]
