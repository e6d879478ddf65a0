"""The declaration of a scoring mode: its signals, its inputs, and the use of its results.

Fitting, judging, ranking and documentation use the declaration; no other code knows modes or signals by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bubblenet.errors import UndeclaredSignalError
from bubblenet.judging.measure import Pair, ReverseMeasurement, TextMeasurement
from bubblenet.prompts import get_reverse_gain, text_digest

if TYPE_CHECKING:
    from bubblenet.engines.protocol import Ability, EngineSpec
    from bubblenet.settings import Scoring

# Part of the fingerprint of every mode that uses a model: raise it when the same likelihoods would give different signals.
SIGNALS_VERSION = 1

Direction = Literal["rising", "falling", "free"]
"""The effect of a larger signal on quality: never lower, never higher, or unknown."""


@dataclass(frozen=True, slots=True)
class Signal:
    """An input of the quality model.

    is_fault: indicates a rare fault that no other signal detects; its weight is penalised less.
    """

    name: str
    direction: Direction
    meaning: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of one mode for one pair: columns of `scores`, and signals by name. reason, detail: why there is none."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    signals: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    output_tokens: int = 0
    reason: str | None = None
    detail: str | None = None


def failed(error: str, prompt_tokens: int) -> Measurement:
    """The result for a pair on which the engine failed."""
    return Measurement(prompt_tokens=prompt_tokens, reason="engine_error", detail=error)


@dataclass(frozen=True, slots=True)
class BothLikelihoods:
    """log p(y|x), in nats, by the judge and by the starting model. num_tokens: of y, as the judge counts them."""

    by_judge: float
    by_start: float
    num_tokens: int


@dataclass(frozen=True, slots=True)
class Known:
    """Earlier measurements, which are not repeated.

    alone: responses without an instruction, by text. reverse: measurements of the ranking mode, by key of the pair. both: of mode
    `likelihood` by two models, by key of the pair.
    """

    alone: Mapping[str, TextMeasurement] = field(default_factory=dict)
    reverse: Mapping[str, ReverseMeasurement] = field(default_factory=dict)
    both: Mapping[str, BothLikelihoods] = field(default_factory=dict)


Run = Callable[[Any, Sequence[Pair], "Scoring", Known], list[Measurement]]
"""(engine, pairs, settings, known) -> measurements in order. The engine is None for a mode without a model."""


def _nothing_to_check(spec: EngineSpec, scoring: Scoring) -> None:
    """Most modes work with every engine that has what they ask of it."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to measure a pair.

    meaning: one line for the documentation. signals: all that it can give; a pair may get fewer.
    run: measures pairs. parts: the parts of its fingerprint, besides the engine.
    asks: the abilities of an engine that it uses; empty: it needs no engine.
    needs_alone: needs the passage scores. needs_neighbours: needs the neighbours of the response, and the pair's measurements by the
    ranking mode.
    compares: the mode of which it compares column `log_likelihood` by the judge and by the starting model, of pairs in tables; "" in most.
    without_closing: drops the closing of an instruction; its words come from the template, not from the passage, and would make constrained
    candidates look worse than others.
    ranks_by: the column of `scores` that ranks the candidates of a passage; "" in all modes but one.
    parts_of: parts of the fingerprint that matter to some of the signals alone: part -> signals. A calibration that uses none of these was
    fitted on the same numbers, whatever the part.
    rating: the signal that fills column `expected_score`; "" in a mode without ratings.
    check: raises where the mode cannot work with the engine of a spec; called before any work.
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
    compares: str = ""
    ranks_by: str = ""
    rating: str = ""
    parts_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    check: Callable[[EngineSpec, Scoring], None] = _nothing_to_check

    def measure(self, engine: Any, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
        """Measure pairs, in order. Raises UndeclaredSignalError if the mode gives a signal that it does not declare."""
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
    """The fingerprint parts of every mode that uses a model."""
    return {"max_passage_tokens": scoring.max_passage_tokens, "signals": SIGNALS_VERSION}


def reverse_parts(scoring: Scoring) -> dict[str, Any]:
    """The fingerprint parts of a mode that uses the reverse gain prompt."""
    return length_parts(scoring) | {"prompt": text_digest(get_reverse_gain(scoring.reverse_gain_prompt))}
