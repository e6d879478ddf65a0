"""Import of seed pairs into table `seeds`: every line gets a verdict, and nothing is imported twice."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.corpus.language import IDENTIFIER_VERSION
from bubblenet.corpus.reading.hygiene import HYGIENE_VERSION
from bubblenet.corpus.reading.seed_files import SEED_FILES_VERSION, Origin, fault_of
from bubblenet.errors import InputError, StorageError
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.scans import few_rows
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.locations import local_path
from bubblenet.tables import SEEDS
from bubblenet.udfs.seeds import LINES, SEED_ROWS, ReadLines, parse_lines

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context

STARTER = "starter"
"""Name of the seed set shipped with the project."""

DECIDING, REPORTING = "decides", "reports"
"""The halves of the held-out seeds: what decides on a round, and what its gain is reported on."""

STARTER_LICENCE = "Apache-2.0"
_ADVICE = 'Give a file of {"instruction": ..., "response": ...}, {"messages": [...]} or {"conversations": [...]}, as lines or as one list.'
FINGERPRINT = Fingerprint({"reader": SEED_FILES_VERSION, "hygiene": HYGIENE_VERSION, "language": IDENTIFIER_VERSION})


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file to import. licence: an SPDX identifier, or an equivalent text."""

    path: str
    licence: str
    origin: Origin

    @classmethod
    def of(cls, file: str, licence: str | None, origin: Origin | None) -> SeedFile:
        """The file at that path, or the starter set. Raises InputError if it is missing or no licence is given."""
        if file == STARTER:
            starter = str(files("bubblenet.conf") / "seeds" / "starter.jsonl")
            return cls(starter, STARTER_LICENCE, "project").checked()
        if not licence:
            raise InputError("the licence of the pairs", "none", "Say it: --license CC-BY-4.0")
        local = local_path(file)
        return cls(str(Path(local).absolute()) if local else file, licence, origin or "human").checked()

    def checked(self) -> SeedFile:
        """Return self. Raises InputError if a line cannot be read, or if none is a pair, before any is imported."""
        try:
            if fault := fault_of(self.path):
                raise InputError("lines of JSON, pairs or conversations, at least one of them", f"{self.path}: {fault}", _ADVICE)
        except (OSError, StorageError) as error:
            raise InputError(
                "a file of seed pairs, or `starter`", f"{self.path}: {getattr(error, 'strerror', None) or error}", "Mend it."
            ) from None
        return self


def import_file(context: Context, file: SeedFile) -> StageReport:
    """Bring `seeds` up to date with a file. The kernel evaluates its requests repeatedly, so lines are parsed once, after planning."""
    paths = few_rows(context.spark, [(file.path,)], "path STRING")
    lines = paths.mapInArrow(ReadLines(file.licence, file.origin), LINES)
    return run_stage(Stage("seeds", SEEDS, FINGERPRINT, lines, combine=_combine), context)


def current_seeds(context: Context) -> DataFrame:
    """The kept seeds, without duplicates, with `split`: held_out or train."""
    return seeds_at(context, context.warehouse.version(SEEDS))


def seeds_at(context: Context, version: int) -> DataFrame:
    """The kept seeds at one version of the table."""
    kept = context.warehouse.read(SEEDS, version).where((F.col("fingerprint") == FINGERPRINT.id) & F.col("kept"))
    is_held_out = F.col("split_position") < context.settings.seeds.held_out_share
    return kept.withColumn("split", F.when(is_held_out, "held_out").otherwise("train"))


def half_of(seed_id: str) -> Column:
    """The half that a seed belongs to if it is held out, by a hash of its id: fixed for ever, whatever is imported beside it."""
    return F.when(F.substring(content_id(seed_id, F.lit("half")), 1, 1) < "8", DECIDING).otherwise(REPORTING)


def _combine(pending: DataFrame, known: DataFrame, _: Checkpoint) -> DataFrame:
    """Parse the lines. Of equal pairs the first one imported is kept, and within a file the first line."""
    stands = known.where("kept").select("seed_id", F.lit(True).alias("is_known"))
    order = Window.partitionBy(F.coalesce("seed_id", "request_id")).orderBy("file", "line")
    is_double = F.col("kept") & (F.col("is_known") | (F.row_number().over(order) > 1))
    return (
        pending.mapInArrow(parse_lines, SEED_ROWS)
        .join(stands, on="seed_id", how="left")
        .withColumn("is_double", F.coalesce(is_double, F.lit(False)))
        .withColumn("kept", F.col("kept") & ~F.col("is_double"))
        .withColumn("reason", F.when(F.col("is_double"), "duplicate").otherwise(F.col("reason")))
        .withColumn("detail", F.when(F.col("is_double"), F.col("seed_id")).otherwise(F.col("detail")))
        .drop("is_double", "is_known")
    )
