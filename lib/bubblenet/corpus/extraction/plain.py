"""Blocks of plain text: paragraphs, and the headings that can be told from them."""

from __future__ import annotations

import re

from bubblenet.corpus.extraction.blocks import Block

MAX_TITLE_CHARACTERS = 80
MIN_UNDERLINE_CHARACTERS = 3

_NUMBERED_TITLE = re.compile(r"((?:\d{1,3}\.){1,5}\d{0,3}|\d{1,3})[ \t]+(?=[^\W\d_])(?![a-z])[^\n]*[^\s.,;:]")


def text_blocks(text: str) -> list[Block]:
    """Paragraphs of a plain text, separated by blank lines; underlined lines and numbered titles are headings.

    Line breaks inside a paragraph are kept.
    """
    parts = [part.strip("\n").rstrip() for part in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text) if part.strip()]
    blocks: list[Block] = []
    for part, level in zip(parts, _numbered_levels(parts), strict=True):
        title, _, rest = part.partition("\n")
        underline, _, below = rest.partition("\n")
        if level:
            blocks.append(Block("heading", part.strip(), level))
        elif _is_underlined(title, underline):
            blocks.append(Block("heading", title.strip(), 1 if underline.strip()[0] in "=#*" else 2))
            blocks += [Block("paragraph", below)] if below.strip() else []
        else:
            blocks.append(Block("paragraph", part))
    return blocks


def _is_underlined(title: str, underline: str) -> bool:
    """Whether a line is underlined along at least half of its length."""
    mark = underline.strip()
    is_line = len(mark) >= MIN_UNDERLINE_CHARACTERS and mark[0] in "=-~#*^" and mark == mark[0] * len(mark)
    return is_line and 0 < len(title.strip()) <= min(MAX_TITLE_CHARACTERS, 2 * len(mark))


def _numbered_levels(parts: list[str]) -> list[int]:
    """For each part, its level if it is a numbered title (`2.1. Scope`), else 0. Adjacent numbers of one level form a list instead."""
    found = [_NUMBERED_TITLE.fullmatch(part) if len(part) <= MAX_TITLE_CHARACTERS else None for part in parts]
    levels = [len(number.group(1).strip(".").split(".")) if number else 0 for number in found]
    neighbours = zip([0, *levels], levels, [*levels, 0][1:], strict=False)
    is_title = [level > 0 and level not in (before, after) for before, level, after in neighbours]
    return [
        min(level, 6) if chosen and index + 1 < len(parts) else 0
        for index, (level, chosen) in enumerate(zip(levels, is_title, strict=True))
    ]
