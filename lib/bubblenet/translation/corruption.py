"""Synthetic translation errors, planted into good round trips: what a calibration must detect.

Each kind is a function of the returned text, placeholders included, and a seed; None if it does not apply to the text.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bubblenet.translation.masking import placeholder_spans
from bubblenet.translation.protocol import Translation
from bubblenet.translation.signals import mood, names, negation_words, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bubblenet.translation.trips import Trip

KINDS = ("drop", "negation", "number", "name", "language", "mood", "half")

_DROPPED_SHARE = 0.25
_SUBJECTS = {"en": "It", "es": "\u00c9l", "fr": "Il", "ca": "Ell", "gl": "El"}
_NEGATED = {"en": "Do not {}", "es": "No {}", "fr": "Ne {} pas", "ca": "No {}", "gl": "Non {}"}
_NUMBER = re.compile(r"\d+")


def corrupt(trip: Trip, kind: str, seed: int, other_names: Sequence[str]) -> Trip | None:
    """The trip as if the translator had made this error last; None if the error does not apply.

    kind: one of KINDS. other_names: names from other texts, as replacements.
    """
    text = _CORRUPTIONS[kind](trip, random.Random(seed), other_names)
    if text is None or text == trip.back:
        return None
    return replace(trip, legs=(*trip.legs[:-1], Translation(text)), result=None)


def _drop(trip: Trip, rng: random.Random, _: Sequence[str]) -> str | None:
    """Delete a random quarter of the words."""
    words = trip.back.split()
    num_dropped = max(1, round(_DROPPED_SHARE * len(words)))
    if len(words) < 4:
        return None
    dropped = set(rng.sample(range(len(words)), num_dropped))
    return " ".join(word for index, word in enumerate(words) if index not in dropped)


def _half(trip: Trip, _: random.Random, __: Sequence[str]) -> str | None:
    """Delete the second half."""
    words = trip.back.split()
    return " ".join(words[: len(words) // 2]) if len(words) > 3 else None


def _negation(trip: Trip, rng: random.Random, _: Sequence[str]) -> str | None:
    """Delete a negation, or if there is none, negate the first sentence."""
    text, language = trip.back, trip.chain.languages[0]
    negations = negation_words(language)
    found = [match for match in re.finditer(r"[^\W\d_]+", text) if match[0].casefold() in negations]
    if found:
        lost = rng.choice(found)
        return re.sub(r" {2,}", " ", text[: lost.start()] + text[lost.end() :]).strip()
    first, *rest = text.split()
    return " ".join([_NEGATED[language].format(first[:1].lower() + first[1:]), *rest]) if language in _NEGATED else None


def _number(trip: Trip, rng: random.Random, _: Sequence[str]) -> str | None:
    """Change one number."""
    text = trip.back
    protected = placeholder_spans(text)
    found = [match for match in _NUMBER.finditer(text) if not any(start <= match.start() < end for start, end in protected)]
    if not found:
        return None
    changed = rng.choice(found)
    return text[: changed.start()] + str(int(changed[0]) + rng.choice((1, 2, 10, 100))) + text[changed.end() :]


def _name(trip: Trip, rng: random.Random, other_names: Sequence[str]) -> str | None:
    """Replace one name with a name from another text."""
    ours = names(trip.back)
    others = sorted(set(other_names) - set(ours))
    if not ours or not others:
        return None
    return re.sub(rf"\b{re.escape(rng.choice(ours))}\b", rng.choice(others), trip.back)


def _language(trip: Trip, _: random.Random, __: Sequence[str]) -> str | None:
    """Leave the text in the pivot language."""
    return trip.pivot_text


def _mood(trip: Trip, _: random.Random, __: Sequence[str]) -> str | None:
    """Turn `Write ...` into `It writes ...`, and a question into a statement."""
    text, language = trip.back, trip.chain.languages[0]
    first = next(iter(sentences(text)), "")
    if not first or mood(first, language) == "statement" or language not in _SUBJECTS:
        return None
    opening, *rest = first.split()
    if first.rstrip().endswith("?"):
        return " ".join([_SUBJECTS[language], *rest]).rstrip("?") + "." + text[len(first) :]
    ending = "s" if language == "en" and opening.isalpha() and not opening.endswith("s") else ""
    return " ".join([_SUBJECTS[language], opening[:1].lower() + opening[1:] + ending, *rest]) + text[len(first) :]


_CORRUPTIONS: dict[str, Callable[[Trip, random.Random, Sequence[str]], str | None]] = {
    "drop": _drop,
    "negation": _negation,
    "number": _number,
    "name": _name,
    "language": _language,
    "mood": _mood,
    "half": _half,
}
