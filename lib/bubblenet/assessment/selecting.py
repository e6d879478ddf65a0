"""Precision and recall of a judge's selection: of the pairs that its calibration would accept, on labelled pairs of unseen pages.

Both the curves and the threshold of a fold were fitted without the pairs of its pages (bubblenet.judging.fitting).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.assessment.assessing import ALL_KINDS, Estimate
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.tables import EVALUATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bubblenet.judging.calibration import Calibration
    from bubblenet.kernel.context import Context

PRECISION, RECALL = "curation_precision", "curation_recall"


def record_selection(context: Context, judge: str, calibration: Calibration) -> None:
    """Append a calibration's cross-validated selection figures to `evaluations`, by origin and overall, unless already there."""
    grade = str(context.settings.export.min_grade)
    counts: dict[str, dict[str, int]] = {origin: model.figures["selected"][grade] for origin, model in calibration.models.items()}
    fingerprint = Fingerprint({"calibration": calibration.id, "grade": grade, "counts": counts}).id
    known = context.warehouse.read(EVALUATIONS).where((F.col("model") == judge) & (F.col("fingerprint") == fingerprint))
    if not known.isEmpty():
        return
    estimates = selection(judge, counts, context.settings.assessment.confidence)
    rest = {"direction": "forward", "fingerprint": fingerprint, "run_id": context.run_id, "created_at": datetime.now(UTC)}
    empty = dict.fromkeys(EVALUATIONS.column_names)
    rows = [empty | asdict(estimate) | rest for estimate in estimates]
    context.warehouse.append_rows(EVALUATIONS, rows, {"run": context.run_id, "calibration": calibration.id})


def selection(judge: str, counts: Mapping[str, Mapping[str, int]], confidence: float) -> list[Estimate]:
    """Precision and recall with Wilson intervals, by kind and overall; no precision for a kind without selected pairs.

    counts: by kind, the number of pairs selected (`chosen`), of those that are correct (`right`), and of all correct ones (`to_find`).
    """
    everything = {name: sum(of_kind[name] for of_kind in counts.values()) for name in ("chosen", "right", "to_find")}
    return [
        _estimate(judge, metric, kind, found["right"], total, confidence)
        for kind, found in {**counts, ALL_KINDS: everything}.items()
        for metric, total in ((PRECISION, found["chosen"]), (RECALL, found["to_find"]))
        if total
    ]


def _estimate(judge: str, metric: str, kind: str, hits: int, total: int, confidence: float) -> Estimate:
    from scipy.stats import binomtest

    low, high = binomtest(hits, total).proportion_ci(confidence, method="wilson")
    return Estimate(judge, None, metric, kind, None, total, hits / total, float(low), float(high))
