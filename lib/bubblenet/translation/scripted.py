"""A deterministic stand-in for a translator, for tests; it knows no language and behaves the same everywhere.

Into a made-up language, each word gets a letter appended; into English or Spanish, the letter is removed and a few words are replaced.
Markers trigger failures: BUBBLENET-FAIL fails the text, BUBBLENET-LOSE loses the placeholders.
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
    """Translates between English or Spanish and each of three made-up languages."""

    def directions(self) -> frozenset[Direction]:
        """All pairs, in both directions."""
        pairs = [(home, away) for home in _HOME for away in _AWAY]
        return frozenset(Direction(*pair) for home, away in pairs for pair in ((home, away), (away, home)))

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Translate word by word."""
        return [_translate(text, direction) for text in texts]


def _translate(text: str, direction: Direction) -> Translation:
    if "BUBBLENET-FAIL" in text:
        return Translation("", error="the text asked for it")
    if "BUBBLENET-LOSE" in text:
        return Translation(re.sub(r"\u27e6\d+\u27e7", "", text), 1.0)
    if direction.target in _AWAY:
        return Translation(_WORD.sub(lambda match: match[0] + _LETTER, text), 1.0)
    # Different pivots choose different words: `yy` replaces half of them.
    changed = dict(list(_OTHER_WORDS.items())[:: 2 if direction.source == "yy" else 1])
    return Translation(_WORD.sub(lambda match: _changed(match[0].removesuffix(_LETTER), changed), text), 1.0)


def _changed(word: str, changed: dict[str, str]) -> str:
    other = changed.get(word.casefold(), word)
    return other.capitalize() if word[:1].isupper() else other
