"""How rows become batches: sort by length inside a window, cut by token budget, put results back in order. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# Rows whose beginnings agree for at least this share of the longest row are computed with one shared prefix. With less to share, the
# rows' own parts would be long, and reading those one by one against the prefix costs more than reading whole rows.
SHARED_SHARE = 0.5
SHARED_MINIMUM = 16


@dataclass(frozen=True, slots=True)
class Group:
    """Rows (by index) that share their first `prefix` tokens."""

    prefix: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens of one group: shared ones, and the most that a single row adds (own prompt and output)."""

    shared: int
    own: int
    rows: int


def windows(num_rows: int, window_rows: int) -> Iterator[range]:
    """Consecutive ranges of at most window_rows rows."""
    for start in range(0, num_rows, window_rows):
        yield range(start, min(num_rows, start + window_rows))


def group_by_prefix(rows: Sequence[Sequence[int]], keep_own: Sequence[int]) -> list[Group]:
    """Put rows with a long common beginning together.

    rows: token ids. keep_own: how many tokens at the end of each row stay out of the prefix, because the model is asked about them.
    """
    limits = [len(row) - own for row, own in zip(rows, keep_own, strict=True)]
    groups: list[Group] = []
    for row in sorted(range(len(rows)), key=lambda index: tuple(rows[index])):
        joined = _join(rows, limits, groups[-1], row) if groups else None
        if joined is None:
            groups.append(Group(limits[row], (row,)))
        else:
            groups[-1] = joined
    return groups


def _join(rows: Sequence[Sequence[int]], limits: Sequence[int], group: Group, row: int) -> Group | None:
    """The group with one row more, or None when the common beginning is too short to be worth it."""
    first = group.rows[0]
    common = common_prefix(rows[first], rows[row], min(group.prefix, limits[row]))
    longest = max(len(rows[member]) for member in (*group.rows, row))
    if common < SHARED_MINIMUM or common < SHARED_SHARE * longest:
        return None
    return Group(common, (*group.rows, row))


def common_prefix(first: Sequence[int], second: Sequence[int], limit: int) -> int:
    """Length of the common beginning, at most limit."""
    for position in range(limit):
        if first[position] != second[position]:
            return position
    return max(limit, 0)


def cut(costs: Sequence[Cost], budget: int) -> list[list[int]]:
    """Batches of group indices, longest first, whose padded tokens stay within the budget.

    A group that is over the budget alone is a batch alone: whether it fits the memory is found by trying.
    """
    order = sorted(range(len(costs)), key=lambda index: (-costs[index].shared - costs[index].own, index))
    batches: list[list[int]] = []
    for index in order:
        if batches and padded_tokens([costs[i] for i in (*batches[-1], index)]) <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def padded_tokens(costs: Sequence[Cost]) -> int:
    """Tokens of a batch when every group is padded to the longest prefix, the longest own part and the most rows."""
    longest = max(cost.own for cost in costs) * max(cost.rows for cost in costs)
    return len(costs) * (max(cost.shared for cost in costs) + longest)


def split_rows(groups: Sequence[Group], most_rows: int) -> list[Group]:
    """Cut groups so that none has more than most_rows rows; the prefix is then computed once per piece."""
    pieces = []
    for group in groups:
        for start in range(0, len(group.rows), most_rows):
            pieces.append(Group(group.prefix, group.rows[start : start + most_rows]))
    return pieces


def restore(values: Sequence[T], order: Sequence[int]) -> list[T]:
    """Undo an ordering: values[i] belongs at position order[i]."""
    result = list(values)
    for value, position in zip(values, order, strict=True):
        result[position] = value
    return result


def run_with_backoff(
    rows: list[int],
    budget: int,
    run: Callable[[list[int], int], dict[int, T]],
    is_out_of_memory: Callable[[BaseException], bool],
    is_fatal: Callable[[BaseException], bool],
) -> tuple[dict[int, T], dict[int, BaseException], int]:
    """Run rows; when memory ends, halve both the rows and the budget and try the same rows again.

    Returns results by row, the error of each row that failed alone, and the budget that worked. Fatal errors (a dead device) are raised.
    """
    try:
        return run(rows, budget), {}, budget
    except Exception as error:
        if is_fatal(error):
            raise
        if len(rows) == 1:
            return {}, {rows[0]: error}, budget
        budget = max(1, budget // 2) if is_out_of_memory(error) else budget
    half = len(rows) // 2
    results: dict[int, T] = {}
    errors: dict[int, BaseException] = {}
    for part in (rows[:half], rows[half:]):
        done, failed, budget = run_with_backoff(part, budget, run, is_out_of_memory, is_fatal)
        results |= done
        errors |= failed
    return results, errors, budget
