"""Data tables as Markdown. Layout tables are read like any other element."""

from __future__ import annotations

from bubblenet.corpus.extraction.blocks import KEPT_SPACE, code_span
from bubblenet.corpus.extraction.markup import CODE_TAGS, LAYOUT, Element, collapse

MAX_ROWS = 1000
"""A table with more rows is a data dump; its cells are read one by one."""


def is_grid(table: Element) -> bool:
    """Whether a table has short cells in rows and columns, rather than laying out a page."""
    if any(child.holds & LAYOUT for child in table.elements()):
        return False
    rows = _rows(table)
    return 2 <= len(rows) <= MAX_ROWS and any(len(_cells(row)) >= 2 for row in rows)


def markdown(table: Element) -> str:
    """A Markdown table with the first row as header; empty if all cells are."""
    rows = [[_text(cell) for cell in _cells(row)] for row in _rows(table)]
    lines = ["| " + " | ".join(cells) + " |" for cells in rows if any(cells)]
    if lines:
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _text(cell: Element) -> str:
    """The text of a cell on one line, with marks around code, without furniture."""
    parts: list[str] = []
    pending: list[Element | str] = [cell]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            parts.append(node)
        elif node.tag in CODE_TAGS:
            parts.append(_code(node.text()))
        elif not node.is_furniture:
            pending += reversed(node.children)
    return collapse("".join(parts)).replace(KEPT_SPACE, " ").replace("|", r"\|")


def _code(text: str) -> str:
    return code_span(text) if text else ""


def _rows(table: Element) -> list[Element]:
    return [element for element in table.descendants() if element.tag == "tr"]


def _cells(row: Element) -> list[Element]:
    return [element for element in row.elements() if element.tag in ("td", "th")]
