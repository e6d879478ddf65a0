"""Rules about lines: how they end, how long they are, how many are list items, how many were there before.

Adapted to passages: a line is a paragraph, or a part of one between line breaks; a list item where a rule says so. Tables and code are no
lines here. Items end as they please, and short ones may repeat: the notes of a reference manual ("New in version 3.2."). A paragraph or
item is both the line and the paragraph of Gopher's Table A1, so that its rules for the two are one. The limit for characters in duplicated
lines is that of FineWeb's section 3.6; its appendix E.4 and datatrove's default say 0.01, which one repeated sentence exceeds.
"""

from __future__ import annotations

from pydantic import Field

from bubblenet.corpus.quality.declaration import FINEWEB, GOPHER, GOPHER_REPETITION, rule
from bubblenet.corpus.quality.passage import ELLIPSES, MIN_LINES, Passage
from bubblenet.section import Section, Share

SHORT_LINE_CHARACTERS = 30
SHORT_UNSPACED_LINE_CHARACTERS = 15
"""In scripts without spaces a character says about as much as two."""

MIN_ITEM_CHARACTERS = 30
"""Shorter items are notes, which may repeat."""

MAX_BARE_ITEM_WORDS = 3
"""List items up to this length are names, not statements."""

LINE_ENDS = tuple(
    ".?!:;\"')]\u00bb\u201d\u2019\u2026\u3002\uff01\uff1f\uff1a\uff1b\uff09\u300d\u300f\uff0e\uff61\u061f\u06d4\u0964\u0965\u0589\u0f0d\u0f0e\u17d4\u104b\u1362`"
)
"""What ends a written line: the paper's `. ? ! " '`, those of other scripts, and what leads over to a list or a program."""

WITHOUT_STOPS = frozenset(("lo", "th"))
"""Languages that end a sentence with a space."""


class LineLimits(Section):
    """Limits of the rules about lines."""

    min_punctuated_line_share: Share = Field(
        0.12, description="of all lines, those that end in punctuation; FineWeb (arXiv:2406.17557), section 3.6"
    )
    max_short_line_share: Share = Field(0.67, description="of all lines, those under 30 characters; FineWeb, section 3.6")
    max_duplicate_line_share: Share = Field(
        0.3, description="of all lines, those that were there before; Gopher (arXiv:2112.11446), Table A1"
    )
    max_duplicate_line_character_share: Share = Field(
        0.1, description="of all characters, those in lines that were there before; FineWeb, section 3.6 (Gopher: 0.2)"
    )
    max_ellipsis_share: Share = Field(0.3, description="of all lines, those that end in an ellipsis; Gopher, section A1.1")
    max_bullet_share: Share = Field(0.9, description="of all lines, list items, where these are bare names; Gopher, section A1.1")


@rule(FINEWEB, "min_punctuated_line_share")
def few_line_ends(passage: Passage, limits: LineLimits) -> bool:
    """Too few of its lines end in punctuation. Adapted: Thai and Lao are not asked, which end a sentence with a space."""
    lines = passage.paragraphs
    if len(lines) < MIN_LINES or not passage.is_running_text or passage.language in WITHOUT_STOPS:
        return False
    return sum(line.endswith(LINE_ENDS) for line in lines) <= limits.min_punctuated_line_share * len(lines)


@rule(FINEWEB, "max_short_line_share")
def short_lines(passage: Passage, limits: LineLimits) -> bool:
    """Too many of its lines are shorter than 30 characters, 15 in scripts without spaces."""
    lines = passage.paragraphs
    longest = SHORT_UNSPACED_LINE_CHARACTERS if passage.is_unspaced else SHORT_LINE_CHARACTERS
    if len(lines) < MIN_LINES or not passage.is_running_text:
        return False
    return sum(len(line) < longest for line in lines) >= limits.max_short_line_share * len(lines)


@rule(GOPHER_REPETITION, "max_duplicate_line_share")
def duplicate_lines(passage: Passage, limits: LineLimits) -> bool:
    """Too many of its lines and longer list items were there before."""
    lines = passage.paragraphs + [item for item in passage.items if len(item) >= MIN_ITEM_CHARACTERS]
    return len(lines) >= MIN_LINES and len(lines) - len(set(lines)) > limits.max_duplicate_line_share * len(lines)


@rule(FINEWEB, "max_duplicate_line_character_share")
def duplicate_line_characters(passage: Passage, limits: LineLimits) -> bool:
    """Too many of its characters are in lines that were there before."""
    lines = passage.paragraphs
    num_duplicate = sum(map(len, lines)) - sum(map(len, set(lines)))
    return num_duplicate > 0 and num_duplicate >= limits.max_duplicate_line_character_share * len(passage.text)


@rule(GOPHER, "max_ellipsis_share")
def cut_lines(passage: Passage, limits: LineLimits) -> bool:
    """Too many of its lines and list items end in an ellipsis: teasers."""
    lines = passage.lines
    return len(lines) >= MIN_LINES and sum(line.endswith(ELLIPSES) for line in lines) > limits.max_ellipsis_share * len(lines)


@rule(GOPHER, "max_bullet_share")
def bare_list(passage: Passage, limits: LineLimits) -> bool:
    """Nearly all of it is a list of bare names. Adapted: only where the items are bare names, since instructions are lists too; not in
    scripts without spaces.
    """
    lines, items = passage.lines, passage.items
    if len(lines) < MIN_LINES or len(items) <= limits.max_bullet_share * len(lines) or len(passage.prose) * 2 < len(passage.text):
        return False
    if passage.is_unspaced:
        return False
    return sum(item.count(" ") < MAX_BARE_ITEM_WORDS for item in items) > limits.max_bullet_share * len(items)
