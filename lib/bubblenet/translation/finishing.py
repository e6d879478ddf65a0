"""Post-editing of translations: capitalisation."""

from __future__ import annotations

import re

from bubblenet.translation.signals import function_words

FINISHING_VERSION = 1

_CAPITAL = re.compile(r"(?<=[^.!?:;]\s)([A-Z\u00c0-\u00de])([a-z\u00df-\u00ff]*)\b")


def finished(text: str, source: str, language: str) -> str:
    """Restore the source's capitals: at the beginning, and not on a common word that the translator moved into the sentence."""
    common = function_words(language)

    def lower(match: re.Match[str]) -> str:
        return match[0].lower() if match[0].lower() in common and match[0] not in source and match[0] != "I" else match[0]

    text = _CAPITAL.sub(lower, text)
    return text[:1].upper() + text[1:] if source[:1].isupper() else text
