"""Geometry of the report's charts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bubblenet.viewing.charts import Axis, bars, curves, histogram, intervals, tick_step

AXIS = Axis(0.0, 1.0, 4, "quality, 0 to 1", (0, 0.5, 1), ((0.5, "grade 4 from 0.5"),))


@pytest.mark.parametrize(("highest", "step"), [(0, 1), (1, 1), (5, 1), (6, 2), (11, 5), (26, 10), (50, 10), (51, 20), (9_000, 2_000)])
def test_ticks_are_round_numbers(highest, step):
    assert tick_step(highest) == step


@given(st.integers(0, 10**12))
def test_there_are_at_most_five_steps(highest):
    assert highest <= 5 * tick_step(highest)


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.lists(st.integers(0, 1000), min_size=4, max_size=4))
def test_stacked_columns_stay_inside_the_axes_and_lose_nothing(accepted, rejected):
    chart = histogram({"accepted": dict(enumerate(accepted)), "rejected": dict(enumerate(rejected))}, AXIS)
    assert chart.total == sum(accepted) + sum(rejected)
    assert len(chart.boxes) == sum(1 for count in accepted + rejected if count)
    for box in chart.boxes:
        assert chart.left <= box.x < box.x + box.width <= chart.right
        assert box.y >= chart.top - 1e-6
        assert box.y + box.height <= chart.bottom + 1e-6


def test_a_column_is_as_high_as_its_count_and_says_its_range():
    chart = histogram({"accepted": {1: 5}, "rejected": {1: 5}}, AXIS)
    accepted, rejected = chart.boxes
    assert accepted.height == pytest.approx(rejected.height)
    assert rejected.y + rejected.height == pytest.approx(accepted.y)
    assert accepted.title == "0.25 to 0.5: 5 accepted"
    assert chart.y_ticks[-1].label == "10"
    assert chart.y_ticks[-1].position == pytest.approx(chart.top)


def test_thresholds_lie_at_their_value():
    (mark,) = histogram({"accepted": {0: 1}}, AXIS).thresholds
    assert mark.position == pytest.approx(AXIS.place(0.5))


def test_bars_are_measured_against_the_longest():
    first, second = bars([("documents", 10, ""), ("passages", 40, "of them")])
    assert (first.share, second.share) == (0.25, 1.0)
    assert bars([("none", 0, "")])[0].share == 0.0


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS).map(sorted), min_size=1, max_size=6))
def test_intervals_and_zero_lie_inside_the_axis(found):
    plot = intervals([(f"M{place}", *numbers) for place, numbers in enumerate(found)], "gain")
    assert [whisker.label for whisker in plot.whiskers] == [f"M{place}" for place in range(len(found))]
    zero = next(tick.position for tick in plot.x_ticks if float(tick.label.replace(",", "")) == 0)
    for whisker in plot.whiskers:
        assert plot.left - 1e-6 <= whisker.low <= whisker.value <= whisker.high <= plot.right + 1e-6
        assert plot.top < whisker.y < plot.bottom
    for whisker, (low, _, high) in zip(plot.whiskers, found, strict=True):
        assert (whisker.low < zero - 1e-6) <= (low < 0)
        assert (whisker.high > zero + 1e-6) <= (high > 0)


def test_a_curve_goes_down_the_drawing_as_its_numbers_rise():
    plot = curves({"M0": [(0, 4.0), (1000, 3.0)], "M1": [(0, 4.5)]}, "tokens", "loss")
    (x0, y0), (x1, y1) = (tuple(map(float, point.split(","))) for point in plot.lines[0].points.split())
    assert (x0, y0 < y1) == (plot.left, True)
    assert x1 <= plot.right
    assert [line.label for line in plot.lines] == ["M0", "M1"]
    assert {tick.label for tick in plot.x_ticks} >= {"0", "1,000"}


def test_equal_numbers_and_none_at_all_can_be_drawn():
    assert curves({"M0": [(5, 2.0), (5, 2.0)]}, "tokens", "loss").lines
    assert not curves({}, "tokens", "loss").lines
