"""The rules of instruction backtranslation itself: Li et al. 2023 (arXiv:2308.06259), section 3.1 and the appendix on web segments.

The paper names the kinds of headings, 600 to 3,000 characters, and the n-gram Jaccard similarity between pairs of sentences; the limits for
the last are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bubblenet.corpus import questions
from bubblenet.corpus.quality.passage import Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation

SENTENCE_NGRAM = 3
MIN_SENTENCE_WORDS = 5
"""Shorter sentences ("Yes.", "See above.") may repeat."""


def no_text(passage: Passage, _limits: Segmentation) -> bool:
    """Not a letter or digit in it."""
    return not any(map(str.isalnum, passage.text))


def empty_heading(passage: Passage, _limits: Segmentation) -> bool:
    """Its own heading holds nothing."""
    return bool(passage.headings) and not passage.headings[-1]


def navigation_heading(passage: Passage, _limits: Segmentation) -> bool:
    """Its heading or one above it names page furniture: navigation, advertising, forum, newsletter, quick links."""
    return any(map(questions.is_navigation, passage.headings))


def all_capitals_heading(passage: Passage, _limits: Segmentation) -> bool:
    """Its own heading shouts."""
    return bool(passage.headings) and questions.is_all_capitals(passage.headings[-1])


def too_short(passage: Passage, limits: Segmentation) -> bool:
    """Fewer characters than the limit, 600 in the paper. What is longer than the other limit was cut, so that no rule asks for it."""
    return len(passage.text) < limits.min_characters


def repeated_sentences(passage: Passage, limits: Segmentation) -> bool:
    """Too many of its sentences have a near twin: another sentence with like word trigrams (Jaccard similarity).

    Adapted: sentences of paragraphs only, since the items of a good list are worded alike; in scripts without spaces twice as many
    characters as words.
    """
    size = SENTENCE_NGRAM * passage.characters_of_a_word
    lengths = np.fromiter(map(len, passage.sentences), np.int64, len(passage.sentences))
    is_long = lengths >= MIN_SENTENCE_WORDS * passage.characters_of_a_word
    candidates = _may_have_twin(passage, lengths, size, limits.min_sentence_similarity) & is_long
    most = limits.max_duplicate_sentence_share * is_long.sum()
    if candidates.sum() <= most:
        return False
    sentences = (passage.sentences[index] for index in np.flatnonzero(candidates))
    ngrams = [frozenset(zip(*(words[start:] for start in range(size)), strict=False)) for words in sentences]
    return _num_with_twin(ngrams, limits.min_sentence_similarity) > most


def _may_have_twin(passage: Passage, lengths: NDArray[np.int64], size: int, min_similarity: float) -> NDArray[np.bool_]:
    """For each sentence whether enough of its n-grams of that size occur more than once in the passage."""
    ends = lengths.cumsum()
    starts = passage.repeated_ngrams.of(size).starts
    num_ngrams = lengths - size + 1
    num_repeated = np.searchsorted(starts, ends - size + 1) - np.searchsorted(starts, ends - lengths)
    return np.asarray(num_repeated >= min_similarity * num_ngrams)


def _num_with_twin(sets: Sequence[frozenset[tuple[str, ...]]], min_similarity: float) -> int:
    """How many sets have another one that is similar."""
    twins: set[int] = set()
    for one, other in combinations(range(len(sets)), 2):
        num_common = len(sets[one] & sets[other])
        if num_common >= min_similarity * (len(sets[one]) + len(sets[other]) - num_common):
            twins |= {one, other}
    return len(twins)
