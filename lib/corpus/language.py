"""Which language a text is in."""

from __future__ import annotations

import functools

from py3langid.langid import MODEL_FILE, LanguageIdentifier

IDENTIFIER_VERSION = 1

UNDETERMINED = "und"
"""ISO 639-2 code for a text whose language cannot be told."""

NO_LANGUAGE = "zxx"
"""What the identifier says of code and tables."""

MIN_LETTERS = 20
"""Below this an n-gram classifier guesses from its prior."""

SAMPLE_CHARACTERS = 4000
"""More text than this does not change the answer and costs time."""


def identify(text: str) -> tuple[str, float]:
    """The ISO 639-1 code of a text and the probability of it (0 to 1); `("und", 0.0)` for a text with too few letters."""
    sample = text[:SAMPLE_CHARACTERS]
    if sum(map(str.isalpha, sample)) < MIN_LETTERS:
        return UNDETERMINED, 0.0
    language, probability = _identifier().classify(sample)
    return (UNDETERMINED, 0.0) if language == NO_LANGUAGE else (str(language), min(1.0, float(probability)))


@functools.cache
def _identifier() -> LanguageIdentifier:
    """The model, loaded once a process (it takes a second, so not at import)."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
