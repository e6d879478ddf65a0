"""Pages in JSON files: JSON lines, plain or compressed, or a single value."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from bubblenet.corpus.reading.json_values import BOM, loads
from bubblenet.corpus.reading.lines import Line, Lines
from bubblenet.corpus.reading.pages import Page, quarantined
from bubblenet.corpus.reading.records import is_action, page_at, page_of_record
from bubblenet.corpus.reading.streams import WHOLE, ByteRange, compression_of, reason_of

MAX_ESCAPES = 6
r"""The most bytes of JSON that one byte of text can take: `\\\u0041`."""


def read_jsonl(source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """One Page for each non-blank line that begins in the part; a compressed file belongs to the part with its first byte.

    Lines that only announce the next one (Cirrus dumps) are no pages. Damage to compressed data ends the file with one Page that says so.
    """
    lines = Lines(source, MAX_ESCAPES * max_document_bytes, part)
    for line in lines:
        yield from _pages_of_line(path, line, max_document_bytes)
    if lines.damage:
        yield quarantined(page_at(path, lines.offset), reason_of(lines.damage), f"after byte {lines.offset}: {lines.damage}")


def read_json(source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """As read_jsonl if the first line is a JSON object; else the file is one JSON value: an object, or a list of objects.

    Not splittable, since only the beginning of the file tells how to read it.
    """
    if part.start:
        return
    unpack = compression_of(source)
    source.seek(0)
    unpacked = unpack(source) if unpack else None
    stream = io.BufferedReader(unpacked) if unpacked else source
    limit = MAX_ESCAPES * max_document_bytes
    head = stream.readline(limit)
    if isinstance(_parsed(head), dict):
        yield from read_jsonl(source, path, max_document_bytes, WHOLE)
        return
    payload = head + stream.read(limit - len(head) + 1)
    if unpacked and unpacked.damage:
        yield quarantined(page_at(path, 0), reason_of(unpacked.damage), unpacked.damage)
    elif len(payload) > limit:
        yield quarantined(page_at(path, 0), "too_large", f"one JSON value of more than {limit} bytes")
    elif payload.removeprefix(BOM).strip():
        yield from _pages_of_value(payload, path, max_document_bytes)


def _pages_of_line(path: str, line: Line, max_document_bytes: int) -> Iterator[Page]:
    if line.is_too_long:
        rest = "" if line.is_ended else "; the rest of the file is not read"
        yield quarantined(page_at(path, line.offset), "too_large", f"a line of more than {MAX_ESCAPES * max_document_bytes} bytes{rest}")
    else:
        yield from _pages_of_json(path, line.offset, line.content, max_document_bytes)


def _pages_of_json(path: str, offset: int, payload: bytes, max_document_bytes: int) -> Iterator[Page]:
    page = page_at(path, offset, hashlib.sha256(payload).hexdigest())
    try:
        value = loads(payload)
    except orjson.JSONDecodeError as error:
        yield quarantined(page, "bad_json", f"not one JSON value in UTF-8: {error}")
        return
    if not (isinstance(value, dict) and is_action(value)):
        yield _page_of_value(page, value, max_document_bytes)


def _page_of_value(page: Page, value: Any, max_document_bytes: int) -> Page:
    if isinstance(value, dict):
        return page_of_record(page, value, max_document_bytes)
    return quarantined(page, "missing_text", f"a JSON object is wanted, this is a {type(value).__name__}")


def _pages_of_value(payload: bytes, path: str, max_document_bytes: int) -> Iterator[Page]:
    """The pages of a file with a single value; those of a list are numbered from 1."""
    value = _parsed(payload)
    if isinstance(value, list):
        yield from (_page_of_value(page_at(path, number), item, max_document_bytes) for number, item in enumerate(value, start=1))
    else:
        yield from _pages_of_json(path, 0, payload, max_document_bytes)


def _parsed(payload: bytes) -> Any:
    """The JSON value; None if it cannot be parsed."""
    try:
        return loads(payload)
    except orjson.JSONDecodeError:
        return None
