"""Pages in WARC files (ISO 28500), compressed or not, whole or damaged, in one piece or in parts.

FastWARC parses the records; moving from one record to the next is our own code, because a truncated or damaged record must cost only
itself and must never pass for a complete page, and because a part of a file can begin anywhere.

A part holds the records whose first byte lies in it. Reading starts at the first position that looks like a record: a gzip member that
decompresses to `WARC/`, or a line `WARC/` in a plain file. The same holds after damage. A position where a record should begin but does
not is reported by the part with the preceding record: thus the parts of a file together report exactly what the whole file does.
What looks like a record may be the content of a page about WARC files: so a part starts earlier by the maximum size of a page, and reaches
its first record by moving from record to record. (A larger record that contains an archive byte for byte could still mislead it.)
"""

from __future__ import annotations

import io
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import BinaryIO, cast

from fastwarc.warc import ArchiveIterator, WarcRecordType

from bubblenet.corpus.reading.digests import PROBE_BYTES, Census, Verdict
from bubblenet.corpus.reading.pages import Page, quarantined
from bubblenet.corpus.reading.streams import GZIP_MAGIC, MAX_DRAINED_BYTES, ByteRange, GzipMember, file_size, find, reason_of
from bubblenet.corpus.reading.warc_records import Digests, read_record

_WARC_MAGIC = b"WARC/"
_PAGE_RECORDS = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_NATIVE_PANIC = "PanicException"  # the class of errors that FastWARC did not anticipate; it cannot be imported
_HEAD = re.compile(rb"WARC/\d.{0,65536}?\n\r*\n", re.DOTALL)
_CONTENT_LENGTH = re.compile(rb"^Content-Length[ \t]*:[ \t]*(\d{1,18})[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_HEAD_BYTES = 4096
_MAX_HEAD_BYTES = 64 * 1024


def read_warc(
    source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange, *, refuse_digest_mismatch: bool = True
) -> Iterator[Page]:
    """Every page of a part of an open WARC file, and a quarantined Page for each damaged place. Never raises for bad content."""
    source.seek(0)
    is_gzip = source.read(len(GZIP_MAGIC)) == GZIP_MAGIC or path.endswith(".gz")
    reader = (_GzipReader if is_gzip else _PlainReader)(source, path, max_document_bytes, part)
    if refuse_digest_mismatch:
        reader.digests = Verdict(reader.census)
    return reader.pages()


class PlainRecord(io.RawIOBase):
    """One record of an uncompressed file as a stream of bytes, with `damage`, `end` and `has_ended` as in GzipMember.

    file_bytes: size of the file, which avoids seeking to its end (a remote file would discard its buffer).
    """

    def __init__(self, source: BinaryIO, start: int, file_bytes: int) -> None:
        self.damage = ""
        self.has_ended = False
        self._source = source
        self._num_left = file_bytes - start
        self._position = 0
        head = _HEAD.match(_read_head(source, start))
        length = _CONTENT_LENGTH.search(head.group()) if head else None
        self._size = head.end() + int(length.group(1)) if head and length else 0
        self.end = start + self._size
        if not self._size:
            self.damage = "no WARC record where one should be"
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
        self._source.seek(self.end)
        while (blank := self._source.read(len(_WARC_MAGIC))).startswith((b"\r", b"\n")):
            self.end += len(blank) - len(blank.lstrip(b"\r\n"))
            self._source.seek(self.end)
        self.has_ended = True


class _Reader(ABC):
    """One pass over a part of a file. _is_lenient: whether FastWARC accepts heads with non-standard line ends."""

    _is_lenient = False

    def __init__(self, source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange) -> None:
        self._source = source
        self._path = path
        self._limit = max_document_bytes
        self._part = part
        self._size = file_size(source)
        self.digests: Digests | None = None

    @abstractmethod
    def _open(self, start: int) -> GzipMember | PlainRecord:
        """The record or gzip member at an offset, as a stream."""

    @abstractmethod
    def _find(self, start: int, stop: int) -> int | None:
        """The first offset from start to before stop that could be the start of a record."""

    @abstractmethod
    def _next(self, start: int, frame: GzipMember | PlainRecord, page: Page | None) -> Iterator[Page]:
        """Set _offset to the position after a complete record; yield a Page if something is wrong there."""

    def pages(self) -> Iterator[Page]:
        """Read record by record; after damage, continue at the next position that looks like a record."""
        self._offset = self._first_record() if self._part.start else 0
        while self._offset < self._size and (self._part.holds(self._offset) or not self._is_record(self._offset)):
            start, frame = self._offset, self._open(self._offset)
            held: Page | None = None  # the latest page is held back until its record is known to be complete
            for page in self._pages(cast(BinaryIO, frame), start):
                if held:
                    yield held
                held = page
            frame.drain()
            if not frame.has_ended:
                yield self._damaged(held, start, frame.damage)
                self._offset = self._next_record(start + 1)
                continue
            if held:
                yield held
            yield from self._next(start, frame, held)

    def census(self) -> Census:
        """What the payload digests of the first records of the file are worth; the position in the file stays as it was."""
        position, first = self._source.tell(), type(self)(self._source, self._path, self._limit, ByteRange(0, PROBE_BYTES))
        first.digests = census = Census()
        for _ in first.pages():
            if census.is_complete:
                break
        self._source.seek(position)
        return census

    def _pages(self, stream: BinaryIO, offset: int) -> Iterator[Page]:
        """Pages from a stream of records; it ends at a record that cannot be parsed."""
        try:
            for record in ArchiveIterator(stream, parse_http=False, stream_detect=False, fsspec_args=False, quirks_mode=self._is_lenient):
                length = record.content_length
                page = read_record(record, self._limit, offset, self.digests) if record.record_type & _PAGE_RECORDS else None
                if page:
                    yield page
                if page and page.reason == "too_large" and length > MAX_DRAINED_BYTES:
                    return
        except BaseException as error:
            if not isinstance(error, (OSError, ValueError)) and type(error).__name__ != _NATIVE_PANIC:
                raise
            yield self._unreadable(offset, f"no WARC record where one should be: {error}")

    def _damaged(self, page: Page | None, start: int, damage: str) -> Page:
        """The page for a truncated or damaged record, with the URL of the page that was read from it."""
        if page and page.reason in ("truncated", "digest_mismatch", "too_large"):
            return page
        page = page or self._unreadable(start, "")
        return quarantined(page, reason_of(damage), damage or "more data than will be read")

    def _unreadable(self, offset: int, detail: str) -> Page:
        return quarantined(Page(self._path, None, "html", record_offset=offset), "unreadable", detail)

    def _first_record(self) -> int:
        """The offset of the first record of this part, reached from an earlier one."""
        offset = self._next_record(max(0, self._part.start - self._limit))
        while offset < min(self._part.start, self._size):
            frame = self._open(offset)
            frame.drain()
            offset = frame.end if frame.has_ended and self._is_record(frame.end) else self._next_record(offset + 1)
        return offset

    def _next_record(self, start: int) -> int:
        """The offset of the next record of this part, or the size of the file if there is none."""
        stop = self._size if self._part.end is None else min(self._size, self._part.end)
        found = self._find(start, stop)
        while found is not None and not self._is_record(found):
            found = self._find(found + 1, stop)
        return self._size if found is None else found

    def _is_record(self, offset: int) -> bool:
        return self._open(offset).read(len(_WARC_MAGIC)) == _WARC_MAGIC


class _GzipReader(_Reader):
    """Reads a file with one gzip member per record; the checksum proves that a member is complete."""

    def _open(self, start: int) -> GzipMember:
        return GzipMember(self._source, start)

    def _find(self, start: int, stop: int) -> int | None:
        return find(self._source, GZIP_MAGIC, start, stop)

    def _next(self, start: int, frame: GzipMember | PlainRecord, page: Page | None) -> Iterator[Page]:
        self._offset = frame.end
        yield from ()


class _PlainReader(_Reader):
    """Reads an uncompressed file. A record's length field may be damaged: it is trusted if a record follows, or if the digest matches."""

    _is_lenient = True  # harmless: the boundaries of a record are already known

    def _open(self, start: int) -> PlainRecord:
        return PlainRecord(self._source, start, self._size)

    def _find(self, start: int, stop: int) -> int | None:
        if start == 0 and self._is_record(0):
            return 0
        found = find(self._source, b"\n" + _WARC_MAGIC, max(0, start - 1), stop - 1)
        return None if found is None else found + 1

    def _next(self, start: int, frame: GzipMember | PlainRecord, page: Page | None) -> Iterator[Page]:
        is_proven = frame.end >= self._size or self._is_record(frame.end) or bool(page and page.is_verified)
        if not is_proven:
            yield self._unreadable(frame.end, "no WARC record where one should be")
        self._offset = frame.end if is_proven else self._next_record(start + 1)


def _read_head(source: BinaryIO, start: int) -> bytes:
    """The bytes from start on, enough to contain the head of a record if there is one."""
    source.seek(start)
    head = source.read(_HEAD_BYTES)
    if head.startswith(_WARC_MAGIC) and not _HEAD.match(head):
        head += source.read(_MAX_HEAD_BYTES - _HEAD_BYTES)
    return head
