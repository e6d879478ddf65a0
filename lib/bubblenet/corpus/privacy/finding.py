"""All values of the wanted kinds in a text, none overlapping another."""

from __future__ import annotations

import re
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

_FINDERS: dict[str, Callable[[str], Iterable[Found]]] = {
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
    found: list[Found] = []
    has_more = _HINT.search(text)
    for kind in KIND_NAMES:
        if kind in wanted and kind in _FINDERS and (has_more or kind == "secret"):
            _add(found, _FINDERS[kind](text))
    if pipelines:
        _add(found, names(text, pipelines))
    return sorted(found)


def _add(found: list[Found], more: Iterable[Found]) -> None:
    """Those that overlap none of the others; of several of one kind that overlap, the longest."""
    for one in sorted(more, key=lambda one: one.start - one.end):
        if all(one.end <= other.start or one.start >= other.end for other in found):
            found.append(one)
