"""Directives to robots in `X-Robots-Tag` headers and `<meta>` elements.

Syntax: developers.google.com, "Robots meta tag, data-nosnippet, and X-Robots-Tag specifications". `noai` and `noimageai` are the words
that DeviantArt introduced in 2022; nobody has standardised them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bubblenet.corpus.rights.signal import EVERY_AGENT, Signal

_REFUSALS = {"noai": "noai", "noimageai": "noimageai", "noindex": "noindex", "none": "noindex"}
_AGENT = re.compile(r"\s*([\w.-]+)\s*:\s*(.*)", re.DOTALL)
_WITH_VALUES = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))
_WORDS = re.compile(r"[,;]")


def x_robots_tag(value: str, place: str) -> Iterator[Signal]:
    """Signals of one header: directives between commas; the name of an agent and a colon before one hold for those that follow."""
    agent = EVERY_AGENT
    for part in _WORDS.split(value):
        named = _AGENT.fullmatch(part)
        if named and named[1].lower() not in _WITH_VALUES:
            agent, part = named[1].lower(), named[2]
        yield from _signals("x_robots_tag", part, place, agent)


def meta_robots(name: str, content: str, place: str) -> Iterator[Signal]:
    """Signals of one `<meta>`; its name is `robots`, or that of an agent."""
    agent = EVERY_AGENT if name == "robots" else name
    for part in _WORDS.split(content):
        yield from _signals("meta_robots", part, place, agent)


def _signals(form: str, directive: str, place: str, agent: str) -> Iterator[Signal]:
    for word in directive.lower().split():
        if word in _REFUSALS:
            yield Signal(form, _REFUSALS[word], word, "no", place, agent)
