"""How well a judge selects: precision and recall of curation on labelled pairs, of pages that the fit of its calibration has not seen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bubblenet.evaluation.assessing import ALL_KINDS, Estimate
from bubblenet.tables import EVALUATIONS

if TYPE_CHECKING:
    from bubblenet.context import Context
    from bubblenet.judging.calibration import Calibration

PRECISION, RECALL = "curation_precision", "curation_recall"


def record_selection(context: Context, judge: str, calibration: Calibration) -> list[Estimate]:
    """Add what the folds of a calibration say of its judge to `evaluations`: of pairs of each origin, and of all."""
    estimates = selection(context, judge, calibration)
    rest = {"direction": "forward", "fingerprint": calibration.id, "run_id": context.run_id, "created_at": datetime.now(UTC)}
    empty = dict.fromkeys(EVALUATIONS.column_names)
    rows = [empty | asdict(estimate) | rest for estimate in estimates]
    if rows:
        frame = context.spark.createDataFrame(rows, EVALUATIONS.ddl).coalesce(1)
        context.warehouse.append(frame, EVALUATIONS, {"run": context.run_id, "calibration": calibration.id})
    return estimates


def selection(context: Context, judge: str, calibration: Calibration) -> list[Estimate]:
    """Precision and recall of the pairs of export.min_grade, with Wilson's interval; no precision where no pair was accepted."""
    grade, confidence = str(context.settings.export.min_grade), context.settings.assessment.confidence
    counts: dict[str, dict[str, int]] = {origin: model.figures["accepted"][grade] for origin, model in calibration.models.items()}
    counts |= {ALL_KINDS: {name: sum(of_origin[name] for of_origin in counts.values()) for name in ("accepted", "right", "to_find")}}
    estimates = []
    for kind, found in counts.items():
        for metric, total in ((PRECISION, found["accepted"]), (RECALL, found["to_find"])):
            if total:
                estimates.append(_estimate(judge, metric, kind, found["right"], total, confidence))
    return estimates


def _estimate(judge: str, metric: str, kind: str, hits: int, total: int, confidence: float) -> Estimate:
    from scipy.stats import binomtest

    low, high = binomtest(hits, total).proportion_ci(confidence, method="wilson")
    return Estimate(judge, None, metric, kind, total, hits / total, float(low), float(high))
