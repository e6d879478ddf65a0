"""The decode loop: several samples per shared prompt, decoded in lockstep; finished groups leave the batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bubblenet.engines.batching import Group
from bubblenet.engines.planning import Batch
from bubblenet.engines.sampling import choose, draws

if TYPE_CHECKING:
    import torch

    from bubblenet.engines.language_model import LanguageModel

# Shrink the batch when at most this share of its groups is still active: copying the caches is not free.
SHRINK_AT = 0.75


@dataclass(slots=True)
class Row:
    """A sequence being decoded. index: the caller's index of it; None for a row that pads a group."""

    index: int | None
    ids: list[int]
    limit: int
    temperature: float
    top_p: float
    uniform: Sequence[float]
    output: list[int] = field(default_factory=list)
    is_done: bool = False
    is_finished: bool = False

    def take(self, token: int, stop_ids: Collection[int]) -> None:
        """Append a token unless the row is done; a stop token ends the row and is not kept."""
        if self.is_done:
            return
        if token in stop_ids:
            self.is_done = self.is_finished = True
            return
        self.output.append(token)
        self.is_done = len(self.output) >= self.limit

    def uniform_at(self, step: int) -> float:
        """The row's own random number for this step."""
        return float(self.uniform[step]) if step < len(self.uniform) else 0.0


def make_row(index: int, ids: list[int], limit: int, temperature: float, top_p: float, seed: int) -> Row:
    """A row with no output yet; greedy rows draw no random numbers."""
    uniform = draws(seed, limit).tolist() if temperature > 0 else []
    return Row(index, ids, limit, temperature, top_p, uniform)


def fill_groups(groups: Sequence[Group], rows: Sequence[Row]) -> list[list[Row]]:
    """Rows by group, each group padded to the size of the largest; padding rows are done from the start."""
    most = max(len(group.rows) for group in groups)
    filled = []
    for group in groups:
        members = [rows[index] for index in group.rows]
        filler = Row(None, members[0].ids, 0, 0.0, 1.0, [], is_done=True)
        filled.append(members + [filler] * (most - len(members)))
    return filled


def decode(model: LanguageModel, batch: Batch, rows: Sequence[Row], stop_ids: Collection[int]) -> None:
    """Decode all rows of a batch to completion. The output is left in the rows."""

    members = fill_groups(batch.groups, rows)
    start = len(batch.root)
    prefixes = [some[0].ids[start : group.prefix] for group, some in zip(batch.groups, members, strict=True)]
    cache, _ = model.read_prefixes(prefixes, batch.root)
    flat = [row for some in members for row in some]
    own = [row.ids[group.prefix :] for group, some in zip(batch.groups, members, strict=True) for row in some]
    steps = max(row.limit for row in flat)
    cache.begin_rows(len(members[0]), max(len(ids) for ids in own) + steps)
    states = model.read_rows(cache, own)
    last = states[model.tensor(list(range(len(own)))), model.tensor([len(ids) - 1 for ids in own])]
    for step in range(steps):
        tokens = _next_tokens(model, last, flat, step)
        for row, token in zip(flat, tokens, strict=True):
            row.take(token, stop_ids)
        alive = _alive_groups(flat, cache.rows)
        if not alive:
            return
        if len(alive) <= SHRINK_AT * len(flat) / cache.rows:
            kept = cache.keep_groups(model.tensor(alive)).tolist()
            flat, tokens = [flat[index] for index in kept], [tokens[index] for index in kept]
        last = model.read_rows(cache, [[token] for token in tokens])[:, 0]


def _next_tokens(model: LanguageModel, states: torch.Tensor, rows: Sequence[Row], step: int) -> list[int]:
    import torch

    logits = model.logits(states)
    settings = [[row.temperature for row in rows], [row.top_p for row in rows], [row.uniform_at(step) for row in rows]]
    temperature, top_p, uniform = torch.tensor(settings, dtype=torch.float64, device=logits.device)
    chosen: list[int] = choose(logits, temperature.float(), top_p.float(), uniform).tolist()
    return chosen


def _alive_groups(rows: Sequence[Row], per_group: int) -> list[int]:
    """Groups with at least one unfinished row."""
    return [
        start // per_group for start in range(0, len(rows), per_group) if not all(row.is_done for row in rows[start : start + per_group])
    ]
