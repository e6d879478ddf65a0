"""The text within a block: its lines, and what at its end is none of it: a link that leads on, the sign that unfolds an answer."""

from __future__ import annotations

import re

from bubblenet.corpus.extraction.markup import BREAK, Linked

MAX_LEADING_CHARACTERS = 40
"""Of a link that leads on; a longer one says where."""

MAX_SPEAKER_CHARACTERS = 200
"""Of a line that says who said what is quoted above it."""

_LEADS_ON = re.compile(
    r"\W*(?:(?:read|learn|find out|discover|see|view|show|explore) more|learn how|read on|(?:see|view|more) details|continue reading"
    r"|weiterlesen|mehr (?:erfahren|lesen|dazu|infos)|en savoir plus|lire (?:la suite|plus)|(?:leer|saber) m[a\u00e1]s"
    r"|m[a\u00e1]s informaci[o\u00f3]n|scopri di pi[u\u00f9]|leggi (?:di pi[u\u00f9]|tutto)|czytaj (?:wi[e\u0119]cej|dalej)"
    r"|dowiedz si[e\u0119] wi[e\u0119]cej|lees (?:meer|verder)|(?:saiba|leia) mais)\W*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?:^|[.!?:\u2026\u3002\uff01\uff1f)\"'\u201d\u00bb])\s*$")
_UNFOLDS = "+\\-\u2212\u2013\u2014\u00d7\u2039\u203a\u00ab\u00bb\u2190-\u2193\u2303\u2304\u25b2-\u25c5\u2715\u2716\u2795\u2796\u2b9f\ufe0f"
_SIGN = re.compile(rf"[{_UNFOLDS}\s]{{1,4}}")
_SIGN_AT_END = re.compile(rf"(?<=[?\uff1f\u061f])\s*[{_UNFOLDS}]\ufe0f?$|\s+[\u2303\u2304\u25b2-\u25c5\u2795\u2796\u2b9f]\ufe0f?$")
_QUOTED = ('"', "\u201d", "\u201c", "\u00bb", "\u00ab", "\u300d", "'", "\u2019")
_SPEAKER = re.compile(r"\s*(?:[\u2014\u2013\u2015~-]|--)\s?(?=[^\W\d_])")


def paragraphs(text: str) -> list[str]:
    """Inline text with single spaces, split at two or more consecutive line breaks; single ones are kept."""
    lines = [" ".join(line.split()) for line in text.split(BREAK)]
    if len(lines) == 1:
        return lines if lines[0] else []
    return [part.strip("\n") for part in re.split(r"\n{2,}", "\n".join(lines)) if part.strip("\n")]


def drop_lead(parts: list[str], is_item: bool) -> int:
    """Drop a link that leads on ("Learn more") from the end of a block, where no sentence goes on in it; returns its characters.

    is_item: the block begins an item, of which nothing would be left without the link.
    """
    start = len(parts)
    while start and (isinstance(parts[start - 1], Linked) or parts[start - 1].isspace()):
        start -= 1
    linked = "".join(parts[start:])
    if not 0 < len(linked.strip()) <= MAX_LEADING_CHARACTERS or not _LEADS_ON.fullmatch(linked):
        return 0
    if is_item if not start else not _SENTENCE_END.search(parts[start - 1]):
        return 0
    num_linked = sum(len(part) for part in parts[start:] if isinstance(part, Linked))
    del parts[start:]
    return num_linked


def leads_on(text: str) -> bool:
    """Whether a text is what a link says that only leads on: "Learn more"."""
    return bool(_LEADS_ON.fullmatch(text))


def is_sign(text: str) -> bool:
    """Whether a text is nothing but a sign that unfolds or closes what stands beside it."""
    return len(text) <= 4 and bool(_SIGN.fullmatch(text))


def without_sign(heading: str) -> str:
    """A heading without the sign at its end that unfolds what stands below: "What is it? +"."""
    return _SIGN_AT_END.sub("", heading)


def names_speaker(text: str, above: str) -> bool:
    """Whether a line says who said what is quoted above it: a dash and a name."""
    return len(text) <= MAX_SPEAKER_CHARACTERS and above.rstrip("*_. ").endswith(_QUOTED) and bool(_SPEAKER.match(text))
