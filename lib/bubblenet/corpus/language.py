"""Which language a text is in, whether parts of it are in another, and whether a page's claim agrees."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter

from bubblenet.corpus.identifier import BatchIdentifier

IDENTIFIER_VERSION = 3

UNDETERMINED = "und"
"""ISO 639-2 code for a text whose language cannot be told."""

NO_LANGUAGE = "zxx"
"""What the identifier says of code and tables."""

MIN_LETTERS = 20
"""Below this an n-gram classifier guesses from its prior."""

MAX_SAMPLES = 3
SAMPLE_CHARACTERS = 200
"""A text is looked at here and there, which takes half the time of all of it and shows what is mixed (docs/corpus.md)."""

MAX_CHARACTERS = 4000
"""More text than this does not change the answer and costs time."""

MIN_CONFIDENCE = 0.7
"""Probability from which a sample counts as being in another language: finds 96 of 100 texts that change it half-way (docs/corpus.md)."""

MIN_PROBABILITY = 0.2
"""Below this the likeliest of 140 languages is a guess: scripts that the model does not know get one of 0.02."""

_WIDER = "nb:no nn:no cmn:zh yue:zh arb:ar ary:ar arz:ar iw:he in:id ji:yi mo:ro sh:sr tl:fil"
_MACROLANGUAGES = dict(pair.split(":") for pair in _WIDER.split())
"""Codes that one side uses for what the other calls by a wider or newer code (IANA language subtag registry)."""

_NO_CLAIM = frozenset(("und", "mul", "zxx", "mis"))
_TAG = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_.@].*)?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Identified:
    """The ISO 639-1 code of a text, or `und`; its probability, 0 to 1; the codes of parts that are in other languages."""

    language: str
    confidence: float
    other_languages: tuple[str, ...] = ()


def identify(text: str) -> Identified:
    """The language of most of a text; `und` where there are too few letters. Where its samples disagree, all of the text decides."""
    return identify_all([text])[0]


def identify_all(texts: Sequence[str]) -> list[Identified]:
    """The same of each text; many texts together take a third of the time."""
    samples = [_samples(text) if _has_letters(text) else [] for text in texts]
    answers = iter(_classify(list(chain.from_iterable(samples))))
    return [_decide(text, list(islice(answers, len(some)))) for text, some in zip(texts, samples, strict=True)]


def _decide(text: str, found: list[tuple[str, float]]) -> Identified:
    """What the answers to its samples say of a text."""
    if not found:
        return Identified(UNDETERMINED, 0.0)
    is_one = len({code for code, _ in found}) == 1
    language, probability = max(found, key=itemgetter(1)) if is_one else _classify([text[:MAX_CHARACTERS]])[0]
    if language == NO_LANGUAGE or probability < MIN_PROBABILITY:
        return Identified(UNDETERMINED, 0.0)
    confidence = sum(confidence for code, confidence in found if code == language) / len(found)
    sure = {code for code, confidence in found if confidence >= MIN_CONFIDENCE}
    return Identified(language, confidence, tuple(sorted(sure - {language, NO_LANGUAGE})))


def agrees(identified: str, claimed: str | None) -> bool | None:
    """Whether a page's claim (`de-AT`, `pt_BR`, `zh-Hant`) names the identified language; None where either says nothing.

    Primary subtags alone are compared (RFC 5646, section 2.2.1): regions and scripts are not identified.
    """
    code = claimed_code(claimed)
    if identified == UNDETERMINED or code in _NO_CLAIM:
        return None
    return code == _wider(identified)


def claimed_code(claimed: str | None) -> str:
    """The code that a claim names, in the wider form that the identifier gives; `und` where it names none."""
    tag = _TAG.fullmatch(claimed or "")
    code = tag.group(1).lower() if tag else UNDETERMINED
    return _wider(code)


def _classify(texts: list[str]) -> list[tuple[str, float]]:
    return [(_wider(code), min(1.0, confidence)) for code, confidence in _identifier().classify(texts)]


def _wider(code: str) -> str:
    return _MACROLANGUAGES.get(code, code)


def _samples(text: str) -> list[str]:
    """The beginning, the end, and what is between at equal distance."""
    number = min(MAX_SAMPLES, -(-len(text) // SAMPLE_CHARACTERS))
    if number == 1:
        return [text]
    stride = (len(text) - SAMPLE_CHARACTERS) / (number - 1)
    return [text[start : start + SAMPLE_CHARACTERS] for start in (round(index * stride) for index in range(number))]


def _has_letters(text: str) -> bool:
    """Whether there are enough letters; found in the first words of nearly every text."""
    return sum(map(str.isalpha, text[: 4 * MIN_LETTERS])) >= MIN_LETTERS or sum(map(str.isalpha, text)) >= MIN_LETTERS


@functools.cache
def _identifier() -> BatchIdentifier:
    """The model, loaded once a process (it takes a second, so not at import)."""
    return BatchIdentifier()
