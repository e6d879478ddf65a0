"""Cards: boxes alike, each with a title that is a link and a text. Where the text is read, so is the title."""

from __future__ import annotations

import itertools

from bubblenet.corpus.extraction import furniture, inline
from bubblenet.corpus.extraction.markup import Element

MIN_CARDS = 3
"""Boxes alike in one place; fewer are parts of a page."""

MAX_CARD_CHARACTERS = 600
"""A longer box is a section."""

MAX_TITLE_CHARACTERS = 100
MAX_SIBLINGS = 100
"""Boxes that are looked at."""


def is_title(block: Element | None, text: str) -> bool:
    """Whether a line that is a link is the title of a card, with the text of the card right after it."""
    box = block.parent if block else None
    if block is None or box is None or box.parent is None or len(text) > MAX_TITLE_CHARACTERS or inline.leads_on(text):
        return False
    if not 2 * block.num_characters < box.num_characters <= MAX_CARD_CHARACTERS or len(box.children) > MAX_SIBLINGS:
        return False
    after = next(itertools.islice(itertools.dropwhile(lambda child: child is not block, box.elements()), 1, None), None)
    return after is not None and after.is_prose() and not after.is_furniture and _has_others(box, box.parent)


def _has_others(box: Element, parent: Element) -> bool:
    """Whether several boxes in one place have the tag and class of this one."""
    name = furniture.class_name(box.attributes)
    siblings = (child for child in parent.children[:MAX_SIBLINGS] if isinstance(child, Element))
    alike = sum(child.tag == box.tag and furniture.class_name(child.attributes) == name for child in siblings)
    return bool(name) and alike >= MIN_CARDS
