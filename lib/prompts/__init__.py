"""Versioned prompt templates. A wording never changes under its name: another wording is another name, so that old rows stay explained."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from typing import TypeVar

from bubblenet.errors import SettingsError
from bubblenet.prompts.backtranslation import BACKTRANSLATIONS, BacktranslationTemplate
from bubblenet.prompts.rating import RATINGS, RatingTemplate

__all__ = ["BacktranslationTemplate", "RatingTemplate", "get_backtranslation", "get_rating", "text_digest"]

T = TypeVar("T")


def get_backtranslation(name: str) -> BacktranslationTemplate:
    """The template that asks for the instruction of a passage. Raises SettingsError that names the nearest known one."""
    return _find(BACKTRANSLATIONS, name, "backtranslation.prompt")


def get_rating(name: str) -> RatingTemplate:
    """The template that asks for a rating of a pair. Raises SettingsError that names the nearest known one."""
    return _find(RATINGS, name, "scoring.rubric")


def text_digest(template: BacktranslationTemplate | RatingTemplate) -> str:
    """SHA-256 of all that the template puts around the data; part of the fingerprint of the stage that uses it."""
    return hashlib.sha256(repr(template.probe()).encode()).hexdigest()


def _find(templates: Mapping[str, T], name: str, key: str) -> T:
    if name in templates:
        return templates[name]
    near = difflib.get_close_matches(name, templates, n=1, cutoff=0.0)[0]
    raise SettingsError(f"a known template for {key}", repr(name), f"The nearest is `{near}`; all: {', '.join(sorted(templates))}.")
