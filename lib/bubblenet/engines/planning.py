"""Which rows are computed together, and which parts of their prompts are prefilled once for all of them.

Rows that differ only near their ends (candidates of one passage) form a group, whose prefix is prefilled once. Groups with the same
beginning (one rubric) have a common root, prefilled once and kept for the batches and windows that follow. A row adds only its own tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bubblenet.engines import batching
from bubblenet.engines.batching import Cost, Group

# Most rows of one prompt computed side by side; larger groups are split.
ROWS_OF_A_GROUP = 16


@dataclass(frozen=True, slots=True)
class Input:
    """Token ids of a request. asked: number of trailing ids that are scored. output: most tokens that may be generated after them."""

    ids: list[int]
    asked: int = 0
    output: int = 0

    @property
    def num_context(self) -> int:
        """Number of tokens before the scored ones."""
        return len(self.ids) - self.asked

    @property
    def most_shared(self) -> int:
        """Number of tokens that several rows may share. The last context token is excluded: each row needs its state."""
        return self.num_context - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of the caller, by group (group indices count within the batch). root: leading ids common to all rows."""

    rows: tuple[int, ...]
    root: tuple[int, ...]
    groups: tuple[Group, ...]


def plan(rows: Sequence[int], inputs: dict[int, Input], budget: int, is_shared: bool = True) -> Iterator[Batch]:
    """Batches of at most `budget` padded tokens. is_shared: whether prefixes are shared between rows."""
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
    """Batch single rows and groups of several rows separately: mixed, each would be padded to the needs of the other."""
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
