"""The quality rules of MassiveWeb: Rae et al. 2021 (arXiv:2112.11446), section A1.1.

Adapted to passages: words and lines are those of prose, so that a program, a table or a log is not measured as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.quality import words as lists
from bubblenet.corpus.quality.passage import MIN_LINES, MIN_WORDS, Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation

MAX_BARE_ITEM_WORDS = 3
"""List items up to this length are names, not statements."""

_ELLIPSES = ("...", "\u2026")


def too_few_words(passage: Passage, limits: Segmentation) -> bool:
    """Fewer than 50 words. Adapted: those of code and tables count too, or a passage that shows a program would have none; text without
    spaces is not counted.
    """
    if len(passage.words) >= limits.min_words or passage.is_unspaced:
        return False
    return len(passage.text.split()) < limits.min_words


def mean_word_length(passage: Passage, limits: Segmentation) -> bool:
    """Mean length outside 3 to 10 characters. Adapted: scripts without vowels or of syllables have shorter words and are not asked for the
    lower limit; those without spaces for neither.
    """
    words = passage.words
    if len(words) < MIN_WORDS or passage.is_unspaced:
        return False
    mean = sum(map(len, words)) / len(words)
    return mean > limits.max_mean_word_length or (mean < limits.min_mean_word_length and passage.language not in lists.DENSE_LANGUAGES)


def symbols(passage: Passage, limits: Segmentation) -> bool:
    """More than one hash sign, or one ellipsis, to ten words."""
    allowed = limits.max_symbol_ratio * max(1, len(passage.words))
    prose = passage.prose_without_code
    return prose.count("#") > allowed or sum(map(prose.count, _ELLIPSES)) > allowed


def bare_list(passage: Passage, limits: Segmentation) -> bool:
    """More than 90 % of its lines are list items. Adapted: only where the items are bare names, since instructions are lists too."""
    lines, items = passage.lines, passage.items
    if len(lines) < MIN_LINES or len(items) <= limits.max_bullet_share * len(lines) or len(passage.prose) * 2 < len(passage.text):
        return False
    if passage.is_unspaced:
        return False
    return sum(item.count(" ") < MAX_BARE_ITEM_WORDS for item in items) > limits.max_bullet_share * len(items)


def cut_lines(passage: Passage, limits: Segmentation) -> bool:
    """More than 30 % of its lines end in an ellipsis: teasers."""
    lines = passage.lines
    return len(lines) >= MIN_LINES and sum(line.endswith(_ELLIPSES) for line in lines) > limits.max_ellipsis_share * len(lines)


def few_letters(passage: Passage, limits: Segmentation) -> bool:
    """Fewer than 80 % of its words hold a letter."""
    words = passage.words
    return len(words) >= MIN_WORDS and sum(map(str.isdigit, words)) > (1 - limits.min_alphabetic_share) * len(words)


def stop_words(passage: Passage, limits: Segmentation) -> bool:
    """Fewer than two of the language's commonest words. Adapted: the paper's list is English; the others here are ours."""
    found = lists.STOP_WORDS[passage.language]
    return (
        len(passage.words) >= MIN_WORDS and not passage.is_unspaced and sum(map(found.__contains__, passage.words)) < limits.min_stop_words
    )
