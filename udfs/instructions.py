"""Row transforms that propose instructions: one takes the question on the page, one asks the backward model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.corpus.shape import shape_of
from bubblenet.engines.protocol import EngineSpec
from bubblenet.identity import content_id
from bubblenet.judging.gates import gate
from bubblenet.judging.measure import ProposalRequest, propose
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import Ticket, draw, shares_of
from bubblenet.settings import Backtranslation
from bubblenet.udfs.batches import quarantined
from bubblenet.udfs.worker import engine_of_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.udfs.batches import Row


_ASKED = ("prompt", "template", "style", "length", "complexity", "source_type", "opening", "closing")
"""What a row says about how it was asked for, by the names that a Choice has for it."""


@dataclass(frozen=True, slots=True)
class TakeQuestion:
    """Takes the question that stands above a passage as its instruction, past the same gates as a generated one."""

    identity: tuple[str, ...] = ("segment_id", "language")
    window_rows: int = 256

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each question."""
        for request in requests:
            verdict = gate(request["question"], request["text"], request["language"], True)
            yield (
                request,
                {
                    "kept": verdict.kept,
                    "reason": verdict.reason,
                    "instruction": verdict.instruction or None,
                    "instruction_id": content_id(request["segment_id"], verdict.instruction) if verdict.instruction else None,
                    "raw_output": request["question"],
                    "origin": "extracted",
                    "prompt_tokens": 0,
                    "output_tokens": 0,
                },
            )


@dataclass(frozen=True, slots=True)
class Backtranslate:
    """Asks the backward model for the instruction that a passage answers; one request is one sampled candidate."""

    spec: EngineSpec
    settings: Backtranslation
    identity: tuple[str, ...] = ("segment_id", "language", "sample_index", "origin")

    @property
    def window_rows(self) -> int:
        """As the engine sorts and batches them."""
        return self.spec.window_rows

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each candidate, kept or not."""
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
        """How a candidate is asked for: nothing but the row, its number and the settings decide."""
        ticket = Ticket(request["segment_id"], request["sample_index"], self.settings.prompt)
        language = self.settings.instruction_language or request["language"]
        choice = draw(get_prompts(self.settings.prompt), shares_of(self.settings), ticket, shape_of(request["text"]), language)
        return ProposalRequest(request["request_id"], request["text"], request["language"], choice, ticket.seed)
