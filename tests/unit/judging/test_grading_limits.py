"""Grades from numbers, at the limits: which threshold counts, what is missing, the documented rule by hand."""

from __future__ import annotations

from math import exp

import pytest

from bubblenet.judging.calibration import Calibration, Curve, QualityModel
from bubblenet.judging.grading import Grader
from bubblenet.judging.modes import MODES
from bubblenet.settings import Curation

RISE = Curve(knots=(0.0, 1.0), values=(0.0, 2.0))


def calibration(five: float | None = 0.8) -> Calibration:
    model = QualityModel(intercept=0.0, curves={"reverse_gain": RISE}, thresholds={4: 0.6, 5: five}, data={}, figures={})
    return Calibration(version=1, judge={"weights": "w", "modes": {"reverse_gain": {}}}, labels="0", models={"generated": model})


def grader(rating: str | None = None, calibrated: Calibration | None = None, **curation) -> Grader:
    return Grader(Curation(**curation), rating, calibrated)


def test_a_language_of_the_settings_comes_first_then_the_setting_then_the_calibration():
    known = grader(calibrated=calibration(), grade_5=0.9, language_grades={"de": (0.7, 0.3)})
    assert [known.threshold(grade, "generated", "de") for grade in (5, 4)] == [0.7, 0.3]
    assert [known.threshold(grade, "generated", "fr") for grade in (5, 4)] == [0.9, 0.6]
    assert [grader(calibrated=calibration()).threshold(grade, "generated") for grade in (5, 4)] == [0.8, 0.6]
    assert grader(calibrated=calibration(), grade_5=0.0).threshold(5, "generated") == 0.0


def test_a_precision_that_is_never_reached_gives_no_grade_5():
    never = grader(calibrated=calibration(five=None))
    assert never.threshold(5, "generated") > 1
    assert [never.grade(quality, "generated") for quality in (1.0, 0.6, 0.59, None)] == [4, 4, None, None]


def test_a_grade_begins_at_its_threshold():
    known = grader(calibrated=calibration())
    assert [known.grade(quality, "generated") for quality in (0.8, 0.7999, 0.6, 0.5999)] == [5, 4, 4, None]


def test_the_documented_rule_is_the_logistic_of_the_weighted_signals():
    rule = grader(intercept=-1.0, intercept_generated=0.5, weight_reverse_gain=2.0, weight_forward_gain=3.0, weight_expected_score=0.0)
    signals = {"reverse_gain": 0.25, "forward_gain": -0.5}
    assert rule.quality(signals, "generated") == pytest.approx(1 / (1 + exp(-(0.5 + 0.5 - 1.5))))
    assert rule.quality(signals, "extracted") == pytest.approx(1 / (1 + exp(-(-1.0 + 0.5 - 1.5))))
    assert rule.signal_names() == ["reverse_gain", "forward_gain"]


@pytest.mark.parametrize("missing", ["reverse_gain", "forward_gain"])
def test_a_missing_signal_leaves_no_quality(missing):
    signals = {"reverse_gain": 0.25, "forward_gain": -0.5}
    assert grader().quality({name: value for name, value in signals.items() if name != missing}, "generated") is None
    assert grader().quality(signals, "generated") is not None
    assert grader(calibrated=calibration()).quality({"forward_gain": 1.0}, "generated") is None
    assert grader(calibrated=calibration()).quality({"reverse_gain": 0.5}, "generated") == pytest.approx(1 / (1 + exp(-1.0)))


def test_a_rating_counts_from_the_middle_of_its_scale_where_a_mode_gives_one():
    rating = next(name for name, mode in MODES.items() if mode.rating)
    rated = grader(rating, weight_expected_score=2.0, intercept_generated=0.0, weight_reverse_gain=0.0, weight_forward_gain=0.0)
    (name,) = set(rated.signal_names()) - {"reverse_gain", "forward_gain"}
    signals = {"reverse_gain": 0.0, "forward_gain": 0.0, name: 4.0}
    assert rated.quality(signals, "generated") == pytest.approx(1 / (1 + exp(-2.0)))
    assert rated.quality(signals | {name: 3.0}, "generated") == pytest.approx(0.5)
    assert rated.quality({"reverse_gain": 0.0, "forward_gain": 0.0}, "generated") is None
    unweighted = grader(rating, weight_expected_score=0.0)
    assert name not in unweighted.signal_names()
