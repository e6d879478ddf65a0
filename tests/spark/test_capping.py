"""Caps of domains: pages without number leave no more than the cap, in whatever order they come."""

from __future__ import annotations

import random

import pytest

from bubblenet.method import changes
from bubblenet.method.capping import cap_domains
from bubblenet.settings import Curation

pytestmark = pytest.mark.spark

JUDGED = "instruction_id STRING, segment_id STRING, kept BOOLEAN, quality DOUBLE, grade INT, reason STRING"
DOMAINS = "segment_id STRING, registered_domain STRING"
PLANTED, HONEST, NAMELESS = 1000, 600, 40


def rows() -> tuple[list[tuple], list[tuple]]:
    """Planted pages of one domain, three of them rejected before; honest ones of many domains; some of files."""
    verdicts = ((n, (True, n % 100 / 100, 5, None) if n >= 3 else (False, 0.0, None, "low_quality")) for n in range(PLANTED))
    planted = [(f"p{n}", f"p{n}", *verdict) for n, verdict in verdicts]
    honest = [(f"h{n}", f"h{n}", True, 0.9, 5, None) for n in range(HONEST + NAMELESS)]
    named = [(f"p{n}", "evil.example") for n in range(PLANTED)] + [(f"h{n}", f"site{n // 20}.example") for n in range(HONEST)]
    return planted + honest, named


def left(spark, seed: int, **settings) -> dict[str, tuple]:
    """Verdicts by pair, of rows in an order by the seed."""
    judged, named = rows()
    random.Random(seed).shuffle(judged)
    random.Random(seed + 1).shuffle(named)
    frame = spark.createDataFrame(judged, JUDGED).repartition(1 + seed % 3)
    found = cap_domains(frame, spark.createDataFrame(named, DOMAINS), Curation(**settings)).select(*frame.columns).collect()
    return {row["instruction_id"]: (row["kept"], row["reason"], row["grade"]) for row in found}


def of_evil(verdicts: dict[str, tuple]) -> set[str]:
    return {name for name, (kept, _, _) in verdicts.items() if kept and name.startswith("p")}


def test_planted_pages_of_one_domain_leave_no_more_than_the_cap_in_any_order(spark):
    first = left(spark, 1, domain_rows=50, domain_share=0.01)

    assert len(of_evil(first)) == 50
    assert min(int(name[1:]) % 100 for name in of_evil(first)) >= 94  # the best
    assert sum(kept for kept, _, _ in first.values()) == HONEST + NAMELESS + 50
    assert len(first) == PLANTED + HONEST + NAMELESS
    assert first["p50"] == (False, "domain_cap", None)
    assert first["p0"] == (False, "low_quality", None)
    assert left(spark, 2, domain_rows=50, domain_share=0.01) == first
    assert left(spark, 6, domain_rows=50, domain_share=0.01) == first


def test_a_share_of_many_is_more_than_the_free_number(spark):
    accepted = PLANTED - 3 + HONEST + NAMELESS

    assert len(of_evil(left(spark, 1, domain_rows=10, domain_share=0.1))) == accepted // 10


def test_few_pairs_reach_no_cap(spark):
    assert len(of_evil(left(spark, 1))) == PLANTED - 3


@pytest.mark.parametrize("capped", [False, True])
def test_what_was_withheld_is_judged_anew_where_its_new_page_is_a_file(spark, monkeypatch, capped):
    """A page of a file has no domain, so that nothing but its opt-out speaks of it."""
    stored = "segment_id STRING, reason STRING, registered_domain STRING"
    judged = spark.createDataFrame([("freed", "opted_out", None), ("same", None, "b.org"), ("other", None, "b.org")], stored)
    came = spark.createDataFrame([("freed",), ("same",), ("other",)], "segment_id STRING")
    named = spark.createDataFrame([("same", "b.org"), ("other", "a.org")], "segment_id STRING, registered_domain STRING")
    monkeypatch.setattr(changes, "may_cap", lambda _: capped)
    monkeypatch.setattr(changes, "domains_of", lambda *_: named)

    found = changes._told_otherwise(None, None, came, judged)

    assert {row["segment_id"] for row in found.collect()} == {"freed"} | ({"other"} if capped else set())
