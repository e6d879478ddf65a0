"""Statements of preference: AIPREF `Content-Usage` and Content Signals.

AIPREF: draft-ietf-aipref-vocab (section 6: serialization; 6.4: processing), draft-ietf-aipref-attach (section 2: header; 3: robots.txt).
A statement is a dictionary of Structured Fields (RFC 9651, section 3.2); `y` and `n` are tokens, everything else is unknown.
Content Signals: contentsignals.org; `Content-Signal: search=yes, ai-train=no`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import http_sf
from http_sf import StructuredFieldError, Token

from bubblenet.corpus.rights.signal import Says, Signal

CATEGORIES = ("train-ai", "train-genai", "ai-use", "search")
"""Labels of the vocabulary (section 6.1), and `train-genai`, which drafts before 2025-10 had. Others are to be ignored (6.4)."""

_OF_TOKEN: dict[str, Says] = {"y": "yes", "n": "no"}
_OF_WORD: dict[str, Says] = {"yes": "yes", "no": "no"}
_PAIR = re.compile(r"\s*([a-z][a-z0-9_-]*)\s*=\s*\"?([a-z]+)\"?\s*")


def content_usage(value: str, place: str) -> Iterator[Signal]:
    """Signals of one AIPREF statement; one unknown signal if it is no dictionary."""
    try:
        members = cast(dict[str, tuple[Any, Any]], http_sf.parse(value.encode(), tltype="dictionary"))
    except (StructuredFieldError, ValueError):
        yield Signal("aipref", "content-usage", value, "unknown", place)
        return
    for label, member in members.items():
        if label in CATEGORIES:
            item = member[0]
            stated = str(item) if isinstance(item, Token) else ""
            yield Signal("aipref", label, stated or str(item), _OF_TOKEN.get(stated, "unknown"), place)


def content_signal(value: str, place: str) -> Iterator[Signal]:
    """Signals of one line of Content Signals; a word other than yes and no is unknown."""
    for part in value.lower().split(","):
        if found := _PAIR.fullmatch(part):
            yield Signal("content_signal", found[1], found[2], _OF_WORD.get(found[2], "unknown"), place)
