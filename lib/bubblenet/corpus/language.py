"""Language identification: of a text, of parts in another language, and whether a page's declared language agrees."""

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
"""ISO 639-2 code for undetermined language."""

NO_LANGUAGE = "zxx"
"""The identifier's code for program code and tables."""

MIN_LETTERS = 20
"""With fewer letters, an n-gram classifier falls back on its prior."""

MAX_SAMPLES = 3
SAMPLE_CHARACTERS = 200
"""A text is sampled at a few places, which takes half the time of all of it and detects mixed languages (docs/corpus.md)."""

MAX_CHARACTERS = 4000
"""Longer text does not change the answer and costs time."""

MIN_CONFIDENCE = 0.7
"""Least probability at which a sample counts as another language: finds 96 of 100 texts that switch half-way (docs/corpus.md)."""

MIN_PROBABILITY = 0.2
"""Below this the likeliest of 140 languages is a guess: scripts unknown to the model get a probability of 0.02."""

_WIDER = "nb:no nn:no cmn:zh yue:zh arb:ar ary:ar arz:ar iw:he in:id ji:yi mo:ro sh:sr tl:fil"
_MACROLANGUAGES = dict(pair.split(":") for pair in _WIDER.split())
"""Codes mapped to the wider or newer code that the other side uses (IANA language subtag registry)."""

_NO_CLAIM = frozenset(("und", "mul", "zxx", "mis"))
_TAG = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_.@].*)?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Identified:
    """The ISO 639-1 code of a text, or `und`; its probability, 0 to 1; the codes of parts that are in other languages."""

    language: str
    confidence: float
    other_languages: tuple[str, ...] = ()


def identify(text: str) -> Identified:
    """The main language of a text; `und` if it has too few letters. If its samples disagree, the whole text decides."""
    return identify_all([text])[0]


def identify_all(texts: Sequence[str]) -> list[Identified]:
    """The languages of many texts; batching takes a third of the time."""
    samples = [_samples(text) if _has_letters(text) else [] for text in texts]
    answers = iter(_classify(list(chain.from_iterable(samples))))
    return [_decide(text, list(islice(answers, len(some)))) for text, some in zip(texts, samples, strict=True)]


def _decide(text: str, found: list[tuple[str, float]]) -> Identified:
    """Combine the results for the samples of a text."""
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
    """Whether a page's declared language (`de-AT`, `pt_BR`, `zh-Hant`) is the identified one; None if either is undetermined.

    Only primary subtags are compared (RFC 5646, section 2.2.1): regions and scripts are not identified.
    """
    code = claimed_code(claimed)
    if identified == UNDETERMINED or code in _NO_CLAIM:
        return None
    return code == _wider(identified)


def claimed_code(claimed: str | None) -> str:
    """The declared language code, mapped to the identifier's wider form; `und` if there is none."""
    tag = _TAG.fullmatch(claimed or "")
    code = tag.group(1).lower() if tag else UNDETERMINED
    return _wider(code)


def _classify(texts: list[str]) -> list[tuple[str, float]]:
    return [(_wider(code), min(1.0, confidence)) for code, confidence in _identifier().classify(texts)]


def _wider(code: str) -> str:
    return _MACROLANGUAGES.get(code, code)


def _samples(text: str) -> list[str]:
    """The beginning, the end, and equally spaced samples in between."""
    number = min(MAX_SAMPLES, -(-len(text) // SAMPLE_CHARACTERS))
    if number == 1:
        return [text]
    stride = (len(text) - SAMPLE_CHARACTERS) / (number - 1)
    return [text[start : start + SAMPLE_CHARACTERS] for start in (round(index * stride) for index in range(number))]


def _has_letters(text: str) -> bool:
    """Whether there are enough letters; in nearly every text the first words suffice to tell."""
    return sum(map(str.isalpha, text[: 4 * MIN_LETTERS])) >= MIN_LETTERS or sum(map(str.isalpha, text)) >= MIN_LETTERS


@functools.cache
def _identifier() -> BatchIdentifier:
    """The model, loaded once per process (it takes a second, so not at import)."""
    return BatchIdentifier()
