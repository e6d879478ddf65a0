"""Splits a text that is too long into as few pieces as possible, of similar size, at the best boundaries."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bubblenet.corpus.extraction.blocks import Block, rendered_length, split_block

MAX_REFERENCE_CHARACTERS = 200
"""A shorter paragraph that is mostly a link belongs to the text before it."""

_MARK = re.compile(r"\s*(?:[-*+]|-?\d{1,6}\.|[A-Za-z]{1,8}\.)\s")
"""Of an item: a bullet, a number or letters."""

Atom = list[Block]
"""Blocks that are not separated."""


def pack(units: Iterable[list[Block]], max_characters: int) -> list[list[Block]]:
    """Pieces of at most max_characters, in order: as few as first-fit gives, then with the smallest limit that needs no more.

    units: a paragraph each, or a short sub-section with its heading. Lists and their introductions stay together if they fit into half
    a piece; a unit that is too long is split.
    """
    atoms = [atom for unit in _glued(_whole(units, max_characters), max_characters) for atom in _fitting(unit, max_characters)]
    if not atoms:
        return []
    lengths = [rendered_length(atom) for atom in atoms]
    fewest = len(_fill(lengths, max_characters))
    low, high = max(lengths), max_characters
    while low < high:
        middle = (low + high) // 2
        if len(_fill(lengths, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    pieces = []
    for start, end in _fill(lengths, max(high, low)):
        pieces.append([block for atom in atoms[start:end] for block in atom])
    return pieces


def _fill(lengths: list[int], limit: int) -> list[tuple[int, int]]:
    """First-fit ranges of adjacent units whose total length is at most limit (a longer one forms its own range)."""
    ranges, start, total = [], 0, 0
    for index, length in enumerate(lengths):
        if index > start and total + length > limit:
            ranges.append((start, index))
            start, total = index, 0
        total += length
    return [*ranges, (start, len(lengths))]


def _whole(units: Iterable[Atom], max_characters: int) -> list[Atom]:
    """Items with their further paragraphs, and terms with their definitions, of which one that is too long leaves its beginning there."""
    whole: list[Atom] = []
    for unit in units:
        previous = whole[-1] if whole else None
        if not previous or not _goes_on(previous[-1], unit[0]):
            whole.append(list(unit))
        elif rendered_length(previous) + rendered_length(unit) <= max_characters:
            previous.extend(unit)
        elif _MARK.match(previous[-1].text) and len(previous[-1].text) <= max_characters // 2:
            first, *rest = split_block(unit[0], max_characters // 2 - 2)
            previous.append(first)
            whole += [[part] for part in (*rest, *unit[1:])]
        else:
            whole.append(list(unit))
    return whole


def _goes_on(previous: Block, block: Block) -> bool:
    """Whether a block is of the same item as the one before: indented, without a mark of its own."""
    return previous.kind == block.kind == "item" and block.text.startswith(" ") and not _MARK.match(block.text)


def _glued(units: Iterable[Atom], max_characters: int) -> list[Atom]:
    """Merge adjacent list items, and a paragraph that ends in a colon with the block after it."""
    glued: list[Atom] = []
    for unit in units:
        previous = glued[-1] if glued else None
        if previous and _belongs(previous[-1], unit[0]) and rendered_length(previous) + rendered_length(unit) <= max_characters // 2:
            previous.extend(unit)
        else:
            glued.append(list(unit))
    return glued


def _belongs(previous: Block, block: Block) -> bool:
    if block.kind == "heading" or previous.kind == "heading":
        return False
    is_list = previous.kind == "item" and block.kind == "item"
    is_reference = len(block.text) < MAX_REFERENCE_CHARACTERS and block.num_link_characters > len(block.text) // 2
    return is_list or is_reference or previous.text.endswith((":", ":**", "\uff1a"))


def _fitting(atom: Atom, max_characters: int) -> list[Atom]:
    """The atom if it fits, else its blocks one by one, each split to the limit."""
    room = max_characters - 10  # for the mark of a heading, or the blank line before a block
    if rendered_length(atom) <= max_characters:
        return [atom]
    return [[part] for block in atom for part in split_block(block, max(1, room))]
