"""All values of the wanted kinds in a text, none overlapping another."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable

from bubblenet.corpus.privacy.addresses import emails, ip_addresses
from bubblenet.corpus.privacy.credentials import secrets
from bubblenet.corpus.privacy.found import Found
from bubblenet.corpus.privacy.kinds import KIND_NAMES
from bubblenet.corpus.privacy.names import names
from bubblenet.corpus.privacy.numbers import cards, ibans, social_security_numbers
from bubblenet.corpus.privacy.phones import phones

_HINT = re.compile(r"[\d@]|[\[({] ?[aA][tT]")
"""A text without it holds nothing but secrets and names."""

FINDERS: dict[str, Callable[[str], Iterable[Found]]] = {
    "secret": secrets,
    "email": emails,
    "iban": ibans,
    "card": cards,
    "ssn": social_security_numbers,
    "ip": ip_addresses,
    "phone": phones,
}


def find(text: str, kinds: Iterable[str], pipelines: tuple[str, ...] = ()) -> list[Found]:
    """Values in order of place. Where two overlap, the kind that is declared first stands.

    pipelines: of spaCy, for names.
    """
    wanted = set(kinds)
    has_more = _HINT.search(text)
    found: list[Found] = []
    for kind in KIND_NAMES:
        if kind in wanted and kind in FINDERS and (has_more or kind == "secret"):
            found = merged(found, FINDERS[kind](text))
    return merged(found, names(text, pipelines)) if pipelines else found


def merged(found: list[Found], more: Iterable[Found]) -> list[Found]:
    """Both in order, without those of `more` that overlap one of `found`; `found` is in order, and nothing in it overlaps."""
    starts = [one.start for one in found]
    added = []
    for one in _apart(more):
        place = bisect_left(starts, one.end)  # all before it begin before this one ends
        if not place or found[place - 1].end <= one.start:
            added.append(one)
    return sorted(found + added) if added else found


def _apart(more: Iterable[Found]) -> list[Found]:
    """Of those that overlap one another the longest."""
    kept: list[Found] = []
    for one in sorted(more):
        if not kept or kept[-1].end <= one.start:
            kept.append(one)
        elif one.end - one.start > kept[-1].end - kept[-1].start:
            kept[-1] = one
    return kept
