"""The lower bound of quality: Wilson's, by bin of quality, and never lower for more quality."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from bubblenet.judging.calibration import AdditiveModel, QualityModel, shipped, wilson_bound


def model(*bins: tuple[float, float, int]) -> QualityModel:
    figures = {"reliability": [{"quality": quality, "accepted": accepted, "pairs": pairs} for quality, accepted, pairs in bins]}
    curves = {"reverse_gain": {"knots": (0.0, 1.0), "values": (0.0, 1.0)}}
    return QualityModel(intercept=0.0, curves=curves, thresholds={4: 0.5, 5: 0.7}, data={}, figures=figures)


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (30, 40), (10, 10), (1, 1), (299, 300)])
def test_the_bound_is_wilsons(hits, total):
    expected = binomtest(hits, total).proportion_ci(method="wilson").low

    assert wilson_bound(hits / total, total) == pytest.approx(expected, abs=1e-4)


def test_more_quality_has_no_lower_bound():
    steps = model((0.05, 0.1, 100), (0.55, 0.6, 100), (0.95, 1.0, 1)).bounds

    assert [start for start, _ in steps] == [0.0, 0.5, 0.9]
    assert steps[1][1] == steps[2][1] == pytest.approx(0.502, abs=0.001)


def test_a_model_without_figures_of_reliability_has_no_bounds():
    assert model().model_copy(update={"figures": {}}).bounds == ()


def test_the_shipped_calibration_has_bounds_below_its_qualities():
    for calibration in shipped():
        for one in calibration.models.values():
            assert isinstance(one, AdditiveModel)
            assert one.bounds
            assert all(bound < start + 0.2 for start, bound in one.bounds)
