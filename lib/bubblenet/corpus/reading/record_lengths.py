"""The length that the head of a WARC record states, and what the bytes around the end of the record say about it.

A record is a head, a block of the stated length and a closing of two blank lines (WARC 1.1, section 4). Bytes that were lost, added or
counted wrongly move the end of the block: then something else than the closing follows it, or the closing is partly inside of it.
"""

from __future__ import annotations

import io
import re
from typing import BinaryIO

WARC_MAGIC = b"WARC/"
CLOSING = b"\r\n\r\n"
NO_RECORD = "no WARC record where one should be"

_HEAD = re.compile(rb"WARC/\d{1,3}\.\d{1,3}[ \t\r]*\n.{0,65536}?\n\r*\n", re.DOTALL)
_CONTENT_LENGTH = re.compile(rb"^Content-Length[ \t]*:[ \t]*(\d{1,18})[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_HEAD_BYTES = 4096
_MAX_HEAD_BYTES = 64 * 1024
_BLANK = b"\r\n"


class PlainRecord(io.RawIOBase):
    """One record of an uncompressed file as a stream of bytes, with `damage`, `end`, `has_ended` and `ending` as in GzipMember.

    file_bytes: size of the file, which avoids seeking to its end (a remote file would discard its buffer).
    num_behind: bytes of blank lines after the block, known once the record has ended.
    """

    def __init__(self, source: BinaryIO, start: int, file_bytes: int) -> None:
        self.damage = "" if (sizes := sizes_of(_read_head(source, start))) else NO_RECORD
        self.has_ended = False
        self.ending = b""
        self.num_behind = 0
        self._source = source
        self._num_left = file_bytes - start
        self._position = 0
        head, self.block_bytes = sizes or (0, 0)
        self._size = head + self.block_bytes
        self.end = start + self._size
        source.seek(start)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        """The number of bytes read."""
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._source.read(min(len(buffer), self._size - self._position))
        self._position += len(data)
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Skip to the end of the record and past the blank lines after it, and determine whether it is complete."""
        if self.damage:
            return
        if self._size > self._num_left:
            self.damage = f"the record ends early: {self._size} bytes by its head, {self._num_left} are there"
            return
        self._source.seek(self.end - len(CLOSING))
        self.ending = self._source.read(len(CLOSING))
        while blank := _blank_part(self._source.read(2 * len(CLOSING))):
            self.num_behind += len(blank)
            self.ending = (self.ending + blank)[-2 * len(CLOSING) :]
            self._source.seek(self.end + self.num_behind)
        self.end += self.num_behind
        self.has_ended = True


def sizes_of(data: bytes) -> tuple[int, int] | None:
    """How long the head at the beginning of some bytes is, and the block by its Content-Length; None if there is no such head."""
    head = _HEAD.match(data)
    length = _CONTENT_LENGTH.search(head.group()) if head else None
    return (head.end(), int(length.group(1))) if head and length else None


def wrong_length(ending: bytes, block_bytes: int, num_behind: int) -> str:
    """What the end of a whole gzip member tells against the length of the record in it; empty if nothing.

    ending: its last bytes. num_behind: bytes after the block, negative if the block is not all there.
    """
    if num_behind < 0:
        return f"the record ends early: {block_bytes} bytes by its head, {block_bytes + num_behind} are there"
    return "more bytes than the record announces" if ending[max(0, len(ending) - num_behind) :].strip(_BLANK) else ""


def has_taken_in(ending: bytes, block_bytes: int, num_behind: int) -> bool:
    """Whether the closing lies partly inside of the block of a plain record: so many bytes of it are lost."""
    return num_behind < len(CLOSING) <= block_bytes + num_behind and ending.endswith(CLOSING)


def _blank_part(data: bytes) -> bytes:
    """The blank lines at the beginning."""
    return data[: len(data) - len(data.lstrip(_BLANK))]


def _read_head(source: BinaryIO, start: int) -> bytes:
    """The bytes from start on, enough to contain the head of a record if there is one."""
    source.seek(start)
    head = source.read(_HEAD_BYTES)
    if head.startswith(WARC_MAGIC) and not _HEAD.match(head):
        head += source.read(_MAX_HEAD_BYTES - _HEAD_BYTES)
    return head
