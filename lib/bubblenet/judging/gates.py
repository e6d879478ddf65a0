"""Gates: cheap checks of every instruction before it is judged by a model.

A raw output is cleaned, then checked by named gates in a fixed order; the first that fails is the reason. A gate refuses only what no
reader could accept, from any model; what merely goes with bad pairs is a signal of mode `text`. View `instruction_yield` counts the results
by style and reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.judging import faults
from bubblenet.judging.cleaning import clean
from bubblenet.judging.faults import Candidate

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style

GATES_VERSION = 3
"""In the fingerprints of extract, backtranslate, paraphrase and mode `cycle`: raise it when cleaning or a gate treats a text otherwise."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A fault that rejects an instruction; its name is the reason."""

    is_at_fault: Callable[[Candidate], bool]

    @property
    def name(self) -> str:
        """The reason."""
        return self.is_at_fault.__name__

    @property
    def meaning(self) -> str:
        """The fault it detects, in a sentence."""
        return (self.is_at_fault.__doc__ or "").strip()


GATES = (
    Gate(faults.empty),
    Gate(faults.unfinished),
    Gate(faults.prompt_echo),
    Gate(faults.passage_copy),
    Gate(faults.refusal),
    Gate(faults.wrong_language),
    Gate(faults.degenerate_repetition),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cleaned instruction, whether it passed, and the name of the gate that rejected it."""

    instruction: str
    kept: bool
    reason: str | None


def gate(raw_output: str, passage: str, language: str, is_finished: bool, *, style: Style | None = None, opening: str = "") -> Verdict:
    """Clean one instruction and apply the gates, in order.

    raw_output: includes the opening given to the model. language: ISO 639-1 code the instruction should be in, "" if unknown.
    is_finished: the model stopped by itself. style: the requested one; None for a question extracted from a page.
    opening: given to the model.
    """
    instruction = clean(raw_output, style)
    # Truncation by the length limit is harmless if the instruction ends before it.
    is_whole = is_finished or not raw_output.rstrip().endswith(instruction)
    candidate = Candidate(instruction, passage, language, is_whole, opening, style)
    reason = next((one.name for one in GATES if one.is_at_fault(candidate)), None)
    return Verdict(instruction, reason is None, reason)


__all__ = ["GATES", "GATES_VERSION", "Candidate", "Gate", "Verdict", "clean", "gate"]
