"""Which rows are computed together, and what of their prompts is read once for all of them.

Rows that differ near their ends only (candidates of one passage) form a group, whose prefix is read once. Groups that begin alike (under
one rubric) have a common root, which is read once and kept for the batches and windows that follow. A row adds only what is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bubblenet.engines import batching
from bubblenet.engines.batching import Cost, Group

# Rows of one prompt that are computed side by side; more are cut into several groups.
ROWS_OF_A_GROUP = 16


@dataclass(frozen=True, slots=True)
class Input:
    """Token ids of a request. asked: ids at the end that the answer is about. output: tokens that may be written after them."""

    ids: list[int]
    asked: int = 0
    output: int = 0

    @property
    def num_context(self) -> int:
        """Tokens before the ones asked about."""
        return len(self.ids) - self.asked

    @property
    def most_shared(self) -> int:
        """Tokens that may be read for several rows at once. The one before the first asked one is not: its state is needed by itself."""
        return self.num_context - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of the caller, grouped (the groups count inside the batch). root: ids that all of the rows begin with."""

    rows: tuple[int, ...]
    root: tuple[int, ...]
    groups: tuple[Group, ...]


def plan(rows: Sequence[int], inputs: dict[int, Input], budget: int, is_shared: bool = True) -> Iterator[Batch]:
    """Batches of at most `budget` padded tokens. is_shared: whether anything is read once for several rows."""
    sources = [inputs[row] for row in rows]
    ids, limits = [source.ids for source in sources], [source.most_shared for source in sources]
    if not is_shared:
        lone = [Group(limit, (place,)) for place, limit in enumerate(limits)]
        yield from _batches(rows, sources, (), lone, budget)
        return
    for root, groups in batching.find_roots(ids, batching.group_by_prefix(ids, limits)):
        shared = tuple(ids[groups[0].rows[0]][:root])
        yield from _batches(rows, sources, shared, batching.split_rows(groups, ROWS_OF_A_GROUP), budget)


def _batches(rows: Sequence[int], sources: Sequence[Input], root: tuple[int, ...], groups: Sequence[Group], budget: int) -> Iterator[Batch]:
    """Lone rows and groups of several do not mix: each would be padded to what the others need."""
    for kind in ([group for group in groups if len(group.rows) == 1], [group for group in groups if len(group.rows) > 1]):
        costs = [_cost(group, sources, len(root)) for group in kind]
        for batch in batching.cut(costs, budget):
            yield _renumber(rows, root, [kind[index] for index in batch])


def _cost(group: Group, sources: Sequence[Input], root: int) -> Cost:
    own = max(len(sources[row].ids) - group.prefix + sources[row].output for row in group.rows)
    return Cost(group.prefix - root, own, len(group.rows))


def _renumber(rows: Sequence[int], root: tuple[int, ...], groups: Sequence[Group]) -> Batch:
    renumbered, start = [], 0
    for group in groups:
        renumbered.append(Group(group.prefix, tuple(range(start, start + len(group.rows)))))
        start += len(group.rows)
    return Batch(tuple(rows[place] for group in groups for place in group.rows), root, tuple(renumbered))
