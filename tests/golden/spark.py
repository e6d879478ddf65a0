"""Components that are made of Spark frames. They need a session, which is taken from the test that runs, or started."""

from __future__ import annotations

import tempfile
from typing import Any
from unittest import mock

from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.method.clusters import ClusterLimits, represent
from bubblenet.settings import Settings
from tests.golden import Component, Plant

_KNOWN_COLUMNS = (
    "segment_id STRING, representative_id STRING, normalised_hash STRING, method STRING, similarity DOUBLE, bridged_ids ARRAY<STRING>, "
    "kept BOOLEAN"
)
_CURATED_COLUMNS = (
    "instruction_id STRING, segment_id STRING, instruction STRING, response STRING, grade INT, quality DOUBLE, origin STRING, "
    "language STRING, instruction_language STRING, url STRING, declared_licence STRING, round INT, policy STRING, recipe_id STRING"
)
_SEED_COLUMNS = (
    "seed_id STRING, instruction STRING, response STRING, split STRING, kind STRING, language STRING, origin STRING, licence STRING"
)


def _session() -> Any:
    from pyspark.sql import SparkSession

    from bubblenet.app import session

    return SparkSession.getActiveSession() or session.build("golden")


def _rows(frame: Any) -> list[str]:
    """In an order of their own; numbers as they are written."""
    return sorted(str(row.asDict(recursive=True)) for row in frame.collect())


def _signature(*minima: int) -> tuple[list[int], list[int]]:
    """Ten minima, and a band key for each of the first two."""
    own = [*minima, *range(100, 110)][:10]
    return own, own[:2]


def _clusters() -> Any:
    """Old clusters, copies, chains, bridges, one that is alone, and one without a signature; under two rules."""
    spark = _session()
    signatures = {
        "old1": _signature(1, 2, 3, 4),
        "old2": _signature(50, 51, 3, 4),
        "new1": _signature(1, 9, 3, 4),
        "new2": _signature(7, 9, 3, 4),
        "new3": _signature(1, 51, 3, 4),
        "new4": _signature(*range(20, 30)),
        "new5": _signature(*range(20, 26)),
        "new6": (None, None),
        "new7": _signature(*range(60, 70)),
        "new8": _signature(1, 2, *range(200, 208)),
    }
    pending = [
        (name, name, f"h{name}", 90 + 10 * place) for place, name in enumerate(name for name in signatures if name.startswith("new"))
    ]
    pending += [
        ("copy1", "copy1", "hnew7", 500),
        ("copy2", "copy2", "hold1", 5),
        ("copy0", "copy0", "hcopy", 5),
        ("copy9", "copy9", "hcopy", 6),
    ]
    known = [
        ("old1", "old1", "hold1", None, None, None, True),
        ("old2", "old2", "hold2", None, None, None, True),
        ("older", "old1", "holder", "near", 0.8, None, False),
    ]
    frames = (
        spark.createDataFrame(pending, "request_id STRING, segment_id STRING, normalised_hash STRING, num_characters INT"),
        spark.createDataFrame(
            known,
            _KNOWN_COLUMNS,
        ),
        spark.createDataFrame(
            [(name, *one) for name, one in signatures.items()], "segment_id STRING, signature ARRAY<SMALLINT>, band_keys ARRAY<BIGINT>"
        ),
    )
    found = []
    for rules in (ClusterLimits(0.7, 200), ClusterLimits(0.95, 2), None):
        with tempfile.TemporaryDirectory() as folder:
            found.append(_rows(represent(*frames, rules, checkpoint_under(folder))))
    return found


def _examples() -> Any:
    """Seeds and curated pairs as examples in both directions; the tables are given, and so are the clusters."""
    from bubblenet.export import examples

    spark = _session()
    seeds = [(f"seed{n}", f"Say {n}", f"{n}!", "train" if n % 3 else "held_out", "open", "en", "human", "MIT") for n in range(6)]
    curated = [
        {
            "instruction_id": f"i{n}",
            "segment_id": f"s{n}",
            "instruction": f"What is {n}?",
            "response": f"It is {n}.",
            "grade": 5 - n % 2,
            "quality": n / 10,
            "origin": "generated",
            "language": "en",
            "instruction_language": "en" if n % 4 else "de",
            "url": f"u{n}",
            "declared_licence": None,
            "round": n // 8,
            "policy": "default",
            "recipe_id": "r",
        }
        for n in range(10)
    ]
    context, pinned = mock.MagicMock(), examples.Pinned(1, 1, 1, 1)
    context.warehouse.read.return_value = spark.createDataFrame([tuple(row.values()) for row in curated], _CURATED_COLUMNS)
    clusters = spark.createDataFrame([("s0", "c"), ("s1", "c"), ("s5", "d")], "segment_id STRING, cluster_id STRING")
    found = []
    chosen: list[dict[str, Any]] = [
        {},
        {"direction": "backward", "seed_weight": 2.5, "curated_weight": 0.5, "min_grade": 4, "validation_share": 0.5},
        {"tags": False, "min_grade": 4, "cross_lingual": "only"},
    ]
    for changes in chosen:
        settings = Settings()
        context.settings = settings.model_copy(update={"export": settings.export.model_copy(update=changes)})
        with (
            mock.patch.object(examples, "seeds_at", return_value=spark.createDataFrame(seeds, _SEED_COLUMNS)),
            mock.patch.object(examples, "_clusters", return_value=clusters),
        ):
            found.append(_rows(examples.examples(context, pinned, examples.curated_pairs(context, pinned), "unused")))
    return found


SPARK = [
    Component(
        "CLUSTERS_VERSION",
        "bubblenet.method.clusters",
        _clusters,
        "deduplicate, and every later stage where another passage stands for its copies",
        Plant("bubblenet.method.clusters", '.where("other != representative_id")', '.where("other IS NOT NULL")'),
        ("MINHASH_VERSION", "SHINGLES_VERSION"),
    ),
    Component(
        "EXAMPLES_VERSION",
        "bubblenet.export.examples",
        _examples,
        "export, and every training on a new export",
        Plant(
            "bubblenet.export.examples", 'SEED_TAG = "Answer in the style of an AI Assistant."', 'SEED_TAG = "Answer as an AI Assistant."'
        ),
    ),
]
