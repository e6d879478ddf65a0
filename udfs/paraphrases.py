"""Row transform that paraphrases instructions by round-trip translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.corpus.similarity.contamination import load_index
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.identity import content_id
from bubblenet.judging.gates import gate
from bubblenet.kernel.batches import quarantined
from bubblenet.settings import Paraphrasing
from bubblenet.translation.calibration import TranslationCalibration
from bubblenet.translation.paraphrasing import Wanted, paraphrase
from bubblenet.translation.registry import TranslatorSpec, get_translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bubblenet.kernel.batches import Row
    from bubblenet.translation.paraphrasing import Paraphrase


@dataclass(frozen=True, slots=True)
class ParaphraseInstruction:
    """One request is one instruction; it yields a row for each chain tried, of which at most one is kept.

    evaluations: location of an EvaluationIndex readable by all workers; empty without decontamination.
    """

    spec: TranslatorSpec
    settings: Paraphrasing
    calibration: TranslationCalibration | None
    evaluations: str
    min_share: float
    identity: tuple[str, ...] = ("segment_id", "language", "style", "closing")
    window_rows: int = 2048

    def prepare(self) -> None:
        """Find the translator."""
        get_translator(self.spec)

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield the rows in the order of the chains."""
        wanted = [Wanted(request["parent_id"], _without_closing(request), request["language"], self._gate(request)) for request in requests]
        found = paraphrase(get_translator(self.spec), wanted, self.settings, self.calibration)
        for request, tried in zip(requests, found, strict=True):
            for index, one in enumerate(tried):
                yield request, {"sample_index": index, "parent_id": request["parent_id"]} | _row(request, one)

    def _gate(self, request: Row) -> Callable[[str], str | None]:
        """The gates of every instruction, and decontamination.

        The original instruction is checked, too: a round trip leaves only one in ten with enough common n-grams (docs/languages.md).
        """
        is_contaminated = self._holds_item(request["instruction"])

        def fault(text: str) -> str | None:
            verdict = gate(_with_closing(text, request), request["text"], request["language"], True, style=request["style"])
            return "contaminated" if verdict.kept and (is_contaminated or self._holds_item(text)) else verdict.reason

        return fault

    def _holds_item(self, text: str) -> bool:
        return bool(self.evaluations) and load_index(self.evaluations).find(token_hashes(tokens(text)), self.min_share) is not None


def _row(request: Row, one: Paraphrase) -> Row:
    verdict = {"kept": one.kept, "reason": one.reason}
    if one.reason == "translator_error":
        verdict = quarantined(one.reason, one.detail or "")
    text = _with_closing(one.text, request) if one.text else None
    return verdict | {
        "instruction": text,
        "instruction_id": content_id(request["segment_id"], text) if text else None,
        "origin": "paraphrase",
        "chain": str(one.chain) if one.chain else None,
        "meaning": one.meaning,
        "difference": one.difference,
        "coverage": one.coverage,
        "prompt_tokens": 0,
        "output_tokens": 0,
    }


def _without_closing(request: Row) -> str:
    """The instruction without its closing: a machine-checkable requirement is not translated, so that it is restored verbatim."""
    instruction: str = request["instruction"]
    return instruction.removesuffix(request["closing"] or "").rstrip()


def _with_closing(text: str, request: Row) -> str:
    return f"{text} {request['closing']}" if request["closing"] else text
