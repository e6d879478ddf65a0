"""The lines of JSON of a file, plain or compressed, whole or in parts: for pages, seeds and evaluation items alike."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from bubblenet.corpus.reading.json_values import BOM, loads
from bubblenet.corpus.reading.streams import MAX_DRAINED_BYTES, WHOLE, ByteRange, compression_of

MAX_LIST_BYTES = 256 * 1024 * 1024
"""A larger file is not read as one list: it would have to lie in memory."""

_SKIPPED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    number: from 1, blank lines counted. offset: of its first byte in the unpacked file. content: as stored, cut if it is too long.
    is_ended: whether its end was found; nothing after one without an end is read.
    """

    number: int
    offset: int
    content: bytes
    is_too_long: bool = False
    is_ended: bool = True


class Lines:
    """The lines that begin in a part of an open file; a compressed file belongs to the part with its first byte.

    limit: in bytes; a line of that length without its end is too long. After the last line, `damage` says why compressed data ended early,
    and `offset` where; a line cut by the damage is left out.
    """

    def __init__(self, source: BinaryIO, limit: int, part: ByteRange = WHOLE) -> None:
        unpack = compression_of(source)
        self._unpacked = unpack(source) if unpack else None
        self._stream = io.BufferedReader(self._unpacked) if self._unpacked else source
        self._limit = limit
        self._part = part if not unpack else WHOLE if part.start == 0 else ByteRange(0, 0)
        self.offset = 0 if unpack else _line_start(source, part)

    @property
    def damage(self) -> str:
        """Why compressed data ended early, empty if it did not."""
        return self._unpacked.damage if self._unpacked and self._part.is_whole else ""

    def __iter__(self) -> Iterator[Line]:
        """Every line that is not blank."""
        number = 0
        while self._part.holds(self.offset) and (content := self._stream.readline(self._limit)):
            if self.damage and not content.endswith(b"\n"):
                return
            number += 1
            line = self._line(number, content)
            if line.is_too_long or content.removeprefix(BOM).strip():
                yield line
            if not line.is_ended:
                return

    def _line(self, number: int, content: bytes) -> Line:
        start, is_whole = self.offset, content.endswith(b"\n") or len(content) < self._limit
        skipped, is_ended = (0, True) if is_whole else _skip_line(self._stream)
        self.offset += len(content) + skipped
        return Line(number, start, content, not is_whole, is_ended)


def list_items(source: BinaryIO) -> list[Any] | None:
    """The items of a file that is one JSON list; None for any other file."""
    unpack = compression_of(source)
    source.seek(0)
    reader = io.BufferedReader(unpack(source)) if unpack else source
    head = reader.readline(_SKIPPED_AT_ONCE)
    while head and not head.removeprefix(BOM).strip():
        head = reader.readline(_SKIPPED_AT_ONCE)
    if not head.removeprefix(BOM).lstrip().startswith(b"["):
        return None
    payload = head + reader.read(MAX_LIST_BYTES)
    try:
        value = loads(payload) if len(payload) < MAX_LIST_BYTES else None
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, list) else None


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


def _skip_line(stream: BinaryIO | io.BufferedReader) -> tuple[int, bool]:
    """Skip to the end of the line, reading not much more than MAX_DRAINED_BYTES; the bytes read, and whether the end was found."""
    skipped = 0
    while skipped < MAX_DRAINED_BYTES:
        chunk = stream.readline(_SKIPPED_AT_ONCE)
        skipped += len(chunk)
        if not chunk or chunk.endswith(b"\n"):
            return skipped, True
    return skipped, False
