"""The rules of instruction backtranslation itself: Li et al. 2023 (arXiv:2308.06259), section 3.1 and the appendix on web segments.

The paper names the kinds of headings, 600 to 3,000 characters, and the n-gram Jaccard similarity between pairs of sentences; the limits for
the last are ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from bubblenet.corpus import questions
from bubblenet.corpus.quality.passage import Passage
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

    Adapted: sentences of paragraphs only, since the items of a good list are worded alike.
    """
    num_shared = len(passage.repeated_ngrams.get(SENTENCE_NGRAM, ()))
    fewest = limits.min_sentence_similarity * (MIN_SENTENCE_WORDS - SENTENCE_NGRAM + 1)  # trigrams that a sentence shares with its twin
    if num_shared < 2 * fewest:
        return False
    sentences = (words for words in passage.sentences if len(words) >= MIN_SENTENCE_WORDS)
    ngrams = [frozenset(zip(words, words[1:], words[2:], strict=False)) for words in sentences]
    return _num_with_twin(ngrams, limits.min_sentence_similarity) > limits.max_duplicate_sentence_share * len(ngrams)


def _num_with_twin(sets: Sequence[frozenset[tuple[str, ...]]], min_similarity: float) -> int:
    """How many sets have another one that is similar. Sets that share too little with all others together are never compared."""
    counts = Counter(ngram for ngrams in sets for ngram in ngrams)
    if len(counts) == counts.total():
        return 0
    candidates = [index for index, ngrams in enumerate(sets) if sum(counts[ngram] > 1 for ngram in ngrams) >= min_similarity * len(ngrams)]
    twins: set[int] = set()
    for one, other in combinations(candidates, 2):
        num_common = len(sets[one] & sets[other])
        if num_common >= min_similarity * (len(sets[one]) + len(sets[other]) - num_common):
            twins |= {one, other}
    return len(twins)
