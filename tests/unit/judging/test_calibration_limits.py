"""What a calibration file may hold and what its id depends on, at the limits; models by hand, nothing is fitted."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from bubblenet.errors import SettingsError
from bubblenet.judging import calibration
from bubblenet.judging.calibration import Calibration, Curve, QualityModel
from bubblenet.settings import Scoring

RISE = Curve(knots=(0.0, 1.0), values=(0.0, 2.0))


def model(**changes) -> QualityModel:
    parts = {
        "intercept": 0.5,
        "curves": {"reverse_gain": RISE, "forward_gain": RISE},
        "thresholds": {4: 0.5, 5: None},
        "data": {},
        "figures": {},
    }
    return QualityModel.model_validate(parts | changes)


def whole(judge: dict | None = None, **models: QualityModel) -> Calibration:
    judge = judge or calibration.judge_of("digest", ["reverse_gain", "text"], Scoring())
    return Calibration(version=1, judge=judge, labels="0", models=models or {"generated": model(curves={"reverse_gain": RISE})})


def test_one_missing_signal_of_several_leaves_no_quality():
    assert model().quality({"reverse_gain": 1.0, "forward_gain": 1.0}) == pytest.approx(0.989, abs=1e-3)
    assert model().quality({"reverse_gain": 1.0}) is None
    assert model().quality({"forward_gain": 1.0}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"intercept": float("nan")},
        {"intercept": float("inf")},
        {"thresholds": {4: float("nan"), 5: None}},
        {"thresholds": {4: 0.5}},
        {"curves": {}},
        {"more": 1},
    ],
)
def test_a_model_that_is_none_is_refused(changes):
    with pytest.raises(ValidationError):
        model(**changes)


@pytest.mark.parametrize(
    ("knots", "values"),
    [((), ()), ((0.0, 1.0), (0.0,)), ((1.0, 0.0), (0.0, 1.0)), ((0.0, 0.0), (0.0, 1.0)), ((0.0, 1.0), (0.0, float("inf")))],
)
def test_a_curve_that_is_none_is_refused(knots, values):
    with pytest.raises(ValidationError):
        Curve(knots=knots, values=values)


def test_a_curve_of_one_knot_is_constant():
    assert [Curve(knots=(1.0,), values=(3.0,))(place) for place in (0.0, 1.0, 2.0)] == [3.0, 3.0, 3.0]


def test_an_unknown_mode_of_the_judge_is_named_with_the_nearest():
    judge = calibration.judge_of("digest", ["reverse_gain"], Scoring())
    with pytest.raises(ValidationError, match="no mode is called reverse_gian; the nearest is reverse_gain"):
        whole(judge | {"modes": {"reverse_gian": {}}})
    with pytest.raises(ValidationError, match="no signal is called reverse_gian"):
        whole(generated=model(curves={"reverse_gian": RISE}))


def test_the_id_is_of_the_content_and_not_of_the_order_of_keys():
    judge = calibration.judge_of("digest", ["reverse_gain", "text"], Scoring())
    turned = dict(reversed(judge.items()))
    curves = {"reverse_gain": RISE, "forward_gain": Curve(knots=(0.0, 2.0), values=(0.0, 1.0))}

    one = whole(judge, generated=model(curves=curves), extracted=model())
    other = whole(turned, extracted=model(), generated=model(curves=dict(reversed(curves.items()))))

    assert len(one.id) == 16
    assert one.id == other.id
    assert one.id != whole(judge, generated=model(curves=curves)).id
    assert one.id != whole(judge, generated=model(curves=curves, intercept=0.6), extracted=model()).id
    assert one.id == whole(judge, generated=model(curves=curves, figures={"auc": 0.9}), extracted=model()).id
    assert one.id != whole(judge | {"weights": "other"}, generated=model(curves=curves), extracted=model()).id


def test_the_file_is_sorted_one_fact_a_line(tmp_path):
    whole().save(tmp_path / "c.json")

    text = (tmp_path / "c.json").read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"
    assert text.startswith('{\n "judge": {\n  "modes"')
    assert calibration.load(tmp_path / "c.json") == whole()


def test_the_only_model_serves_the_other_origin():
    both = whole(generated=model(), extracted=model(intercept=2.0))
    assert (both.of("generated").intercept, both.of("extracted").intercept) == (0.5, 2.0)
    assert whole(extracted=model(intercept=2.0)).of("generated").intercept == 2.0
    assert both.signal_names == ["forward_gain", "reverse_gain"]


def test_a_file_that_is_missing_or_none_is_named(tmp_path):
    (tmp_path / "c.json").write_text("{}")
    for name in ("c.json", "d.json"):
        with pytest.raises(SettingsError, match=name):
            calibration.load(tmp_path / name)
