"""The results of `make bench-curation` on disk, and how one comes about: a training, then every held-out item.

A run is one folder for a plan, profile, model and set of held-out items. In it each (metric, arm, repeat) is one Parquet file with a row an
item; together they are the item-level table that the analysis reads. A file that is there is never made again. Arms of a warehouse are in a
folder of their pool.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.errors import InputError
from bubblenet.identity import content_id
from tests.benchmarks.curation_analysis import START
from tests.benchmarks.curation_models import Example, Learner, Trained
from tests.benchmarks.curation_pairs import Item, Pair
from tests.benchmarks.curation_plan import Planned, Profile

CONTROL = "control"
ABOUT = "about.json"
_TRAINING = b"training"


@dataclass(frozen=True, slots=True)
class Result:
    """What one model said. training: of what it was trained on, None for the start. values: by metric and item."""

    metric: str
    arm: str
    repeat: int
    training: dict[str, Any] | None
    values: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of a run."""

    folder: Path

    @classmethod
    def of(cls, root: Path, planned: Planned, profile: Profile, model: str, digest: str, items: Sequence[Item]) -> Store:
        """The folder for these, made where it is not there."""
        asked = content_id(*(f"{item.pair.id} {item.others}" for item in items))
        folder = root / f"{profile.name}-{content_id(planned.digest, profile.name, digest, asked)[:12]}"
        folder.mkdir(parents=True, exist_ok=True)
        pages = {item.pair.id: item.pair.page for item in items}
        about = {"plan": planned.digest, "profile": profile.name, "model": model, "model_digest": digest, "pages": pages}
        _write_whole(folder / ABOUT, lambda part: part.write_text(json.dumps(about), encoding="utf-8"))
        return cls(folder)

    def about(self) -> dict[str, Any]:
        """What the folder is of. Raises InputError for a folder that is no run."""
        try:
            found: dict[str, Any] = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError("the folder of a run of bench-curation", f"{self.folder}: {error}", "Name the one that it printed.") from None
        return found

    def has(self, pool: str, metric: str, arm: str, repeat: int) -> bool:
        """Whether this was measured."""
        return self._file(pool, metric, arm, repeat).is_file()

    def add(self, pool: str, result: Result) -> None:
        """Keep a result; the file appears whole or not at all."""
        rows = [
            {"metric": metric, "arm": result.arm, "repeat": result.repeat, "item": item, "value": value}
            for metric, values in result.values.items()
            for item, value in values.items()
        ]
        table = pa.Table.from_pylist(rows).replace_schema_metadata({_TRAINING: json.dumps(result.training).encode()})
        file = self._file(pool, result.metric, result.arm, result.repeat)
        file.parent.mkdir(exist_ok=True)
        _write_whole(file, lambda part: pq.write_table(table, part))

    def results(self, pools: Sequence[str]) -> list[Result]:
        """Everything that was measured of these pools."""
        files = [file for pool in pools for file in sorted((self.folder / pool).glob("*.parquet"))]
        return [_result(file) for file in files]

    def _file(self, pool: str, metric: str, arm: str, repeat: int) -> Path:
        return self.folder / pool / f"{metric}-{arm}-{repeat}.parquet"


def _write_whole(file: Path, write: Any) -> None:
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    write(part)
    part.replace(file)


def _result(file: Path) -> Result:
    table = pq.read_table(file)
    values: dict[str, dict[str, float]] = {}
    for row in table.to_pylist():
        values.setdefault(row["metric"], {})[row["item"]] = row["value"]
    metric, arm, repeat = file.stem.rsplit("-", 2)
    return Result(metric, arm, int(repeat), json.loads(table.schema.metadata[_TRAINING]), values)


@dataclass(frozen=True, slots=True)
class Bench:
    """A model and the held-out items of each metric, ready to be trained and asked."""

    learner: Learner
    items: Mapping[str, Sequence[Item]]

    def start(self, metric: str) -> Result:
        """The model that nobody trained."""
        self.learner.begin(0)
        return Result(metric, START, 0, None, self._measured(metric))

    def trained(self, metric: str, arm: str, repeat: int, pairs: Sequence[Pair], profile: Profile) -> tuple[Result, Trained]:
        """Train on the pairs, and ask for every item."""
        write = self.learner.write.backward if metric == "backward" else self.learner.write.forward
        examples = [write(pair.instruction, pair.response, ends=True) for pair in pairs]
        found = self.learner.train(examples, profile.steps, profile.step_tokens, seed=repeat)
        training = asdict(found) | {"pairs": len(pairs), "pairs_id": content_id(*(pair.id + pair.instruction for pair in pairs))}
        return Result(metric, arm, repeat, training, self._measured(metric)), found

    def examples(self, metric: str) -> list[Example]:
        """What is scored: backward one an item, forward eight, the true instruction first."""
        write, items = self.learner.write, self.items[metric]
        if metric == "backward":
            return [write.backward(item.pair.instruction, item.pair.response, ends=False) for item in items]
        asked = ((one, item.pair.response) for item in items for one in (item.pair.instruction, *item.others))
        return [write.forward(instruction, response, ends=False) for instruction, response in asked]

    def _measured(self, metric: str) -> dict[str, dict[str, float]]:
        ids, scores = [item.pair.id for item in self.items[metric]], self.learner.score(self.examples(metric))
        if metric == "backward":
            return {metric: dict(zip(ids, scores, strict=True))}
        width = len(scores) // len(ids)
        rows = [scores[place : place + width] for place in range(0, len(scores), width)]
        margins = {key: row[0] - sum(row[1:]) / (width - 1) for key, row in zip(ids, rows, strict=True)}
        ranks = {key: 1.0 + sum(other >= row[0] for other in row[1:]) for key, row in zip(ids, rows, strict=True)}
        return {metric: margins, f"{metric}_rank": ranks}


def values_of(results: Sequence[Result], metric: str) -> dict[tuple[str, int], Mapping[str, float]]:
    """The values of one metric, by arm and repeat."""
    return {(one.arm, one.repeat): one.values[metric] for one in results if metric in one.values}
