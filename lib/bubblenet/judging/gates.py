"""Gates: cheap checks of every instruction before it is judged by a model.

A raw output is cleaned, then checked by named gates in a fixed order; the first that fails is the reason. Small models fail in few,
recurring ways, and each has its gate. View `instruction_yield` counts the results by style and reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.judging import faults
from bubblenet.judging.cleaning import clean, lines_with_words
from bubblenet.judging.faults import Candidate

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style


@dataclass(frozen=True, slots=True)
class Gate:
    """A fault that rejects an instruction; its name is the reason. version: raised when the same text could get another result."""

    is_at_fault: Callable[[Candidate], bool]
    version: int = 1

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
    Gate(faults.unfinished, 2),
    Gate(faults.prompt_echo, 2),
    Gate(faults.bare_title),
    Gate(faults.passage_copy, 2),
    Gate(faults.task_talk, 2),
    Gate(faults.refusal),
    Gate(faults.wrong_language, 2),
    Gate(faults.not_an_instruction, 2),
    Gate(faults.degenerate_repetition),
    Gate(faults.too_short),
    Gate(faults.too_long),
    Gate(faults.generic, 2),
)

_CLEANING_VERSION = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cleaned instruction, whether it passed, and the name of the gate that rejected it."""

    instruction: str
    kept: bool
    reason: str | None


def gate(
    raw_output: str,
    passage: str,
    language: str,
    is_finished: bool,
    *,
    style: Style | None = None,
    opening: str = "",
    is_foreign: bool = False,
) -> Verdict:
    """Clean one instruction and apply the gates, in order.

    raw_output: includes the opening given to the model. language: ISO 639-1 code the instruction should be in, "" if unknown.
    is_finished: the model stopped by itself. style: the requested one; None for a question extracted from a page. is_foreign: whether the
    requested language differs from the passage's.
    """
    instruction = clean(raw_output, style)
    # Truncation by the length limit is harmless if the instruction ends before it.
    is_whole = (
        is_finished or len(lines_with_words(raw_output)) > 1 or (style == "search_query" and not raw_output.rstrip().endswith(instruction))
    )
    candidate = Candidate(instruction, passage, language, is_whole, style, opening, is_foreign)
    reason = next((one.name for one in GATES if one.is_at_fault(candidate)), None)
    return Verdict(instruction, reason is None, reason)


def versions() -> dict[str, int]:
    """What the verdicts depend on besides the text: the versions of the cleaning and of every gate, in order."""
    return {"clean": _CLEANING_VERSION} | {one.name: one.version for one in GATES}


__all__ = ["GATES", "Candidate", "Gate", "Verdict", "clean", "gate", "versions"]
