"""The origins of instructions and their consequences: the values of the column `origin`, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

JudgedAs = Literal["generated", "extracted"]
"""Which quality model and thresholds apply to a pair: those for generated instructions, or those for questions extracted from pages."""

JUDGED_AS: tuple[JudgedAs, ...] = get_args(JudgedAs)


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of the column.

    meaning: a description. are_candidates: several per passage compete, and only the best goes on to the judge; with others each does.
    is_paraphrased: instructions of it are paraphrased. needs_translator: it occurs only if the settings ask for a translation.
    """

    name: str
    meaning: str
    judged_as: JudgedAs
    are_candidates: bool
    is_paraphrased: bool = False
    needs_translator: bool = False


ORIGINS = (
    Origin("generated", "an instruction that the model wrote", "generated", are_candidates=True, is_paraphrased=True),
    Origin("extracted", "a question that stood on the page", "extracted", are_candidates=False, is_paraphrased=True),
    Origin("translated", "an instruction that the model wrote of a translation", "generated", are_candidates=True, needs_translator=True),
    Origin("cross_lingual", "what the model asked of a translation, as it is", "generated", are_candidates=True, needs_translator=True),
    Origin("paraphrase", "a paraphrase of one of these", "generated", are_candidates=False, needs_translator=True),
)

CANDIDATES = tuple(origin.name for origin in ORIGINS if origin.are_candidates)
PARAPHRASED = tuple(origin.name for origin in ORIGINS if origin.is_paraphrased)


CUT: tuple[JudgedAs, ...] = ("generated",)
"""Whose pairs a first cut may set aside: of several candidates one is enough; a question of the page is the only one."""


def names_judged_as(model: JudgedAs) -> list[str]:
    """The origins whose pairs are judged by this model."""
    return [origin.name for origin in ORIGINS if origin.judged_as == model]
