"""Language identification: of a text, of parts in another language, and whether a page's declared language agrees."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import NamedTuple

from bubblenet.corpus.identifier import BatchIdentifier
from bubblenet.corpus.prose import prose
from bubblenet.corpus.similarity.shingles import num_unspaced

IDENTIFIER_VERSION = 5

UNDETERMINED = "und"
"""ISO 639-2 code for undetermined language."""

NO_LANGUAGE = "zxx"
"""The identifier's code for program code and tables."""

MIN_LETTERS = 20
"""With fewer letters outside code, an n-gram classifier falls back on its prior."""

UNSPACED_LETTERS = 3
"""Letters that a character of a script without spaces stands for."""

_SYLLABLES = re.compile("[\u1200-\u137f\uac00-\ud7a3]")
"""Ethiopic and Hangul, in which a character stands for a consonant and a vowel: two letters."""

_INDIC = re.compile("[\u0900-\u0dff]")
"""The scripts of India, in which a vowel is a sign (Unicode category M), not a letter."""

MAX_SAMPLES = 3
SAMPLE_CHARACTERS = 200
"""A text is sampled at a few places, which takes half the time of all of it and detects mixed languages (docs/corpus.md)."""

MAX_CHARACTERS = 4000
"""Longer text does not change the answer and costs time."""

MIN_CONFIDENCE = 0.7
"""Least probability at which a sample counts as another language: finds 96 of 100 texts that switch half-way (docs/corpus.md)."""

MIN_PROBABILITY = 0.2
"""Below this the likeliest of 140 languages is a guess: scripts unknown to the model get a probability of 0.02."""

MIN_MARGIN = 0.2
"""Least difference of the likeliest language to the second: with less, a short or mixed text is named wrongly (docs/corpus.md)."""

_WIDER = "nb:no nn:no cmn:zh yue:zh arb:ar ary:ar arz:ar iw:he in:id ji:yi mo:ro sh:sr tl:fil wuu:zh"
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
    texts = list(map(prose, texts))
    samples = [_samples(text) if _has_letters(text) else [] for text in texts]
    answers = iter(_classify(list(chain.from_iterable(samples))))
    return [_decide(text, list(islice(answers, len(some)))) for text, some in zip(texts, samples, strict=True)]


def _decide(text: str, found: list[_Answer]) -> Identified:
    """Combine the results for the samples of a text."""
    if not found:
        return Identified(UNDETERMINED, 0.0)
    is_one = len({one.code for one in found}) == 1
    best = max(found, key=attrgetter("probability")) if is_one else _classify([text[:MAX_CHARACTERS]])[0]
    language = best.code
    if language == NO_LANGUAGE or best.probability < MIN_PROBABILITY or best.margin < MIN_MARGIN:
        return Identified(UNDETERMINED, 0.0)
    confidence = sum(one.probability for one in found if one.code == language) / len(found)
    sure = {one.code for one in found if one.probability >= MIN_CONFIDENCE}
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


class _Answer(NamedTuple):
    """The likeliest language of a text, its probability, and how much likelier it is than the second."""

    code: str
    probability: float
    margin: float


def _classify(texts: list[str]) -> list[_Answer]:
    return list(map(_answer, _identifier().rank(texts)))


def _answer(ranked: list[tuple[str, float]]) -> _Answer:
    """Languages with one wider code are one."""
    sums: dict[str, float] = {}
    for code, probability in ranked:
        sums[_wider(code)] = sums.get(_wider(code), 0.0) + probability
    (code, first), *others = sorted(sums.items(), key=itemgetter(1), reverse=True)
    return _Answer(code, min(1.0, first), first - (others[0][1] if others else 0.0))


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
    return _num_letters(text[: 4 * MIN_LETTERS]) >= MIN_LETTERS or _num_letters(text) >= MIN_LETTERS


def _num_letters(text: str) -> int:
    letters = sum(map(str.isalpha, text))
    if text.isascii():
        return letters
    signs = sum(map(_is_sign, _INDIC.findall(text)))
    return letters + signs + len(_SYLLABLES.findall(text)) + (UNSPACED_LETTERS - 1) * num_unspaced(text)


def _is_sign(character: str) -> bool:
    """Whether it is a mark that stands for a vowel, changes or ends one."""
    return unicodedata.category(character) in ("Mn", "Mc")


@functools.cache
def _identifier() -> BatchIdentifier:
    """The model, loaded once per process (it takes a second, so not at import)."""
    return BatchIdentifier()
