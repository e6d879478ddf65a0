"""Open lists and the marks of their items: numbers and letters as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bubblenet.corpus.extraction.markup import HEADING, Element

_INTEGER = r" {}=\"\s*([+-]?\d{{1,6}})"
_START, _VALUE = re.compile(_INTEGER.format("start")), re.compile(_INTEGER.format("value"))
_TYPE = re.compile(r" type=\"([aAiI1])\"")
_NAMED = re.compile(  # in a style, or as a class of docutils and pandoc
    r"list-style(?:-type)?:[^;\"]*?\b((?:lower|upper)-(?:alpha|latin|roman)|none)\b|[ \"]((?:lower|upper)(?:alpha|roman))[ \"]"
)
_STYLES = {
    **{"lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I"},
    **{"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I", "none": ""},
}
_ROMAN = tuple(zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "m cm d cd c xc l xl x ix v iv i".split(), strict=True))  # noqa: SIM905


MAX_INDENTED_LEVELS = 8
"""Lists nested deeper than this are not indented further."""


class OpenList:
    """A list whose items are being read.

    is_section: the open item begins with a heading, so that its text is a section's, not an item's.
    """

    def __init__(self, element: Element) -> None:
        self.element = element
        self.tag = element.tag
        self.mark = "- "
        self.num_items = 0
        self.is_section = False
        self._style = _style(element.attributes) if element.tag == "ol" else ""
        self._step = -1 if self._style and " reversed=" in element.attributes else 1
        self._next = _first(element, self._step) if self._style else 0

    def next_mark(self, item: Element) -> str:
        """`- `, `1. `, `a. `, or nothing for the definition under a term."""
        if item.tag == "dd":
            return ""
        self.is_section = is_card(item)
        if self.is_section:
            return ""
        self.num_items += 1
        if self._style:
            stated = _VALUE.search(item.attributes)
            number = int(stated[1]) if stated else self._next
            self._next = number + self._step
            self.mark = f"{_written(number, self._style)}. "
        return self.mark


def indented_levels(lists: Sequence[OpenList]) -> int:
    """How deep an item stands, by the lists around it."""
    return sum(not one.is_section for one in lists[-MAX_INDENTED_LEVELS:])


def is_card(item: Element) -> bool:
    """Whether an item by its role alone has a heading: a box of its own, of which the page shows several."""
    return bool(item.holds & HEADING) and ' role="listitem"' in item.attributes


def _style(attributes: str) -> str:
    """How items are counted: `1`, `a`, `A`, `i` or `I`; empty if they are not."""
    if not attributes:
        return "1"
    if named := _NAMED.search(attributes):
        return _STYLES[named[1] or named[2]]
    stated = _TYPE.search(attributes)
    return stated[1] if stated else "1"


def _first(element: Element, step: int) -> int:
    stated = _START.search(element.attributes)
    if stated:
        return int(stated[1])
    return 1 if step > 0 else sum(child.tag == "li" and not child.is_furniture for child in element.elements())


def _written(number: int, style: str) -> str:
    """A number in letters, as browsers write it: those beyond the range of a style in digits (CSS Counter Styles, section 6)."""
    if style == "1" or number < 1 or (style in "iI" and number > 3999):
        return str(number)
    text = _roman(number) if style in "iI" else _letters(number)
    return text.upper() if style in "AI" else text


def _letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text
