"""How far a round trip can be trusted: signals between 0 and 1, of which 1 is good, from the text, its translation and what came back.

Copying inflates every measure of overlap (Zhuo et al. 2023, arXiv:2209.07351), and a rule-based translator copies the words it does not
know: so words that went over unchanged are taken out before overlap is measured, and coverage is a signal of its own. Embeddings miss
numbers, names and negation (Chen et al. 2023, arXiv:2306.12907), so these are compared by rule.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.evaluation.answering import overlap
from bubblenet.judging.wording import IMPERATIVES, QUESTION_WORDS
from bubblenet.translation.masking import unmasked, unmasked_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bubblenet.translation.protocol import Translation

SIGNALS = ("coverage", "chrf", "bleu", "length", "numbers", "names", "negation", "modality", "mood", "language")
"""What is known without a model."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CONTRACTION = re.compile(r"(?i)(?<=\w)(n['\u2019]t)\b")
_WORD = re.compile(r"n't\b|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A text, what it became in another language, and what came back; all three as the translator saw them, with placeholders."""

    text: str
    there: Translation
    back: str
    language: str


def signals(trip: RoundTrip) -> dict[str, float | None]:
    """Every signal of SIGNALS; None where a language has no words for it, or where nothing is there to compare."""
    copied = _copied(trip)
    source, back = _without(trip.text, copied), _without(trip.back, copied)
    overlaps = overlap(back, source) if source and back else {}
    lengths = sorted((len(unmasked_words(trip.text)), len(unmasked_words(trip.back))))
    return {
        "coverage": trip.there.coverage,
        "chrf": overlaps["chrf"] / 100 if overlaps else None,
        "bleu": overlaps["bleu"] / 100 if overlaps else None,
        "length": lengths[0] / lengths[1] if lengths[1] else None,
        "numbers": _agreement(trip, lambda text: _NUMBER.findall(unmasked(text))),
        "names": _agreement(trip, _names),
        "negation": _agreement(trip, functools.partial(_negations, language=trip.language)),
        "modality": _agreement(trip, functools.partial(_modalities, language=trip.language)),
        "mood": _same_mood(trip),
        "language": _language_kept(trip),
    }


def _copied(trip: RoundTrip) -> frozenset[str]:
    """Words that are the same in both languages."""
    return frozenset(map(str.casefold, unmasked_words(trip.text))) & frozenset(map(str.casefold, unmasked_words(trip.there.text)))


def _without(text: str, words: frozenset[str]) -> str:
    return " ".join(word for word in unmasked_words(text) if word.casefold() not in words)


def _agreement(trip: RoundTrip, find: Callable[[str], Sequence[str] | None]) -> float | None:
    """Share of the items found in either text that are in both, counted as often as they are there; 1 where neither has any."""
    before, after = find(trip.text), find(trip.back)
    if before is None or after is None:
        return None
    ours, theirs = Counter(before), Counter(after)
    either = sum((ours | theirs).values())
    return sum((ours & theirs).values()) / either if either else 1.0


def _names(text: str) -> list[str]:
    """Words with a capital that do not begin a sentence."""
    return re.findall(r"(?<![.!?:]\s)(?<!^)\b[A-Z\u00c0-\u00de][\w-]*", text, re.MULTILINE)


def _negations(text: str, language: str) -> list[str] | None:
    """One item for each negation: which word it is does not matter."""
    words = _words()["negation"].get(language)
    return None if words is None else ["no" for word in _folded(text) if word in words]


def _modalities(text: str, language: str) -> list[str] | None:
    """The class of each modal expression."""
    classes = _words()["modality"].get(language)
    if classes is None:
        return None
    folded = f" {' '.join(_folded(text))} "
    return [name for name, phrases in classes.items() for phrase in phrases for _ in range(folded.count(f" {phrase} "))]


def _same_mood(trip: RoundTrip) -> float | None:
    if trip.language not in IMPERATIVES:
        return None
    return float(mood(trip.text, trip.language) == mood(trip.back, trip.language))


def mood(text: str, language: str) -> str:
    """question, command or statement: by the mark at the end and the first word."""
    words = _folded(text)
    first = words[0] if words else ""
    if text.rstrip().endswith("?") or first in QUESTION_WORDS.get(language, ()):
        return "question"
    return "command" if first in IMPERATIVES.get(language, ()) else "statement"


def _language_kept(trip: RoundTrip) -> float | None:
    """Whether what came back is in the language of the text, as far as this can be told."""
    found = identify(trip.back)
    return None if found.language == UNDETERMINED else float(found.language == trip.language)


def _folded(text: str) -> list[str]:
    return _WORD.findall(_CONTRACTION.sub(r" \1", text).replace("\u2019", "'").casefold())


@functools.cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files("bubblenet.translation").joinpath("words.toml").read_text(encoding="utf-8"))
