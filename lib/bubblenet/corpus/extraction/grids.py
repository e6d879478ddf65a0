"""Data tables as Markdown, with each value under its head. Layout tables are read like any other element."""

from __future__ import annotations

import itertools
import re

from bubblenet.corpus import questions
from bubblenet.corpus.extraction import faq
from bubblenet.corpus.extraction.blocks import KEPT_SPACE, code_span
from bubblenet.corpus.extraction.lists import OpenList
from bubblenet.corpus.extraction.markup import BLOCK_TAGS, CODE_TAGS, HEADING, LAYOUT, TABLE, Element, collapse

MAX_ROWS = 1000
"""A table with more rows is a data dump; its cells are read one by one."""

MAX_COLUMNS = 100
"""Spans reach no further."""

MAX_REPEATED_CHARACTERS = 100
"""Longer text of a cell that spans rows stands in the first of them only."""

MAX_CELL_CHARACTERS = 1000
"""A table with lists in its cells is a grid if they hold no more: longer ones are columns of a page."""

MAX_ELEMENTS = 5000
"""Elements of such a table that are looked at."""

_NEVER_IN_CELLS = frozenset(("blockquote", "form", "hr"))
_SPAN = r" {}=\"\s*(\d{{1,4}})"
_ROWSPAN, _COLSPAN = re.compile(_SPAN.format("rowspan")), re.compile(_SPAN.format("colspan"))


def is_grid(table: Element) -> bool:
    """Whether a table has short cells in rows and columns, rather than laying out a page."""
    if any(child.holds & LAYOUT for child in table.elements()) and not _holds_only_lists(table):
        return False
    rows = list(map(_cells, _rows(table)))
    return 2 <= len(rows) <= MAX_ROWS and any(len(row) >= 2 for row in rows) and not _is_faq(rows)


def _is_faq(rows: list[list[Element]]) -> bool:
    """Whether marks of questions and answers stand in cells of their own, as DocBook lays out an FAQ, and none beside a mere value."""
    beside = [row[0] for row in rows if len(row) == 2 and row[1].num_characters >= questions.MIN_QUESTION_CHARACTERS]
    return faq.are_marks(_text(cell) for cell in beside if cell.num_characters <= faq.MAX_MARK_CHARACTERS)


def _holds_only_lists(table: Element) -> bool:
    """Whether what else no data table holds are lists in short cells under a row of heads. No element is looked at for two tables."""
    if any(child.holds & (TABLE | HEADING) for child in table.elements()):
        return False
    elements = list(itertools.islice(table.descendants(), MAX_ELEMENTS + 1))
    rows = [element for element in elements if element.tag == "tr"]
    has_heads = bool(rows) and sum(cell.tag == "th" for cell in rows[0].elements()) >= 2
    are_short = all(cell.num_characters <= MAX_CELL_CHARACTERS for cell in elements if cell.tag == "td")
    return has_heads and are_short and len(elements) <= MAX_ELEMENTS and not any(element.tag in _NEVER_IN_CELLS for element in elements)


def markdown(table: Element) -> str:
    """A Markdown table with the first row that is shown as header; empty if all cells are. All rows have the same cells.

    A column without a text, such as that of icons beside notes, is none; of one column that is left, the texts are paragraphs.
    """
    rows = _grid(_rows(table))
    columns = sorted({index for row in rows for index, text in enumerate(row) if text})
    width = len(columns)
    cells = [[(row[index] if index < len(row) else "") or "" for index in columns] for row in rows]
    if width == 1 and any(len(row) > 1 for row in rows):
        return "\n\n".join(text for [text] in cells if text)
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    if lines:
        lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def caption(table: Element) -> str:
    """The text above a table that says what it shows."""
    return next((_text(child) for child in table.elements() if child.tag == "caption" and not child.is_furniture), "")


def _grid(rows: list[Element]) -> list[list[str | None]]:
    """The texts of all rows that show some, in their places (HTML Standard, section 4.9.12). A cell that spans rows is repeated in each,
    one that spans columns is followed by None, which is no column of its own."""
    grid: list[list[str | None]] = []
    below: dict[int, tuple[int, str | None]] = {}  # by column: how many rows a cell still reaches down, and its text
    for row in rows:
        texts: list[str | None] = []
        is_shown = False
        for cell in _cells(row):
            _reach_down(texts, below)
            text = _text(cell)
            is_shown = is_shown or bool(text)
            height, width = _span(_ROWSPAN, cell, len(rows)), _span(_COLSPAN, cell, MAX_COLUMNS)
            own = [text if len(text) <= MAX_REPEATED_CHARACTERS else "", *[None] * (width - 1)]
            for column, shown in enumerate(own, len(texts)):
                below.pop(column, None)
                if height > 1:
                    below[column] = height - 1, shown
            texts += [text, *own[1:]]
        _reach_down(texts, below, max(below, default=-1) + 1)
        if is_shown:
            grid.append(texts)
    return grid


def _reach_down(texts: list[str | None], below: dict[int, tuple[int, str | None]], until: int = 0) -> None:
    """Fill the next columns of a row with what reaches down from above: as far as it does without a gap, or until a column."""
    while len(texts) in below or len(texts) < until:
        column = len(texts)
        num_rows, text = below.pop(column, (0, ""))
        if num_rows > 1:
            below[column] = num_rows - 1, text
        texts.append(text)


def _span(pattern: re.Pattern[str], cell: Element, most: int) -> int:
    """How many rows or columns a cell spans; 0 rows are all that follow."""
    found = pattern.search(cell.attributes) if cell.attributes else None
    if not found:
        return 1
    number = int(found[1])
    return min(number, most) if number else (most if pattern is _ROWSPAN else 1)


def _text(cell: Element) -> str:
    """The text of a cell on one line, with marks around code and before the items of lists, without furniture."""
    parts: list[str] = []
    lists: dict[int, OpenList] = {}
    pending: list[Element | str] = [cell]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            parts.append(node)
        elif node.tag in CODE_TAGS:
            parts.append(_code(node.text()))
        elif not node.is_furniture:
            if node.tag in BLOCK_TAGS and node is not cell:
                parts.append(" ")
                pending.append(" ")
            if node.tag in ("ul", "ol"):
                lists[id(node)] = OpenList(node)
            elif node.tag == "li" and id(node.parent) in lists:
                parts.append(lists[id(node.parent)].next_mark(node))
            pending += reversed(node.children)
    return collapse("".join(parts)).replace(KEPT_SPACE, " ").replace("|", r"\|")


def _code(text: str) -> str:
    return code_span(text) if text else ""


def _rows(table: Element) -> list[Element]:
    return [element for element in table.descendants() if element.tag == "tr" and not element.is_furniture]


def _cells(row: Element) -> list[Element]:
    return [element for element in row.elements() if element.tag in ("td", "th") and not element.is_furniture]
