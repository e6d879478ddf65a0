"""The supported file formats, and their detection by the suffix of a file name.

To add a format, write its reader and declare it in FORMATS.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from bubblenet.corpus.reading.json_lines import read_json, read_jsonl
from bubblenet.corpus.reading.pages import Page
from bubblenet.corpus.reading.parquet import read_parquet
from bubblenet.corpus.reading.single_pages import MARKDOWN_SUFFIXES, read_html, read_text
from bubblenet.corpus.reading.streams import COMPRESSIONS, ByteRange
from bubblenet.corpus.reading.warc import read_warc
from bubblenet.locations import file_name

Reader = Callable[[BinaryIO, str, int, ByteRange], Iterator[Page]]
"""Yields the pages that begin in a part of an open file. Arguments: file, URL, size limit of a page in bytes, part."""


@dataclass(frozen=True, slots=True)
class Format:
    """A supported file format.

    name: in table `files`. title: in messages and docs. page: what one page is, for docs/inputs.md. suffixes: of uncompressed files.
    compressions: suffixes that may follow them. is_splittable, is_splittable_compressed: whether parts of an uncompressed or compressed
    file can be read without the rest.
    """

    name: str
    title: str
    read: Reader
    page: str
    suffixes: tuple[str, ...]
    compressions: tuple[str, ...] = ()
    is_splittable: bool = False
    is_splittable_compressed: bool = False

    @property
    def compressed_suffixes(self) -> tuple[str, ...]:
        """The suffixes of compressed files."""
        return tuple(suffix + compression for suffix in self.suffixes for compression in self.compressions)


_ANY = tuple(known.suffix for known in COMPRESSIONS)

FORMATS = (
    Format(
        name="html",
        title="HTML",
        read=read_html,
        page="the file",
        suffixes=(".html", ".htm", ".xhtml"),
        compressions=_ANY,
    ),
    Format(
        name="warc",
        title="WARC",
        read=read_warc,
        page="a response with status 200, a resource or a conversion, of HTML, XHTML, text or Markdown",
        suffixes=(".warc", ".wet"),
        compressions=(".gz",),
        is_splittable=True,
        is_splittable_compressed=True,
    ),
    Format(
        name="jsonl",
        title="JSON lines",
        read=read_jsonl,
        page="a line",
        suffixes=(".jsonl", ".ndjson"),
        compressions=_ANY,
        is_splittable=True,
    ),
    Format(
        name="json",
        title="JSON",
        read=read_json,
        page="a line if the first one is an object; else the object, or each item of the list",
        suffixes=(".json",),
        compressions=_ANY,
    ),
    Format(
        name="parquet",
        title="Parquet",
        read=read_parquet,
        page="a row",
        suffixes=(".parquet",),
        is_splittable=True,
    ),
    Format(
        name="text",
        title="text",
        read=read_text,
        page="the file",
        suffixes=(".txt", *MARKDOWN_SUFFIXES),
        compressions=_ANY,
    ),
)

_COMPRESSED = (*_ANY, ".lz4", ".bz2", ".xz", ".br")
"""Suffixes of compressed files, read or not: those that are not are refused by name."""

_ARC = "ARC, the format before WARC, is not read: convert the file, for example with `warcio recompress`"
_WAT = "WAT files hold what Common Crawl noted of pages, and no pages: read the WARC or WET files of the same crawl"
UNREAD_FORMATS = {".arc": _ARC, ".arc.gz": _ARC, ".wat": _WAT, ".wat.gz": _WAT}
"""Suffixes of files that contain pages and are not supported, with advice."""


class FileKind(NamedTuple):
    """The result of detection by suffix. refusal: why a file that probably contains pages is not read, and what to do."""

    format: str | None
    is_splittable: bool = False
    refusal: str | None = None


SuffixTable = Mapping[str, FileKind]


def suffix_table() -> SuffixTable:
    """All known suffixes. Detection depends on this table alone."""
    table = {suffix: FileKind(None, refusal=advice) for suffix, advice in UNREAD_FORMATS.items()}
    for known in FORMATS:
        read = dict.fromkeys(known.suffixes, known.is_splittable) | dict.fromkeys(known.compressed_suffixes, known.is_splittable_compressed)
        for compression in _COMPRESSED:
            advice = f"this format is not read when it is compressed as {compression}: unpack the file"
            table |= {suffix + compression: FileKind(None, refusal=advice) for suffix in read if suffix + compression not in read}
        table |= {suffix: FileKind(known.name, is_splittable) for suffix, is_splittable in read.items()}
    return table


def digest(table: SuffixTable) -> str:
    """Hash of a table, 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:16]


def kind_of(path: str, table: SuffixTable) -> FileKind:
    """The kind by the longest known suffix; without a format if no suffix is known."""
    parts = file_name(path).lower().split(".")
    endings = ("." + ".".join(parts[start:]) for start in range(1, len(parts)))
    return next((table[ending] for ending in endings if ending in table), FileKind(None))


def format_of(path: str) -> Format | None:
    """The format of a file by its suffix."""
    name = file_name(path).lower()
    return next((known for known in FORMATS if name.endswith((*known.suffixes, *known.compressed_suffixes))), None)


def in_words() -> str:
    """The titles of all formats in a sentence: `HTML, WARC or text`."""
    *others, last = [known.title for known in FORMATS]
    return f"{', '.join(others)} or {last}"
