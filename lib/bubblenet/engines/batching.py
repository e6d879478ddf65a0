"""How rows become batches: sort by length inside a window, cut by token budget, put results back in order. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# Rows are read behind one shared prefix when it is at least this long, and what is left of the longest of them is short or a small part:
# the rows' own parts are read one by one against the prefix, which costs more for long parts than reading whole rows.
PREFIX_MINIMUM = 16
SHORT_PART = 64
SMALL_PART = 0.25
# Groups with this many tokens in common may have a root; it pays when it saves as many tokens as a batch of its own costs in time.
ROOT_MINIMUM = 48
ROOT_SAVING = 512


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


def group_by_prefix(rows: Sequence[Sequence[int]], limits: Sequence[int]) -> list[Group]:
    """Put rows that differ near their ends only together, as candidates of one passage do; groups come in the order of their ids.

    rows: token ids. limits: how many tokens at the beginning of each row may be read for several rows at once.
    """
    groups: list[Group] = []
    for row in sorted(range(len(rows)), key=lambda index: tuple(rows[index])):
        joined = _join(rows, limits, groups[-1], row) if groups else None
        if joined is None:
            groups.append(Group(limits[row], (row,)))
        else:
            groups[-1] = joined
    return groups


def _join(rows: Sequence[Sequence[int]], limits: Sequence[int], group: Group, row: int) -> Group | None:
    """The group with one row more, or None when that is not worth it."""
    common = common_prefix(rows[group.rows[0]], rows[row], min(group.prefix, limits[row]))
    longest = max(len(rows[member]) for member in (*group.rows, row))
    if common < PREFIX_MINIMUM or longest - common > max(SHORT_PART, SMALL_PART * common):
        return None
    return Group(common, (*group.rows, row))


def find_roots(rows: Sequence[Sequence[int]], groups: Sequence[Group]) -> list[tuple[int, list[Group]]]:
    """(root, its groups): the tokens that all of them begin with, as under one rubric. Groups without a root that pays have root 0.

    After the root at least one token of each group's prefix is left.
    """
    beginnings: dict[tuple[int, ...], list[Group]] = {}
    for group in groups:
        beginnings.setdefault(tuple(rows[group.rows[0]][:ROOT_MINIMUM]), []).append(group)
    rooted: list[tuple[int, list[Group]]] = [(0, [])]
    for members in beginnings.values():
        first = rows[members[0].rows[0]]
        root = min(common_prefix(first, rows[group.rows[0]], group.prefix - 1) for group in members)
        if root >= ROOT_MINIMUM and root * (len(members) - 1) >= ROOT_SAVING:
            rooted.append((root, members))
        else:
            rooted[0][1].extend(members)
    return [(root, members) for root, members in rooted if members]


def common_prefix(first: Sequence[int], second: Sequence[int], limit: int) -> int:
    """Length of the common beginning, at most limit."""
    for position in range(min(limit, len(first), len(second))):
        if first[position] != second[position]:
            return position
    return max(min(limit, len(first), len(second)), 0)


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
