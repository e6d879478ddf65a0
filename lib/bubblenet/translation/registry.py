"""The translator that the settings name, and its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.translation.apertium import ApertiumTranslator, data_digest
from bubblenet.translation.scripted import ScriptedTranslator
from bubblenet.translation.seq2seq import Seq2SeqTranslator, models_digest

if TYPE_CHECKING:
    from bubblenet.settings import Translation
    from bubblenet.translation.protocol import Translator


@dataclass(frozen=True, slots=True)
class TranslatorSpec:
    """A translator as passed to workers. digest: of its programs and data, so that a new version translates anew."""

    kind: str
    digest: str
    model: str = ""

    def fingerprint_parts(self) -> dict[str, str]:
        """What affects a translation; the path does not."""
        return {"kind": self.kind, "digest": self.digest}


def spec_of(settings: Translation) -> TranslatorSpec:
    """The spec for this machine. Raises EnvironmentProblem without Apertium, ModelError if a model is missing or rejected."""
    match settings.translator:
        case "apertium":
            return TranslatorSpec("apertium", data_digest())
        case "transformers":
            return TranslatorSpec("transformers", models_digest(settings.model), settings.model)
        case _:
            return TranslatorSpec("scripted", "scripted")


def get_translator(spec: TranslatorSpec) -> Translator:
    """The translator of this process. Raises as spec_of."""
    match spec.kind:
        case "apertium":
            return ApertiumTranslator()
        case "transformers":
            return Seq2SeqTranslator(spec.model)
        case _:
            return ScriptedTranslator()
