"""The bytes of a file, plain or compressed, whole or in parts; damage of any kind is detected and never raised.

To most readers a truncated compressed file looks complete; these streams know whether they reached the end.
"""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
CHUNK_BYTES = 64 * 1024

MAX_DRAINED_BYTES = 256 * 1024 * 1024
"""Unpacked, how much more of an oversized record is read in search of its end: a decompression bomb costs a second of gzip or Zstandard."""

ENDING_BYTES = 8

_ENDS_EARLY = "ends early"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a file, from start to before end; None: to the end of the file."""

    start: int = 0
    end: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it covers the whole of any file."""
        return self.start == 0 and self.end is None

    def holds(self, offset: int) -> bool:
        """Whether a record that begins at this offset belongs to this part."""
        return self.start <= offset and (self.end is None or offset < self.end)


WHOLE = ByteRange()


def reason_of(damage: str) -> str:
    """The reason of quarantine: `truncated` for data that ends early, `unreadable` for other damage."""
    return "truncated" if _ENDS_EARLY in damage else "unreadable"


class GzipMember(io.RawIOBase):
    """One gzip member as a stream of decompressed bytes.

    Reading never raises: at damage or an early end of the file the stream ends, and `damage` describes it. After a clean end, `damage` is
    empty and `end` is the offset of the next member. beginning, ending: the first bytes that were read, and the last ENDING_BYTES.
    """

    def __init__(self, source: BinaryIO, start: int) -> None:
        self.damage = ""
        self.end = start
        self.beginning = self.ending = b""
        self._source = source
        self._inflater = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._position = 0
        source.seek(start)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        """The number of bytes read."""
        return self._position

    @property
    def has_ended(self) -> bool:
        """Whether the end of the member was reached and its checksum matches."""
        return self._inflater.eof

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._inflate(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Read to the end and discard, but not much more than MAX_DRAINED_BYTES."""
        drained = 0
        while drained < MAX_DRAINED_BYTES and (data := self._inflate(CHUNK_BYTES)):
            drained += len(data)

    def _inflate(self, size: int) -> bytes:
        while not self._inflater.eof and not self.damage:
            compressed = self._pending or self._source.read(CHUNK_BYTES)
            if not compressed:
                self.damage = f"the gzip data {_ENDS_EARLY}"
                break
            try:
                data = self._inflater.decompress(compressed, size)
            except zlib.error as error:
                self.damage = f"the gzip data is damaged: {error}"
                break
            # At the end of the member zlib leaves the remaining input in both attributes.
            self._pending = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
            self.end += len(compressed) - len(self._pending)
            if data:
                self.beginning = self.beginning or data
                self.ending = (self.ending + data[-ENDING_BYTES:])[-ENDING_BYTES:]
                self._position += len(data)
                return data
        return b""


class GzipStream(io.RawIOBase):
    """All members of a gzip file as one stream; `damage` says why it ended early, empty if it did not."""

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


class _Borrowed:
    """An open file that pyarrow does not close when it is done with it."""

    closed = False

    def __init__(self, source: BinaryIO) -> None:
        self.read, self.seek, self.tell = source.read, source.seek, source.tell

    def close(self) -> None:
        """Leave it open."""


class ZstdStream(io.RawIOBase):
    """All frames of a Zstandard file as one stream; `damage` as in GzipStream.

    Frames without a checksum can hide a flipped bit; the `zstd` command writes one.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.damage = ""
        source.seek(0)
        self._stream = pa.CompressedInputStream(pa.PythonFile(_Borrowed(source), mode="r"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self.damage:
            return 0
        try:
            data = self._stream.read(len(buffer))
        except OSError as error:
            self.damage = f"the zstd data {_ENDS_EARLY}" if "runcated" in str(error) else f"the zstd data is damaged: {error}"
            return 0
        buffer[: len(data)] = data
        return len(data)


Unpacked = GzipStream | ZstdStream
"""A decompressing stream: io.RawIOBase with `damage`."""


@dataclass(frozen=True, slots=True)
class Compression:
    """A form of compressed files. suffix: at the end of their names. magic: their first bytes. stream: unpacks them from the beginning."""

    suffix: str
    magic: bytes
    stream: type[Unpacked]


COMPRESSIONS = (Compression(".gz", GZIP_MAGIC, GzipStream), Compression(".zst", ZSTD_MAGIC, ZstdStream))
"""What JSON, HTML, text and seed files can be compressed as. WARC is read member by member and declares its own."""


def compression_of(source: BinaryIO) -> type[Unpacked] | None:
    """The stream for this file, by its first bytes, whatever its name; None for a plain one, or one whose first bytes are damaged."""
    source.seek(0)
    head = source.read(max(len(known.magic) for known in COMPRESSIONS))
    return next((known.stream for known in COMPRESSIONS if head.startswith(known.magic)), None)


def compression_of_name(name: str) -> Compression | None:
    """The compression that the end of a name states; for files where any bytes would be a text, so that a damaged head is noticed."""
    return next((known for known in COMPRESSIONS if name.lower().endswith(known.suffix)), None)


def find(source: BinaryIO, needle: bytes, start: int, stop: int) -> int | None:
    """The offset of the first occurrence of needle that begins at or after start and before stop; None if there is none."""
    source.seek(start)
    window = b""
    offset = start
    while offset < stop and (chunk := source.read(CHUNK_BYTES)):
        window += chunk
        found = window.find(needle)
        if found >= 0:
            return offset + found if offset + found < stop else None
        done = max(0, len(window) - len(needle) + 1)
        offset += done
        window = window[done:]
    return None


def file_size(source: BinaryIO) -> int:
    """The size of an open file in bytes."""
    return source.seek(0, os.SEEK_END)
