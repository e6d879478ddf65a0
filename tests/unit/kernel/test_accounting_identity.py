"""The accounting identity and what a stage may spend, without Spark."""

from __future__ import annotations

import dataclasses
import time

import pytest

from bubblenet import settings
from bubblenet.errors import AccountingError
from bubblenet.kernel.accounting import Counts, check
from bubblenet.kernel.budget import Budget, Spent
from bubblenet.kernel.tasks import CPU_TASKS_PER_SLOT, MAX_TASK_WEIGHT, target_weight

BEFORE = Counts(seen=20, kept=2, pending=15, filtered={"too_short": 3})
UNIT = Counts(seen=10, kept=4, pending=0, filtered={"too_short": 1, "symbols": 2}, quarantined={"too_large": 3})
AFTER = Counts(seen=20, kept=6, pending=5, filtered={"too_short": 4, "symbols": 2}, quarantined={"too_large": 3})


def test_what_was_seen_is_kept_filtered_quarantined_or_pending() -> None:
    assert BEFORE.is_balanced
    assert UNIT.is_balanced
    assert AFTER.is_balanced
    check(UNIT, num_answered=10, stage="scores")


def test_the_verdicts_of_a_unit_come_out_of_the_pending_requests() -> None:
    assert BEFORE.answered(UNIT) == AFTER
    assert AFTER.answered(Counts(seen=5, kept=5, pending=0)) == dataclasses.replace(AFTER, kept=11, pending=0)


@pytest.mark.parametrize(
    "counts",
    [
        Counts(11, 4, 0, {"too_short": 1, "symbols": 2}, {"too_large": 3}),
        Counts(10, 5, 0, {"too_short": 1, "symbols": 2}, {"too_large": 3}),
        Counts(10, 4, 1, {"too_short": 1, "symbols": 2}, {"too_large": 3}),
        Counts(10, 4, 0, {"too_short": 1, "symbols": 1}, {"too_large": 3}),
        Counts(10, 4, 0, {"too_short": 1, "symbols": 2}, {"too_large": 4}),
    ],
)
def test_a_lost_or_doubled_request_breaks_the_identity(counts: Counts) -> None:
    assert not counts.is_balanced
    with pytest.raises(AccountingError, match="unit of scores"):
        check(counts, num_answered=10, stage="scores")


@pytest.mark.parametrize("num_answered", [9, 11])
def test_a_unit_answers_exactly_the_requests_that_it_was_given(num_answered: int) -> None:
    with pytest.raises(AccountingError):
        check(UNIT, num_answered, stage="scores")


def test_a_row_without_a_verdict_is_refused_though_the_counts_balance() -> None:
    silent = dataclasses.replace(UNIT, kept=3, pending=1)
    assert silent.is_balanced
    with pytest.raises(AccountingError):
        check(silent, num_answered=10, stage="scores")


def test_counts_are_told_as_a_sum_with_the_commonest_reason_first() -> None:
    assert str(Counts(1200, 1190, 1, {"a": 1, "b": 5, "c": 1}, {"d": 2})) == (
        "1,200 seen = 1,190 kept + 7 filtered (b 5, a 1, c 1) + 2 quarantined (d 2) + 1 pending"
    )
    assert str(Counts(3, 3, 0)) == "3 seen = 3 kept + 0 filtered + 0 quarantined"


@pytest.mark.parametrize(
    ("rows", "tokens", "expected"), [(9, 99, None), (10, 0, "rows"), (11, 0, "rows"), (0, 100, "tokens"), (10, 100, "rows")]
)
def test_a_budget_is_exhausted_when_a_limit_is_reached(rows: int, tokens: int, expected: str | None) -> None:
    budget = Budget(settings.Budget(rows=10, tokens=100))
    budget.spend(rows, tokens)
    assert budget.exhausted() == expected


def test_what_is_spent_adds_up_and_time_counts() -> None:
    budget = Budget(settings.Budget(rows=10, tokens=100, seconds=60))
    budget.spend(4, 40)
    budget.spend(5, 50)
    assert (budget.spent.rows, budget.spent.tokens, budget.exhausted()) == (9, 90, None)
    budget.spent.started = time.monotonic() - 61
    assert budget.exhausted() == "seconds"


def test_no_limit_is_never_reached_and_leaves_units_as_large_as_wanted() -> None:
    budget = Budget(settings.Budget(rows=0, tokens=0, seconds=0))
    budget.spend(10**9, 10**12)
    assert budget.exhausted() is None
    assert budget.unit_rows(500) == 500


@pytest.mark.parametrize(("wanted", "expected"), [(9, 9), (10, 10), (11, 10)])
def test_a_unit_is_not_larger_than_the_budget_of_rows(wanted: int, expected: int) -> None:
    assert Budget(settings.Budget(rows=10)).unit_rows(wanted) == expected


def test_a_budget_is_of_a_run_not_of_a_stage() -> None:
    """What one stage spent is gone for the next."""
    limits, spent = settings.Budget(rows=10), Spent()
    Budget(limits, spent).spend(7, 0)

    assert Budget(limits, spent).unit_rows(100) == 3
    assert Budget(limits, spent).exhausted() is None
    Budget(limits, spent).spend(3, 0)
    assert Budget(limits, spent).exhausted() == "rows"
    assert Budget(settings.Budget(rows=1000), Spent(rows=999)).unit_rows(500) == 10  # not a file for each row of a large plan


def test_tasks_are_of_equal_weight_and_none_is_heavier_than_a_machine_may_lose() -> None:
    assert target_weight(80, slots=2) == 80 // (2 * CPU_TASKS_PER_SLOT) == 10
    assert target_weight(81, slots=2) == 11
    assert target_weight(10**15, slots=2) == MAX_TASK_WEIGHT == 2**27
