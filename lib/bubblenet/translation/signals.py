"""Signals of whether a round trip kept the meaning, 0 to 1 (good), from the text, its translation and the returned text.

Copying inflates every overlap metric (Zhuo et al. 2023, arXiv:2209.07351), and a rule-based translator copies the words it does not
know: so words passed through unchanged are removed before overlap is measured, and coverage is a signal of its own. Embeddings miss
numbers, names and negation (Chen et al. 2023, arXiv:2306.12907), so these are compared by rule.
"""

from __future__ import annotations

import functools
import itertools
import re
import tomllib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bubblenet.corpus.language import UNDETERMINED, identify
from bubblenet.evaluation.answering import bleu, chrf
from bubblenet.judging.declaration import Signal
from bubblenet.judging.wording import IMPERATIVES, QUESTION_WORDS
from bubblenet.translation.masking import unmasked, unmasked_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.translation.trips import Trip

SIGNALS = ("coverage", "chrf", "bleu", "length", "brevity", "content", "numbers", "names", "negation", "modality", "mood", "language")
"""The signals computed by rules."""

ALL_SIGNALS = (*SIGNALS, "similarity")
"""With the embedding similarity of the two texts of `compared`."""


QUALITY_VERSION = 2

_ORDERED = frozenset(("en",))
"""Languages whose questions and statements differ in word order."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CONTRACTION = re.compile(r"(?i)(?<=\w)(n['\u2019]t)\b")
_WORD = re.compile(r"n't\b|[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")


def declared(name: str) -> Signal:
    """The declaration of a signal for a fit: 1 is good, so more is never worse."""
    return Signal(name, "rising", "agreement of a round trip's two ends, 0 to 1")


def signals(trip: Trip) -> dict[str, float | None]:
    """Every signal of SIGNALS; None if a language has no word list for it, or there is nothing to compare.

    Results of other chains for the same text are not a signal: they added no information (docs/languages.md).
    """
    text, back, language = trip.source.text, trip.back, trip.chain.languages[0]
    copied = _copied(trip)
    source, returned = _without(text, copied), _without(back, copied)
    is_comparable = bool(source and returned)
    return {
        "coverage": trip.coverage,
        "chrf": chrf(returned, source) / 100 if is_comparable else None,
        "bleu": bleu(returned, source) / 100 if is_comparable else None,
        "length": _lasting(trip),
        "brevity": _lasting(trip, grows=True),
        "content": _content(text, back),
        "numbers": _shared(_NUMBER.findall(unmasked(text)), _NUMBER.findall(unmasked(back))),
        "names": _names_kept(text, back),
        "negation": _shared(_negations(text, language), _negations(back, language)),
        "modality": _shared(_modalities(text, language), _modalities(back, language)),
        "mood": _same_moods(text, back, language),
        "language": _language_kept(back, language),
    }


def compared(trip: Trip) -> tuple[str, str]:
    """The texts that embeddings compare: original and returned text, without placeholders."""
    return unmasked(trip.source.text), unmasked(trip.back)


def _copied(trip: Trip) -> frozenset[str]:
    """Words that are the same in source and pivot text."""
    return frozenset(map(str.casefold, unmasked_words(trip.source.text))) & frozenset(map(str.casefold, unmasked_words(trip.pivot_text)))


def _without(text: str, words: frozenset[str]) -> str:
    return " ".join(word for word in unmasked_words(text) if word.casefold() not in words)


def _shared(before: Sequence[str] | None, after: Sequence[str] | None) -> float | None:
    """Multiset Jaccard similarity of the items; 1 if neither side has any."""
    if before is None or after is None:
        return None
    ours, theirs = Counter(before), Counter(after)
    either = sum((ours | theirs).values())
    return sum((ours & theirs).values()) / either if either else 1.0


def _lasting(trip: Trip, *, grows: bool = False) -> float | None:
    """Least ratio of output words to input words over all legs, at most 1; with `grows`, of input to output words."""
    sizes = [len(unmasked_words(text)) for text in (trip.source.text, *(leg.text for leg in trip.legs))]
    ratios = [(got / gave if grows else gave / got) if got and gave else 0.0 for got, gave in itertools.pairwise(sizes)]
    return min(1.0, *ratios) if sizes[0] else None


def _content(text: str, back: str) -> float | None:
    """Ratio of returned long words to original ones, at most 1."""
    before, after = (sum(len(word) > 3 for word in unmasked_words(each)) for each in (text, back))
    return min(1.0, after / before) if before else None


def _names_kept(text: str, back: str) -> float:
    """Share of the names that were returned, ignoring case; 1 if there are none."""
    ours, theirs = names(text), Counter(_folded(back))
    return sum(min(count, theirs[name]) for name, count in Counter(_folded(" ".join(ours))).items()) / len(ours) if ours else 1.0


def names(text: str) -> list[str]:
    """Capitalised words of a masked text that do not begin a sentence."""
    return re.findall(r"(?<=[^.!?:;]\s)[A-Z\u00c0-\u00de][\w-]+", text)


def _negations(text: str, language: str) -> list[str] | None:
    """One item per negation, whichever word it is."""
    words = negation_words(language)
    return ["no" for word in _folded(text) if word in words] if words else None


def negation_words(language: str) -> frozenset[str]:
    """Negation words, case folded; empty for a language without a word list."""
    return frozenset(_words()["negation"].get(language, ()))


def function_words(language: str) -> frozenset[str]:
    """Function words, case folded; empty for a language without a word list."""
    return frozenset(_words()["function"].get(language, ()))


def _modalities(text: str, language: str) -> list[str] | None:
    """The class of each modal expression."""
    classes = _words()["modality"].get(language)
    if classes is None:
        return None
    folded = f" {' '.join(_folded(text))} "
    return [name for name, phrases in classes.items() for phrase in phrases for _ in range(folded.count(f" {phrase} "))]


def mood(sentence: str, language: str) -> str:
    """question, statement, command, or open if the first word does not decide."""
    words = _folded(sentence)
    first = words[0] if words else ""
    is_statement = first in _words()["statement"].get(language, ())
    if is_statement and language in _ORDERED:  # whatever its mark: `It can check this?` is what `Can you check this?` became
        return "statement"
    if sentence.rstrip().endswith("?") or first in QUESTION_WORDS.get(language, ()):
        return "question"
    if is_statement:
        return "statement"
    return "command" if first in IMPERATIVES.get(language, ()) else "open"


def _same_moods(text: str, back: str, language: str) -> float | None:
    """Mean over the sentences: 1 for the same mood, 0.5 if one of the two is open, 0 for different moods."""
    if language not in _words()["statement"]:
        return None
    before, after = ([mood(one, language) for one in sentences(each)] for each in (text, back))
    if len(before) != len(after):  # a sentence was lost or split: compare the first and the last
        before, after = before[:1] + before[-1:], after[:1] + after[-1:]
    alike = [1.0 if one == other else 0.5 * ("open" in (one, other)) for one, other in zip(before, after, strict=False)]
    return sum(alike) / len(alike) if alike else None


def sentences(text: str) -> list[str]:
    """The sentences of a text that contain words, split at punctuation."""
    return [one for one in _SENTENCE_END.split(text) if _WORD.search(one)]


def _language_kept(back: str, language: str) -> float | None:
    """Whether the returned text is identified as the language of the original; None if undetermined."""
    found = identify(back)
    return None if found.language == UNDETERMINED else float(found.language == language)


def _folded(text: str) -> list[str]:
    return _WORD.findall(_CONTRACTION.sub(r" \1", text).replace("\u2019", "'").casefold())


@functools.cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files("bubblenet.translation").joinpath("words.toml").read_text(encoding="utf-8"))
