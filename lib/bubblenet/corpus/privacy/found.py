"""A value in a text, and the words around it that say what it is."""

from __future__ import annotations

import re
from typing import NamedTuple

BEFORE, AFTER = 40, 14
"""Characters before and after a value in which a word says what it is."""


class Found(NamedTuple):
    """A value of a kind at text[start:end]. key: equal for the same value however it is written."""

    start: int
    end: int
    kind: str
    key: str


def before(text: str, start: int, characters: int = BEFORE) -> str:
    """What stands before a value."""
    return text[max(0, start - characters) : start]


def after(text: str, end: int, characters: int = AFTER) -> str:
    """What stands after a value."""
    return text[end : end + characters]


def digits(text: str) -> str:
    """Its digits alone."""
    return _NO_DIGITS.sub("", text)


_NO_DIGITS = re.compile(r"\D+", re.ASCII)
