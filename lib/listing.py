"""List input files with Spark itself, so that any file system it reads can be given and a million names never lie in one process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

_HIDDEN = (".", "_")  # as Spark leaves them out


def list_files(spark: SparkSession, inputs: tuple[str, ...]) -> DataFrame:
    """path, size, modified_at of all files at the inputs; folders are walked.

    Raises InputError for a path that does not exist or holds no file at all.
    """
    for path in inputs:
        if "://" not in path and not Path(path).exists():
            raise InputError("an existing file or folder", f"no such path: {path}", "Mend --input.")
        if "://" not in path and Path(path).is_dir() and not any(entry.is_file() for entry in Path(path).rglob("*")):
            raise InputError("a folder with files", f"an empty folder: {path}", "Mend --input.")
    # The reader lists names and sizes; without the content column it opens no file.
    listing = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load([literal_path(path) for path in inputs])
    local = F.regexp_replace("path", "^file:/+", "/")
    files = listing.select(local.alias("path"), F.col("length").alias("size"), F.col("modificationTime").alias("modified_at"))
    empty = spark.createDataFrame(list(_empty_files(inputs)), "path STRING, size BIGINT, modified_at TIMESTAMP")
    return files.unionByName(empty)


def _empty_files(inputs: tuple[str, ...]) -> Iterator[tuple[str, int, datetime]]:
    """Local files without a byte, which Spark leaves out of a listing; they are input, too, and get their row."""
    for path in (Path(path).resolve() for path in inputs if "://" not in path):
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file() and not file.name.startswith(_HIDDEN) and not file.stat().st_size:
                yield str(file), 0, datetime.fromtimestamp(file.stat().st_mtime, UTC)


def literal_path(path: str) -> str:
    """The path as Spark must be given it to mean a local name letter by letter: it takes every path as a glob."""
    if "://" in path:
        return path
    return "".join(f"\\{letter}" if letter in "*?[]{}\\" else letter for letter in str(Path(path).resolve()))
