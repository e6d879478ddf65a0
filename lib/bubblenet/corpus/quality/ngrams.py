"""The word n-grams of a passage that occur more than once, and the number of characters they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """All occurrences of the n-grams of one size that occur more than once, in order of the text.

    starts: index of the first word of each. names: a number that identifies its n-gram. lengths: its characters.
    """

    n: int
    starts: Numbers
    names: Numbers
    lengths: Numbers

    def top_characters(self) -> int:
        """Characters of all occurrences of the n-gram that covers most characters."""
        return int(np.bincount(self.names, weights=self.lengths).max(initial=0))

    def most(self) -> int:
        """Occurrences of the commonest n-gram; 0 if none is repeated."""
        return int(np.bincount(self.names).max(initial=0))

    def repeated_characters(self) -> int:
        """Characters of all occurrences but the first of each n-gram; of overlapping ones, the later is not counted."""
        seen: set[int] = set()
        total = end = 0
        for start, name, length in zip(self.starts.tolist(), self.names.tolist(), self.lengths.tolist(), strict=True):
            if name not in seen:
                seen.add(name)
            elif start >= end:
                total += length
                end = start + self.n
        return total


class RepeatedNgrams:
    """The n-grams of a list of words that occur more than once, computed size by size on demand.

    An n-gram can occur twice only if both (n-1)-grams in it do, so each size needs to look only at those left of the previous one.
    """

    def __init__(self, words: Sequence[str]) -> None:
        numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
        names = np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
        lengths = np.fromiter(map(len, numbers), np.int64, len(numbers))[names] + 1
        self._ends = np.concatenate(([0], lengths.cumsum()))
        self._found = [self._occurrences(1, np.arange(len(words)), names)]

    def of(self, n: int) -> Occurrences:
        """The repeated n-grams of n words."""
        while len(self._found) < n:
            shorter = self._found[-1]
            first = np.flatnonzero(np.diff(shorter.starts) == 1)
            pairs = shorter.names[first] * (shorter.names.max(initial=0) + 1) + shorter.names[first + 1]
            names = np.unique(pairs, return_inverse=True)[1]
            self._found.append(self._occurrences(shorter.n + 1, shorter.starts[first], names))
        return self._found[n - 1]

    def covered_characters(self, n: int) -> int:
        """Characters of the words in repeated n-grams: an upper bound for n-grams of this and larger sizes."""
        starts = self.of(n).starts
        ends = np.minimum(starts + n, np.append(starts[1:], len(self._ends)))
        return int((self._ends[ends] - self._ends[starts]).sum())

    def _occurrences(self, n: int, starts: Numbers, names: Numbers) -> Occurrences:
        """The occurrences whose n-gram occurs at least twice. starts: of all n-grams; names: their numbers, counted from 0."""
        kept = np.bincount(names)[names] > 1
        starts = starts[kept]
        return Occurrences(n, starts, names[kept], self._ends[starts + n] - self._ends[starts])


def num_characters(words: Sequence[str]) -> int:
    """Characters of words with a space after each."""
    return sum(map(len, words)) + len(words)
