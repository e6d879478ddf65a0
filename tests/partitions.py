"""Clusters of passages as sets, however the rows of `duplicates` came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def clusters_of(rows: Iterable[Mapping[str, Any]]) -> set[frozenset[str]]:
    """The partition of all passages; clusters that a passage bridges are one. rows: segment_id, representative_id, bridged_ids."""
    leaders: dict[str, str] = {}

    def leader(node: str) -> str:
        while leaders.setdefault(node, node) != node:
            node = leaders[node]
        return node

    segments = []
    for row in rows:
        segments.append(row["segment_id"])
        for other in (row["representative_id"], *(row["bridged_ids"] or ())):
            leaders[leader(row["segment_id"])] = leader(other)
    groups: dict[str, set[str]] = {}
    for segment in segments:
        groups.setdefault(leader(segment), set()).add(segment)
    return {frozenset(group) for group in groups.values()}
