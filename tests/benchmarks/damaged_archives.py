"""Seeded damage to WARC files: where their records are, what is done to them, and what the reader makes of it."""

from __future__ import annotations

import gzip
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bubblenet.corpus.reading.pages import Page
from bubblenet.corpus.reading.streams import WHOLE, GzipMember
from bubblenet.corpus.reading.warc import PlainRecord, read_warc

LIMIT = 1 << 24
FORMS = ("warc", "warc.gz")
PAGE_SHARE = 0.75
"""Mutants that are damaged in a record with a page; the others are anywhere in the file."""

MAX_SPAN = 4096
_LENGTH = re.compile(rb"(?i)(?<=\nContent-Length: )\d+")


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to a file: the bytes from start to end are replaced by others."""

    start: int
    end: int
    new: bytes = b""

    def apply(self, data: bytes) -> bytes:
        return data[: self.start] + self.new + data[self.end :]

    def moved(self, offset: int) -> int:
        """Where a byte outside of the edit is afterwards."""
        return offset if offset < self.end else offset + len(self.new) - (self.end - self.start)

    def touches(self, start: int, end: int) -> bool:
        """Whether it changes bytes from start to end, or what stands between them."""
        return self.start < end and (self.end > start or self.start > start)


@dataclass(frozen=True, slots=True)
class Archive:
    """A sound file. records: where each begins and ends. pages: what is read from it."""

    name: str
    form: str
    data: bytes
    records: tuple[tuple[int, int], ...]
    pages: tuple[Page, ...]

    def with_page(self) -> list[tuple[int, int]]:
        """The records that hold a page."""
        offsets = {page.record_offset for page in self.pages if page.reason is None}
        return [record for record in self.records if record[0] in offsets]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant.

    is_harmless: every page is as before. is_noticed: a row says that something is wrong, and no wrong page passes for a right one.
    is_named: such a row has the address or the place of the damage. num_lost: pages lost whose records were not touched.
    is_covered: whether a checksum or digest covers what was damaged, or the form of the file shows it.
    """

    is_harmless: bool
    is_noticed: bool
    is_named: bool
    is_covered: bool
    num_lost: int

    @property
    def verdict(self) -> str:
        """Of `harmless`, `noticed`, `no checksum` and `silent`, which it is."""
        if self.is_harmless:
            return "harmless"
        return "noticed" if self.is_noticed else "silent" if self.is_covered else "no checksum"


def archives(folders: list[Path]) -> Iterator[Archive]:
    """Every file with a page, in both forms."""
    for path in sorted(path for folder in folders for path in folder.rglob("*.warc*") if path.suffix in (".warc", ".gz")):
        records = list(records_of(path.read_bytes()))
        for form in FORMS:
            archive = archive_of(path.name.partition(".warc")[0], form, records)
            if any(page.reason is None for page in archive.pages):
                yield archive


def archive_of(name: str, form: str, records: list[bytes]) -> Archive:
    """A file of these records, one gzip member each if it is packed."""
    parts = [gzip.compress(record, mtime=0) for record in records] if form.endswith("gz") else records
    ends = [sum(map(len, parts[: number + 1])) for number in range(len(parts))]
    data = b"".join(parts)
    return Archive(name, form, data, tuple(zip([0, *ends], ends, strict=False)), tuple(pages(form, data)))


def pages(form: str, data: bytes) -> list[Page]:
    """What is read from a file, but for the crawler: the first record names it for all, and a damaged one has a row of its own."""
    return [replace(page, crawler=None) for page in read_warc(io.BytesIO(data), f"x.{form}", LIMIT, WHOLE)]


def records_of(data: bytes) -> Iterator[bytes]:
    """The sound records at the beginning of a file, unpacked."""
    source, offset = io.BytesIO(data), 0
    while offset < len(data):
        is_packed = data.startswith(b"\x1f\x8b")
        frame = GzipMember(source, offset) if is_packed else PlainRecord(source, offset, len(data))
        record = io.BufferedReader(frame).read()
        frame.drain()
        if not frame.has_ended or not record.startswith(b"WARC/"):
            break
        yield record if is_packed else data[offset : frame.end]
        offset = frame.end


# Damage. Each takes the archive, a record of it and a generator, and gives an edit.


def _place(record: tuple[int, int], drawn: random.Random) -> int:
    return drawn.randrange(*record)


def _cut(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    return Edit(_place(record, drawn), len(archive.data))


def _hole(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    start = _place(record, drawn)
    return Edit(start, min(len(archive.data), start + int(MAX_SPAN ** drawn.random())))


def _bit(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    start = _place(record, drawn)
    return Edit(start, start + 1, bytes([archive.data[start] ^ 1 << drawn.randrange(8)]))


def _byte(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    start = _place(record, drawn)
    return Edit(start, start + 1, drawn.randbytes(1))


def _zeros(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    hole = _hole(archive, record, drawn)
    return replace(hole, new=bytes(hole.end - hole.start))


def _strange(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    """Bytes of another place of the file in the place of these, as after a wrong sector."""
    hole = _hole(archive, record, drawn)
    size = hole.end - hole.start
    other = drawn.randrange(max(1, len(archive.data) - size))
    return replace(hole, new=archive.data[other : other + size])


def _insert(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    start = _place(record, drawn)
    return Edit(start, start, drawn.randbytes(int(MAX_SPAN ** drawn.random())))


def _tail(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    return Edit(max(record[0], record[1] - drawn.randrange(1, 33)), record[1])


def _length(archive: Archive, record: tuple[int, int], drawn: random.Random) -> Edit:
    """Another number in the head, written so: the checksum of a gzip member fits."""
    stored = archive.data[slice(*record)]
    plain = gzip.decompress(stored) if archive.form.endswith("gz") else stored
    found = _LENGTH.search(plain)
    digits = bytearray(found.group() if found else b"")
    if not found:
        return Edit(record[0], record[0])
    place = drawn.randrange(len(digits))
    digits[place] = drawn.choice([digit for digit in b"0123456789" if digit != digits[place]])
    changed = plain[: found.start()] + digits + plain[found.end() :]
    return Edit(*record, gzip.compress(changed, mtime=0) if archive.form.endswith("gz") else changed)


DAMAGE: dict[str, Callable[[Archive, tuple[int, int], random.Random], Edit]] = {
    "file cut": _cut, "span gone": _hole, "bit flipped": _bit, "byte changed": _byte, "block of zeros": _zeros,
    "block of elsewhere": _strange,
    "bytes inserted": _insert, "tail of a record gone": _tail, "length changed": _length,
}  # fmt: skip


def mutant(archive: Archive, kind: str, drawn: random.Random) -> Edit:
    """Damage of a kind, mostly to a record with a page."""
    if drawn.random() < PAGE_SHARE:
        record = drawn.choice(archive.with_page())
    else:
        place = drawn.randrange(len(archive.data))
        record = next(record for record in archive.records if place < record[1])
    return DAMAGE[kind](archive, record, drawn)


def judged(archive: Archive, edit: Edit) -> Outcome:
    """What the reader makes of a mutant, beside what it makes of the sound file."""
    found = Counter(map(_essence, pages(archive.form, edit.apply(archive.data))))
    wanted = Counter(_essence(replace(page, record_offset=edit.moved(page.record_offset))) for page in archive.pages)
    missing, new = wanted - found, found - wanted
    told = [page for page in new if page.reason]
    copies = {replace(page, record_offset=0) for page in wanted}  # bytes of elsewhere can be a whole record
    passed = [page for page in new if not page.reason and replace(page, record_offset=0) not in copies]
    hurt = [record for record in archive.records if edit.touches(*record)]
    hurt_places = {edit.moved(start) for start, _ in hurt} | {start for start, _ in hurt}
    lost = [page for page in missing if page.reason is None and page.record_offset not in hurt_places]
    first = min((start for start, _ in hurt), default=edit.start)
    last = max([edit.start + len(edit.new), *(edit.moved(end) for _, end in hurt)])
    urls = {page.url for page in missing}
    named = [page for page in told if page.url in urls or first <= page.record_offset <= last]
    return Outcome(not missing and not passed, bool(told) and not passed, bool(named), is_covered(archive, edit), len(lost))


def _essence(page: Page) -> Page:
    """The page without what no later stage reads: digests, whether they were checked, and white space at its end."""
    return replace(page, content=page.content and page.content.rstrip(), block_digest="", payload_digest="", is_verified=False)


def is_covered(archive: Archive, edit: Edit) -> bool:
    """Whether a checksum, a digest or the form of the file can tell.

    Not so in a plain file: other bytes of the same number in a block without digests; damage that begins and ends in fields of heads, which
    can leave one sound head of two; the end of the file between two records.
    """
    if archive.form.endswith("gz"):
        return True
    first, last = _part(archive, edit.start), _part(archive, max(edit.start, edit.end - 1))
    if {first, last} == {"field"} or (edit.end == len(archive.data) and not edit.new and first == "closing"):
        return False
    changed = [place for place, new in enumerate(edit.new, edit.start) if archive.data[place : place + 1] != bytes([new])]
    return len(edit.new) != edit.end - edit.start or any(_part(archive, place) in ("form", "digest") for place in changed)


def _part(archive: Archive, place: int) -> str:
    """What a byte of a plain file is: `form` or `field` of a head, `digest` or `block` by what covers it, `closing`."""
    start, end = next(record for record in archive.records if place < record[1])
    record, place = archive.data[start:end], place - start
    size = record.find(b"\r\n\r\n") + 4
    head = record[:size].lower()
    if place < size:
        length = head.find(b"content-length:")
        return "form" if place < 6 or length <= place <= head.find(b"\r", length) or place >= size - 4 else "field"
    http = record.find(b"\r\n\r\n", size) + 4 if b"application/http" in head else size
    covered = size if b"warc-block-digest:" in head else http if b"warc-payload-digest:" in head else end
    closing = len(record.removesuffix(b"\r\n\r\n"))
    return "closing" if place >= closing else "digest" if place >= covered else "block"
