"""The repetition rules of MassiveWeb: Rae et al. 2021 (arXiv:2112.11446), section A1.1 and Table A1.

Adapted to passages: programs and logs repeat themselves and are not looked at. Phrases are looked for in paragraphs alone, since the items
of a good list are worded alike. A paragraph or item is both the line and the paragraph of Table A1, so that its rules for lines and for
paragraphs are one; fineweb.py has the one on their characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.quality.passage import MIN_LINES, MIN_WORDS, Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation

MIN_ITEM_CHARACTERS = 30
"""Shorter items are the notes of a reference manual ("New in version 3.2."), which may repeat."""

SHORTEST_PHRASE = 2
SHORTEST_REPEAT = 5


def duplicate_lines(passage: Passage, limits: Segmentation) -> bool:
    """More than 30 % of its lines were there before."""
    lines = passage.paragraphs + [item for item in passage.items if len(item) >= MIN_ITEM_CHARACTERS]
    return len(lines) >= MIN_LINES and len(lines) - len(set(lines)) > limits.max_duplicate_line_share * len(lines)


def repeated_phrase(passage: Passage, limits: Segmentation) -> bool:
    """One phrase of 2, 3 or 4 words makes up more than 20, 18 or 16 % of its characters."""
    if not _has_phrases(passage):
        return False
    sizes = enumerate(limits.max_top_ngram_shares, start=SHORTEST_PHRASE)
    allowed = ((n * passage.characters_of_a_word, share * passage.num_running_characters) for n, share in sizes)
    return any(passage.repeated_ngrams.of(n).top_characters() > most for n, most in allowed)


def repeated_text(passage: Passage, limits: Segmentation) -> bool:
    """Phrases of 5, 6 ... 10 words that were there before make up more than 15, 14 ... 10 % of its characters.

    Each character counts once, and the first occurrence of a phrase is not a repetition, as in datatrove's GopherRepetitionFilter.
    """
    if not _has_phrases(passage):
        return False
    shares, ngrams = limits.max_duplicate_ngram_shares, passage.repeated_ngrams
    for n, share in enumerate(shares, start=SHORTEST_REPEAT):
        size = n * passage.characters_of_a_word
        if ngrams.covered_characters(size) <= min(shares) * passage.num_running_characters:
            return False  # nor can longer phrases make up more
        if ngrams.of(size).repeated_characters() > share * passage.num_running_characters:
            return True
    return False


def _has_phrases(passage: Passage) -> bool:
    """Whether there is running text enough to speak of shares of it."""
    return len(passage.running_words) >= MIN_WORDS and passage.is_running_text
