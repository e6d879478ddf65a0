"""Which translator the settings name, and what it is in a fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.translation.apertium import ApertiumTranslator, data_digest
from bubblenet.translation.scripted import ScriptedTranslator

if TYPE_CHECKING:
    from bubblenet.settings import Translation
    from bubblenet.translation.protocol import Translator


@dataclass(frozen=True, slots=True)
class TranslatorSpec:
    """A translator as workers are told of it. digest: of its programs and data, so that another version translates anew."""

    kind: str
    digest: str


def spec_of(settings: Translation) -> TranslatorSpec:
    """Ask the translator of this machine. Raises EnvironmentProblem when it is not installed."""
    return TranslatorSpec(settings.translator, "scripted" if settings.translator == "scripted" else data_digest())


def get_translator(spec: TranslatorSpec) -> Translator:
    """The translator of this process. Raises EnvironmentProblem when it is not installed here."""
    return ScriptedTranslator() if spec.kind == "scripted" else ApertiumTranslator()
