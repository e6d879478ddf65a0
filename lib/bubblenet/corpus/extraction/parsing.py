"""Parses an HTML page with Resiliparse, unless its markup would cost too much: pages are hostile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resiliparse.parse.html import HTMLTree

MAX_ATTRIBUTES = 10_000
"""Attributes in one tag; the parser's time is quadratic in them (10,000: 0.2 s; 30,000: 2 s)."""

MAX_ELEMENTS = 200_000
"""Elements read per page; 5 to 10 microseconds each."""

_TAG_REST = r"[^>=]*+(?:=\s*+(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))?[^>=]*+)*+"  # a quote opens a value only after an equals sign
_TAG = re.compile(r"<[A-Za-z]" + _TAG_REST)
_OPEN_TAG = re.compile(_TAG_REST)
_ASSIGNED = re.compile(r"=\s*+(?:\"[^\"]*\"|'[^']*')")
_VALUE = re.compile(r"\s*+(?:\"[^\"]*\"|'[^']*')")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/\"]+")


class HostileMarkupError(ValueError):
    """A page whose markup would take unreasonable time. The argument is the reason stored with its row."""


def parse(html: str) -> HTMLTree:
    """The parsed page. Raises HostileMarkupError above MAX_ATTRIBUTES in one tag, or far above MAX_ELEMENTS.

    What looks like such a tag in a script (`a<b` before much data) is cut out: harmless wherever it stands, so that no page can hide one.
    """
    if len(html) > 2 * MAX_ELEMENTS and html.count("<") - html.count("</") > 2 * MAX_ELEMENTS:
        raise HostileMarkupError("too_many_nodes")
    if len(html) > 2 * MAX_ATTRIBUTES and (spans := _overfull_tags(html)):
        if not all(_is_in_script(html, start) for start, _ in spans):
            raise HostileMarkupError("too_many_attributes")
        html = _without(html, spans)
    return HTMLTree.parse(html)


def _without(html: str, spans: Iterable[tuple[int, int]]) -> str:
    """A page without some parts, but with the end of the script that each may hold."""
    parts: list[str] = []
    last = 0
    for start, end in spans:
        parts += html[last:start], "</script" if "</script" in html[start:end] else ""
        last = end
    return "".join((*parts, html[last:]))


def _is_in_script(html: str, position: int) -> bool:
    """Whether the last `script` before a position is open there."""
    return html.rfind("<script", 0, position) > html.rfind("</script", 0, position)


def _overfull_tags(html: str) -> list[tuple[int, int]]:
    """Where tags have so many attributes, separated by white space, a slash or the end of a value, that parsing takes seconds."""
    if not any(_may_go_on(html, position, after_quotes) for position, after_quotes in _positions(html)):
        return []
    long_tags = (tag for tag in _TAG.finditer(html) if tag.end() - tag.start() > 2 * MAX_ATTRIBUTES)
    return [tag.span() for tag in long_tags if len(_BETWEEN_ATTRIBUTES.findall(_ASSIGNED.sub('""', tag[0]))) > MAX_ATTRIBUTES]


def _positions(html: str) -> Iterator[tuple[int, set[int]]]:
    """Positions every MAX_ATTRIBUTES characters, with the ends of the next quote of either kind. Each quote is searched for once."""
    quotes = {'"': 0, "'": 0}
    for position in range(MAX_ATTRIBUTES, len(html), MAX_ATTRIBUTES):
        for quote, place in quotes.items():
            if 0 <= place < position:
                quotes[quote] = html.find(quote, position)
        yield position, {place + 1 for place in quotes.values() if place >= 0}


def _may_go_on(html: str, position: int, after_quotes: set[int]) -> bool:
    """Whether a tag may be open at a position and have another MAX_ATTRIBUTES / 2 attributes, which take MAX_ATTRIBUTES characters.

    A tag above the limit covers such a position at the latest after its first half. In ordinary pages the next ">" soon ends any tag,
    whether the position is between attributes, before a value, or inside one.
    """
    starts = {position} | after_quotes
    if value := _VALUE.match(html, position, position + MAX_ATTRIBUTES):
        starts.add(value.end())
    for start in starts:
        end = start + MAX_ATTRIBUTES
        rest = _OPEN_TAG.match(html, start, end)
        if rest and rest.end() == end:
            return True
    return False
