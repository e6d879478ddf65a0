"""A stand-in for a translator, for tests of everything around it: it knows no language, and is the same everywhere.

On the way out each word gets a letter; on the way into English or Spanish the letter goes, and a few words have become others. Markers
make it misbehave: BUBBLENET-FAIL gives a failed text, BUBBLENET-LOSE loses the placeholders.
"""

from __future__ import annotations

import re

from bubblenet.translation.protocol import Direction, Translation

_HOME = ("en", "es")
_AWAY = ("xx", "yy", "zz")
_LETTER = "o"
_OTHER_WORDS = {"uses": "employs", "use": "employ", "explain": "describe", "does": "would", "related": "connected", "need": "want"}
_WORD = re.compile(r"[^\W\d_]+")


class ScriptedTranslator:
    """Knows each of English and Spanish with each of three languages that are none."""

    def directions(self) -> frozenset[Direction]:
        """There and back."""
        pairs = [(home, away) for home in _HOME for away in _AWAY]
        return frozenset(Direction(*pair) for home, away in pairs for pair in ((home, away), (away, home)))

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Word by word."""
        return [_translate(text, direction) for text in texts]


def _translate(text: str, direction: Direction) -> Translation:
    if "BUBBLENET-FAIL" in text:
        return Translation("", error="the text asked for it")
    if "BUBBLENET-LOSE" in text:
        return Translation(re.sub(r"\u27e6\d+\u27e7", "", text), 1.0)
    if direction.target in _AWAY:
        return Translation(_WORD.sub(lambda match: match[0] + _LETTER, text), 1.0)
    # Another language on the way is another choice of words: `yy` changes half of them.
    changed = dict(list(_OTHER_WORDS.items())[:: 2 if direction.source == "yy" else 1])
    return Translation(_WORD.sub(lambda match: _changed(match[0].removesuffix(_LETTER), changed), text), 1.0)


def _changed(word: str, changed: dict[str, str]) -> str:
    other = changed.get(word.casefold(), word)
    return other.capitalize() if word[:1].isupper() else other
