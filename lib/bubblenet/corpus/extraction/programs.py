"""Programs as highlighters show them: gutters with the numbers of lines are no code, and tables of lines are.

A gutter is told by the class that highlighters give it, or stands beside a program in a table; in both cases it holds nothing but numbers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from bubblenet.corpus.extraction import furniture
from bubblenet.corpus.extraction.markup import BLOCK_TAGS, BREAK, CODE, Element

MAX_STEPS = 5
"""Elements around a gutter that are looked at."""

_NUMBERS = re.compile(r"[\s\d.:|]*")
_ROW = re.compile(r"\s*\d+(?:\s+\d+)*\s*")
_LINES = BLOCK_TAGS - {"td", "th"}
_NUMBERED = frozenset(("li", "tr"))
_HOLDERS = frozenset(("ul", "ol", "table", "tbody", "tr"))
_EDITORS = frozenset(("CodeMirror-code", "cm-content", "ace_text-layer", "view-lines"))


def is_gutter(element: Element) -> bool:
    """Whether an element that is called a gutter, or is invisible inside a program, is one."""
    return not furniture.traits(element.attributes).is_gutter or bool(_NUMBERS.fullmatch(element.text()))


def is_gutter_cell(cell: Element) -> bool:
    """Whether a cell without such a class holds only consecutive numbers, beside a cell with a program."""
    beside = [other for other in cell.parent.elements() if other is not cell] if cell.parent else []
    if not any(other.holds & CODE for other in beside) or not _ROW.fullmatch(text := cell.text()):
        return False
    numbers = [int(number) for number in text.split()[:1000]]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def text_of(program: Element) -> str:
    """The text of a program, to the character: a block is a line or some, a numbered line may be empty; `&nbsp;` is a space."""
    parts: list[str] = []
    open_elements = [(program, 0, iter(program.children))]
    while open_elements:
        element, start, children = open_elements[-1]
        for child in children:
            if isinstance(child, str):
                if element.tag not in _HOLDERS or not child.isspace():
                    parts.append(child)
            elif not child.is_furniture:
                if child.tag in _LINES:
                    _end_line(parts)
                open_elements.append((child, len(parts), iter(child.children)))
                break
        else:
            open_elements.pop()
            if len(parts) > start and element.tag in _LINES:
                _end_line(parts)
            elif len(parts) == start and element.tag in _NUMBERED:
                parts.append("\n")
    return "".join(parts).replace(BREAK, "\n").replace("\xa0", " ").strip("\n").rstrip()


def _end_line(parts: list[str]) -> None:
    if parts and not parts[-1].endswith(("\n", BREAK)):
        parts.append("\n")


def mark(gutters: Iterable[Element]) -> None:
    """Make programs of what stands beside gutters without being marked as code: the lines of an editor, a cell of a table, or the whole
    table with one line in each row."""
    for gutter in gutters:
        if gutter.tag != "td":
            _mark_editor(gutter)
            continue
        gutter.is_furniture = True
        row = gutter.parent
        beside = [other for other in row.elements() if not other.is_furniture] if row else []
        if row is None or len(beside) != 1 or beside[0].holds & CODE:
            continue
        table = _table(row)
        if table is None or not _has_rows(table):
            beside[0].tag = "pre"
        else:
            table.tag = "pre"


def _mark_editor(gutter: Element) -> None:
    """CodeMirror, Ace and Monaco: the lines are around the gutter or beside it."""
    box = gutter.parent
    for _ in range(MAX_STEPS):
        if box is None:
            return
        for one in (box, *box.elements()[:MAX_STEPS]):
            if " class=" in one.attributes and not _EDITORS.isdisjoint(furniture.class_name(one.attributes).split()):
                one.tag = "pre"
                return
        box = box.parent


def _table(row: Element) -> Element | None:
    table = row.parent
    while table and table.tag in ("tbody", "thead", "tfoot"):
        table = table.parent
    return table if table and table.tag in ("table", "pre") else None


def _has_rows(table: Element) -> bool:
    """Whether a table has two rows or more."""
    return sum(1 for _ in itertools.islice((element for element in table.descendants() if element.tag == "tr"), 2)) > 1
