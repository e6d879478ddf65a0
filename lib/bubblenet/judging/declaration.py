"""What a scoring mode declares: its signals, what it needs, and what its results are for.

Whoever fits, judges, ranks or documents asks the declaration; nobody else knows modes or signals by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bubblenet.errors import UndeclaredSignalError
from bubblenet.judging.measure import Pair, ReverseMeasurement, TextMeasurement
from bubblenet.prompts import get_reverse_gain, text_digest

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

# Part of the fingerprint of every mode that asks a model: raise it when the same likelihoods would give other signals.
SIGNALS_VERSION = 1

Ability = Literal["likelihood", "labels", "generate"]
"""What a mode uses of an engine: log-probabilities of a text, a distribution over labels, or a written text."""

Direction = Literal["rising", "falling", "free"]
"""What more of a signal says of a pair: never that it is worse, never that it is better, or nothing is known beforehand."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A number that quality can be made of.

    is_fault: the sign of a rare fault that no other signal sees; a fit gives its weight more freedom.
    """

    name: str
    direction: Direction
    meaning: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one mode says of one pair: columns of `scores`, and its signals by name. reason: why there is none, with detail."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    signals: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    output_tokens: int = 0
    reason: str | None = None
    detail: str | None = None


def failed(error: str, prompt_tokens: int) -> Measurement:
    """Of a pair that the engine could not answer."""
    return Measurement(prompt_tokens=prompt_tokens, reason="engine_error", detail=error)


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured before, and is not asked for again.

    alone: responses without an instruction, by their text. reverse: what the ranking mode measured, by the key of the pair.
    """

    alone: Mapping[str, TextMeasurement] = field(default_factory=dict)
    reverse: Mapping[str, ReverseMeasurement] = field(default_factory=dict)


Run = Callable[[Any, Sequence[Pair], "Scoring", Known], list[Measurement]]
"""(engine, pairs, settings, known) -> measurements in order. The engine is None for a mode that needs no model."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to measure a pair.

    meaning: what it asks, in a line of the documentation. signals: all that it may give; it may give fewer of a pair.
    run: measures pairs. parts: what the results depend on, besides the engine: its fingerprint.
    asks: what it uses of an engine; nothing: it needs none.
    needs_alone: asks for the passage scores. needs_neighbours: asks for the texts beside the response, and for what the ranking mode
    measured of the pair.
    without_closing: leaves out the closing of an instruction; its words are the template's and not the passage's, and would make
    constrained candidates look worse than others.
    ranks_by: the column of `scores` by which the best candidate of a passage is chosen; "" in all modes but one.
    rating: the signal that fills the column `expected_score`; "" in a mode that does not rate.
    """

    name: str
    meaning: str
    signals: tuple[Signal, ...]
    run: Run
    parts: Callable[[Scoring], dict[str, Any]]
    asks: tuple[Ability, ...] = ()
    needs_alone: bool = False
    needs_neighbours: bool = False
    without_closing: bool = False
    ranks_by: str = ""
    rating: str = ""

    def measure(self, engine: Any, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
        """Measure pairs, in order. Raises UndeclaredSignalError where the mode gives a signal that it does not declare."""
        measured = self.run(engine, pairs, scoring, known)
        declared = {signal.name for signal in self.signals}
        if unknown := sorted({name for found in measured for name in found.signals} - declared):
            raise UndeclaredSignalError(
                f"signals that mode {self.name} declares ({', '.join(sorted(declared))})",
                ", ".join(unknown),
                "Declare each with its direction in the mode's `signals`.",
            )
        return measured


def length_parts(scoring: Scoring) -> dict[str, Any]:
    """The parts of every mode that asks a model."""
    return {"max_passage_tokens": scoring.max_passage_tokens, "signals": SIGNALS_VERSION}


def reverse_parts(scoring: Scoring) -> dict[str, Any]:
    """The parts of a mode that uses the request of reverse gain."""
    return length_parts(scoring) | {"prompt": text_digest(get_reverse_gain(scoring.reverse_gain_prompt))}
