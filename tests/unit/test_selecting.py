"""What the folds of a calibration say of the judge's selection."""

from __future__ import annotations

import pytest

from bubblenet.assessment.assessing import ALL_KINDS
from bubblenet.assessment.selecting import PRECISION, RECALL, selection


def test_precision_and_recall_of_each_origin_and_of_all():
    counts = {"generated": {"chosen": 40, "right": 30, "to_find": 60}, "extracted": {"chosen": 0, "right": 0, "to_find": 20}}

    found = {(row.metric, row.kind): row for row in selection("model:aa", counts, 0.95)}

    assert {key: (row.value, row.num_items) for key, row in found.items()} == {
        (PRECISION, "generated"): (0.75, 40),
        (RECALL, "generated"): (0.5, 60),
        (RECALL, "extracted"): (0.0, 20),
        (PRECISION, ALL_KINDS): (0.75, 40),
        (RECALL, ALL_KINDS): (30 / 80, 80),
    }
    whole = found[PRECISION, "generated"]
    assert (whole.low, whole.high) == (pytest.approx(0.598, abs=0.001), pytest.approx(0.858, abs=0.001))  # Wilson's interval of 30 of 40
