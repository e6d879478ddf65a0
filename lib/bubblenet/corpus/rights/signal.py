"""One signal: what a claim means, in the few words that the policy knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RIGHTS_VERSION = 1
"""Raise when the same claim, robots.txt or tdmrep.json would give other signals: all of these are read again, and no page is."""

Says = Literal["yes", "no", "unknown"]
"""Whether the use that the signal names is allowed. Silence, and a licence that was not read, are unknown."""

Use = Literal[
    "noai", "noimageai", "noindex", "train-ai", "train-genai", "ai-use", "search", "ai-train", "ai-input", "tdm-reservation", "disallow"
]  # fmt: skip
"""The signals that can say no."""

EVERY_AGENT = "*"


@dataclass(frozen=True, slots=True)
class Signal:
    """A statement about one kind of use.

    form: the convention it follows, one of FORMS of docs/rights.md. signal: the use, or the directive: `noai`, `train-ai`, `license`.
    value: as written. place: where it stands. agent: for whom; `*`: for everybody. licence: short name of a licence that was recognised.
    """

    form: str
    signal: str
    value: str
    says: Says
    place: str
    agent: str = EVERY_AGENT
    licence: str | None = None
