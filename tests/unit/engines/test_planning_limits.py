"""Which rows are computed together, at the limits: every row once, shortest prefixes and roots, largest groups, padding by hand."""

from __future__ import annotations

import pytest

from bubblenet.engines import completions
from bubblenet.engines.batching import Cost, Group, cut, find_roots, group_by_prefix, padded_tokens
from bubblenet.engines.completions import NotAnswered
from bubblenet.engines.planning import Input, plan


def passages(num: int, length: int, asked: int = 2, first: int = 0) -> list[Input]:
    """Prompts that differ from their first token on."""
    return [Input([1000 + first + number] * length, asked) for number in range(num)]


def candidates(num: int, length: int, rest: int, token: int = 7) -> list[Input]:
    """Prompts with the same beginning."""
    return [Input([token] * length + [100 + number] * rest, rest - 1) for number in range(num)]


def planned(inputs: list[Input], budget: int = 10_000, *, is_shared: bool = True):
    return list(plan(list(range(len(inputs))), dict(enumerate(inputs)), budget, is_shared))


@pytest.mark.parametrize("is_shared", [True, False])
def test_every_row_is_in_one_batch(is_shared):
    inputs = [*passages(3, 30), *candidates(5, 40, 3), *passages(2, 5, first=10)]
    rows = [row for batch in planned(inputs, 100, is_shared=is_shared) for row in batch.rows]
    assert sorted(rows) == list(range(10))


def test_rows_of_every_group_are_counted_within_their_batch():
    for batch in planned([*passages(3, 30), *candidates(5, 40, 3)]):
        assert [place for group in batch.groups for place in group.rows] == list(range(len(batch.rows)))


def test_a_prefix_of_sixteen_tokens_is_shared_and_a_shorter_one_not():
    def num_groups(length: int) -> int:
        rows = [[7] * length + [one] * 3 for one in (1, 2)]
        return len(group_by_prefix(rows, [len(row) - 1 for row in rows]))

    assert (num_groups(16), num_groups(15)) == (1, 2)


def test_a_root_of_48_tokens_pays_off_where_it_saves_512():
    def root(length: int, num: int) -> int:
        rows = [[7] * length + [number] * 20 for number in range(num)]
        (found,) = find_roots(rows, [Group(length + 10, (row,)) for row in range(num)])
        return found[0]

    assert (root(48, 12), root(47, 12)) == (48, 0)
    assert (root(64, 9), root(64, 8)) == (64, 0)


def test_sixteen_rows_of_a_prompt_are_computed_side_by_side():
    sizes = sorted(len(group.rows) for batch in planned(candidates(17, 40, 3)) for group in batch.groups)
    assert sizes == [1, 16]


def test_longest_groups_come_first_by_prefix_and_own_tokens_together():
    assert cut([Cost(10, 1, 1), Cost(9, 9, 1), Cost(1, 12, 1)], 1) == [[1], [2], [0]]
    assert cut([Cost(4, 1, 1), Cost(4, 1, 1), Cost(4, 1, 1)], 10) == [[0, 1], [2]]


def test_a_batch_is_padded_to_the_longest_prefix_the_longest_rest_and_the_most_rows():
    assert padded_tokens([Cost(10, 2, 3), Cost(4, 5, 1)]) == 2 * (10 + 5 * 3)
    assert padded_tokens([Cost(10, 2, 3)]) == 16


def test_a_group_costs_what_its_longest_row_adds():
    """Two groups of a short and a long row: 2 x (prefix 40 + 2 rows x 10) padded tokens."""
    inputs = [Input([token] * 40 + [200 + row] * size, size - 1) for token in (7, 8) for row, size in enumerate((2, 10))]
    assert len(planned(inputs, 120)) == 1
    assert len(planned(inputs, 119)) == 2


def test_a_request_carries_what_its_answer_is_read_by():
    body = completions.next_token([1, 2], 5)
    assert (body["logprobs"], body["return_tokens_as_token_ids"], body["temperature"], body["max_tokens"]) == (5, True, 0.0, 1)
    assert completions.generation([1], 3, 0.5, 0.9, 2**31 + 5, {4, 2})["seed"] == 5
    assert completions.generation([1], 3, 0.5, 0.9, 2**31 - 1, {4, 2})["seed"] == 2**31 - 1


def test_one_token_without_a_number_among_those_asked_is_no_answer():
    def answer(values):
        return {"choices": [{"logprobs": {"token_logprobs": values, "tokens": ["token_id:1", "token_id:2", "token_id:3"]}}]}

    assert completions.read_echo(answer([None, -1.0, -2.0]), [1, 2, 3], asked=2) == (-1.0, -2.0)
    for values in ([None, None, -2.0], [None, -1.0, None]):
        with pytest.raises(NotAnswered, match="without a log-probability"):
            completions.read_echo(answer(values), [1, 2, 3], asked=2)
