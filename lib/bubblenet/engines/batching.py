"""Batching of rows: windows, groups with a shared prefix, batches within a token budget, retries with a smaller one. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# Rows share a prefix when it is at least this long and the longest remainder is short or small relative to it: the rows' own tokens attend
# to the shared prefix separately, which costs more for long remainders than prefilling whole rows.
PREFIX_MINIMUM = 16
SHORT_PART = 64
SMALL_PART = 0.25
# Groups with this many leading tokens in common may share a root; it pays off when it saves as many tokens as an extra batch costs in time.
ROOT_MINIMUM = 48
ROOT_SAVING = 512


@dataclass(frozen=True, slots=True)
class Group:
    """Rows (by index) that share their first `prefix` tokens."""

    prefix: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Token counts of one group. shared: of its prefix. own: the most that a single row adds (rest of the prompt and output)."""

    shared: int
    own: int
    rows: int


def windows(num_rows: int, window_rows: int) -> Iterator[range]:
    """Consecutive ranges of at most window_rows rows."""
    for start in range(0, num_rows, window_rows):
        yield range(start, min(num_rows, start + window_rows))


def group_by_prefix(rows: Sequence[Sequence[int]], limits: Sequence[int]) -> list[Group]:
    """Group rows that differ only near their ends, such as the candidates of one passage. Groups are in the order of their token ids.

    rows: token ids. limits: how many leading tokens of each row may be prefilled once for several rows.
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
    """The group extended by one row, or None if sharing its prefix does not pay off."""
    common = common_prefix(rows[group.rows[0]], rows[row], min(group.prefix, limits[row]))
    longest = max(len(rows[member]) for member in (*group.rows, row))
    if common < PREFIX_MINIMUM or longest - common > max(SHORT_PART, SMALL_PART * common):
        return None
    return Group(common, (*group.rows, row))


def find_roots(rows: Sequence[Sequence[int]], groups: Sequence[Group]) -> list[tuple[int, list[Group]]]:
    """(root, its groups): groups by common root, a prefix shared by all of them, such as a rubric. Root 0: groups for which none pays off.

    At least one token of each group's prefix is left after the root.
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
    """Length of the common prefix, at most limit."""
    for position in range(min(limit, len(first), len(second))):
        if first[position] != second[position]:
            return position
    return max(min(limit, len(first), len(second)), 0)


def cut(costs: Sequence[Cost], budget: int) -> list[list[int]]:
    """Batches of group indices, longest first, whose padded tokens stay within the budget.

    A group that exceeds the budget forms a batch by itself: only running it shows whether it fits in memory.
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
    """Tokens of a batch in which every group is padded to the longest prefix, the longest remainder and the most rows."""
    longest = max(cost.own for cost in costs) * max(cost.rows for cost in costs)
    return len(costs) * (max(cost.shared for cost in costs) + longest)


def split_rows(groups: Sequence[Group], most_rows: int) -> list[Group]:
    """Split groups into groups of at most most_rows rows; the prefix is then computed once per piece."""
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
    """Run rows; on running out of memory, halve both the rows and the budget and retry the same rows.

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
