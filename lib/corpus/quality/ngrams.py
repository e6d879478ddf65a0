"""Which word n-grams of a passage occur more than once, and how many characters they take up."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

Ngram = tuple[str, ...]
Occurrences = list[tuple[int, Ngram]]
"""Where an n-gram starts, and the n-gram, in order of the text."""


def repeated_ngrams(words: list[str], max_n: int) -> dict[int, Occurrences]:
    """For each n from 2 the n-grams that occur more than once, as far as there are any.

    An n-gram can occur twice only where both (n-1)-grams in it do, so that all steps but the first look at the few that are left.
    """
    found: dict[int, Occurrences] = {}
    repeated = _repeated(range(len(words)), list(itertools.pairwise(words)))
    for n in range(2, max_n + 1):
        if not repeated:
            break
        found[n] = repeated
        ends = {start for start, _ in repeated}
        starts = [start for start, _ in repeated if start + 1 in ends]
        repeated = _repeated(starts, [tuple(words[start : start + n + 1]) for start in starts])
    return found


def top_characters(repeated: Occurrences) -> int:
    """Characters of all occurrences of the n-gram that takes up most."""
    counts = Counter(ngram for _, ngram in repeated)
    return max(count * num_characters(ngram) for ngram, count in counts.items())


def repeated_characters(repeated: Occurrences) -> int:
    """Characters of the n-grams that were there before; where they overlap, the later one is not counted."""
    seen: set[Ngram] = set()
    total = end = 0
    for start, ngram in repeated:
        if ngram not in seen:
            seen.add(ngram)
        elif start >= end:
            total += num_characters(ngram)
            end = start + len(ngram)
    return total


def num_characters(words: Sequence[str]) -> int:
    """Characters of words with a space after each."""
    return sum(map(len, words)) + len(words)


def _repeated(starts: Iterable[int], ngrams: Sequence[Ngram]) -> Occurrences:
    counts = Counter(ngrams)
    return [(start, ngram) for start, ngram in zip(starts, ngrams, strict=False) if counts[ngram] > 1]
