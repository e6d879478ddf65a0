"""Rules that every instruction must pass before money is spent on judging it.

A raw output is first cleaned, then tried against named rules in a fixed order; the first that objects is the reason. Small models fail in
few, repeating ways, and each has its rule. View `instruction_yield` counts what the rules did, by style and reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.judging import faults as rules
from bubblenet.judging.cleaning import clean, lines_with_words
from bubblenet.judging.faults import Candidate

if TYPE_CHECKING:
    from bubblenet.prompts.backtranslation import Style


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and the reason it gives, which is the name of its function. version: rises when the same text could get another answer."""

    is_at_fault: Callable[[Candidate], bool]
    version: int = 1

    @property
    def name(self) -> str:
        """The reason."""
        return self.is_at_fault.__name__

    @property
    def meaning(self) -> str:
        """What is wrong with an instruction that it objects to, in a sentence."""
        return (self.is_at_fault.__doc__ or "").strip()


RULES = (
    Rule(rules.empty),
    Rule(rules.unfinished, 2),
    Rule(rules.prompt_echo, 2),
    Rule(rules.bare_title),
    Rule(rules.passage_copy, 2),
    Rule(rules.task_talk, 2),
    Rule(rules.refusal),
    Rule(rules.wrong_language, 2),
    Rule(rules.not_an_instruction, 2),
    Rule(rules.degenerate_repetition),
    Rule(rules.too_short),
    Rule(rules.too_long),
    Rule(rules.generic, 2),
)

_CLEANING_VERSION = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cleaned instruction, whether it may go on, and the name of the rule that stopped it."""

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
    """Clean one instruction and try it against the rules, in order.

    raw_output: with the opening that the model was given. language: ISO 639-1 code that it should be in, or "" when that is not known.
    is_finished: the model ended by itself. style: as asked for; None for a question that stands on a page. is_foreign: it should be in
    another language than the passage.
    """
    instruction = clean(raw_output, style)
    # What was cut off by the length limit does no harm when the instruction ends before it.
    is_whole = (
        is_finished or len(lines_with_words(raw_output)) > 1 or (style == "search_query" and not raw_output.rstrip().endswith(instruction))
    )
    candidate = Candidate(instruction, passage, language, is_whole, style, opening, is_foreign)
    reason = next((rule.name for rule in RULES if rule.is_at_fault(candidate)), None)
    return Verdict(instruction, reason is None, reason)


def versions() -> dict[str, int]:
    """What the verdicts depend on besides the text: the version of the cleaning and of every rule, in their order."""
    return {"clean": _CLEANING_VERSION} | {rule.name: rule.version for rule in RULES}


__all__ = ["RULES", "Candidate", "Rule", "Verdict", "clean", "gate", "versions"]
