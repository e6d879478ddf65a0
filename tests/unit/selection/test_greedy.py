"""The greedy order beside brute force, and similarities that do not depend on the order of summation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest

from bubblenet.selection.greedy import SCALE, Sides, benefits, greedy_order, similarity, value
from bubblenet.selection.vectors import MOST_COMPONENTS, cosines, packed, unpacked, word_vectors
from bubblenet.udfs.selection import Cap, RankBlock, RepresentBlock, TakeInOrder


def sides(num_pairs: int, seed: int, dimensions: int = 16) -> Sides:
    random = np.random.default_rng(seed)
    return Sides(*(unpacked(packed(random.normal(size=(num_pairs, dimensions)))) for _ in range(2)))


def worth_of(num_pairs: int, seed: int):
    own = sides(num_pairs, seed)
    return benefits(similarity(own, own, 0.5), np.random.default_rng(seed + 1).random(num_pairs))


def plain_greedy(worth, mass, most):
    """Every gain computed anew at every step."""
    chosen: list[int] = []
    for _ in range(most):
        gains = [-1 if row in chosen else value(worth, mass, [*chosen, row]) - value(worth, mass, chosen) for row in range(len(worth))]
        chosen.append(int(np.argmax(gains)))
    return chosen


@pytest.mark.parametrize("seed", range(12))
def test_lazy_greedy_is_greedy_and_within_its_bound_of_the_best_set(seed):
    worth, mass = worth_of(11, seed), np.random.default_rng(seed).integers(1, 9, 11)

    order = greedy_order(worth, mass, 11)

    assert order.rows == plain_greedy(worth, mass, 11)
    assert sum(order.gains) == value(worth, mass, order.rows)
    assert sorted(order.gains, reverse=True) == order.gains
    for size in (1, 2, 3, 4):
        best = max(value(worth, mass, list(rows)) for rows in itertools.combinations(range(11), size))
        assert value(worth, mass, order.rows[:size]) >= (1 - 1 / math.e) * best


def test_equal_gains_go_by_row_and_copies_come_last():
    one = unpacked(packed(np.eye(3)[[0, 0, 1, 1, 2]]))
    worth = benefits(similarity(Sides(one, one), Sides(one, one), 0.5), np.ones(5))

    order = greedy_order(worth, np.ones(5, dtype=np.int64), 5)

    assert order.rows == [0, 2, 4, 1, 3]
    assert order.gains == [2 * SCALE, 2 * SCALE, SCALE, 0, 0]


def test_a_pair_of_more_utility_goes_before_one_that_stands_for_as_much():
    one = unpacked(packed(np.eye(2)[[0, 0, 1, 1]]))
    worth = benefits(similarity(Sides(one, one), Sides(one, one), 0.5), np.array([0.4, 0.9, 0.5, 0.2]))

    assert greedy_order(worth, np.ones(4, dtype=np.int64), 2).rows == [1, 2]


def test_cosines_are_those_of_the_vectors_and_the_same_in_any_order():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(50, 512))
    rows = packed(vectors)
    found = cosines(unpacked(rows), unpacked(rows))
    exact = vectors @ vectors.T / np.outer(np.linalg.norm(vectors, axis=1), np.linalg.norm(vectors, axis=1))
    order = random.permutation(512)
    shuffled = unpacked([np.frombuffer(row, np.int8)[order].tobytes() for row in rows])

    assert np.abs(found - np.maximum(exact, 0)).max() < 0.005
    assert np.array_equal(found, cosines(shuffled, shuffled))


def test_a_vector_of_zeros_is_like_nothing_and_a_long_one_is_refused():
    assert cosines(unpacked([bytes(4)]), unpacked([bytes([1, 0, 0, 0])])).tolist() == [[0.0]]
    with pytest.raises(ValueError, match="one length up to"):
        unpacked([bytes(MOST_COMPONENTS + 1)])
    with pytest.raises(ValueError, match="one length up to"):
        unpacked([bytes(3), bytes(4)])


def test_word_vectors_are_of_words_in_any_order():
    same, shuffled, other = word_vectors(["How to boil water", "water: boil to How!", "Painting a fence"])

    assert np.array_equal(same, shuffled)
    assert np.dot(same, other) == 0


def block(num_pairs: int, seed: int, winners=()) -> pa.Table:
    own = sides(num_pairs, seed)
    quality = np.random.default_rng(seed + 1).random(num_pairs)
    return pa.table(
        {
            "instruction_id": [f"i{number:03}" for number in range(num_pairs)],
            "quality": quality,
            "mass": np.ones(num_pairs, dtype=np.int64),
            "instruction_vector": [row.astype(np.int8).tobytes() for row in own.instructions],
            "response_vector": [row.astype(np.int8).tobytes() for row in own.responses],
            "is_winner": [number in winners for number in range(num_pairs)],
        }
    )


def test_a_block_is_ranked_the_same_in_any_order_of_rows():
    rows = block(30, 3)
    shuffled = rows.take(pa.array(np.random.default_rng(1).permutation(30)))

    assert RankBlock(0.5, 2.0)(shuffled).equals(RankBlock(0.5, 2.0)(rows))


def test_every_pair_of_a_block_knows_its_nearest_winner_other_than_itself():
    found = RepresentBlock(0.5, 0.0)(block(30, 3, winners=(4, 7, 20))).to_pylist()
    own = sides(30, 3)
    like = similarity(own, own, 0.5)

    for number, row in enumerate(found):
        others = [winner for winner in (4, 7, 20) if winner != number]
        nearest = max(others, key=lambda winner: like[winner, number])
        assert (row["nearest_id"], row["nearest_similarity"]) == (f"i{nearest:03}", pytest.approx(like[nearest, number]))
        assert row["stands_id"] == (f"i{number:03}" if number in (4, 7, 20) else f"i{nearest:03}")


def test_a_block_without_a_winner_has_no_nearest_one():
    found = RepresentBlock(0.5, 1.0)(block(3, 0)).to_pylist()

    assert {(row["stands_id"], row["nearest_id"], row["nearest_similarity"]) for row in found} == {(None, None, None)}


def take(taker: TakeInOrder, rows: list[dict]) -> list[tuple]:
    batches = [pa.RecordBatch.from_pylist(rows[start : start + 3]) for start in range(0, len(rows), 3)]
    return [(row["reason"], row["rank"]) for batch in taker.map_batches(iter(batches)) for row in batch.to_pylist()]


def test_caps_name_the_first_that_forbids_a_pair_and_a_pair_without_a_value_is_free():
    rows = [
        {"instruction_id": str(number), "cost": 1, "domain": domain, "task": "how"}
        for number, domain in enumerate(["a", "a", "a", None, None, "b", "b"])
    ]

    found = take(TakeInOrder((Cap("domain", "domain_cap", 2), Cap("task", "task_cap", 5)), None), rows)

    assert found == [(None, 1), (None, 2), ("domain_cap", None), (None, 3), (None, 4), (None, 5), ("task_cap", None)]


def test_from_the_first_pair_without_room_on_none_is_taken():
    rows = [{"instruction_id": str(number), "cost": cost} for number, cost in enumerate([4, 4, 3, 1])]

    assert take(TakeInOrder((), 9), rows) == [(None, 1), (None, 2), ("size", None), ("size", None)]
