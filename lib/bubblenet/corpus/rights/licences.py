"""Licences that a page or record names, by link or by word.

Creative Commons: creativecommons.org, "Marking your work with a CC license" (`rel="license"`). Link headers: RFC 8288, section 3.
RSL 1.0 (rslstandard.org): `Link: <URL>; rel="license"; type="application/rsl+xml"`, `<link rel="license" type="application/rsl+xml">`, and
`License: URL` in robots.txt. The terms of an RSL file stand elsewhere, so they are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bubblenet.corpus.rights.signal import Signal

_CC_ADDRESS = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/"
    r"(by(?:-nc)?(?:-(?:nd|sa))?|zero|mark|certification|publicdomain)(?:/(\d\.\d))?(?:[/?#].*)?",
    re.IGNORECASE,
)
_CC_NAME = re.compile(r"cc[ _-]?(by(?:[ _-]nc)?(?:[ _-](?:nd|sa))?|0|zero)(?:[ _-]v?(\d\.\d))?(?:[ _-](?:[a-z]{2,8}))?", re.IGNORECASE)
_CC_WORDS = re.compile(
    r"creative commons (attribution[a-z -]*?|zero)(?: (\d\.\d))?(?: [a-z]+)?(?: licen[sc]e)?",
    re.IGNORECASE,
)
_ELEMENTS = {"attribution": "by", "noncommercial": "nc", "sharealike": "sa", "noderivatives": "nd", "noderivs": "nd"}
_PUBLIC_DOMAIN = {"zero": "cc0", "0": "cc0", "mark": "pdm", "certification": "pdm", "publicdomain": "pdm"}
_OTHERS = frozenset(("mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "isc", "0bsd", "unlicense", "odc-by-1.0", "pddl-1.0"))
_WORDS = {"public domain": "pdm", "publicdomain": "pdm", "apache 2.0": "apache-2.0", "odc-by": "odc-by-1.0"}

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*!#$&+.^`|~-]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s\",;]+))?)*)")
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",;]+))")


def licence_id(text: str) -> str | None:
    """The short name of a licence in lower case, as SPDX spells it: `cc-by-sa-4.0`, `cc0-1.0`, `mit`; None for one that is not known here.

    A version that is not stated is left out: `cc-by`.
    """
    line = " ".join(text.split())
    if found := _CC_ADDRESS.fullmatch(line) or _CC_NAME.fullmatch(line):
        return _named(found[1].lower(), found[2])
    if found := _CC_WORDS.fullmatch(line):
        parts = re.split(r"[ -]+", found[1].lower())
        known = [_ELEMENTS.get(part.replace("-", "")) for part in parts]
        return _named("zero" if parts == ["zero"] else "-".join(part for part in known if part), found[2])
    folded = line.lower().removesuffix(" license").removesuffix(" licence")
    return folded if folded in _OTHERS else _WORDS.get(folded)


def licence_signal(value: str, place: str, form: str = "licence_link") -> Signal:
    """The signal of a named licence: yes if it is recognised, which the policy weighs by its name; unknown otherwise."""
    found = licence_id(value)
    is_link = form == "licence_link" and found is not None and found.startswith(("cc", "pdm"))
    return Signal("creative_commons" if is_link else form, "license", value, "yes" if found else "unknown", place, licence=found)


def rsl(value: str, place: str) -> Signal:
    """The signal of RSL terms, which are not read."""
    return Signal("rsl", "license", value, "unknown", place)


def link_header(value: str, place: str) -> Iterator[Signal]:
    """Signals of the links with `rel=license` in one header."""
    for target, parameters in _LINK.findall(value):
        named = {name.lower(): quoted or plain for name, quoted, plain in reversed(_PARAMETER.findall(parameters))}
        if "license" in named.get("rel", "").lower().split():
            is_rsl = named.get("type", "").lower().startswith("application/rsl+xml")
            yield rsl(target, place) if is_rsl else licence_signal(target, place)


def _named(kind: str, version: str | None) -> str:
    kind = re.sub(r"[ _]", "-", kind)
    name = _PUBLIC_DOMAIN.get(kind) or f"cc-{kind}"
    return f"{name}-{version}" if version else f"{name}-1.0" if name == "cc0" else name
