"""Connected components by alternating stars: named for the shapes that take the most rounds, or none."""

from __future__ import annotations

import pytest

from bubblenet.components import checkpoint_under, connected_components

pytestmark = pytest.mark.spark

CHAIN = [(f"{n:02}", f"{n + 1:02}") for n in range(40)]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param([], {}, id="no edges"),
        pytest.param([("a", "a")], {}, id="an edge to itself"),
        pytest.param([("b", "a"), ("a", "b"), ("d", "c")], {"b": "a", "d": "c"}, id="two pairs"),
        pytest.param(CHAIN, {f"{n:02}": "00" for n in range(1, 41)}, id="a chain"),
    ],
)
def test_every_node_points_at_the_smallest_of_its_component(edges, expected, spark, tmp_path):
    frame = spark.createDataFrame(edges, "u STRING, v STRING")

    found = connected_components(frame, checkpoint_under(str(tmp_path))).collect()

    assert {row["node"]: row["smallest"] for row in found} == expected
    assert len(found) == len(expected)
