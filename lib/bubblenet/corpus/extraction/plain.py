"""Blocks of pages that are not HTML: Markdown (headings, lists, code, tables) and plain text (paragraphs)."""

from __future__ import annotations

import re

from bubblenet.corpus.extraction.blocks import Block, Kind, fence

MAX_TITLE_CHARACTERS = 80
MIN_UNDERLINE_CHARACTERS = 3

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_BOLD_QUESTION = re.compile(r"\*\*([^*\n]{8,300}[?\u061f]|[^*\n]{4,300}\uff1f)\*\*|__([^_\n]{8,300}[?\u061f]|[^_\n]{4,300}\uff1f)__")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_TABLE = re.compile(r" {0,3}\|.*")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\([^()\s]{0,2000}(?:[ \t]+\"[^\"\n]{0,500}\")?\)")
_NUMBERED_TITLE = re.compile(r"((?:\d{1,3}\.){1,5}\d{0,3}|\d{1,3})[ \t]+(?=[^\W\d_])(?![a-z])[^\n]*[^\s.,;:]")
_FRONT_MATTER = re.compile(r"---[ \t]*\n.{0,10000}?\n---[ \t]*\n", re.DOTALL)


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


def markdown_blocks(text: str) -> list[Block]:
    """Blocks of a Markdown text; front matter is dropped, links are replaced by their text."""
    front = _FRONT_MATTER.match(text)
    reader = _MarkdownReader()
    for line in text[front.end() if front else 0 :].split("\n"):
        reader.feed(line)
    return reader.close()


class _MarkdownReader:
    """Line-based parser: an open fence takes all lines until it closes; otherwise lines accumulate until a blank line, heading or item."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._lines: list[str] = []
        self._fence = ""

    def feed(self, line: str) -> None:
        if self._fence:
            self._feed_code(line)
        elif opening := _FENCE.fullmatch(line):
            self._flush()
            self._fence = opening.group(1)
        elif heading := _HEADING.fullmatch(line):
            self._flush()
            self._add_heading(heading.group(2) or "", len(heading.group(1)))
        elif (underline := _UNDERLINE.fullmatch(line)) and len(self._lines) == 1 and not _ITEM.match(self._lines[0]):
            title = self._lines.pop()
            self._add_heading(title.strip(), 1 if underline.group(1)[0] == "=" else 2)
        elif not line.strip():
            self._flush()
        else:
            if _ITEM.match(line):
                self._flush()
            self._lines.append(line.rstrip())

    def close(self) -> list[Block]:
        """All blocks; an unclosed fence ends with the text."""
        if self._fence:
            self._end_code()
        self._flush()
        return self._blocks

    def _feed_code(self, line: str) -> None:
        closing = line.strip()
        if closing.startswith(self._fence) and not closing.strip(self._fence[0]):
            self._end_code()
        else:
            self._lines.append(line)

    def _end_code(self) -> None:
        code = "\n".join(self._lines)
        self._lines, self._fence = [], ""
        if code.strip():
            self._blocks.append(Block("code", fence(code)))

    def _add_heading(self, text: str, level: int) -> None:
        self._blocks.append(Block("heading", _unlinked(text)[0], level))

    def _flush(self) -> None:
        text, num_link_characters = _unlinked("\n".join(self._lines).strip("\n"))
        if text.strip() and not _UNDERLINE.fullmatch(text):
            if bold := _BOLD_QUESTION.fullmatch(text):
                text = bold.group(1) or bold.group(2)
            is_item = bool(_ITEM.match(self._lines[0]))
            kind: Kind = "item" if is_item else "table" if all(map(_TABLE.fullmatch, self._lines)) else "paragraph"
            is_followed = is_item and bool(self._blocks) and self._blocks[-1].kind == "item"
            self._blocks.append(Block(kind, text, 0, num_link_characters, "\n" if is_followed else "\n\n", asks=bool(bold)))
        self._lines = []


def _unlinked(text: str) -> tuple[str, int]:
    """Markdown with links replaced by their text and images by their description; and the number of characters of link text."""
    num_characters = sum(len(match.group(1)) for match in _LINK.finditer(text))
    return _LINK.sub(r"\1", text), num_characters
