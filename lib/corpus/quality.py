"""Small rules about one passage. Each returns the reason for which the passage is left out, or None."""

from __future__ import annotations

import re
from collections import Counter

from bubblenet.corpus import questions
from bubblenet.settings import Segmentation

RULES_VERSION = 1

MIN_REPEATABLE_WORDS = 3
"""Shorter sentences ("Yes.", "See above.") may repeat."""

_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+")
_FENCED_CODE = re.compile(r"^(`{3,})\n.*?\n\1$", re.DOTALL | re.MULTILINE)
_NOT_WORD = re.compile(r"\W+")


def check(text: str, headings: tuple[str, ...], num_link_characters: int, rules: Segmentation) -> str | None:
    """The first reason to leave a passage out, in the order of the rules below; None if it may stay."""
    return (
        no_text(text)
        or heading_rule(headings)
        or too_short(text, rules.min_characters)
        or link_list(text, num_link_characters, rules.max_link_share)
        or repeated_sentences(text, rules.max_duplicate_sentence_share)
    )


def no_text(text: str) -> str | None:
    """`no_text` for a passage without a letter or digit."""
    return None if any(map(str.isalnum, text)) else "no_text"


def heading_rule(headings: tuple[str, ...]) -> str | None:
    """The heading's fault: `empty_heading`, `navigation_heading` (its own or one above), `all_capitals_heading`."""
    if headings and not headings[-1]:
        return "empty_heading"
    if any(map(questions.is_navigation, headings)):
        return "navigation_heading"
    return "all_capitals_heading" if headings and questions.is_all_capitals(headings[-1]) else None


def too_short(text: str, min_characters: int) -> str | None:
    """`too_short` below the limit. Source: Li et al. 2023 (arXiv:2308.06259), 600 characters."""
    return "too_short" if len(text) < min_characters else None


def link_list(text: str, num_link_characters: int, max_share: float) -> str | None:
    """`link_list` where most characters are the text of links."""
    return "link_list" if num_link_characters > max_share * len(text) else None


def repeated_sentences(text: str, max_share: float) -> str | None:
    """`repeated_sentences` where the share of sentences that occur more than once is above the limit.

    Case and punctuation are folded. Fenced code is left out: programs and logs repeat themselves.
    """
    prose = _FENCED_CODE.sub("", text)
    sentences = [_NOT_WORD.sub(" ", sentence).strip().casefold() for sentence in _SENTENCE_END.split(prose)]
    counts = Counter(sentence for sentence in sentences if sentence.count(" ") + 1 >= MIN_REPEATABLE_WORDS)
    repeated = sum(count for count in counts.values() if count > 1)
    return "repeated_sentences" if repeated > max_share * counts.total() else None
