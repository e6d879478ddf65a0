"""Lists that a user names of domains, addresses, words and patterns, and what they say of the address of a page.

The forms are those of the UT1 collection (files `domains` and `urls`; `expressions` are patterns) and of datatrove's URL filter (files of
words; two of its soft words count as one). Names are held as sorted 64-bit hashes, 8 bytes each, and looked up by binary search: among
five million names another one meets an equal hash with a probability of 3 in 10^13.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from bubblenet import locations
from bubblenet.corpus.reading.streams import compression_of
from bubblenet.corpus.rights.hosts import ascii_name, domains_of, host_of
from bubblenet.errors import InputError, StorageError
from bubblenet.identity import content_id
from bubblenet.section import Section
from bubblenet.storage import open_steadily

ADDRESSES_VERSION = 1
"""Raise whenever the same lists would say something else of the same address."""

Hashes = NDArray[np.uint64]

_ADVICE = "Name text files with one entry a line in section `safety`, or take them out."
_CHUNK_BYTES = 1 << 16
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789.-_\n"
_NO_WORD = re.compile(r"[\W_]+")
_SCHEME = re.compile(r"\w+://")
_MOST_PARTS = 32
"""Parts of a path that are looked up; longer ones are those of traps for crawlers."""


class AddressSettings(Section):
    """Files with one entry a line; `#` begins a note. A compressed file is unpacked."""

    domains: tuple[str, ...] = Field(
        (), strict=False, description='files of domains, with all below them: ["lists/adult/domains"]; as in UT1, or as a hosts file'
    )
    urls: tuple[str, ...] = Field((), strict=False, description="files of addresses, with all pages below them, as in UT1; scheme or none")
    url_words: tuple[str, ...] = Field((), strict=False, description="files of words of which no address may have one, as in datatrove")
    soft_url_words: tuple[str, ...] = Field((), strict=False, description="files of words of which an address may have a few")
    max_soft_url_words: int = Field(1, ge=0, description="different soft words in an address; as in datatrove")
    url_patterns: tuple[str, ...] = Field(
        (), strict=False, description="files of regular expressions that no address may contain, whatever the case; UT1's expressions"
    )

    def files(self) -> list[str]:
        """All that are named."""
        return [file for kind in KINDS for file in getattr(self, kind)]


KINDS = ("domains", "urls", "url_words", "soft_url_words", "url_patterns")


@dataclass(frozen=True, slots=True)
class AddressLists:
    """What the files say. domains, urls: hashes in ascending order."""

    domains: Hashes
    urls: Hashes
    url_words: frozenset[str]
    soft_url_words: frozenset[str]
    url_patterns: tuple[str, ...]
    max_soft_url_words: int

    def reason(self, url: str) -> str | None:
        """Why a page with this address is left out: listed_domain, listed_url, listed_url_word or listed_url_pattern; None if it is not."""
        host = host_of(url)
        if host is None:
            return None
        if len(self.domains) and _holds_any(self.domains, domains_of(host)):
            return "listed_domain"
        if len(self.urls) and _holds_any(self.urls, _prefixes(url)):
            return "listed_url"
        return self._reason_of_words(unquote(url).lower())

    def _reason_of_words(self, url: str) -> str | None:
        if self.url_words or self.soft_url_words:
            words = set(_NO_WORD.split(url))
            if not words.isdisjoint(self.url_words) or len(words & self.soft_url_words) > self.max_soft_url_words:
                return "listed_url_word"
        return "listed_url_pattern" if self.url_patterns and _compiled(self.url_patterns).search(url) else None

    def to_bytes(self) -> bytes:
        """The lists as a NumPy archive without pickled objects."""
        buffer = io.BytesIO()
        texts: dict[str, Any] = {kind: np.array(sorted(getattr(self, kind)), dtype=np.str_) for kind in KINDS[2:]}
        np.savez(buffer, domains=self.domains, urls=self.urls, max_soft_url_words=self.max_soft_url_words, **texts)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> AddressLists:
        """The inverse of to_bytes."""
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            words, soft, patterns = (archive[kind].tolist() for kind in KINDS[2:])
            most = int(archive["max_soft_url_words"])
            return cls(archive["domains"], archive["urls"], frozenset(words), frozenset(soft), tuple(patterns), most)


def read_lists(named: AddressSettings) -> AddressLists:
    """Read all files. Raises InputError for one that cannot be read, holds nothing, or has a pattern that is none."""
    return AddressLists(
        domains=_hashes(named.domains, _domains_in),
        urls=_hashes(named.urls, _addresses_in),
        url_words=frozenset(_texts(named.url_words)),
        soft_url_words=frozenset(_texts(named.soft_url_words)),
        url_patterns=tuple(_patterns(named.url_patterns)),
        max_soft_url_words=named.max_soft_url_words,
    )


def lists_digest(named: AddressSettings) -> str:
    """Hash of the contents of all files, by kind, and of the limits. Raises InputError for an unreadable file."""
    parts = [str(named.max_soft_url_words)]
    for kind in KINDS:
        parts += [kind, *map(_file_digest, getattr(named, kind))]
    return content_id(*parts)


@functools.cache
def load_lists(location: str) -> AddressLists:
    """The lists stored at a location, loaded once per process."""
    with open_steadily(location) as stream:
        return AddressLists.from_bytes(stream.read())


def _prefixes(url: str) -> list[str]:
    """The address as it is looked up, and all that it is below."""
    whole, is_query, query = _address(url).partition("?")
    parts = whole.split("/")[:_MOST_PARTS]
    found = ["/".join(parts[:size]) for size in range(1, len(parts) + 1)]
    return [*found, f"{whole}?{query}"] if is_query else found


def _address(url: str) -> str:
    """An address as it is looked up: `Example.com/a/` and `http://www.example.com/a#b` are `example.com/a`; empty for none."""
    text = unquote(url.partition("#")[0])
    text = text if _SCHEME.match(text) else f"http://{text}"
    host = host_of(text)
    if host is None:
        return ""
    parts = urlsplit(text)
    query = f"?{parts.query}" if parts.query else ""
    return (ascii_name(host).removeprefix("www.") + parts.path.rstrip("/") + query).lower()


def _holds_any(hashes: Hashes, names: Sequence[str]) -> bool:
    wanted = _hashed(name.encode() for name in names)
    places = np.searchsorted(hashes, wanted)
    return bool((hashes[np.minimum(places, len(hashes) - 1)] == wanted).any())


def _hashed(names: Iterable[bytes]) -> Hashes:
    """One stable hash a name. Python's own differs between processes."""
    return np.frombuffer(b"".join([hashlib.blake2b(name, digest_size=8).digest() for name in names]), "<u8")


def _hashes(files: Iterable[str], parse: Callable[[bytes], list[str]]) -> Hashes:
    parts = [np.empty(0, np.uint64)]
    for file in files:
        of_file = [_hashed(_names_in(chunk, parse)) for chunk in _chunks(file)]
        if not sum(map(len, of_file)):
            raise InputError("a file with an entry a line", f"none in {file}", _ADVICE)
        parts += of_file
    found = np.sort(np.concatenate(parts))  # np.unique takes four times as long
    return found[np.append(True, found[1:] != found[:-1])[: len(found)]]


def _names_in(chunk: bytes, parse: Callable[[bytes], list[str]]) -> Iterable[bytes]:
    """Nearly all of a file of domains is in the form that is looked up, and needs no parsing."""
    if parse is _domains_in and not chunk.translate(None, _PLAIN) and not chunk.startswith(b".") and b"\n." not in chunk:
        return chunk.split()
    return [name.encode() for name in parse(chunk)]


def _domains_in(chunk: bytes) -> list[str]:
    """`example.com`, `.example.com`, `*.example.com`, `||example.com^`, or the last name of a line of a hosts file."""
    names = (entry.split()[-1].lower().removeprefix("||").rstrip("^.").removeprefix("*").lstrip(".") for entry in _entries(chunk))
    return [ascii_name(name) for name in names if name]


def _addresses_in(chunk: bytes) -> list[str]:
    return list(filter(None, map(_address, _entries(chunk))))


def _entries(chunk: bytes) -> Iterator[str]:
    for line in chunk.decode("utf-8", "replace").splitlines():
        if entry := line.partition("#")[0].strip():
            yield entry


def _texts(files: Iterable[str]) -> Iterator[str]:
    for file in files:
        found = [entry.lower() for chunk in _chunks(file) for entry in _entries(chunk)]
        if not found:
            raise InputError("a file with an entry a line", f"none in {file}", _ADVICE)
        yield from found


def _patterns(files: Iterable[str]) -> Iterator[str]:
    """In a pattern `#` is a character; a line that begins with it is a note."""
    for file in files:
        lines = b"".join(_chunks(file)).decode("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, start=1):
            if (pattern := line.strip()) and not pattern.startswith("#"):
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise InputError("a regular expression a line", f"{pattern} in line {number} of {file}: {error}", _ADVICE) from None
                yield pattern


@functools.lru_cache(maxsize=8)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _chunks(file: str) -> Iterator[bytes]:
    """Whole lines of a file, about 64 KiB at a time."""

    def lines(stream: BinaryIO) -> Iterator[bytes]:
        unpack = compression_of(stream)
        unpacked: Any = unpack(stream) if unpack else None
        stream.seek(0)
        source = io.BufferedReader(unpacked) if unpacked else stream
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk + source.readline()
        if unpacked and unpacked.damage:
            raise ValueError(unpacked.damage)

    yield from _reading(file, lines)


def _file_digest(file: str) -> str:
    """SHA-256 of a file, which is read once while its size and time stay: a recipe asks many times in a run for a list of 100 MB."""
    try:
        found = next(locations.walk(file), None)
    except (OSError, ImportError, ValueError):
        found = None  # reading it names what is wrong
    return _digest_of(file, found) if found else _digest_now(file)


@functools.lru_cache(maxsize=256)
def _digest_of(file: str, _as_found: locations.File) -> str:
    return _digest_now(file)


def _digest_now(file: str) -> str:
    return next(_reading(file, lambda stream: iter([hashlib.file_digest(stream, "sha256").hexdigest()])))  # type: ignore[arg-type]


def _reading(file: str, read: Callable[[BinaryIO], Iterator[Any]]) -> Iterator[Any]:
    try:
        with open_steadily(file) as stream:
            yield from read(stream)
    except (OSError, StorageError, ValueError, pa.ArrowException) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("a file of domains, addresses, words or patterns", f"{file}: {error}", _ADVICE) from None
