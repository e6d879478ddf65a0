"""What a response and its HTML say about rights, as they write it: kept at ingest, so that a later rule need not read the archive again.

Nothing is judged here. The search is made of plain substring searches as far as possible, since it runs over every page.
"""

from __future__ import annotations

import html as entities
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bubblenet.corpus.reading import hygiene

KEPT_HEADERS = ("x-robots-tag", "content-usage", "content-signal", "tdm-reservation", "tdm-policy", "link")
"""Response headers that speak of rights; of `Link`, those with a licence."""

MAX_CLAIMS = 64
MAX_VALUE_CHARACTERS = 2000
_MAX_TAG_CHARACTERS = 4096
_MAX_DEPTH = 8

_META_NAME = re.compile(
    rb"\b(?:name|property|http-equiv)\s*=\s*[\"']?\s*"
    rb"(?:robots|[\w.-]*(?:bot|spider|crawler)|google-extended|[\w-]+-ai|x-robots-tag|content-usage|content-signal|tdm-reservation|tdm-policy"
    rb"|(?:dc|dcterms)[.:](?:rights[.:])?licen[sc]e|licen[sc]e)\s*[\"'\s/>]"
)
_LICENCE_ATTRIBUTE = re.compile(rb"\b(?:rel|itemprop|property)\s*=\s*(?:\"[^\"<>]*?|'[^'<>]*?|)\b(?:\w{1,20}:)?licen[sc]e\b")
_ELEMENT = re.compile(rb"<[a-z]")
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_HIDING = (
    (b"<!--", b"-->"),
    (b"<script", b"</script"),
    (b"<style", b"</style"),
    (b"<template", b"</template"),
    (b"<textarea", b"</textarea"),
)
"""What opens and closes text in which a tag is none."""

_OF_ANOTHER_WORK = frozenset(("ImageObject", "VideoObject", "AudioObject", "MediaObject", "Photograph"))


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is said. place: http_header, html_meta, html_link, html_script, json_ld or record. name: in lower case."""

    place: str
    name: str
    value: str


def header_claims(headers: Iterable[tuple[str, str]]) -> tuple[Claim, ...]:
    """The headers that speak of rights, in order, each line for itself: several of one name may be for different agents."""
    named = ((name.lower(), _short(value)) for name, value in headers)
    kept = (Claim("http_header", name, value) for name, value in named if name in KEPT_HEADERS and (name != "link" or "license" in value))
    return tuple(itertools.islice(kept, MAX_CLAIMS))


def licence_claims(licence: str | None) -> tuple[Claim, ...]:
    """The licence that a record names for its text."""
    return (Claim("record", "license", _short(licence)),) if licence else ()


def linked_licence(claims: Iterable[Claim]) -> str | None:
    """The target of the first link of a page with `rel=license`."""
    return next((claim.value for claim in claims if claim.place == "html_link" and claim.name != "schema_license"), None)


def html_claims(html: str) -> tuple[Claim, ...]:
    """What the elements of a page say: `<meta>`, links to licences, schema.org data; not those in comments, scripts and templates.

    The text is searched twice from end to end, and twice more where a licence is named.
    """
    lower = folded(html)
    claims = list(_metas(html, lower))
    place = lower.find(b"licen")
    if place >= 0:
        claims += [*_links(html, lower, place), *_of_json_ld(html, lower, place), *_inline_rsl(html, lower)]
    return tuple(dict.fromkeys(claims))[:MAX_CLAIMS]


def folded(html: str) -> bytes:
    """The ASCII of a text in small letters, a byte for each character: ten times as fast as `lower` where other letters occur."""
    return html.encode("ascii", "replace").lower()


def _metas(html: str, lower: bytes) -> Iterator[Claim]:
    """They belong in the head, and crawlers heed them anywhere."""
    for start, end in _shown(lower, _meta_tags(lower)):
        found = _attributes(html[start:end])
        name = found.get("name") or found.get("property") or found.get("http-equiv") or ""
        yield Claim("html_meta", name.strip().lower(), _short(found.get("content", "")))


def _meta_tags(lower: bytes) -> Iterator[tuple[int, int]]:
    for start in _places(lower, b"<meta"):
        end = lower.find(b">", start, start + _MAX_TAG_CHARACTERS)
        if end >= 0 and _META_NAME.search(lower, start, end + 1):
            yield start, end


def _links(html: str, lower: bytes, first: int) -> Iterator[Claim]:
    """Elements of any kind whose rel, itemprop or property is a licence; first: where the word stands first."""
    for start, end in _shown(lower, _licence_tags(lower, first)):
        if claim := _link(html[start + 1 : end].split(maxsplit=1)[0].lower(), _attributes(html[start:end])):
            yield claim


def _licence_tags(lower: bytes, first: int) -> Iterator[tuple[int, int]]:
    end = 0
    for place in _places(lower, b"licen", first):
        start = lower.rfind(b"<", max(end, place - _MAX_TAG_CHARACTERS), place)
        if start < 0 or lower.find(b">", start, place) >= 0:
            continue  # no part of a tag, or of one that was seen
        closing = lower.find(b">", place, place + _MAX_TAG_CHARACTERS)
        end = max(closing, place)
        is_element = _ELEMENT.match(lower, start) and not lower.startswith(b"<meta", start)
        if closing >= 0 and is_element and _LICENCE_ATTRIBUTE.search(lower, start, closing):
            yield start, closing


def _shown(lower: bytes, tags: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those of the first tags that are no comment, script, style or template. The number is bounded, since each looks back."""
    return (tag for tag in itertools.islice(tags, MAX_CLAIMS) if not _is_hidden(lower, tag[0]))


def _link(tag: str, attributes: Mapping[str, str]) -> Claim | None:
    """The claim of an element that links to a licence; None without an address."""
    target = next((attributes[name] for name in ("href", "resource", "content", "src") if attributes.get(name)), "")
    if not target:
        return None
    is_schema = tag not in ("link", "a") or "itemprop" in attributes
    is_rsl = "rsl+xml" in attributes.get("type", "").lower()
    return Claim("html_link", "rsl" if is_rsl else "schema_license" if is_schema else "license", _short(target))


def _of_json_ld(html: str, lower: bytes, first: int) -> Iterator[Claim]:
    if lower.find(b'"license"', max(0, first - 1)) >= 0:
        for text in _scripts(html, lower, b"ld+json"):
            if '"license"' in text:
                for value in _licences_in(_parsed(text), _MAX_DEPTH):
                    yield Claim("json_ld", "license", _short(value))


def _inline_rsl(html: str, lower: bytes) -> Iterator[Claim]:
    yield from (Claim("html_script", "rsl", _short(text)) for text in _scripts(html, lower, b"rsl+xml"))


def _scripts(html: str, lower: bytes, kind: bytes) -> Iterator[str]:
    """What stands in the script elements of a type."""
    for place in _places(lower, kind):
        start, begin = lower.rfind(b"<", max(0, place - _MAX_TAG_CHARACTERS), place), lower.find(b">", place, place + _MAX_TAG_CHARACTERS)
        if start >= 0 and begin >= 0 and lower.startswith(b"<script", start) and lower.find(b">", start, place) < 0:
            end = lower.find(b"</script", begin)
            yield html[begin + 1 : end if end >= 0 else len(html)]


def _places(lower: bytes, wanted: bytes, start: int = 0) -> Iterator[int]:
    """Where some bytes stand, from a place on."""
    place = lower.find(wanted, start)
    while place >= 0:
        yield place
        place = lower.find(wanted, place + len(wanted))


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _licences_in(value: Any, depth: int) -> Iterator[str]:
    """Every `license` of a nested value, but for those of pictures and recordings in it."""
    if not depth:
        return
    if isinstance(value, list):
        for item in value:
            yield from _licences_in(item, depth - 1)
    elif isinstance(value, Mapping):
        kinds = value.get("@type")
        if not _OF_ANOTHER_WORK.isdisjoint(kinds if isinstance(kinds, list) else [kinds]):
            return
        for name, item in value.items():
            yield from _addresses(item) if name == "license" else _licences_in(item, depth - 1)


def _addresses(value: Any) -> Iterator[str]:
    """A licence is an address, a name, or an object with one of them."""
    for item in value if isinstance(value, list) else [value]:
        named = next((item[key] for key in ("@id", "url", "name") if item.get(key)), None) if isinstance(item, Mapping) else item
        if isinstance(named, str) and named.strip():
            yield named


def _is_hidden(lower: bytes, position: int) -> bool:
    """Whether a position lies in a comment, script, style or template."""
    for opening, closing in _HIDING:
        start = lower.rfind(opening, 0, position)
        if start >= 0:
            end = lower.find(closing, start)
            if end < 0 or end > position:
                return True
    return False


def _attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag by their names in lower case; of equal names the first."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), entities.unescape("".join(values)))
    return found


def _short(value: str) -> str:
    """On one line, clean, cut at the limit."""
    return hygiene.clean_line(value[: 2 * MAX_VALUE_CHARACTERS])[:MAX_VALUE_CHARACTERS]
