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
"""Elements around a gutter, and beside each, that are looked at."""

MAX_NODES = 200
"""Most descendants of a cell or an element that are examined for anything but numbers."""

_SIGNATURE = re.compile(r"[a-z_][\w']* :: \S|type (?:family )?[A-Z]\w* .*= \S|\([^\w\s]+\) :: \S")
_NUMBERS = re.compile(r"[\s\d.:|]*")
_ROW = re.compile(r"\s*\d+(?:\s+\d+)*\s*")
_LINES = BLOCK_TAGS - {"td", "th"}
_NUMBERED = frozenset(("li", "tr"))
_HOLDERS = frozenset(("ul", "ol", "table", "tbody", "tr"))
_EDITORS = frozenset(("CodeMirror-code", "cm-content", "ace_text-layer", "view-lines"))


def is_gutter(element: Element) -> bool:
    """Whether an element that is called a gutter, or is invisible inside a program, is one. What is inside was judged before."""
    if not furniture.traits(element.attributes).is_gutter:
        return True
    return all(
        _NUMBERS.fullmatch(child if isinstance(child, str) else child.text(MAX_NODES))
        for child in element.children
        if isinstance(child, str) or not child.is_furniture
    )


def is_gutter_cell(cell: Element) -> bool:
    """Whether a cell without such a class holds only consecutive numbers, beside a cell with a program."""
    others = (child for child in (cell.parent.children if cell.parent else ()) if isinstance(child, Element) and child is not cell)
    if not any(other.holds & CODE for other in others) or not _ROW.fullmatch(text := cell.text(MAX_NODES)):
        return False
    numbers = [int(number) for number in text.split() if len(number) < 9]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False


def is_signature(text: str) -> bool:
    """Whether a line is that of a function or type of Haskell, whose parts are links; "Home :: Forum" begins with a capital."""
    return bool(_SIGNATURE.match(text))


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
            elif not child.is_furniture and child.tag != "summary":  # of lines that unfold, as rustdoc has them
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
    done: set[int] = set()
    for gutter in gutters:
        around = gutter.parent
        if gutter.tag == "td":
            gutter.is_furniture = True
        if around is None or id(around) in done:
            continue
        done.add(id(around))
        if gutter.tag == "td":
            _mark_row(around)
        else:
            _mark_editor(around)


def _mark_row(row: Element) -> None:
    beside = [cell for cell in row.elements() if not cell.is_furniture and not furniture.is_gutter(cell.attributes)]
    table = row.parent
    while table and table.tag in ("tbody", "thead", "tfoot"):
        table = table.parent
    if len(beside) == 1 and not beside[0].holds & CODE and table and table.tag == "table":
        rows = itertools.islice((element for element in table.descendants() if element.tag == "tr"), 2)
        (table if sum(1 for _ in rows) > 1 else beside[0]).tag = "pre"


def _mark_editor(box: Element | None) -> None:
    """CodeMirror, Ace and Monaco: the lines are around the gutter or beside it."""
    for _ in range(MAX_STEPS):
        if box is None:
            return
        near = itertools.islice((child for child in box.children if isinstance(child, Element)), MAX_STEPS)
        for one in (box, *near):
            if " class=" in one.attributes and not _EDITORS.isdisjoint(furniture.class_name(one.attributes).split()):
                one.tag = "pre"
                return
        box = box.parent
