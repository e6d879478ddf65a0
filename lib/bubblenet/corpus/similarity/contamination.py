"""Decontamination: finds texts that contain items of evaluation sets, by overlap of word n-grams.

Criteria: one common 13-gram (Brown et al. 2020, arXiv:2005.14165, appendix C), or a share of an item's 8-grams, 0.7 by default
(Chowdhery et al. 2022, arXiv:2204.02311, section 8), which finds items of 8 to 12 words and items with a few words changed. An item of
fewer than 8 words cannot be distinguished from chance and is skipped.
"""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bubblenet.corpus.reading.json_values import loads
from bubblenet.corpus.reading.lines import Lines, list_items
from bubblenet.corpus.reading.parquet import rows_of
from bubblenet.corpus.similarity.shingles import ngram_hashes, token_hashes, tokens, tokens_of_a_word
from bubblenet.errors import InputError, StorageError
from bubblenet.identity import content_id
from bubblenet.storage import open_steadily

CONTAMINATION_VERSION = 2
"""Raise whenever the same text and items would give a different verdict."""

LONG, SHORT = 13, 8
"""Words in the two sizes of n-grams; for an item in a script without spaces, twice as many characters."""

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""A longer line is no evaluation item."""

_PARQUET_MAGIC = b"PAR1"
_ADVICE = "Give an evaluation as FILE:FIELD, for example evals/gsm8k.jsonl:question or evals/chat.parquet:messages.content."


@dataclass(frozen=True, slots=True)
class Overlap:
    """An evaluation item found in a text. share: of the item's 8-grams; 1.0 for a common 13-gram."""

    item: str
    share: float


@dataclass(frozen=True, slots=True)
class EvaluationIndex:
    """The n-grams of evaluation items as sorted arrays; look-up is a binary search, and the index is shipped to workers as one file.

    *_hashes are sorted and *_items give the item of each; an n-gram has all its items in `short`, but only the first one in `long`.
    scales: numbers of tokens per word in the items, 1 or 2 or both.
    """

    items: tuple[str, ...]
    num_too_short: int
    long_hashes: NDArray[np.uint64]
    long_items: NDArray[np.int64]
    short_hashes: NDArray[np.uint64]
    short_items: NDArray[np.int64]
    num_short: NDArray[np.int64]
    scales: NDArray[np.int64]

    def find(self, hashes: NDArray[np.uint64], min_share: float) -> Overlap | None:
        """The item that a text contains, the one with the largest share if there are several; None for a clean text.

        hashes: of shingles.token_hashes. min_share: of an item's 8-grams.
        """
        common = _positions(self.long_hashes, _ngrams(hashes, LONG, self.scales))
        if len(common):
            return Overlap(self.items[self.long_items[common].min()], 1.0)
        counts = self._count_short(np.unique(_ngrams(hashes, SHORT, self.scales)))
        shares = {item: count / int(self.num_short[item]) for item, count in counts.items()}
        best = max(shares, key=lambda item: (shares[item], -item), default=None)
        return Overlap(self.items[best], shares[best]) if best is not None and shares[best] >= min_share else None

    def _count_short(self, grams: NDArray[np.uint64]) -> dict[int, int]:
        """Number of the given 8-grams in each item."""
        first = np.searchsorted(self.short_hashes, grams, "left")
        last = np.searchsorted(self.short_hashes, grams, "right")
        counts: dict[int, int] = {}
        for start, end in zip(first[last > first], last[last > first], strict=True):
            for item in self.short_items[start:end].tolist():
                counts[item] = counts.get(item, 0) + 1
        return counts

    def to_bytes(self) -> bytes:
        """The index as a NumPy archive without pickled objects."""
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(buffer, items=np.array(self.items, dtype=np.str_), num_too_short=self.num_too_short, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> EvaluationIndex:
        """The inverse of to_bytes."""
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _ARRAYS}
            return cls(items=tuple(archive["items"].tolist()), num_too_short=int(archive["num_too_short"]), **arrays)


_ARRAYS = ("long_hashes", "long_items", "short_hashes", "short_items", "num_short", "scales")


def build_index(named: Iterable[tuple[str, str]]) -> EvaluationIndex:
    """Index evaluation items, given as (name, text)."""
    names: list[str] = []
    num_too_short = 0
    scales: set[int] = set()
    grams: dict[int, list[NDArray[np.uint64]]] = {LONG: [], SHORT: []}
    for name, text in named:
        words = tokens(text)
        hashes, scale = token_hashes(words), [tokens_of_a_word(words)]
        short = np.unique(_ngrams(hashes, SHORT, scale))
        if not len(short):
            num_too_short += 1
            continue
        names.append(name)
        scales |= set(scale)
        grams[SHORT].append(short)
        grams[LONG].append(_ngrams(hashes, LONG, scale))
    long_hashes, long_items = _sorted(grams[LONG])
    long_hashes, is_first = np.unique(long_hashes, return_index=True)
    short_hashes, short_items = _sorted(grams[SHORT])
    num_short = np.array([len(part) for part in grams[SHORT]], dtype=np.int64)
    by_item = (long_hashes, long_items[is_first], short_hashes, short_items, num_short)
    return EvaluationIndex(tuple(names), num_too_short, *by_item, np.array(sorted(scales), dtype=np.int64))


def read_items(source: str) -> Iterator[tuple[str, str]]:
    """The evaluation items of `FILE:FIELD` as (name, text). FIELD names a field of a JSONL or Parquet record; `a.b` is nested.

    A list on the path is expanded to all its elements, and a file may be one JSON list. Raises InputError for an unreadable file, or one in
    which no record has the field.
    """
    path, field = _split(source)
    num_records = num_items = 0
    try:
        with open_steadily(path) as stream:
            for number, record in enumerate(_records(stream), start=1):
                num_records = number
                for text in _texts(record, field.split(".")):
                    num_items += 1
                    yield f"{path}#{number}", text
    except (OSError, StorageError, ValueError, pa.ArrowException) as error:
        raise InputError("a JSONL or Parquet file of evaluation items", f"{path}: {error}", _ADVICE) from None
    if not num_items:
        raise InputError(f"text in the field `{field}`", f"none in {num_records} records of {path}", _ADVICE)


def source_digest(source: str) -> str:
    """Hash of the content and the field of `FILE:FIELD`, 32 hexadecimal digits. Raises InputError for an unreadable file."""
    path, field = _split(source)
    try:
        with open_steadily(path) as stream:
            return content_id(hashlib.file_digest(stream, "sha256").hexdigest(), field)  # type: ignore[arg-type]
    except (OSError, StorageError, pa.ArrowException) as error:
        raise InputError("a file of evaluation items", f"{path}: {error}", _ADVICE) from None


@functools.cache
def load_index(location: str) -> EvaluationIndex:
    """The index stored at a location, loaded once per process."""
    with open_steadily(location) as stream:
        return EvaluationIndex.from_bytes(stream.read())


def _split(source: str) -> tuple[str, str]:
    path, _, field = source.rpartition(":")
    if not path or not field or "/" in field:
        raise InputError("an evaluation as FILE:FIELD", source, _ADVICE)
    return path, field


def _records(stream: BinaryIO) -> Iterator[Any]:
    magic = stream.read(len(_PARQUET_MAGIC))
    stream.seek(0)
    if magic == _PARQUET_MAGIC:
        for batch in pq.ParquetFile(stream).iter_batches():
            yield from rows_of(batch)
    else:
        yield from _json_records(stream)


def _json_records(stream: BinaryIO) -> Iterator[Any]:
    """The items of a list, or the values of lines."""
    items = list_items(stream)
    if items is not None:
        yield from items
        return
    lines = Lines(stream, MAX_RECORD_BYTES)
    for line in lines:
        if line.is_too_long:
            raise ValueError(f"line {line.number} has more than {MAX_RECORD_BYTES:,} bytes")
        yield loads(line.content)
    if lines.damage:
        raise ValueError(lines.damage)


def _texts(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for element in value:
            yield from _texts(element, path)
    elif not path:
        if isinstance(value, str) and value.strip():
            yield value
    elif isinstance(value, dict):
        yield from _texts(value.get(path[0]), path[1:])


def _ngrams(hashes: NDArray[np.uint64], num_words: int, scales: Iterable[int]) -> NDArray[np.uint64]:
    """Hashes of the n-grams of num_words words, for each number of tokens per word; empty for a shorter text."""
    sizes = [num_words * int(scale) for scale in scales]
    return np.concatenate([np.empty(0, dtype=np.uint64), *(ngram_hashes(hashes, size) for size in sizes if len(hashes) >= size)])


def _sorted(parts: list[NDArray[np.uint64]]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """All numbers in sorted order, and the part that each is from; equal numbers in the order of their parts."""
    numbers = np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)
    origins = np.repeat(np.arange(len(parts), dtype=np.int64), np.array([len(part) for part in parts], dtype=np.int64))
    order = np.argsort(numbers, kind="stable")
    return numbers[order], origins[order]


def _positions(sorted_numbers: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Positions of the wanted numbers among the sorted ones; missing ones are dropped."""
    if not len(sorted_numbers):
        return np.empty(0, dtype=np.int64)
    found = np.searchsorted(sorted_numbers, wanted)
    found[found == len(sorted_numbers)] = 0
    return found[sorted_numbers[found] == wanted]
