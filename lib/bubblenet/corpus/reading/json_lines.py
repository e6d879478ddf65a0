"""Pages in JSON files: JSON lines, plain, gzip or Zstandard, or a single value."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, cast

import orjson

from bubblenet.corpus.reading.pages import Page, quarantined
from bubblenet.corpus.reading.records import page_at, page_of_record
from bubblenet.corpus.reading.streams import MAX_DRAINED_BYTES, WHOLE, ByteRange, Unpacked, compression_of, reason_of

MAX_ESCAPES = 6
r"""The most bytes of JSON that one byte of text can take: `\\\u0041`."""

_SKIPPED_AT_ONCE = 1 << 20
_BOM = b"\xef\xbb\xbf"
# The rest of an escape: another backslash, a surrogate pair of escapes, or half of such a pair.
_ESCAPES = re.compile(rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))")


def read_jsonl(source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """One Page for each non-blank line that begins in the part; a compressed file belongs to the part with its first byte.

    Damage to compressed data ends the file with one Page that reports it.
    """
    unpack = compression_of(source)
    if unpack is None:
        yield from _pages_of_lines(source, _line_start(source, part), path, max_document_bytes, part)
    elif part.start == 0:
        yield from _pages_of_lines(unpack(source), 0, path, max_document_bytes, WHOLE)


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
    elif payload.strip():
        yield from _pages_of_value(payload, path, max_document_bytes)


def _line_start(source: BinaryIO, part: ByteRange) -> int:
    """The offset of the first line that begins at or after the start of the part."""
    if part.start == 0:
        source.seek(0)
        return 0
    position = source.seek(part.start - 1)
    while chunk := source.readline(_SKIPPED_AT_ONCE):
        position += len(chunk)
        if chunk.endswith(b"\n") or not part.holds(position):
            break
    return position


def _pages_of_lines(source: BinaryIO | Unpacked, start: int, path: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """One Page per line of a stream positioned at a line start, given as `start`; reading stops at a line that never seems to end."""
    unpacked = source if isinstance(source, Unpacked) else None
    stream = io.BufferedReader(unpacked) if unpacked else cast(BinaryIO, source)
    offset, limit = start, MAX_ESCAPES * max_document_bytes
    while part.holds(offset) and (line := stream.readline(limit)):
        if unpacked and unpacked.damage and not line.endswith(b"\n"):
            break  # the line truncated by the damage
        page = page_at(path, offset)
        is_whole = line.endswith(b"\n") or len(line) < limit
        skipped, is_ended = (0, True) if is_whole else _skip_line(stream)
        offset += len(line) + skipped
        if not is_whole:
            rest = "" if is_ended else "; the rest of the file is not read"
            yield quarantined(page, "too_large", f"a line of more than {limit} bytes{rest}")
        elif line.strip():
            yield _page_of_line(page, line, max_document_bytes)
        if not is_ended:
            return
    if unpacked and unpacked.damage:
        yield quarantined(page_at(path, offset), reason_of(unpacked.damage), f"after byte {offset}: {unpacked.damage}")


def _skip_line(stream: BinaryIO | io.BufferedReader) -> tuple[int, bool]:
    """Skip to the end of the line, reading not much more than MAX_DRAINED_BYTES; the bytes read, and whether the end was found."""
    skipped = 0
    while skipped < MAX_DRAINED_BYTES:
        chunk = stream.readline(_SKIPPED_AT_ONCE)
        skipped += len(chunk)
        if not chunk or chunk.endswith(b"\n"):
            return skipped, True
    return skipped, False


def _page_of_line(page: Page, line: bytes, max_document_bytes: int) -> Page:
    page = replace(page, block_digest=hashlib.sha256(line).hexdigest())
    try:
        value = _loads(line)
    except orjson.JSONDecodeError as error:
        return quarantined(page, "bad_json", f"not one JSON value in UTF-8: {error}")
    return _page_of_value(page, value, max_document_bytes)


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
        yield _page_of_line(page_at(path, 0), payload, max_document_bytes)


def _parsed(payload: bytes) -> Any:
    """The JSON value; None if it cannot be parsed."""
    try:
        return _loads(payload)
    except orjson.JSONDecodeError:
        return None


def _loads(payload: bytes) -> Any:
    """The JSON value; escapes of lone surrogates, which Python's json writes and orjson rejects, become U+FFFD. Raises JSONDecodeError."""
    payload = payload.removeprefix(_BOM)
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        if b"\\ud" not in payload and b"\\uD" not in payload:
            raise
        return orjson.loads(_ESCAPES.sub(lambda found: b"\\ufffd" if found.group(1) else found.group(), payload))
