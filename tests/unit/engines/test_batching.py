"""Batches respect the budget, and no row is lost or doubled on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bubblenet.engines.batching import Cost, Group, cut, find_roots, group_by_prefix, padded_tokens, run_with_backoff, split_rows, windows


def test_windows_cover_all_rows_once():
    assert [list(window) for window in windows(5, 2)] == [[0, 1], [2, 3], [4]]


def test_rows_that_differ_near_their_ends_form_a_group():
    shared = list(range(40))
    rows = [[*shared, 1, 2], [9] * 50, [*shared, 3, 4, 5]]
    assert sorted(group_by_prefix(rows, [41, 49, 42]), key=lambda group: group.rows) == [Group(40, (0, 2)), Group(49, (1,))]


def test_the_tokens_asked_about_stay_out_of_the_prefix():
    row = list(range(40))
    assert group_by_prefix([row, row], [35, 31]) == [Group(31, (0, 1))]


def test_a_common_beginning_before_long_different_texts_makes_no_group():
    rows = [[*range(60), *[1] * 80], [*range(60), *[2] * 80]]
    assert len(group_by_prefix(rows, [139, 139])) == 2


def test_a_short_row_does_not_pull_long_ones_into_its_group():
    rows = [[*range(20), 1], [*range(20), *[2] * 80]]
    assert len(group_by_prefix(rows, [20, 99])) == 2


def test_groups_under_one_rubric_have_a_root_and_others_none():
    rubric = [*range(100)]
    rows = [[*rubric, 200 + n, *[n] * 90] for n in range(8)] + [[300 + n] * 30 for n in range(3)]
    groups = group_by_prefix(rows, [len(row) - 1 for row in rows])
    found = find_roots(rows, groups)
    assert [(root, sorted(row for group in members for row in group.rows)) for root, members in found] == [
        (0, [8, 9, 10]),
        (100, list(range(8))),
    ]


@pytest.mark.parametrize(("rubric", "count"), [(40, 50), (100, 5)])
def test_a_root_that_saves_little_is_none(rubric, count):
    rows = [[*range(rubric), 200 + n, *[n] * 90] for n in range(count)]
    assert [root for root, _ in find_roots(rows, group_by_prefix(rows, [len(row) - 1 for row in rows]))] == [0]


def test_a_token_of_every_prefix_is_left_after_the_root():
    rows = [[*range(100)], *[[*range(100), 200 + n, *[n] * 90] for n in range(8)]]
    root, groups = find_roots(rows, group_by_prefix(rows, [99, *[191] * 8]))[0]
    assert root == 98
    assert min(group.prefix for group in groups) == 99


def test_large_groups_are_cut():
    assert split_rows([Group(3, (0, 1, 2))], 2) == [Group(3, (0, 1)), Group(3, (2,))]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.builds(Cost, st.integers(1, 300), st.integers(1, 60), st.integers(1, 8)), min_size=1, max_size=40), st.integers(64, 2000)
)
def test_batches_hold_every_group_once_and_respect_the_budget(costs, budget):
    batches = cut(costs, budget)
    assert sorted(index for batch in batches for index in batch) == list(range(len(costs)))
    assert all(len(batch) == 1 or padded_tokens([costs[index] for index in batch]) <= budget for batch in batches)


def test_out_of_memory_halves_the_budget_and_retries_the_same_rows():
    calls = []

    def run(rows, budget):
        calls.append((list(rows), budget))
        if budget > 30:
            raise MemoryError("full")
        return {row: row * 10 for row in rows}

    results, errors, budget = run_with_backoff([0, 1, 2, 3], 100, run, lambda error: isinstance(error, MemoryError), lambda error: False)
    assert (results, errors, budget) == ({0: 0, 1: 10, 2: 20, 3: 30}, {}, 25)
    assert calls[0] == ([0, 1, 2, 3], 100)


def test_a_row_that_fails_alone_does_not_take_others_with_it():
    def run(rows, budget):
        if 2 in rows:
            raise ValueError("bad row")
        return {row: row for row in rows}

    results, errors, budget = run_with_backoff([0, 1, 2, 3, 4], 100, run, lambda error: False, lambda error: False)
    assert results == {0: 0, 1: 1, 3: 3, 4: 4}
    assert list(errors) == [2]
    assert budget == 100


def test_a_dead_device_is_raised_at_once():
    def run(rows, budget):
        raise RuntimeError("CUDA error: launch failure")

    with pytest.raises(RuntimeError, match="launch failure"):
        run_with_backoff([0, 1], 100, run, lambda error: False, lambda error: "CUDA error" in str(error))
