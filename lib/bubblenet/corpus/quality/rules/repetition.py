"""Rules about repetition within a passage: near-duplicate sentences and repeated phrases.

Adapted to passages: programs and logs repeat themselves and are ignored. Sentences and phrases are compared in paragraphs only, since the
items of a good list are worded alike. Rules about duplicate lines are in lines.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bubblenet.corpus.quality.declaration import GOPHER_REPETITION, HUMPBACK, rule
from bubblenet.corpus.quality.passage import MIN_WORDS, Passage
from bubblenet.section import Section, Share

SENTENCE_NGRAM = 3
MIN_SENTENCE_WORDS = 5
"""Shorter sentences ("Yes.", "See above.") may repeat."""

SHORTEST_PHRASE = 2
SHORTEST_REPEAT = 5


class RepetitionLimits(Section):
    """Limits of the rules about repetition."""

    max_duplicate_sentence_share: Share = Field(0.3, description="of all sentences, those with a near twin in the passage; ours")
    min_sentence_similarity: float = Field(
        0.8, gt=0.0, le=1.0, description="Jaccard similarity of word trigrams from which two sentences are twins; ours"
    )
    max_top_ngram_shares: tuple[Share, Share, Share] = Field(
        (0.2, 0.18, 0.16), strict=False, description="of all characters, those of one phrase of 2, 3, 4 words; Gopher, Table A1"
    )
    max_duplicate_ngram_shares: tuple[Share, Share, Share, Share, Share, Share] = Field(
        (0.15, 0.14, 0.13, 0.12, 0.11, 0.1),
        strict=False,
        description="of all characters, those of repeated phrases of 5, 6 ... 10 words; Gopher, Table A1",
    )


@rule(HUMPBACK, "min_sentence_similarity", "max_duplicate_sentence_share", ours="limits")
def repeated_sentences(passage: Passage, limits: RepetitionLimits) -> bool:
    """Too many of its sentences have a near twin: another sentence with similar word trigrams (Jaccard similarity).

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


@rule(GOPHER_REPETITION, "max_top_ngram_shares")
def repeated_phrase(passage: Passage, limits: RepetitionLimits) -> bool:
    """A single phrase of 2, 3 or 4 words covers too many of its characters."""
    if not _has_phrases(passage):
        return False
    sizes = enumerate(limits.max_top_ngram_shares, start=SHORTEST_PHRASE)
    allowed = ((n * passage.characters_of_a_word, share * passage.num_running_characters) for n, share in sizes)
    return any(passage.repeated_ngrams.of(n).top_characters() > most for n, most in allowed)


@rule(GOPHER_REPETITION, "max_duplicate_ngram_shares")
def repeated_text(passage: Passage, limits: RepetitionLimits) -> bool:
    """Repeated phrases of 5 to 10 words cover too many of its characters.

    Each character counts once, and the first occurrence of a phrase is not a repetition, as in datatrove's GopherRepetitionFilter.
    """
    if not _has_phrases(passage):
        return False
    shares, ngrams = limits.max_duplicate_ngram_shares, passage.repeated_ngrams
    for n, share in enumerate(shares, start=SHORTEST_REPEAT):
        size = n * passage.characters_of_a_word
        if ngrams.covered_characters(size) <= min(shares) * passage.num_running_characters:
            return False  # longer phrases cannot cover more
        if ngrams.of(size).repeated_characters() > share * passage.num_running_characters:
            return True
    return False


def _may_have_twin(passage: Passage, lengths: NDArray[np.int64], size: int, min_similarity: float) -> NDArray[np.bool_]:
    """For each sentence, whether enough of its n-grams of that size are repeated in the passage."""
    ends = lengths.cumsum()
    starts = passage.repeated_ngrams.of(size).starts
    num_ngrams = lengths - size + 1
    num_repeated = np.searchsorted(starts, ends - size + 1) - np.searchsorted(starts, ends - lengths)
    return np.asarray(num_repeated >= min_similarity * num_ngrams)


def _num_with_twin(sets: Sequence[frozenset[tuple[str, ...]]], min_similarity: float) -> int:
    """The number of sets that are similar to another one."""
    twins: set[int] = set()
    for one, other in combinations(range(len(sets)), 2):
        num_common = len(sets[one] & sets[other])
        if num_common >= min_similarity * (len(sets[one]) + len(sets[other]) - num_common):
            twins |= {one, other}
    return len(twins)


def _has_phrases(passage: Passage) -> bool:
    """Whether there is enough running text for shares of it to be meaningful."""
    return len(passage.running_words) >= MIN_WORDS and passage.is_running_text
