"""ARIA roles mean the element (WAI-ARIA in HTML): `<div role="heading" aria-level="3">` is an `h3`, whatever its tag."""

from __future__ import annotations

import functools
import re

MAX_CHARACTERS = 1000
"""A longer tag is data of a script; its role is not looked at."""

_ROLE = re.compile(r" role=\"\s*([a-z]+)")
_LEVEL = re.compile(r" aria-level=\"\s*([1-6])\s*\"")
_TAGS = {
    **{"list": "ul", "listitem": "li", "term": "dt", "definition": "dd", "main": "main", "article": "article", "blockquote": "blockquote"},
    **{"table": "table", "grid": "table", "row": "tr", "cell": "td", "gridcell": "td", "columnheader": "th", "rowheader": "th"},
    **{"paragraph": "p", "code": "code"},
}
_NEUTRAL_TAGS = frozenset(("div", "span", "p", "section", "a", "b", "strong"))
"""Tags without a meaning that a role could contradict."""


def renamed(tag: str, head: str) -> tuple[str, str]:
    """The tag that an element stands for, and its head with this tag. head: the tag with attributes, as serialised."""
    meant = _meant(tag, head) if len(head) <= MAX_CHARACTERS else tag
    return (tag, head) if meant == tag else (meant, meant + head[len(tag) :])


@functools.lru_cache(maxsize=4096)
def _meant(tag: str, head: str) -> str:
    found = _ROLE.search(head)
    role = found[1] if found else ""
    if tag == "table":
        return "div" if role in ("presentation", "none") else tag  # a layout
    if tag not in _NEUTRAL_TAGS:
        return tag
    if role == "heading":
        level = _LEVEL.search(head)
        return f"h{level[1] if level else 2}"
    if role == "button":
        return "button" if "aria-expanded=" in head or "aria-controls=" in head else tag
    return _TAGS.get(role, tag)
