"""Versioned prompt templates. The wording under a name never changes; a new wording gets a new name, so old rows remain traceable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NoReturn

from bubblenet.errors import SettingsError, nearest
from bubblenet.prompts.backtranslation import Choice, PromptSet, read_set, set_names
from bubblenet.prompts.rating import CRITERIA, RATINGS, RATIONALES, CriteriaTemplate, RatingTemplate, RationaleTemplate
from bubblenet.prompts.reverse_gain import REVERSE_GAINS, ReverseGainTemplate

__all__ = [
    "CRITERIA", "RATINGS", "RATIONALES", "Choice", "CriteriaTemplate", "PromptSet", "RatingTemplate", "RationaleTemplate",
    "ReverseGainTemplate", "get_prompts", "get_rating", "get_reverse_gain", "text_digest",
]  # fmt: skip


def get_prompts(name: str) -> PromptSet:
    """The backtranslation templates of a set. Raises SettingsError that names the nearest known set."""
    return read_set(name) if name in set_names() else _refuse(set_names(), name, "backtranslation.prompt")


def get_reverse_gain(name: str) -> ReverseGainTemplate:
    """The request under which reverse gain is measured. Raises SettingsError that names the nearest known one."""
    return REVERSE_GAINS[name] if name in REVERSE_GAINS else _refuse(REVERSE_GAINS, name, "scoring.reverse_gain_prompt")


def get_rating(name: str) -> RatingTemplate:
    """The rating template of a pair. Raises SettingsError that names the nearest known one."""
    return RATINGS[name] if name in RATINGS else _refuse(RATINGS, name, "scoring.modes")


def text_digest(template: ReverseGainTemplate | RatingTemplate | CriteriaTemplate | RationaleTemplate) -> str:
    """SHA-256 of everything that the template adds to the data; part of the fingerprint of the stage that uses it."""
    return hashlib.sha256(repr(template.probe()).encode()).hexdigest()


def _refuse(known: Iterable[str], name: str, key: str) -> NoReturn:
    raise SettingsError(
        f"a known template for {key}", repr(name), f"The nearest is `{nearest(name, known)}`; all: {', '.join(sorted(known))}."
    )
