"""Row transforms that propose instructions: the page's own question, or one from the backward model, optionally via translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bubblenet.corpus.shape import shape_of
from bubblenet.engines.protocol import EngineSpec
from bubblenet.identity import content_id
from bubblenet.judging.gates import gate
from bubblenet.judging.measure import ProposalRequest, propose
from bubblenet.kernel.batches import quarantined
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation
from bubblenet.translation.calibration import TranslationCalibration
from bubblenet.translation.native import translate_instructions, translate_passages, way
from bubblenet.translation.registry import TranslatorSpec, get_translator
from bubblenet.udfs.worker import AsksEngine, engine_of_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.judging.gates import Verdict
    from bubblenet.kernel.batches import Row
    from bubblenet.translation.native import TranslatedInstruction
    from bubblenet.translation.protocol import Translator
    from bubblenet.translation.trips import Chain

TAKING_VERSION = 1
"""Rises when TakeQuestion would write another row for the same question and verdict."""

KEEPING_VERSION = 1
"""The same of KeepAsked."""

_TRANSLATED_WINDOW = 128
_ASKED = ("prompt", "template", "style", "length", "complexity", "source_type", "opening", "closing")
"""Columns of a row that describe the request, named as in Choice."""


@dataclass(frozen=True, slots=True)
class TakeQuestion:
    """Takes the question above a passage as its instruction, subject to the same gates as generated ones."""

    identity: tuple[str, ...] = ("segment_id", "language")
    window_rows: int = 256

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per question."""
        for request in requests:
            verdict = gate(request["question"], request["text"], request["language"], True)
            yield request, _as_it_stands(request, verdict) | {"raw_output": request["question"], "origin": "extracted"}


@dataclass(frozen=True, slots=True)
class KeepAsked:
    """Keeps an untranslated instruction for a translated passage: its language differs from that of the response.

    language: of the instruction.
    """

    language: str
    identity: tuple[str, ...] = ("segment_id", "language", "sample_index", "style", "closing")
    window_rows: int = 256

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per instruction."""
        for request in requests:
            verdict = gate(request["asked_instruction"], request["text"], self.language, True, style=request["style"])
            yield request, _as_it_stands(request, verdict) | {"origin": "cross_lingual", "asked_language": self.language}


def _as_it_stands(request: Row, verdict: Verdict) -> Row:
    """The row of an instruction that needs no model."""
    text = verdict.instruction or None
    return {
        "kept": verdict.kept,
        "reason": verdict.reason,
        "instruction": text,
        "instruction_id": content_id(request["segment_id"], text) if text else None,
        "prompt_tokens": 0,
        "output_tokens": 0,
    }


@dataclass(frozen=True, slots=True)
class Backtranslate(AsksEngine):
    """Asks the backward model for the instruction that a passage answers; one request is one sampled candidate."""

    spec: EngineSpec
    settings: Backtranslation
    identity: tuple[str, ...] = ("segment_id", "language", "sample_index", "origin")

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per candidate, kept or not."""
        wanted = [self.proposal(request) for request in requests]
        proposals = propose(engine_of_task(self.spec), wanted, self.settings)
        for request, asked, proposal in zip(requests, wanted, proposals, strict=True):
            row = quarantined("engine_error", proposal.error) if proposal.error else {"kept": proposal.kept, "reason": proposal.reason}
            yield (
                request,
                row
                | {name: getattr(asked.choice, name) or None for name in _ASKED}
                | {
                    "asked_language": asked.choice.language or None,
                    "instruction": proposal.instruction or None,
                    "instruction_id": content_id(request["segment_id"], proposal.instruction) if proposal.instruction else None,
                    "raw_output": proposal.raw_output,
                    "prompt_tokens": proposal.prompt_tokens,
                    "output_tokens": proposal.output_tokens,
                },
            )

    def proposal(self, request: Row) -> ProposalRequest:
        """The request of a candidate: determined by the row, its number and the settings alone."""
        ticket = Ticket(request["segment_id"], request["sample_index"], self.settings.prompt)
        language = self.settings.instruction_language or request["language"]
        choice = draw(get_prompts(self.settings.prompt), shares_of(self.settings), ticket, shape_of(request["text"]), language)
        return ProposalRequest(request["request_id"], request["text"], request["language"], choice, ticket.seed)


@dataclass(frozen=True, slots=True)
class BacktranslateInTranslation:
    """Shows the backward model a translated passage, and translates its instruction into the language of the passage.

    language: of the translated passage. The instruction passes the gates in both languages.
    """

    asking: Backtranslate
    translator: TranslatorSpec
    language: str
    calibration: TranslationCalibration | None
    identity: tuple[str, ...] = ("segment_id", "language", "sample_index", "origin")

    @property
    def window_rows(self) -> int:
        """Larger than the engine's window: a translator takes a second to start for each leg."""
        return max(self.asking.spec.window_rows, _TRANSLATED_WINDOW)

    def prepare(self) -> None:
        """Load the engine, and find the translator."""
        self.asking.prepare()
        get_translator(self.translator)

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per candidate, kept or not."""
        translator = get_translator(self.translator)
        for language, of_language in _by(requests, "language").items():
            there = way(language, self.language, translator.directions())
            if there is None or not there.way_back.is_known(translator.directions()):  # before any model work
                yield from ((request, {"reason": "no_translator"}) for request in of_language)
            else:
                yield from self._ask(translator, of_language, there)

    def _ask(self, translator: Translator, requests: list[Row], there: Chain) -> Iterator[tuple[Row, Row]]:
        shown = translate_passages(translator, [request["text"] for request in requests], there)
        readable = [request for request in requests if shown[request["text"]]]
        answered = list(self.asking([request | {"text": shown[request["text"]], "language": self.language} for request in readable]))
        rows = {answer["request_id"]: row for answer, row in answered}
        kept = [request for request in readable if rows[request["request_id"]].get("kept")]
        texts = [rows[request["request_id"]]["instruction"] for request in kept]
        translated = translate_instructions(translator, texts, there.way_back, self.calibration)
        for request, one in zip(kept, translated, strict=True):
            asked = rows[request["request_id"]]["instruction"]
            rows[request["request_id"]] |= self._translated_row(request, one, there, asked)
        for request in requests:
            yield request, rows.get(request["request_id"]) or quarantined("translator_error", "the passage could not be translated")

    def _translated_row(self, request: Row, one: TranslatedInstruction, there: Chain, asked: str) -> Row:
        """The row of an instruction translated into the passage's language, gated there; asked: the model's original."""
        reason = one.reason
        if one.text and reason is None:
            reason = gate(one.text, request["text"], request["language"], True).reason
        verdict = {"kept": reason is None, "reason": reason, "detail": one.detail}
        if reason == "translator_error":
            verdict = quarantined(reason, one.detail or "")
        return verdict | {
            "instruction": one.text,
            "instruction_id": content_id(request["segment_id"], one.text) if one.text else None,
            "asked_language": request["language"],
            "asked_instruction": asked,
            "chain": str(there.and_back),
            "meaning": one.meaning,
            "coverage": one.coverage,
        }


def _by(requests: list[Row], name: str) -> dict[Any, list[Row]]:
    """Group requests by a column, in their order."""
    found: dict[Any, list[Row]] = {}
    for request in requests:
        found.setdefault(request[name], []).append(request)
    return found
