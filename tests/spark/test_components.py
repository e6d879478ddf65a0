"""Connected components by alternating stars, against a simple search: random edges, and the shapes that take the most rounds."""

from __future__ import annotations

import random

import pytest

from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.method.components import connected_components

pytestmark = pytest.mark.spark

CHAIN = [(f"c{n:03}", f"c{n + 1:03}") for n in range(40)]
STAR = [("s000", f"s{n:03}") for n in range(1, 30)]


def smallest_of(edges: list[tuple[str, str]]) -> dict[str, str]:
    """Node -> smallest node of its component, for all nodes that are not the smallest, by merging sets."""
    groups: dict[str, set[str]] = {}
    for u, v in edges:
        merged = groups.get(u, {u}) | groups.get(v, {v})
        groups |= dict.fromkeys(merged, merged)
    return {node: min(group) for node, group in groups.items() if node != min(group)}


def test_every_node_points_at_the_smallest_of_its_component(spark, tmp_path):
    draw = random.Random(1)
    edges = [*CHAIN, *STAR, *((f"{draw.randrange(60):03}", f"{draw.randrange(60):03}") for _ in range(45))]
    edges = [edge[::-1] if draw.random() < 0.5 else edge for edge in draw.sample(edges, len(edges))]
    frame = spark.createDataFrame(edges, "u STRING, v STRING")

    found = connected_components(frame, checkpoint_under(str(tmp_path))).collect()

    assert {row["node"]: row["smallest"] for row in found} == smallest_of(edges)
    assert len(found) == len(smallest_of(edges))


def test_no_edge_is_no_component(spark, tmp_path):
    frame = spark.createDataFrame([("a", "a")], "u STRING, v STRING")
    assert connected_components(frame, checkpoint_under(str(tmp_path))).count() == 0
