"""Signals of words and of log-probabilities, where a count, a window or a limit decides; all numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from bubblenet.judging.likelihood import contrast_signals, forward_signals, reverse_gain, reverse_signals
from bubblenet.judging.text_signals import likeness, text_contrast, text_signals


def signal(name: str, instruction: str, response: str) -> float:
    return text_signals(instruction, response)[name]


@pytest.mark.parametrize(("word", "expected"), [("stored", 1.0), ("storing", 0.0)])
def test_words_are_the_same_from_five_equal_characters(word: str, expected: float) -> None:
    assert signal("word_overlap", "Why stores?", f"It is {word}.") == expected


@pytest.mark.parametrize(("num_before", "expected"), [(245, 1.0), (246, 0.0)])
def test_an_answer_opens_with_its_first_250_characters(num_before: int, expected: float) -> None:
    response = "x" * (num_before - 1) + " honey."
    assert signal("opening_overlap", "Why honey?", response) == expected
    assert signal("word_overlap", "Why honey?", response) == 1.0
    assert text_contrast("Why honey?", response, [])["opening_contrast"] == expected


def test_the_density_of_terms_counts_each_term_once_and_all_its_occurrences() -> None:
    """`honey` twice and `wax` once among eight words."""
    assert signal("term_density", "Why honey, honey, wax?", "Honey and wax, or honey and a comb.") == pytest.approx(3 / 8)
    assert signal("term_frequency", "Why honey, honey, wax?", "Honey and wax, or honey and a comb.") == pytest.approx(
        (2 * math.log(3) + math.log(2)) / 3
    )


def test_a_phrase_is_two_words_of_which_one_has_substance() -> None:
    """Of `why do`, `do bees`, `bees make`, `make honey` the first says nothing; `bees make` is in the response."""
    assert signal("phrase_overlap", "Why do bees make honey?", "All bees make wax.") == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("response", "expected"), [("see bees make honey here", 0.0), ("see bees make honey out of nectar", 1.0), ("bees make honey out", 0.0)]
)
def test_copied_is_a_run_of_five_words(response: str, expected: float) -> None:
    assert signal("copied_share", "bees make honey out of", response) == expected


def test_half_of_the_runs_may_be_copied() -> None:
    assert signal("copied_share", "bees make honey out of wax", "bees make honey out of nectar") == 0.5


@pytest.mark.parametrize(("num", "expected"), [(7, 7.0), (8, 8.0), (9, 8.0)])
def test_content_words_are_counted_up_to_eight(num: int, expected: float) -> None:
    assert signal("content_words", " ".join(f"honey{number}" for number in range(num)), "x") == expected


def test_a_single_letter_has_no_substance() -> None:
    assert signal("content_words", "Why x y zz?", "x") == 1.0


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [("Why? ", 1.0), ("\u4f55\u6545\uff1f", 1.0), ("\u0644\u0645\u0627\u0630\u0627\u061f", 1.0), ("Why? Say.", 0.0)],
)
def test_an_instruction_asks_by_its_last_mark(instruction: str, expected: float) -> None:
    assert signal("asks", instruction, "x") == expected


def test_the_length_of_a_response_is_the_logarithm_of_its_words_and_one() -> None:
    assert signal("log_response_words", "Why?", "one two three") == pytest.approx(math.log(4))


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("Intro\n- one", 0.0),  # one item may be a remark
        ("Intro\n- one\n- two", 1.0),
        ("- one\n- two\nand\nthen\nit", 0.0),  # of the last four lines one is an item
        ("- one\n- two\nand\nthen", 1.0),
        ("1. one\n2) two", 1.0),
    ],
)
def test_a_list_ends_whole_when_two_of_the_last_four_lines_are_items(response: str, expected: float) -> None:
    assert signal("ends_whole", "Why?", response) == expected


GERMAN = "Die Bienen sammeln im Sommer den Nektar der Bl\u00fcten und machen daraus in ihrem Stock den Honig f\u00fcr den Winter."
ENGLISH = "In summer the bees gather the nectar of the flowers, and make honey for the winter out of it inside of their hive."


def test_four_words_tell_the_language_of_an_instruction() -> None:
    assert signal("other_language", "Warum schl\u00e4ft meine K\u00f6nigin?", ENGLISH) == 1.0
    assert signal("other_language", "Warum schl\u00e4ft K\u00f6nigin?", ENGLISH) == 0.0
    assert signal("other_language", "Warum schl\u00e4ft meine K\u00f6nigin?", GERMAN) == 0.0
    assert signal("other_language", "Warum schl\u00e4ft meine K\u00f6nigin?", "12 34") == 0.0  # nothing is known of it


def test_personal_words_are_counted_in_the_language_with_most_of_them() -> None:
    assert signal("personal_share", "Why?", "I saw my bees and me") == pytest.approx(3 / 6)
    assert signal("personal_share", "Why?", "ich sah meine Bienen und my") == pytest.approx(2 / 6)


def test_the_edges_of_a_response_are_its_first_and_last_fifteen_words() -> None:
    inner, outer = ["bee"] * 14, ["bee"] * 20
    assert signal("personal_edges", "Why?", " ".join([*inner, "my", *outer])) == pytest.approx(1 / 30)
    assert signal("personal_edges", "Why?", " ".join([*inner, "bee", "my", *outer])) == 0.0
    assert signal("personal_edges", "Why?", " ".join([*outer, "my", *inner])) == pytest.approx(1 / 30)
    assert signal("personal_edges", "Why?", " ".join([*outer, "my", "bee", *inner])) == 0.0


@pytest.mark.parametrize(("length", "expected"), [(59, 1.0), (60, 0.0)])
def test_a_line_is_short_below_60_characters(length: int, expected: float) -> None:
    assert signal("short_line_share", "Why?", "x" * length + "\n\n- item\n> quote\n12. item\n| cell |") == expected


def test_four_stock_phrases_are_as_bad_as_more() -> None:
    said = ["Hi all", "thanks in advance", "subscribe now", "buy now", "add to cart"]
    assert [signal("stock_phrases", "Why?", ", ".join(said[:num]) + ",") for num in (3, 4, 5)] == [3.0, 4.0, 4.0]


def test_the_rank_of_a_response_is_its_score_over_the_root_of_the_number_of_words_asked() -> None:
    one, four = text_contrast("Honey?", "Honey.", ["Wax."]), text_contrast("Honey, pollen, combs, queens?", "Honey.", ["Wax."])
    assert four["bm25"] == pytest.approx(one["bm25"] / 2)
    assert four["overlap_contrast"] == pytest.approx(1 / 4)
    assert text_contrast("Honey?", "Honey and wax.", ["Honey."])["density_contrast"] == pytest.approx(1 / 3 - 1)


def test_likeness_is_the_mean_of_words_and_of_runs_of_four_characters() -> None:
    """Words: 1 in common of 2 and 1, F1 = 2/3. Characters: `honey` has 2 runs, `honey wax` has 6, F1 = 4/8."""
    assert likeness("honey", "honey wax") == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_the_gain_of_a_single_token_is_that_tokens() -> None:
    assert reverse_gain(-1.0, -3.0, 1) == 2.0
    signals = reverse_signals([-1.0], [-3.0])
    assert signals["reverse_gain_rare"] == signals["reverse_gain_best"] == signals["reverse_gain"] == 2.0


def test_the_rare_tokens_are_the_half_that_surprises_most_and_the_best_three_gain_most() -> None:
    signals = reverse_signals([-1.0] * 5, [-5.0, -2.0, -4.0, -3.0, -1.0])  # gains 4, 1, 3, 2, 0
    assert signals["reverse_gain_rare"] == pytest.approx((4 + 3) / 2)
    assert signals["reverse_gain_best"] == pytest.approx((4 + 3 + 2) / 3)


def test_openings_are_of_16_and_64_tokens_and_the_best_of_10() -> None:
    gains = [float(number) for number in range(100, 0, -1)]
    signals = forward_signals(gains, [0.0] * 100, end=None)
    assert signals["forward_gain_16"] == pytest.approx((100 + 85) / 2)
    assert signals["forward_gain_64"] == pytest.approx((100 + 37) / 2)
    assert signals["forward_gain_best"] == pytest.approx((100 + 91) / 2)
    assert signals["forward_gain_root"] == pytest.approx(5050 / 10)


@pytest.mark.parametrize(("end", "expected"), [(-11.9, -11.9), (-12.0, -12.0), (-12.1, -12.0), (0.0, 0.0)])
def test_an_end_below_minus_12_says_nothing_more(end: float, expected: float) -> None:
    assert forward_signals([-1.0], [-1.0], end)["end"] == expected


def test_shares_of_no_surprise_are_finite() -> None:
    assert reverse_signals([0.0], [0.0])["reverse_gain_share"] == 0.0
    assert contrast_signals([1.0], 0.0, 1)["contrast_share"] == pytest.approx(1e6)
    assert contrast_signals([1.0], 2.0, 1)["contrast_share"] == pytest.approx(0.5)


def test_the_mean_contrast_is_over_all_neighbours_or_over_nothing() -> None:
    assert contrast_signals([8.0, 2.0, -6.0], 1.0, 1)["contrast_mean"] == pytest.approx(10.0)
    assert contrast_signals([8.0], 1.0, 1)["contrast_mean"] == pytest.approx(8.0)
