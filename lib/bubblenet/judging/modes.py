"""The modes in which a pair is measured. Each has rows of its own in `scores`, under its own fingerprint, so that modes stand side by side.

`scoring.modes` says which run; mode by mode, the price is the tokens in its rows. The signals of all modes together are what a calibration
makes `quality` of (bubblenet.judging.calibration).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging import likelihood, measure, written
from bubblenet.judging.contrast import measure_contrast
from bubblenet.judging.measure import Pair, ReverseMeasurement, TextMeasurement
from bubblenet.judging.ratings import entropy
from bubblenet.judging.text_signals import TEXT_SIGNALS_VERSION, text_contrast, text_signals
from bubblenet.prompts import CRITERIA, RATINGS, RATIONALES, get_reverse_gain, text_digest
from bubblenet.prompts.rating import CriteriaTemplate, RatingTemplate, RationaleTemplate

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

# Part of every fingerprint of a mode: raise it when the same likelihoods would give other signals.
SIGNALS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one mode says of one pair: columns of `scores`, and its signals by name. reason: why there is none, with detail."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    signals: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    output_tokens: int = 0
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured before, and is not asked for again: of responses without an instruction, by their text; reverse gains, by pair."""

    alone: Mapping[str, TextMeasurement] = field(default_factory=dict)
    reverse: Mapping[str, ReverseMeasurement] = field(default_factory=dict)


Measure = Callable[[Any, Sequence[Pair], "Scoring", Known], list[Measurement]]
"""(engine, pairs, settings, known) -> measurements in order. The engine is None for a mode that needs no model."""


@dataclass(frozen=True, slots=True)
class Mode:
    """measure: answers pairs in order. parts: what its result depends on, besides the engine.

    asks: what it uses of an engine (`generate`, `labels`, `likelihood`); nothing: it needs none. needs_alone: asks for the passage scores.
    needs_neighbours: asks for the texts beside the response, and for the reverse gain. without_closing: leaves out the closing of an
    instruction; its words are the template's and not the passage's, and would make constrained candidates look worse than others.
    """

    measure: Measure
    parts: Callable[[Scoring], dict[str, Any]]
    asks: tuple[str, ...] = ("likelihood",)
    needs_alone: bool = False
    needs_neighbours: bool = False
    without_closing: bool = False


def _failed(error: str, prompt_tokens: int) -> Measurement:
    return Measurement(prompt_tokens=prompt_tokens, reason="engine_error", detail=error)


def _text(engine: None, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    return [Measurement(signals=text_signals(pair.instruction, pair.response)) for pair in pairs]


def _reverse_gain(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    """log p(instruction | response) - log p(instruction)."""
    template = get_reverse_gain(scoring.reverse_gain_prompt)
    results = []
    for found in measure.measure_reverse(engine, pairs, scoring.max_passage_tokens, template):
        if found.error is not None or found.log_probability is None or found.log_probability_alone is None:
            results.append(_failed(found.error or "no answer", found.prompt_tokens))
            continue
        gain = likelihood.reverse_gain(found.log_probability, found.log_probability_alone, found.num_tokens)
        columns = {"log_likelihood": found.log_probability, "num_tokens": found.num_tokens, "reverse_gain": gain}
        results.append(Measurement(columns, likelihood.reverse_signals(found.tokens, found.tokens_alone), found.prompt_tokens))
    return results


def _contrast(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    """Whether the instruction belongs to this response rather than to what stands beside it on the page."""
    template = get_reverse_gain(scoring.reverse_gain_prompt)
    results = []
    for pair, found in zip(pairs, measure_contrast(engine, pairs, known.reverse, scoring.max_passage_tokens, template), strict=True):
        if found.gains is None:
            results.append(_failed(found.error or "no answer", found.prompt_tokens))
            continue
        signals = likelihood.contrast_signals(found.gains, found.surprise, found.num_tokens)
        signals |= text_contrast(pair.instruction, pair.response, pair.neighbours)
        results.append(Measurement({"num_tokens": found.num_tokens}, signals, found.prompt_tokens))
    return results


def _likelihood(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    """log p(response | instruction); with the response's own log p it gives forward gain and IFD."""
    results = []
    for pair, found in zip(pairs, measure.measure_forward(engine, pairs, scoring.max_passage_tokens), strict=True):
        base = known.alone[pair.response]
        if found.log_probability is None or base.log_probability is None:
            results.append(_failed(found.error or base.error or "no answer", found.prompt_tokens))
            continue
        gain = likelihood.forward_gain(found.log_probability, base.log_probability, found.num_tokens)
        columns = {
            "log_likelihood": found.log_probability,
            "num_tokens": found.num_tokens,
            "forward_gain": gain,
            "instruction_following_difficulty": likelihood.instruction_following_difficulty(gain),
        }
        signals = likelihood.forward_signals(found.tokens, base.tokens, found.end_log_probability)
        results.append(Measurement(columns, signals, found.prompt_tokens))
    return results


def _rating(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known, *, rubric: RatingTemplate) -> list[Measurement]:
    """The rating as a distribution over the label tokens of one prefill."""
    results = []
    for found in measure.measure_rating(engine, pairs, scoring.max_passage_tokens, rubric):
        if found.probabilities is None or found.expected_score is None:
            results.append(_failed(found.error or "no answer", found.prompt_tokens))
            continue
        columns = {"expected_score": found.expected_score, "score_distribution": list(found.probabilities), "format_mass": found.mass}
        signals = {f"{rubric.name}_score": found.expected_score, f"{rubric.name}_entropy": entropy(found.probabilities)}
        results.append(Measurement(columns, signals, found.prompt_tokens))
    return results


def _criteria(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known, *, rubric: CriteriaTemplate) -> list[Measurement]:
    """The expected number of points, one for each criterion."""
    names = [f"{rubric.name}_{name}" for name, _ in rubric.criteria]
    results = []
    for found in measure.measure_criteria(engine, pairs, scoring.max_passage_tokens, rubric):
        if found.points is None:
            results.append(_failed(found.error or "no answer", found.prompt_tokens))
            continue
        points = math.fsum(found.points)
        columns = {"expected_score": points, "score_distribution": list(found.points), "format_mass": found.mass}
        signals = dict(zip(names, found.points, strict=True)) | {f"{rubric.name}_score": points}
        results.append(Measurement(columns, signals, found.prompt_tokens))
    return results


def _rationale(
    engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known, *, rubric: RationaleTemplate
) -> list[Measurement]:
    """The paper's way: reasons, then a score. What cannot be read is `unparsable`, and has no score."""
    results = []
    for found in written.measure_rationale(engine, pairs, scoring.max_passage_tokens, rubric, scoring.rationale_tokens):
        tokens = (found.prompt_tokens, found.output_tokens)
        if found.error is not None:
            results.append(_failed(found.error, found.prompt_tokens))
        elif found.score is None:
            results.append(Measurement({"written": found.text}, {}, *tokens, "unparsable", "the last line is not `Score: n`"))
        else:
            columns = {"expected_score": found.score, "written": found.text}
            results.append(Measurement(columns, {f"{rubric.name}_score": found.score}, *tokens))
    return results


def _cycle(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    """How like the instruction is to the one that the judge would write for the response."""
    template = get_reverse_gain(scoring.reverse_gain_prompt)
    results = []
    for found in written.measure_cycle(engine, pairs, scoring.max_passage_tokens, template, scoring.cycle_tokens):
        if found.score is None:
            results.append(_failed(found.error or "no answer", found.prompt_tokens))
            continue
        results.append(Measurement({"written": found.text}, {"cycle": found.score}, found.prompt_tokens, found.output_tokens))
    return results


def _no_model(scoring: Scoring) -> dict[str, Any]:
    return {"text": TEXT_SIGNALS_VERSION}


def _length(scoring: Scoring) -> dict[str, Any]:
    return {"max_passage_tokens": scoring.max_passage_tokens, "signals": SIGNALS_VERSION}


def _asking(scoring: Scoring) -> dict[str, Any]:
    return _length(scoring) | {"prompt": text_digest(get_reverse_gain(scoring.reverse_gain_prompt))}


def _contrasting(scoring: Scoring) -> dict[str, Any]:
    return _asking(scoring) | {"neighbours": scoring.neighbours, "text": TEXT_SIGNALS_VERSION}


def _regenerating(scoring: Scoring) -> dict[str, Any]:
    return _asking(scoring) | {"max_new_tokens": scoring.cycle_tokens, "text": TEXT_SIGNALS_VERSION}


def _prompted(template: RatingTemplate | CriteriaTemplate) -> Callable[[Scoring], dict[str, Any]]:
    return lambda scoring: _length(scoring) | {"prompt": text_digest(template)}


def _written(template: RationaleTemplate) -> Callable[[Scoring], dict[str, Any]]:
    return lambda scoring: _length(scoring) | {"prompt": text_digest(template), "max_new_tokens": scoring.rationale_tokens}


MODES: dict[str, Mode] = (
    {
        "text": Mode(_text, _no_model, asks=()),
        "reverse_gain": Mode(_reverse_gain, _asking, without_closing=True),
        "likelihood": Mode(_likelihood, _length, needs_alone=True),
        "contrast": Mode(_contrast, _contrasting, needs_neighbours=True, without_closing=True),
    }
    | {name: Mode(partial(_rating, rubric=template), _prompted(template), asks=("labels",)) for name, template in RATINGS.items()}
    | {name: Mode(partial(_criteria, rubric=template), _prompted(template), asks=("labels",)) for name, template in CRITERIA.items()}
    | {name: Mode(partial(_rationale, rubric=template), _written(template), asks=("generate",)) for name, template in RATIONALES.items()}
    | {"cycle": Mode(_cycle, _regenerating, asks=("generate",))}
)
"""Every mode by name, the cheap ones first."""


def reverse_of(key: str, columns: Mapping[str, Any]) -> ReverseMeasurement:
    """The reverse measurement that columns of mode reverse_gain stand for; one with an error where there is none."""
    if columns.get("reverse_gain") is None:
        return ReverseMeasurement(key, None, None, 0, 0, "no reverse gain")
    given, num_tokens = columns["log_likelihood"], columns["num_tokens"]
    return ReverseMeasurement(key, given, given - num_tokens * columns["reverse_gain"], num_tokens, 0, None)


def rating_mode(names: Sequence[str]) -> str | None:
    """The first of the modes that gives an expected score; None where none does."""
    return next((name for name in names if name in RATINGS or name in CRITERIA or name in RATIONALES), None)
