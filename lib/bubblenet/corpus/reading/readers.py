"""Read any file of a known format as pages. Bad content never raises: each bad record is a Page with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

from bubblenet.corpus.reading.json_lines import read_json, read_jsonl
from bubblenet.corpus.reading.pages import READER_VERSION, Page, from_payload, quarantined
from bubblenet.corpus.reading.parquet import read_parquet
from bubblenet.corpus.reading.streams import WHOLE, ByteRange
from bubblenet.corpus.reading.warc import read_warc
from bubblenet.locations import file_name, file_url, open_binary

FORMATS: dict[str, tuple[str, ...]] = {
    "html": (".html", ".htm", ".xhtml"),
    "warc": (".warc", ".warc.gz", ".wet", ".wet.gz"),
    "jsonl": (".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson", ".ndjson.gz", ".ndjson.zst"),
    "json": (".json", ".json.gz", ".json.zst"),
    "parquet": (".parquet",),
    "text": (".txt", ".md", ".markdown"),
}
"""The file formats that are read, with the suffixes by which they are known."""

_SPLITTABLE = (*FORMATS["warc"], ".jsonl", ".ndjson", ".parquet")
_COMPRESSIONS = (".gz", ".zst", ".lz4", ".bz2", ".xz", ".br")
_OLDER_FORMATS = (".arc", ".arc.gz")


def detect_format(path: str) -> str | None:
    """The format of a file by the end of its name, a key of FORMATS; None for a file that holds no pages, or is not read."""
    name = file_name(path).lower()
    return next((format_name for format_name, suffixes in FORMATS.items() if name.endswith(suffixes)), None)


def refusal(path: str) -> str | None:
    """Why a file that may well hold pages is not read, and what to do; None for one that is read, or holds none."""
    name = file_name(path).lower()
    if detect_format(path):
        return None
    if name.endswith(_OLDER_FORMATS):
        return "ARC, the format before WARC, is not read: convert the file, for example with `warcio recompress`"
    suffix = next((suffix for suffix in _COMPRESSIONS if name.endswith(suffix)), None)
    if suffix and detect_format(name.removesuffix(suffix)):
        return f"this format is not read when it is compressed as {suffix}: unpack the file"
    return None


def is_splittable(path: str) -> bool:
    """Whether parts of the file can be read without the rest."""
    return file_name(path).lower().endswith(_SPLITTABLE)


def read_file(path: str, *, max_document_bytes: int, part: ByteRange = WHOLE) -> Iterator[Page]:
    """Every page that begins in a part of a file, in order. The parts of a file give together what the whole file gives.

    path: a local path, `file:` URI or URL that pyarrow or fsspec opens. max_document_bytes: a larger page is quarantined as `too_large`.
    A file that holds no page at all gives one Page with reason `empty`, a part of a file none; one that cannot be opened, `unreadable`.
    """
    url = file_url(path)
    num_pages = 0
    try:
        with open_binary(path) as source:
            for page in _READERS[detect_format(path) or "html"](source, url, max_document_bytes, part):
                num_pages += 1
                yield page
    except (OSError, pa.ArrowException) as error:
        num_pages += 1
        yield quarantined(Page(url, None, "html"), "unreadable", f"the file cannot be read: {error}")
    if not num_pages and part.is_whole:
        yield quarantined(Page(url, None, "html"), "empty", "the file holds no page")


def _read_document(source: BinaryIO, url: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """A file that is one page; it belongs to the part that holds its first byte."""
    if part.start:
        return
    is_markdown = file_name(url).lower().endswith((".md", ".markdown"))
    content_type = "markdown" if is_markdown else "text" if detect_format(url) == "text" else "html"
    page = Page(url, None, content_type)
    payload = source.read(max_document_bytes + 1)
    if len(payload) > max_document_bytes:
        yield quarantined(page, "too_large", f"more than {max_document_bytes} bytes")
    else:
        yield from_payload(page, payload)


_READERS: dict[str, Callable[[BinaryIO, str, int, ByteRange], Iterator[Page]]] = {
    "html": _read_document,
    "text": _read_document,
    "warc": read_warc,
    "jsonl": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
}

__all__ = ["FORMATS", "READER_VERSION", "ByteRange", "Page", "detect_format", "file_url", "is_splittable", "read_file", "refusal"]
