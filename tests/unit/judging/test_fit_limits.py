"""What a threshold accepts, what a judge selects, how qualities are binned, and which labels are enough; counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bubblenet.errors import InputError
from bubblenet.judging import fitting
from bubblenet.judging.calibration import Curve, sigmoid
from bubblenet.judging.declaration import Measurement
from bubblenet.judging.fitting import Ramps, SignalTable
from bubblenet.judging.measure import Pair
from bubblenet.judging.pair_files import LabelledPair


@pytest.mark.parametrize(("num_right", "expected"), [(9, None), (10, 0.55)])
def test_a_threshold_accepts_ten_pairs_at_least(num_right: int, expected: float | None) -> None:
    """Of n right pairs in n the bound is n / (n + 1.96 ** 2): 0.70 of 9, 0.72 of 10, and 0.59 of 10 in 11."""
    quality = 1.0 - np.arange(20) / 20
    labels = np.array([1] * num_right + [0] * (20 - num_right))
    assert fitting.threshold(quality, labels, 0.7) == expected


def test_a_threshold_that_just_reaches_the_precision_is_one() -> None:
    """Of the best 12 pairs 9 are right, surely 46.77 %; of the best 13 fewer."""
    quality = 1.0 - np.arange(13) / 16
    labels = np.array([1] * 6 + [0] * 3 + [1] * 3 + [0])
    assert fitting.threshold(quality, labels, 0.4676) == round(1 - 11 / 16, 4)
    assert fitting.threshold(quality, labels, 0.4678) is None


def test_a_threshold_is_the_lowest_one_though_a_higher_one_fails() -> None:
    """Surely right are 49 % after ten pairs, 39 % after twelve, 58 % after twenty."""
    labels = np.array([1] * 8 + [0] * 4 + [1] * 8)
    assert fitting.threshold(1.0 - np.arange(20) / 32, labels, 0.48) == round(1 - 19 / 32, 4)


def test_a_share_that_chance_may_have_made_is_no_threshold() -> None:
    """Half of all 20 are right, the last of them by luck; surely right are 30 % of these, and 52 % of the best eleven."""
    labels = np.array([1] * 9 + [0] * 3 + [0] * 7 + [1])
    quality = 1.0 - np.arange(20) / 32
    assert fitting.threshold(quality, labels, 0.5) == round(1 - 10 / 32, 4)


def test_the_order_of_the_rows_changes_no_threshold() -> None:
    quality, labels = 1.0 - np.arange(20) / 20, np.array([1] * 12 + [0] * 8)
    mixed = np.array([(7 * row) % 20 for row in range(20)])
    assert fitting.threshold(quality[mixed], labels[mixed], 0.75) == fitting.threshold(quality, labels, 0.75) == 0.45


def test_each_fold_is_chosen_from_the_threshold_of_the_others() -> None:
    """Eight pages, a fold each, with a pair of quality 0.9 that is right and one of 0.1 that is not: only with fewer than ten right
    pairs on the other pages is there no threshold. Of 14 in 14 the bound is 0.78."""
    pages = [f"page{row // 4}" for row in range(32)]
    quality, labels = np.array([0.9, 0.9, 0.1, 0.1] * 8), np.array([1, 1, 0, 0] * 8)
    assert fitting.selected(quality, labels, pages, 0.78) == {"chosen": 16, "right": 16, "to_find": 16}
    assert fitting.selected(quality[:16], labels[:16], pages[:16], 0.78) == {"chosen": 0, "right": 0, "to_find": 8}


def test_pairs_that_a_threshold_chose_and_are_wrong_are_counted_as_chosen() -> None:
    """The last page has a wrong pair among the good ones, and a right one that no threshold reaches. 13 in 14: 0.69."""
    pages = [f"page{row // 4}" for row in range(32)]
    quality = np.array([0.9, 0.9, 0.1, 0.1] * 8) - np.arange(32) / 1000
    labels = np.array([1, 1, 0, 0] * 7 + [1, 0, 0, 1])
    assert fitting.selected(quality, labels, pages, 0.68) == {"chosen": 16, "right": 15, "to_find": 16}


def test_a_pair_on_a_limit_is_in_the_bin_above_and_quality_1_in_the_last() -> None:
    bins = fitting.reliability(np.array([0.0, 0.05, 0.5, 0.95, 1.0]), np.array([0, 1, 1, 1, 0]))
    assert bins == [
        {"quality": 0.025, "accepted": 0.5, "pairs": 2},
        {"quality": 0.5, "accepted": 1.0, "pairs": 1},
        {"quality": 0.975, "accepted": 0.5, "pairs": 2},
    ]


def labelled(num_right: int, num_wrong: int, num_pages: int) -> list[LabelledPair]:
    labels = [1] * num_right + [0] * num_wrong
    return [LabelledPair(Pair(f"{row}", "How?", "So."), label, f"page{row % num_pages}", "generated") for row, label in enumerate(labels)]


@pytest.mark.parametrize(("num_right", "num_wrong", "num_pages"), [(19, 30, 4), (30, 19, 4), (20, 20, 3)])
def test_twenty_pairs_of_each_label_on_four_pages_are_needed(num_right: int, num_wrong: int, num_pages: int) -> None:
    fitting.check(labelled(20, 20, 4))
    with pytest.raises(InputError, match="at least 20 generated pairs of each label, of at least 4 pages"):
        fitting.check(labelled(num_right, num_wrong, num_pages))


def test_ramps_rise_between_equal_steps_of_the_quantiles() -> None:
    """Of 0, 1 ... 100 the quantiles 2 %, 50 % and 98 % are 2, 50 and 98."""
    ramps = Ramps.of(np.arange(101.0)[:, None], 3)
    assert ramps.knots[0].tolist() == pytest.approx([2.0, 50.0, 98.0])
    assert ramps(np.array([[0.0], [26.0], [74.0], [100.0]])).tolist() == [[0.0, 0.0], [0.5, 0.0], [1.0, 0.5], [1.0, 1.0]]


def test_a_signal_that_is_nearly_always_0_rises_from_its_smallest_to_its_largest_value() -> None:
    assert Ramps.of(np.array([[0.0]] * 99 + [[7.0]]), 3).knots[0].tolist() == [0.0, 7.0]


def table() -> SignalTable:
    signals = [{"a": 1.0, "b": 2.0}, {"a": 3.0}, {"a": 5.0, "b": 6.0}]
    return SignalTable(signals, [1, 0, 1], ["x", "y", "z"], ["generated", "extracted", "generated"])


def test_the_pairs_of_an_origin_keep_signals_labels_and_pages_together() -> None:
    generated = table().of("generated")
    assert (generated.signals, generated.labels, generated.pages) == ([{"a": 1.0, "b": 2.0}, {"a": 5.0, "b": 6.0}], [1, 1], ["x", "z"])
    assert generated.origins == ["generated", "generated"]


def test_signals_are_chosen_from_those_that_every_pair_has() -> None:
    assert table().choose([]) == ["a"]
    assert table().of("generated").choose([]) == ["a", "b"]
    assert table().of("generated").choose(["b"]) == ["b"]
    with pytest.raises(InputError, match="b"):
        table().choose(["b"])


def test_a_curve_of_one_knot_is_a_constant() -> None:
    curve = Curve(knots=(1.0,), values=(3.0,))
    assert [curve(place) for place in (0.0, 1.0, 2.0)] == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("knots", [(1.0, 1.0), (2.0, 1.0)])
def test_knots_that_do_not_rise_are_refused(knots: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="knots must rise"):
        Curve(knots=knots, values=(0.0, 1.0))
    with pytest.raises(ValueError, match="at least one"):
        Curve(knots=(), values=())


@pytest.mark.parametrize("z", [-3.0, -0.5, 0.0, 0.5, 3.0])
def test_the_logistic_is_one_half_at_0_and_mirrored(z: float) -> None:
    assert sigmoid(z) == pytest.approx(1 / (1 + math.exp(-z)))
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1.0)


@pytest.mark.parametrize(("z", "expected"), [(-1e4, 0.0), (1e4, 1.0)])
def test_the_logistic_does_not_overflow(z: float, expected: float) -> None:
    assert sigmoid(z) == expected


def pair_of(key: str, label: int = 1) -> LabelledPair:
    return LabelledPair(Pair(key, "What?", "That."), label, f"page {key}", "generated")


def test_a_pair_on_which_one_of_its_modes_failed_is_left_out_and_counted() -> None:
    whole = {"one": Measurement(signals={"a": 1.0}), "two": Measurement(signals={"b": 2.0})}
    half = {"one": Measurement(signals={"a": 3.0}), "two": Measurement(reason="engine_error")}
    unrated = {"one": Measurement(signals={"a": 4.0}), "two": Measurement(reason="no_rating")}

    table = fitting.tabulate([pair_of("x"), pair_of("y"), pair_of("z", 0)], [whole, half, unrated])

    assert table.signals == [{"a": 1.0, "b": 2.0}, {"a": 4.0}]
    assert (table.labels, table.pages, table.num_failed) == ([1, 0], ["page x", "page z"], 1)


def test_the_settings_with_the_least_loss_out_of_fold_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qualities are good for three knots and a penalty of 10, bad for all others."""
    labels = np.array([1, 0] * 4)
    tried = []

    def out_of_fold(signals, labels, pages, names, knots, penalty, declared):
        tried.append((knots, penalty))
        return np.where(labels == 1, 0.9, 0.1) if (knots, penalty) == (3, 10.0) else np.full(len(labels), 0.5)

    monkeypatch.setattr(fitting, "out_of_fold", out_of_fold)
    assert fitting.best_settings(np.zeros((8, 1)), labels, ["p"] * 8, ["a"]) == (3, 10.0)
    assert {knots for knots, _ in tried} == {2, 3, 4}
    assert [penalty for knots, penalty in tried if knots == 2] == [1.0, 3.0, 10.0, 30.0, 100.0]


def test_bins_are_told_to_four_decimals() -> None:
    (found,) = fitting.reliability(np.array([0.51234567, 0.51234567, 0.51234567]), np.array([1, 0, 0]))
    assert found == {"quality": 0.5123, "accepted": 0.3333, "pairs": 3}


def test_all_pairs_of_a_page_are_on_one_side_of_eight_folds_at_most() -> None:
    pages = [f"page{row // 2}" for row in range(24)]
    folds = fitting.folds(np.array([0, 1] * 12), pages)
    assert len(folds) == 8
    assert len(fitting.folds(np.array([0, 1] * 12), [f"page{row // 8}" for row in range(24)])) == 3
    for train, test in folds:
        assert not {pages[row] for row in train} & {pages[row] for row in test}
    assert sorted(row for _, test in folds for row in test) == list(range(24))
