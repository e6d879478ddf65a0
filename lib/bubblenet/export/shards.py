"""Examples as shards with equal numbers of rows and a manifest, readable by a trainer without Spark or Delta.

    OUT/data/train-00000-of-00008.parquet ...    OUT/data/validation-00000-of-00008.parquet ...
    OUT/manifest.json                            OUT/README.md

Shards are equal because the ranks of a trainer would deadlock on unequal ones. The manifest is written last: a folder without one
is not an export. All work happens on the executors; the driver sees only bucket sizes and file names.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.errors import InputError
from bubblenet.export.formats import FileFormat
from bubblenet.kernel.scans import few_rows
from bubblenet.kernel.scratch import Scratch
from bubblenet.stores import Store
from bubblenet.udfs.files import FILE_DIGESTS, digest_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

MANIFEST, CARD = "manifest.json", "README.md"
FORMAT_VERSION = 1
SPLITS = ("train", "validation")

_BUCKETS = 1024
_UNFINISHED = "_unfinished"
_LEFT_OUT = ("split", "shard", "bucket", "position", "index")


@dataclass(frozen=True, slots=True)
class Shard:
    """One file. path: relative to the folder of the export; sha256: of its bytes."""

    path: str
    split: str
    num_rows: int
    num_bytes: int
    sha256: str


class Folder:
    """The folder of an export, on any file system supported by pyarrow.

    A manifest marks it as complete, a folder `_unfinished` as created by an export; without either nothing is modified.
    """

    def __init__(self, location: str) -> None:
        self.location = Store.of(location).spark
        self._files = Scratch(self.location)

    @property
    def unfinished(self) -> str:
        """Folder for files that are not, or not yet, part of the export."""
        return f"{self.location}/{_UNFINISHED}"

    def manifest(self) -> dict[str, Any] | None:
        """The manifest of a finished export; None if there is none. Raises InputError for a folder with other content."""
        names = self._files.names()
        if MANIFEST not in names and (not names or _UNFINISHED in names):
            return None
        manifest = json.loads(self._files.read(MANIFEST)) if MANIFEST in names else {}
        if "made_from" not in manifest:
            raise InputError("an empty folder, or one of an export", f"{self.location} with other files", "Give another --out.")
        return manifest

    def begin(self) -> None:
        """Prepare the folder for unfinished files. An earlier export stays intact until its replacement is ready."""
        Scratch(self.unfinished).delete_everything()
        self._files.write(f"{_UNFINISHED}/begun")

    def take_in(self, num_shards: Mapping[str, int], suffix: str) -> list[str]:
        """Replace an earlier export's files by those that Spark wrote, under standard names; returns these, relative to the folder."""
        for name in (MANIFEST, CARD):
            if name in self._files.names():
                self._files.delete(name)
        Scratch(f"{self.location}/data").delete_everything()
        names = []
        for split, count in num_shards.items():
            for number in range(count):
                written = f"{_UNFINISHED}/rows/split={split}/shard={number}"
                found = [name for name in self._files.names(written) if not name.startswith((".", "_"))]
                if len(found) != 1:
                    raise RuntimeError(f"{len(found)} files of shard {number} of {split}, where there must be one")
                names.append(f"data/{split}-{number:05d}-of-{count:05d}{suffix}")
                self._files.move(f"{written}/{found[0]}", names[-1])
        return names

    def finish(self, manifest: Mapping[str, Any], card: str) -> None:
        """Write the card and then, atomically, the manifest, which completes the export."""
        self._files.write(CARD, card)
        self._files.write(f"{_UNFINISHED}/{MANIFEST}", json.dumps(manifest, indent=2))
        self._files.move(f"{_UNFINISHED}/{MANIFEST}", MANIFEST)
        Scratch(self.unfinished).delete_everything()


def write_shards(examples: DataFrame, folder: Folder, wanted: int, form: FileFormat) -> tuple[list[Shard], dict[str, int]]:
    """Write the examples in the order of their `position`; returns the shards, and the examples per split dropped to keep shards equal.

    examples: with `split` and `position`, 0 to 1. wanted: shards per split; a validation split with fewer examples is one file.
    Raises InputError if there are fewer training examples than shards.
    """
    bucketed = examples.withColumn("bucket", (F.col("position") * _BUCKETS).cast("int"))
    buckets = bucketed.groupBy("split", "bucket").count().collect()
    totals = {split: sum(row["count"] for row in buckets if row["split"] == split) for split in SPLITS}
    if totals["train"] < wanted:
        todo = "Import seeds, curate more pairs, set export.min_grade = 4, or export fewer shards."
        raise InputError(f"a training example for each of {wanted} shards", f"{totals['train']} examples", todo)
    num_shards = {split: wanted if total >= wanted else min(total, 1) for split, total in totals.items()}
    rows_per_shard = {split: total // num_shards[split] if total else 0 for split, total in totals.items()}
    offsets = few_rows(examples.sparkSession, _offsets(buckets), "split STRING, bucket INT, first BIGINT")
    order = Window.partitionBy("split", "bucket").orderBy("position", "example_id")
    numbered = bucketed.join(F.broadcast(offsets), on=["split", "bucket"]).withColumn(
        "index", F.col("first") + F.row_number().over(order) - 1
    )
    sizes = [(split, num_shards[split], rows_per_shard[split]) for split in SPLITS if num_shards[split]]
    sized = numbered.join(F.broadcast(few_rows(examples.sparkSession, sizes, "split STRING, shards INT, rows BIGINT")), on="split")
    placed = sized.where(F.col("index") < F.col("shards") * F.col("rows")).withColumn(
        "shard", (F.col("index") % F.col("shards")).cast("int")
    )
    spread = placed.repartition(sum(num_shards.values()), "split", "shard").sortWithinPartitions("split", "shard", "index")
    columns = [name for name in examples.columns if name not in _LEFT_OUT]
    writer = spread.select("split", "shard", *columns).write.format(form.spark).options(**form.options)
    writer.partitionBy("split", "shard").mode("overwrite").save(f"{folder.unfinished}/rows")
    shards = _described(examples.sparkSession, folder, folder.take_in(num_shards, form.suffix), form)
    return shards, {split: totals[split] - num_shards[split] * rows_per_shard[split] for split in SPLITS}


def data_digest(shards: list[Shard]) -> str:
    """One hash over all rows of all files."""
    return hashlib.sha256("\n".join(f"{shard.path} {shard.sha256}" for shard in shards).encode()).hexdigest()


def describe(shards: list[Shard], left_out: Mapping[str, int]) -> dict[str, Any]:
    """The manifest's description of the data: `splits` (those with examples), `shards`, and one hash over everything."""
    splits = {}
    for split in SPLITS:
        rows = [shard.num_rows for shard in shards if shard.split == split]
        if rows:
            splits[split] = {"examples": sum(rows), "files": len(rows), "rows_per_file": rows[0], "left_out": left_out[split]}
    return {
        "format_version": FORMAT_VERSION,
        "data_sha256": data_digest(shards),
        "splits": splits,
        "shards": [asdict(shard) for shard in shards],
    }


def _offsets(buckets: list[Any]) -> list[tuple[str, int, int]]:
    """Number of examples of the same split before each bucket."""
    offsets = []
    for split in SPLITS:
        first = 0
        for row in sorted((row for row in buckets if row["split"] == split), key=lambda row: row["bucket"]):
            offsets.append((split, row["bucket"], first))
            first += row["count"]
    return offsets


def _described(spark: SparkSession, folder: Folder, names: list[str], form: FileFormat) -> list[Shard]:
    """Rows, bytes and digest of each file, computed on the executors."""
    rows = [(f"{folder.location}/{name}",) for name in names]
    digest = partial(digest_files, count_rows=form.count_rows)
    frame = few_rows(spark, rows, "path STRING").repartition(len(rows)).mapInArrow(digest, FILE_DIGESTS)
    found = {row["path"]: row for row in frame.collect()}
    shards = []
    for name in names:
        row = found[f"{folder.location}/{name}"]
        split = name.removeprefix("data/").partition("-")[0]
        shards.append(Shard(name, split, row["num_rows"], row["num_bytes"], row["sha256"]))
    return shards
