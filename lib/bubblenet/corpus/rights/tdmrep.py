"""The TDM Reservation Protocol (W3C Community Group Report, tdmrep): a reservation of the right to mine, after article 4 of EU 2019/790.

Section "Expressing a TDM declaration": `tdm-reservation` is 1 (reserved) or 0; another value is a fault, and counts as unset. Section
"TDM file on the origin server": /.well-known/tdmrep.json is a list of rules, and the first whose `location` matches holds; locations are
patterns as in robots.txt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from bubblenet.corpus.rights.robots import matches
from bubblenet.corpus.rights.signal import Says, Signal

_SAYS: dict[str, Says] = {"1": "no", "0": "yes"}


def tdm_property(name: str, value: str, place: str) -> Signal:
    """The signal of `tdm-reservation` or `tdm-policy` in a header or `<meta>`. A policy says where to ask, and allows nothing by itself."""
    says = _SAYS.get(value.strip(), "unknown") if name == "tdm-reservation" else "unknown"
    return Signal("tdmrep", name, value.strip(), says, place)


def tdm_file(content: str, url: str, place: str) -> Iterator[Signal]:
    """What a tdmrep.json says of one page: the signals of the first rule for it, none if there is none or the file is no list of rules."""
    for rule in _rules(content):
        location = rule.get("location", "/")
        if isinstance(location, str) and matches(location if location.startswith("/") else f"/{location}", url):
            found = {name: rule[name] for name in ("tdm-reservation", "tdm-policy") if name in rule}
            yield from (tdm_property(name, _text(value), place) for name, value in found.items())
            return


def _rules(content: str) -> list[Mapping[str, Any]]:
    """The rules of a file; one object, as many sites write it, is a rule for all paths unless it says otherwise."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return []
    return [rule for rule in (value if isinstance(value, list) else [value]) if isinstance(rule, dict)]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
