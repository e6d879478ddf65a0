"""What `make bench-curation` reads of a warehouse: judged pairs with their signals, all candidates of a passage, machine-made lists.

It reads tables with delta-rs, some columns of them, and no more passages than it is told: no Spark, and nothing that grows with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bubblenet.errors import InputError
from bubblenet.identity import content_id
from bubblenet.kernel.table_log import exists
from bubblenet.stores import Store
from tests.benchmarks.curation_pairs import Pair

PASSED = (None, "low_quality", "not_best_candidate", "domain_cap")
"""Reasons of pairs that the gates let pass."""

LISTS = ("few_line_ends", "short_lines", "duplicate_lines", "bare_list", "link_density", "link_list")
"""Reasons of passages of pages that are lists made by machines."""

LOSS_REDUCTION = "loss_reduction"
"""Signal of the mode that asks two models; where no mode gives it, its arm is left out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed pair. kept: accepted by the product; passed: by the gates. signals: those that it was measured in.

    position: of the passage on its page.
    """

    pair: Pair
    origin: str
    position: int
    kept: bool
    passed: bool
    signals: dict[str, float] = field(default_factory=dict)

    @property
    def quality(self) -> float | None:
        """The judge's; None where it was not asked."""
        return self.signals.get("quality")


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of a warehouse's passages, and texts of lists that its pages hold."""

    candidates: tuple[Candidate, ...]
    lists: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of everything that arms are made from."""
        signals = (f"{one.pair.id} {one.kept} {one.passed} {sorted(one.signals.items())}" for one in self.candidates)
        return content_id(*sorted(signals), *sorted(self.lists))


def read_pool(location: str, number: int = 0, policy: str = "default", most_passages: int = 20_000) -> Pool:
    """The pool of a round and policy; of more passages than `most_passages`, those that come first by hash.

    Raises InputError where there is no warehouse, or nothing was judged.
    """
    judged = _rows(
        location, "judgements", ["instruction_id", "segment_id", "origin", "kept", "reason", "quality", "reverse_gain",
        "instruction_following_difficulty", "recipe_id"], (pc.field("round") == number) & (pc.field("policy") == policy),
    )  # fmt: skip
    if not judged:
        raise InputError(f"judged pairs of round {number}, policy {policy}", "none", f"bubblenet run --warehouse {location}")
    wanted = sorted({row["segment_id"] for row in judged}, key=content_id)[:most_passages]
    of_wanted = pc.field("segment_id").isin(wanted)
    places = {row["segment_id"]: row for row in _rows(location, "segments", ["segment_id", "document_id", "position", "text"], of_wanted)}
    asked = _rows(location, "instructions", ["instruction_id", "instruction"], of_wanted & pc.field("instruction").is_valid())
    texts = {row["instruction_id"]: row["instruction"] for row in asked}
    reduced = _loss_reductions(location, of_wanted, sorted({row["recipe_id"] for row in judged}))
    found = [_candidate(row, places, texts, reduced) for row in judged if row["segment_id"] in places and row["instruction_id"] in texts]
    refused = _rows(location, "segments", ["text"], pc.field("reason").isin(LISTS))
    lists = sorted({row["text"] for row in refused if row["text"]}, key=content_id)[:most_passages]
    return Pool(tuple(sorted(found, key=lambda one: one.pair.id)), tuple(lists))


def _candidate(row: dict[str, Any], places: dict[str, Any], texts: dict[str, str], reduced: dict[str, float]) -> Candidate:
    place = places[row["segment_id"]]
    measured = {
        "quality": row["quality"],
        "reverse_gain": row["reverse_gain"],
        "ifd": row["instruction_following_difficulty"],
        LOSS_REDUCTION: reduced.get(row["instruction_id"]),
    }
    signals = {name: value for name, value in measured.items() if value is not None}
    pair = Pair(row["instruction_id"], place["document_id"], row["segment_id"], texts[row["instruction_id"]], place["text"])
    return Candidate(pair, row["origin"], place["position"], row["kept"], row["reason"] in PASSED, signals)


def _loss_reductions(location: str, of_wanted: pc.Expression, recipes: list[str]) -> dict[str, float]:
    """By the judge of these recipes: other rounds have other judges."""
    of_mode = pc.field("recipe_id").isin(recipes) & (pc.field("stage") == f"score/{LOSS_REDUCTION}")
    made = [row["fingerprint"] for row in _rows(location, "recipes", ["fingerprint"], of_mode)]
    rows = _rows(location, "scores", ["instruction_id", "signals"], of_wanted & pc.field("fingerprint").isin(pa.array(made, pa.string())))
    signals = ((row["instruction_id"], dict(row["signals"] or ())) for row in rows)
    return {key: named[LOSS_REDUCTION] for key, named in signals if LOSS_REDUCTION in named}


def _rows(location: str, table: str, names: list[str], where: pc.Expression) -> list[dict[str, Any]]:
    return list(_iterate(location, table, names, where))


def _iterate(location: str, table: str, names: list[str], where: pc.Expression) -> Iterator[dict[str, Any]]:
    from deltalake import DeltaTable

    place = f"{location}/{table}"
    if not exists(place):
        raise InputError(f"a warehouse with table {table}", location, "bubblenet run --warehouse DIR")
    rows = DeltaTable(Store.of(place).delta).to_pyarrow_dataset()
    for batch in rows.to_batches(columns=names, filter=where):
        yield from pa.Table.from_batches([batch]).to_pylist()
