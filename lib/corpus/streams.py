"""Bytes of a file, local or remote, plain or gzip, with every kind of damage noticed and none raised.

A gzip file that ends early looks complete to most readers; here a stream knows whether it came to its end.
"""

from __future__ import annotations

import io
import os
import re
import zlib
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

import pyarrow.fs

GZIP_MAGIC = b"\x1f\x8b\x08"
CHUNK_BYTES = 64 * 1024

_LOCAL_SCHEME = re.compile(r"file:", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def local_path(path: str) -> str | None:
    """The path in the local file system that a plain path or `file:` URI names; None for another scheme."""
    if _LOCAL_SCHEME.match(path):
        return unquote(urlsplit(path).path)
    return None if _SCHEME.match(path) else path


def open_binary(path: str) -> BinaryIO:
    """Open a path or URI for reading with seek. Raises OSError (pyarrow.ArrowInvalid for a scheme that pyarrow does not know)."""
    local = local_path(path)
    if local is not None:
        return open(local, "rb")
    filesystem, name = pyarrow.fs.FileSystem.from_uri(path)
    return cast(BinaryIO, filesystem.open_input_file(name))


class GzipMember(io.RawIOBase):
    """One gzip member as a stream of decompressed bytes.

    Reading never raises: at damage or an early end of the file the stream ends, and `damage` says how. After a clean end, `damage` is empty
    and `end` is the offset of the next member.
    """

    def __init__(self, source: BinaryIO, start: int) -> None:
        self.damage = ""
        self.end = start
        self._source = source
        self._inflater = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._position = 0
        source.seek(start)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        """The number of bytes that were read."""
        return self._position

    @property
    def has_ended(self) -> bool:
        """Whether the member came to its end, and its checksum is right."""
        return self._inflater.eof

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._inflate(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self, max_bytes: int) -> None:
        """Read to the end and throw away, but not much more than max_bytes."""
        while max_bytes > 0 and (data := self._inflate(CHUNK_BYTES)):
            max_bytes -= len(data)

    def _inflate(self, size: int) -> bytes:
        while not self._inflater.eof and not self.damage:
            compressed = self._pending or self._source.read(CHUNK_BYTES)
            if not compressed:
                self.damage = "the gzip data ends early"
                break
            try:
                data = self._inflater.decompress(compressed, size)
            except zlib.error as error:
                self.damage = f"the gzip data is damaged: {error}"
                break
            # At the end of the member zlib leaves the rest in both attributes.
            self._pending = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
            self.end += len(compressed) - len(self._pending)
            if data:
                self._position += len(data)
                return data
        return b""


class GzipStream(io.RawIOBase):
    """All members of a gzip file as one stream; `damage` says how it ended too early, empty if it did not."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._size = file_size(source)
        self._member = GzipMember(source, 0)

    def readable(self) -> bool:
        return True

    @property
    def damage(self) -> str:
        return self._member.damage

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not (length := self._member.readinto(buffer)):
            if not self._member.has_ended or self._member.end >= self._size:
                return 0
            self._member = GzipMember(self._source, self._member.end)
        return length


def find(source: BinaryIO, needle: bytes, start: int) -> int | None:
    """The offset of the next occurrence of needle at or after start; None at the end of the file."""
    source.seek(start)
    window = b""
    offset = start
    while chunk := source.read(CHUNK_BYTES):
        window += chunk
        found = window.find(needle)
        if found >= 0:
            return offset + found
        done = max(0, len(window) - len(needle) + 1)
        offset += done
        window = window[done:]
    return None


def file_size(source: BinaryIO) -> int:
    """Bytes in an open file."""
    return source.seek(0, os.SEEK_END)
