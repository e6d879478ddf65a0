"""Pages of adult sites, of advertising for gambling and of generated spam in ten languages, made of tests/data/planted_spam.toml.

Each page is of one half of the sentences: those that were looked at while the limits of the rules were chosen, or those only counted.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

HALVES = ("tuned", "held_out")
TOPICS = ("adult", "gambling")
NUM_OF_TOPIC, NUM_OF_SPAM = 4, 2
"""Pages of a language and half: of each topic, and of each kind of generated text."""

WRONG_DECODINGS = {"ru": ("cp1251", "latin-1"), "zh": ("gb18030", "cp1252"), "ja": ("gb18030", "cp1252"), "tr": ("cp1254", "cp1252")}
OTHER_TITLES = ("ru", "zh", "ja")
_DATA = tomllib.loads((Path(__file__).parents[1] / "data" / "planted_spam.toml").read_text(encoding="utf-8"))


class PlantedPage(NamedTuple):
    """kind: `adult`, `gambling`, or of generated text `keywords`, `exchanged`, `alphabet`, `mojibake`."""

    kind: str
    language: str
    half: str
    html: str


def planted_pages() -> list[PlantedPage]:
    """All of them, always the same."""
    return [page for language in _DATA["keywords"] for half in HALVES for page in _of_language(language, half)]


def plain_pages() -> list[PlantedPage]:
    """Pages of the plain sentences that spam is generated from, which no rule has a reason to leave out."""
    return [
        PlantedPage("plain", language, half, _page("", _filled(language, half, "plain", random.Random(f"{language} {half}"))))
        for language in _DATA["keywords"]
        for half in HALVES
    ]


def _of_language(language: str, half: str) -> Iterator[PlantedPage]:
    for topic in TOPICS:
        for number in range(NUM_OF_TOPIC):
            draw = random.Random(f"{language} {half} {topic} {number}")
            yield PlantedPage(topic, language, half, _sold(language, half, topic, draw))
    for number in range(NUM_OF_SPAM):
        draw = random.Random(f"{language} {half} {number}")
        yield PlantedPage("keywords", language, half, _stuffed(language, half, draw))
        yield PlantedPage("exchanged", language, half, _exchanged(language, half, draw))
        yield PlantedPage("alphabet", language, half, _foreign_title(language, half, draw))
        if damaged := _damaged(language, half, number, draw):
            yield PlantedPage("mojibake", language, half, damaged)


def _sold(language: str, half: str, topic: str, draw: random.Random) -> str:
    """Six of the sentences of a topic among two plain ones."""
    sold = draw.sample(_filled(language, half, topic, draw), 6)
    lines = [*sold, *draw.sample(_filled(language, half, "plain", draw), 2)]
    draw.shuffle(lines)
    return _page(draw.choice(_DATA["names"][topic]), lines)


def _stuffed(language: str, half: str, draw: random.Random) -> str:
    """Plain sentences, each behind the keyword and a place, and a list of keywords with places."""
    keyword, places = _DATA["keywords"][language], draw.sample(_DATA["places"][language], 5)
    lines = [f"{keyword} {place}: {line}" for place, line in zip(places, _filled(language, half, "plain", draw), strict=False)]
    return _page(f"{keyword} {places[0]}", [*lines, ", ".join(f"{keyword} {place}" for place in places * 2) + "."])


def _exchanged(language: str, half: str, draw: random.Random) -> str:
    """Two plain sentences for each of six places."""
    forms = draw.sample(_DATA["plain"][language][half], 2)
    places = draw.sample(_DATA["places"][language], 6)
    return _page("", [form.format(place=place, number=draw.randint(2, 90)) for place in places for form in forms])


def _foreign_title(language: str, half: str, draw: random.Random) -> str:
    """A heading of keywords in another alphabet above plain text."""
    other = draw.choice([one for one in OTHER_TITLES if one != language and {one, language} != {"zh", "ja"}])
    title = " ".join([_DATA["keywords"][other], *draw.sample(_DATA["places"][other], 3)])
    return _page(title, _filled(language, half, "plain", draw) + _filled(language, half, "plain", draw))


def _damaged(language: str, half: str, number: int, draw: random.Random) -> str | None:
    """Plain text whose UTF-8 was read in another character set; None where it has too few letters for that."""
    lines = _filled(language, half, "plain", draw)
    if sum(not letter.isascii() for letter in "".join(lines)) < 12:
        return None
    codec = WRONG_DECODINGS.get(language, ("cp1252", "latin-1"))[number]
    return _page("", [_misread(line, codec) for line in lines])


def _misread(line: str, codec: str) -> str:
    """As browsers do it: bytes that a character set lacks stay as they are."""
    data = line.encode()
    if codec in ("gb18030", "latin-1"):
        return data.decode(codec, "replace")
    return "".join(bytes([byte]).decode(codec, "replace").replace("\ufffd", chr(byte)) for byte in data)


def _filled(language: str, half: str, kind: str, draw: random.Random) -> list[str]:
    """The sentences with a name, a place and a number in each."""
    names, places = _DATA["names"].get(kind, [""]), _DATA["places"][language]
    forms = _DATA[kind][language][half]
    return [form.format(name=draw.choice(names), place=draw.choice(places), number=draw.randint(20, 900)) for form in forms]


def _page(title: str, lines: list[str]) -> str:
    """Paragraphs of two sentences."""
    paragraphs = "".join(f"<p>{escape(' '.join(lines[start : start + 2]))}</p>" for start in range(0, len(lines), 2))
    head = f"<title>{escape(title)}</title>" if title else ""
    return f"{head}<body><main>{f'<h1>{escape(title)}</h1>' if title else ''}{paragraphs}</main></body>"
