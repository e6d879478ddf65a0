"""Numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from bubblenet.judging.likelihood import (
    MIN_END,
    contrast_signals,
    forward_gain,
    forward_signals,
    instruction_following_difficulty,
    reverse_gain,
    reverse_signals,
)
from bubblenet.judging.ratings import entropy, expected_score, parse_score


def test_the_expected_score_is_the_mean_of_the_distribution():
    assert expected_score((0.1, 0.2, 0.3, 0.4, 0.0), (1.0, 2.0, 3.0, 4.0, 5.0)) == pytest.approx(3.0)
    with pytest.raises(ValueError, match="zip"):
        expected_score((1.0,), (1.0, 2.0))


def test_entropy_is_zero_when_sure_and_largest_when_undecided():
    assert entropy((0.0, 1.0, 0.0)) == 0.0
    assert entropy((0.2,) * 5) == pytest.approx(math.log(5))


def test_gains_are_differences_per_token():
    assert forward_gain(-40.0, -50.0, 20) == pytest.approx(0.5)
    assert reverse_gain(-12.0, -20.0, 4) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="at least one token"):
        reverse_gain(-1.0, -2.0, 0)


def test_difficulty_is_the_ratio_of_perplexities():
    given, alone, tokens = -40.0, -50.0, 20
    ratio = math.exp(-given / tokens) / math.exp(-alone / tokens)
    assert instruction_following_difficulty(forward_gain(given, alone, tokens)) == pytest.approx(ratio)
    assert instruction_following_difficulty(0.0) == 1.0


def test_reverse_signals_by_hand():
    signals = reverse_signals(given=(-1.0, -2.0, -1.0, -4.0), alone=(-2.0, -5.0, -1.0, -4.0))
    assert signals["reverse_gain"] == pytest.approx(4.0 / 4)
    assert signals["reverse_gain_root"] == pytest.approx(4.0 / 2)
    assert signals["reverse_gain_share"] == pytest.approx(4.0 / 12)
    assert signals["reverse_gain_rare"] == pytest.approx((3.0 + 0.0) / 2)  # the tokens at -5 and at -4
    assert signals["reverse_gain_best"] == pytest.approx((0.0 + 1.0 + 3.0) / 3)
    assert signals["instruction_surprise"] == pytest.approx(2.0)


def test_forward_signals_by_hand():
    given, alone = [-1.0] * 16 + [-2.0] * 16, [-2.0] * 32
    signals = forward_signals(given, alone, end=-3.0)
    assert signals["forward_gain"] == pytest.approx(0.5)
    assert signals["forward_gain_16"] == pytest.approx(1.0)
    assert signals["forward_gain_64"] == pytest.approx(0.5)
    assert signals["forward_gain_best"] == pytest.approx(1.0)
    assert signals["response_surprise"] == pytest.approx(2.0)
    assert [forward_signals(given, alone, end)["end"] for end in (-3.0, -99.0, None)] == [-3.0, MIN_END, 0.0]


def test_contrast_is_the_margin_over_the_best_neighbour_or_over_nothing():
    signals = contrast_signals((8.0, 2.0, 6.0), surprise=20.0, num_tokens=4)
    assert signals["contrast"] == pytest.approx(0.5)
    assert signals["contrast_root"] == pytest.approx(1.0)
    assert signals["contrast_share"] == pytest.approx(0.1)
    assert signals["contrast_mean"] == pytest.approx(2.0)
    assert contrast_signals((8.0, -5.0), 20.0, 4)["contrast"] == contrast_signals((8.0,), 20.0, 4)["contrast"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("It fits.\nScore: 4", 4),
        ("Score: 5.\n\n", 5),
        ("Score:1", 1),
        ("Score: 4 of 5", None),
        ("Score: 6", None),
        ("Score: 3\nI hope that helps!", None),
        ("The score is 4", None),
        ("score: 4", None),
        ("", None),
    ],
)
def test_a_score_is_read_from_its_line_alone(text, score):
    assert parse_score(text) == score
