"""Pages in JSON lines and Parquet files: one record a line or row, by field names that public corpora use."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.corpus import hygiene
from bubblenet.corpus.pages import Page, from_payload, from_text, quarantined
from bubblenet.corpus.streams import GZIP_MAGIC, GzipStream

TEXT_FIELDS = ("text", "content", "raw_content", "markdown", "html")
"""The first of these that is a text is the page; `markdown` and `html` say what it is."""

URL_FIELDS = ("url", "source", "id")
LANGUAGE_FIELDS = ("language", "lang")
LICENCE_FIELDS = ("license", "licence")
DATE_FIELDS = ("fetched_at", "date", "timestamp", "crawl_date")

MAX_ESCAPES = 6
r"""Bytes of JSON that one byte of text can take: `\\\u0041`."""

BATCH_ROWS = 64
_SKIPPED_AT_ONCE = 1 << 20


def read_jsonl(source: BinaryIO, path: str, max_document_bytes: int) -> Iterator[Page]:
    """One Page for each line that is not blank, plain or gzip; after damage to the gzip data, one Page that says so ends the file."""
    source.seek(0)
    compressed = GzipStream(source) if source.read(len(GZIP_MAGIC)) == GZIP_MAGIC else None
    source.seek(0)
    stream = io.BufferedReader(compressed) if compressed else source
    number = 0
    for number, (line, is_whole) in enumerate(_lines(stream, MAX_ESCAPES * max_document_bytes), start=1):
        if compressed and compressed.damage and not line.endswith(b"\n"):
            number -= 1
            break
        if line.strip():
            yield _page_of_line(_numbered(path, number), line, is_whole, max_document_bytes)
    if compressed and compressed.damage:
        reason = "truncated" if "early" in compressed.damage else "unreadable"
        yield quarantined(_numbered(path, number + 1), reason, f"after line {number}: {compressed.damage}")


def read_parquet(source: BinaryIO, path: str, max_document_bytes: int) -> Iterator[Page]:
    """One Page for each row; where the file stops being sound, one `unreadable` Page ends it."""
    number = 0
    try:
        for row in _rows(source):
            number += 1
            yield _page_of_record(_numbered(path, number), row, max_document_bytes)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        yield quarantined(_numbered(path, number + 1), "unreadable", f"no sound Parquet after row {number}: {error}")


def _numbered(path: str, number: int) -> Page:
    """A page that is named by its place until it names itself."""
    return Page(f"{path}#{number}", None, "text", record_offset=number)


def _lines(stream: BinaryIO, max_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """Lines with their end, and whether they are whole; of one longer than max_bytes, only the beginning."""
    while line := stream.readline(max_bytes):
        is_whole = line.endswith(b"\n") or len(line) < max_bytes
        rest = line
        while not is_whole and rest and not rest.endswith(b"\n"):
            rest = stream.readline(_SKIPPED_AT_ONCE)
        yield line, is_whole


def _page_of_line(page: Page, line: bytes, is_whole: bool, max_document_bytes: int) -> Page:
    if not is_whole:
        return quarantined(page, "too_large", f"a line of more than {len(line)} bytes")
    page = replace(page, payload_digest=hashlib.sha256(line).hexdigest())
    try:
        record = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        return quarantined(page, "bad_json", f"not one JSON value in UTF-8: {error}")
    if isinstance(record, dict):
        return _page_of_record(page, record, max_document_bytes)
    return quarantined(page, "missing_text", f"a JSON object is wanted, this is a {type(record).__name__}")


def _rows(source: BinaryIO) -> Iterator[dict[str, Any]]:
    """The fields that matter of every row. Every batch is checked first: a damaged file can decode into impossible arrays."""
    file = pq.ParquetFile(source)
    known = (*TEXT_FIELDS, *URL_FIELDS, *LANGUAGE_FIELDS, *LICENCE_FIELDS, *DATE_FIELDS)
    columns = [name for name in file.schema_arrow.names if name in known]
    if not any(name in TEXT_FIELDS for name in columns):
        yield {}
        return
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns, use_threads=False):
        batch.validate(full=True)
        yield from batch.to_pylist()


def _page_of_record(page: Page, record: Mapping[str, Any], max_document_bytes: int) -> Page:
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
    """The first of the fields that holds something, as clean text on one line."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "" and not isinstance(value, (dict, list, bytes)):
            return " ".join(hygiene.clean_text(str(value)).split()) or None
    return None
