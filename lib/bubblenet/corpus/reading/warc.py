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

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, cast

from fastwarc.warc import ArchiveIterator

from bubblenet.corpus.reading.digests import PROBE_BYTES, Census, Verdict
from bubblenet.corpus.reading.pages import Page, quarantined
from bubblenet.corpus.reading.record_lengths import CLOSING, NO_RECORD, WARC_MAGIC, PlainRecord, has_taken_in, sizes_of, wrong_length
from bubblenet.corpus.reading.streams import GZIP_MAGIC, MAX_DRAINED_BYTES, ByteRange, GzipMember, file_size, find, reason_of
from bubblenet.corpus.reading.warc_records import Digests, crawler_of, read_record

_NATIVE_PANIC = "PanicException"  # the class of errors that FastWARC did not anticipate; it cannot be imported


def read_warc(
    source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange, *, refuse_digest_mismatch: bool = True
) -> Iterator[Page]:
    """Every page of a part of an open WARC file, and a quarantined Page for each damaged place. Never raises for bad content."""
    source.seek(0)
    is_gzip = source.read(len(GZIP_MAGIC)) == GZIP_MAGIC or path.endswith(".gz")
    reader = (_GzipReader if is_gzip else _PlainReader)(source, path, max_document_bytes, part)
    if refuse_digest_mismatch:
        reader.digests = Verdict(reader.census)
    crawler = reader.crawler()
    return (replace(page, crawler=crawler) for page in reader.pages())


class _Reader(ABC):
    """One pass over a part of a file.

    _is_lenient: whether FastWARC accepts heads with non-standard line ends. _is_framed: whether the end of a record that has ended is
    proven, whatever is wrong inside of it.
    """

    _is_lenient = False
    _is_framed = False

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
    def _doubt(self, frame: Any, page: Page | None) -> str:
        """What is wrong with the length of a record that has ended; empty if nothing is."""

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
            damage = self._damage(frame, held)
            if damage and held and held.is_verified and frame.has_ended:
                yield held
                held = None
            if damage:
                yield self._damaged(held, start, damage)
            elif held:
                yield held
            self._offset = frame.end if frame.has_ended and (self._is_framed or not damage) else self._next_record(start + 1)

    def crawler(self) -> str | None:
        """Who made the file, as its first record says if it is sound; the same for each of its parts."""
        try:
            frame = self._open(0)
            stream = cast(BinaryIO, frame)
            for record in ArchiveIterator(stream, parse_http=False, stream_detect=False, fsspec_args=False, quirks_mode=self._is_lenient):
                if crawler := crawler_of(record):
                    frame.drain()
                return crawler if frame.has_ended else None
        except BaseException as error:
            if not isinstance(error, (OSError, ValueError)) and type(error).__name__ != _NATIVE_PANIC:
                raise
        return None

    def _damage(self, frame: GzipMember | PlainRecord, page: Page | None) -> str:
        """What is wrong with a record that was read to its end; empty if nothing is."""
        if not frame.has_ended:
            return frame.damage or "more data than will be read"
        return self._trouble or self._doubt(frame, page)

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
        """Pages from a stream of records; it ends at a record that cannot be parsed, and `_trouble` says so."""
        self._trouble, self._num_records = "", 0
        try:
            for record in ArchiveIterator(stream, parse_http=False, stream_detect=False, fsspec_args=False, quirks_mode=self._is_lenient):
                length = record.content_length
                self._num_records += 1
                page = read_record(record, self._limit, offset, self.digests)
                if page:
                    yield page if page.url else replace(page, url=self._path)
                if page and page.reason == "too_large" and length > MAX_DRAINED_BYTES:
                    return
        except BaseException as error:
            if not isinstance(error, (OSError, ValueError)) and type(error).__name__ != _NATIVE_PANIC:
                raise
            self._trouble = f"{NO_RECORD}: {error}"

    def _damaged(self, page: Page | None, start: int, damage: str) -> Page:
        """The page for a truncated or damaged record, with the URL of the page that was read from it."""
        if page and page.reason in ("truncated", "digest_mismatch", "too_large"):
            return page
        return quarantined(page or Page(self._path, None, "html", record_offset=start), reason_of(damage), damage)

    def _first_record(self) -> int:
        """The offset of the first record of this part, reached from an earlier one."""
        offset = self._next_record(max(0, self._part.start - self._limit))
        while offset < min(self._part.start, self._size):
            frame = self._open(offset)
            frame.drain()
            is_sound = frame.has_ended and (self._is_framed or not self._doubt(frame, None))
            offset = frame.end if is_sound else offset + 1
            offset = offset if is_sound and self._is_record(offset) else self._next_record(offset)
        return offset

    def _next_record(self, start: int) -> int:
        """The offset of the next record of this part, or the size of the file if there is none."""
        stop = self._size if self._part.end is None else min(self._size, self._part.end)
        found = self._find(start, stop)
        while found is not None and not self._is_record(found):
            found = self._find(found + 1, stop)
        return self._size if found is None else found

    def _is_record(self, offset: int) -> bool:
        return self._open(offset).read(len(WARC_MAGIC)) == WARC_MAGIC


class _GzipReader(_Reader):
    """Reads a file with one gzip member per record; the checksum proves that a member is complete."""

    _is_framed = True

    def _open(self, start: int) -> GzipMember:
        return GzipMember(self._source, start)

    def _find(self, start: int, stop: int) -> int | None:
        return find(self._source, GZIP_MAGIC, start, stop)

    def _doubt(self, frame: GzipMember, page: Page | None) -> str:
        """More or fewer bytes behind the record of a member than blank lines; of several records in one, FastWARC tells."""
        if self._num_records != 1:
            return ""
        sizes = sizes_of(frame.beginning)
        return wrong_length(frame.ending, sizes[1], frame.tell() - sum(sizes)) if sizes else ""


class _PlainReader(_Reader):
    """Reads an uncompressed file. A record's length field may be damaged: it is trusted if a record follows, or if the digest matches."""

    _is_lenient = True  # harmless: the boundaries of a record are already known

    def _open(self, start: int) -> PlainRecord:
        return PlainRecord(self._source, start, self._size)

    def _find(self, start: int, stop: int) -> int | None:
        return find(self._source, WARC_MAGIC, start, stop)

    def _doubt(self, frame: PlainRecord, page: Page | None) -> str:
        if page and page.is_verified:
            return ""
        if page and has_taken_in(frame.ending, frame.block_bytes, frame.num_behind):
            return "the record takes in the blank lines that should follow it"
        is_closed = frame.ending.endswith(CLOSING) or frame.end >= self._size or self._is_record(frame.end)
        return "" if is_closed else "no record follows where this one ends by its length"
