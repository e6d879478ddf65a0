"""The rules that FineWeb added to Gopher's and C4's: Penedo et al. 2024 (arXiv:2406.17557), section 3.6.

Adapted to passages: a line is a paragraph, or a part of one between line breaks. List items, tables and code are no lines here: they end
as they please, and the notes of a reference manual ("New in version 3.2.") are items. The limit for characters in duplicated lines is that
of section 3.6; appendix E.4 and datatrove's default say 0.01, which one repeated sentence exceeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.corpus.quality.passage import MIN_LINES, Passage

if TYPE_CHECKING:
    from bubblenet.settings import Segmentation

SHORT_LINE_CHARACTERS = 30
SHORT_UNSPACED_LINE_CHARACTERS = 15
"""In scripts without spaces a character says about as much as two."""

LINE_ENDS = tuple(
    ".?!:;\"')]\u00bb\u201d\u2019\u2026\u3002\uff01\uff1f\uff1a\uff1b\uff09\u300d\u300f\uff0e\uff61\u061f\u06d4\u0964\u0965\u0589\u0f0d\u0f0e\u17d4\u104b\u1362`"
)
"""What ends a written line: the paper's `. ? ! " '`, those of other scripts, and what leads over to a list or a program."""

WITHOUT_STOPS = frozenset(("lo", "th"))
"""Languages that end a sentence with a space."""


def few_line_ends(passage: Passage, limits: Segmentation) -> bool:
    """At most 12 % of its lines end in punctuation."""
    lines = passage.paragraphs
    if len(lines) < MIN_LINES or not passage.is_running_text or passage.language in WITHOUT_STOPS:
        return False
    return sum(line.endswith(LINE_ENDS) for line in lines) <= limits.min_punctuated_line_share * len(lines)


def duplicate_line_characters(passage: Passage, limits: Segmentation) -> bool:
    """At least 10 % of its characters are in lines that were there before."""
    lines = passage.paragraphs
    num_duplicate = sum(map(len, lines)) - sum(map(len, set(lines)))
    return num_duplicate > 0 and num_duplicate >= limits.max_duplicate_line_character_share * len(passage.text)


def short_lines(passage: Passage, limits: Segmentation) -> bool:
    """At least 67 % of its lines are shorter than 30 characters."""
    lines = passage.paragraphs
    longest = SHORT_UNSPACED_LINE_CHARACTERS if passage.is_unspaced else SHORT_LINE_CHARACTERS
    if len(lines) < MIN_LINES or not passage.is_running_text:
        return False
    return sum(len(line) < longest for line in lines) >= limits.max_short_line_share * len(lines)
