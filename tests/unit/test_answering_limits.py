"""Answers to held-out seeds by a toy engine: what is asked of it, what is counted, and the overlaps of texts computed by hand."""

from __future__ import annotations

import pytest

from bubblenet.engines.protocol import Generation, GenerationRequest, Likelihood, LikelihoodRequest, Prompt
from bubblenet.evaluation.answering import Question, answer, bleu, chrf, rouge_l
from bubblenet.evaluation.constraints import Constraint
from bubblenet.settings import Assessment

SHORT = Constraint("length", "Be short.", lambda text: len(text) < 10)


class Toy:
    """Answers with the user's text; fails on `bad`."""

    def __init__(self) -> None:
        self.asked: list[LikelihoodRequest | GenerationRequest] = []

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        self.asked += requests
        return [
            Likelihood(one.key, None, 0, 7, "ToyError: no") if one.key == "bad" else Likelihood(one.key, -3.0, 2, 7) for one in requests
        ]

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        self.asked += requests
        return [
            Generation(one.key, None, False, 5, 0, "ToyError: out")
            if one.key == "mute"
            else Generation(one.key, one.prompt.user, True, 5, 3)
            for one in requests
        ]


@pytest.fixture
def answers():
    questions = [
        Question("a", Prompt("the cat sat on the mat"), "the cat sat on the mat"),
        Question("short", Prompt("yes"), None, SHORT),
        Question("long", Prompt("not at all a short answer"), None, SHORT),
        Question("bad", Prompt("some"), "other"),
        Question("mute", Prompt("some"), None, SHORT),
    ]
    engine = Toy()
    found = {one.key: one for one in answer(engine, questions, Assessment())}
    return found, engine.asked


def test_a_reference_is_measured_and_compared(answers):
    found, _ = answers
    assert (found["a"].log_likelihood, found["a"].num_tokens) == (-3.0, 2)
    assert (found["a"].bleu, found["a"].chrf, found["a"].rouge_l) == pytest.approx((100.0, 100.0, 100.0))
    assert (found["a"].constraint, found["a"].is_met, found["a"].error) == (None, None, None)


def test_tokens_of_both_calls_are_counted_and_of_one_where_there_is_one(answers):
    found, _ = answers
    assert (found["a"].prompt_tokens, found["a"].output_tokens) == (12, 3)
    assert (found["short"].prompt_tokens, found["short"].output_tokens) == (5, 3)


def test_a_constraint_is_met_or_not_and_unknown_without_a_text(answers):
    found, _ = answers
    assert [(found[key].constraint, found[key].is_met) for key in ("short", "long", "mute")] == [
        ("length", True),
        ("length", False),
        ("length", None),
    ]
    assert (found["short"].log_likelihood, found["short"].num_tokens, found["short"].bleu) == (None, None, None)


def test_an_error_of_either_call_is_kept(answers):
    found, _ = answers
    assert (found["bad"].error, found["mute"].error, found["mute"].text) == ("ToyError: no", "ToyError: out", None)


def test_references_alone_are_measured_and_answers_are_greedy(answers):
    _, asked = answers
    assert [one.key for one in asked if isinstance(one, LikelihoodRequest)] == ["a", "bad"]
    drawn = [one for one in asked if isinstance(one, GenerationRequest)]
    assert {(one.temperature, one.top_p, one.seed, one.max_new_tokens) for one in drawn} == {(0.0, 1.0, 0, Assessment().max_new_tokens)}


def test_a_text_shorter_than_four_words_has_its_effective_order():
    assert bleu("the cat", "the cat") == pytest.approx(100.0)
    assert 0 < bleu("the cat sat", "the cat ran") < 100


def test_the_longest_common_subsequence_counts_in_any_script():
    assert rouge_l("a b c d", "a c d e") == pytest.approx(75.0)
    assert rouge_l("\u043a\u043e\u0442 \u0441\u043f\u0438\u0442", "\u043a\u043e\u0442 \u0435\u0441\u0442") == pytest.approx(50.0)
    assert rouge_l("The CAT", "the cat") == pytest.approx(100.0)


def test_letters_in_common_count_for_chrf():
    assert chrf("abcdef", "abcdef") == pytest.approx(100.0)
    assert 0 < chrf("abcdeg", "abcdef") < 100
    assert chrf("xyz", "abc") == 0.0
