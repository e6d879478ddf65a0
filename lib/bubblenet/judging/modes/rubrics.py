"""One mode per rubric of bubblenet.prompts.rating; signals are named after the rubric."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging import measure, written
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal, failed, length_parts
from bubblenet.judging.measure import Pair
from bubblenet.judging.ratings import entropy
from bubblenet.prompts import CRITERIA, RATINGS, RATIONALES, text_digest
from bubblenet.prompts.rating import CriteriaTemplate, RatingTemplate, RationaleTemplate

if TYPE_CHECKING:
    from bubblenet.settings import Scoring


def _rate(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known, *, rubric: RatingTemplate) -> list[Measurement]:
    """The rating as a distribution over the label tokens, from one prefill."""
    results = []
    for found in measure.measure_rating(engine, pairs, scoring.max_passage_tokens, rubric):
        if found.probabilities is None or found.expected_score is None:
            results.append(failed(found.error or "no answer", found.prompt_tokens))
            continue
        columns = {"expected_score": found.expected_score, "score_distribution": list(found.probabilities), "format_mass": found.mass}
        signals = {f"{rubric.name}_score": found.expected_score, f"{rubric.name}_entropy": entropy(found.probabilities)}
        results.append(Measurement(columns, signals, found.prompt_tokens))
    return results


def _tick(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known, *, rubric: CriteriaTemplate) -> list[Measurement]:
    """The expected number of points, one per criterion."""
    names = [f"{rubric.name}_{name}" for name, _ in rubric.criteria]
    results = []
    for found in measure.measure_criteria(engine, pairs, scoring.max_passage_tokens, rubric):
        if found.points is None:
            results.append(failed(found.error or "no answer", found.prompt_tokens))
            continue
        points = math.fsum(found.points)
        columns = {"expected_score": points, "score_distribution": list(found.points), "format_mass": found.mass}
        signals = dict(zip(names, found.points, strict=True)) | {f"{rubric.name}_score": points}
        results.append(Measurement(columns, signals, found.prompt_tokens))
    return results


def _reason(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known, *, rubric: RationaleTemplate) -> list[Measurement]:
    """As in the paper: reasons, then a score. Output that cannot be parsed is `unparsable` and has no score."""
    results = []
    for found in written.measure_rationale(engine, pairs, scoring.max_passage_tokens, rubric, scoring.rationale_tokens):
        tokens = (found.prompt_tokens, found.output_tokens)
        if found.error is not None:
            results.append(failed(found.error, found.prompt_tokens))
        elif found.score is None:
            results.append(Measurement({"written": found.text}, {}, *tokens, "unparsable", "the last line is not `Score: n`"))
        else:
            columns = {"expected_score": found.score, "written": found.text}
            results.append(Measurement(columns, {f"{rubric.name}_score": found.score}, *tokens))
    return results


def _prompted(rubric: RatingTemplate | CriteriaTemplate) -> Callable[[Scoring], dict[str, Any]]:
    return lambda scoring: length_parts(scoring) | {"prompt": text_digest(rubric)}


def _written(rubric: RationaleTemplate) -> Callable[[Scoring], dict[str, Any]]:
    return lambda scoring: length_parts(scoring) | {"prompt": text_digest(rubric), "max_new_tokens": scoring.rationale_tokens}


def _rating_mode(rubric: RatingTemplate) -> Mode:
    score = Signal(f"{rubric.name}_score", "rising", f"mean over the levels {rubric.labels[0]} to {rubric.labels[-1]}")
    doubt = Signal(f"{rubric.name}_entropy", "free", "doubt of the judge: entropy of the levels, nats")
    meaning = "the paper's levels (arXiv:2308.06259), read as a distribution off one prefill"
    run = partial(_rate, rubric=rubric)
    return Mode(rubric.name, meaning, (score, doubt), run, _prompted(rubric), asks=("labels",), rating=score.name)


def _criteria_mode(rubric: CriteriaTemplate) -> Mode:
    score = Signal(f"{rubric.name}_score", "rising", "sum of the points")
    points = (Signal(f"{rubric.name}_{name}", "rising", f"probability of the point: {question}") for name, question in rubric.criteria)
    meaning = "one point a criterion (arXiv:2401.10020), each read as Yes or No"
    run = partial(_tick, rubric=rubric)
    return Mode(rubric.name, meaning, (score, *points), run, _prompted(rubric), asks=("labels",), rating=score.name)


def _rationale_mode(rubric: RationaleTemplate) -> Mode:
    score = Signal(f"{rubric.name}_score", "rising", "the level that the judge wrote, 1 to 5")
    meaning = "the paper's way: written reasons and a last line `Score: n`. Any other last line is `unparsable` and has no score"
    run = partial(_reason, rubric=rubric)
    return Mode(rubric.name, meaning, (score,), run, _written(rubric), asks=("generate",), rating=score.name)


MODES = (
    *map(_rating_mode, RATINGS.values()),
    *map(_criteria_mode, CRITERIA.values()),
    *map(_rationale_mode, RATIONALES.values()),
)
