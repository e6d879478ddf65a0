"""From what was written to what it means: the signals of a page's claims, and those of a site file about a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bubblenet.corpus.rights import robots
from bubblenet.corpus.rights.claims import Claim
from bubblenet.corpus.rights.directives import meta_robots, x_robots_tag
from bubblenet.corpus.rights.licences import licence_signal, link_header, rsl
from bubblenet.corpus.rights.preferences import content_signal, content_usage
from bubblenet.corpus.rights.signal import Signal
from bubblenet.corpus.rights.site_files import ROBOTS
from bubblenet.corpus.rights.tdmrep import tdm_file, tdm_property

WELL_KNOWN = "well_known"


def of_claims(claims: Iterable[Claim]) -> list[Signal]:
    """The signals of what one page says of itself, each once."""
    return list(dict.fromkeys(signal for claim in claims for signal in _of_claim(claim)))


def of_site_file(kind: str, content: str, url: str, agents: Collection[str]) -> list[Signal]:
    """The signals of a site file about one page. agents: those whose exclusion is looked for."""
    if kind == ROBOTS:
        return list(dict.fromkeys(robots.parsed(content, tuple(agents)).signals(url, agents)))
    return list(tdm_file(content, url, WELL_KNOWN))


def _of_claim(claim: Claim) -> Iterator[Signal]:
    name, value, place = claim.name, claim.value, claim.place
    if name in ("tdm-reservation", "tdm-policy"):
        yield tdm_property(name, value, place)
    elif name == "content-usage":
        yield from content_usage(value, place)
    elif name == "content-signal":
        yield from content_signal(value, place)
    elif name == "x-robots-tag":
        yield from x_robots_tag(value, place)
    elif name == "link":
        yield from link_header(value, place)
    elif name == "rsl":
        yield rsl(value, place)
    elif "licen" in name:
        yield licence_signal(value, place, _FORM_OF_LICENCE.get((place, name)) or _FORM_OF_LICENCE.get((place, ""), "licence_link"))
    elif place == "html_meta":
        yield from meta_robots(name, value, place)


_FORM_OF_LICENCE = {("json_ld", ""): "schema_org", ("html_link", "schema_license"): "schema_org", ("record", ""): "licence_field"}
"""The form of a licence by its place, and by its name where that tells more."""
