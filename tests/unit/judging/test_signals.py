"""Numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from bubblenet.judging.likelihood import forward_gain, instruction_following_difficulty, reverse_gain
from bubblenet.judging.ratings import entropy, expected_score


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
