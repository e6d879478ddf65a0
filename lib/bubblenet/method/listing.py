"""Lists input files with Spark or fsspec, so that no process holds a million names, and splits large files into parts."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet import locations
from bubblenet.errors import InputError
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.scans import few_rows
from bubblenet.locations import literal_path
from bubblenet.stores import tell_hadoop
from bubblenet.udfs.corpus import list_urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

_HIDDEN = (".", "_")  # skipped, as by Spark
_COLUMNS = "path STRING, size BIGINT, modified_at TIMESTAMP"
_NOT_LISTED_BY_HADOOP = ("http", "https")  # its file systems of these schemes open files but do not list them
_OPENING_BYTES = 64 * 1024


def list_files(spark: SparkSession, inputs: tuple[str, ...]) -> DataFrame:
    """path, size, modified_at of all files at the inputs, recursively. modified_at is null if the file system does not report it.

    Raises InputError for a path that does not exist, cannot be listed or contains no file.
    """
    for path in inputs:
        if not locations.has_scheme(path) and not Path(path).exists():
            raise InputError("an existing file or folder", f"no such path: {path}", "Mend --input.")
        if not locations.has_scheme(path) and Path(path).is_dir() and not any(entry.is_file() for entry in Path(path).rglob("*")):
            raise InputError("a folder with files", f"an empty folder: {path}", "Mend --input.")
    known = [path for path in inputs if _is_known_to_spark(spark, path)]
    other = [path for path in inputs if path not in known]
    frames = [_listed_by_spark(spark, known)] if known else []
    frames += [_listed_by_fsspec(spark, other)] if other else []
    return reduce(lambda left, right: left.unionByName(right), frames)


def file_parts(files: DataFrame, split_bytes: int) -> DataFrame:
    """The parts in which files are read: request_id, path, snapshot, start, end (null: to the end of the file), num_bytes to read.

    files: rows of the table `files`. An unsplit file keeps its own request_id. num_bytes includes the cost of opening a file.
    """
    is_split = F.col("is_splittable") & (F.col("size") > split_bytes)
    starts = F.when(is_split, F.sequence(F.lit(0).cast("bigint"), F.col("size") - 1, F.lit(split_bytes).cast("bigint")))
    parts = files.withColumn("start", F.explode(F.coalesce(starts, F.array(F.lit(0).cast("bigint")))))
    end = F.when(is_split & (F.col("start") + split_bytes < F.col("size")), F.col("start") + split_bytes)
    return parts.select(
        F.when(is_split, content_id("request_id", F.col("start").cast("string"))).otherwise(F.col("request_id")).alias("request_id"),
        "path",
        "snapshot",
        "start",
        end.alias("end"),
        (F.coalesce(end, "size") - F.col("start") + _OPENING_BYTES).alias("num_bytes"),
    )


def _is_known_to_spark(spark: SparkSession, path: str) -> bool:
    scheme = path.partition("://")[0].lower()
    if not locations.has_scheme(path):
        return True
    if locations.is_chained(path) or scheme in _NOT_LISTED_BY_HADOOP:
        return False
    from py4j.protocol import Py4JJavaError

    jvm: Any = spark._jvm
    try:
        jvm.org.apache.hadoop.fs.FileSystem.getFileSystemClass(scheme, spark._jsc.hadoopConfiguration())
    except Py4JJavaError:
        return False  # Hadoop has no file system for this scheme
    return True


def _listed_by_spark(spark: SparkSession, inputs: list[str]) -> DataFrame:
    for path in inputs:
        tell_hadoop(spark, path)
    # The reader lists names and sizes; without the content column it opens no file.
    listing = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load([literal_path(path) for path in inputs])
    local = F.regexp_replace("path", "^file:/+", "/")
    files = listing.select(local.alias("path"), F.col("length").alias("size"), F.col("modificationTime").alias("modified_at"))
    return files.unionByName(few_rows(spark, _empty_files(inputs), _COLUMNS))


def _listed_by_fsspec(spark: SparkSession, inputs: list[str]) -> DataFrame:
    for url in inputs:
        try:
            if next(locations.walk(url), None) is None:
                raise InputError("a URL with files", f"nothing at {url}", "Mend --input.")
        except (OSError, ImportError, ValueError) as error:
            raise InputError("a URL that Spark, pyarrow or fsspec can list", f"{url}: {error}", "Mend --input.") from error
    urls = few_rows(spark, ((url,) for url in inputs), "url STRING")
    return urls.repartition(len(inputs)).mapInArrow(list_urls, _COLUMNS)


def _empty_files(inputs: list[str]) -> Iterator[tuple[str, int, datetime]]:
    """Local empty files, which Spark leaves out of a listing; they are input, too, and get their row."""
    for path in (Path(path).resolve() for path in inputs if not locations.has_scheme(path)):
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file() and not file.name.startswith(_HIDDEN) and not file.stat().st_size:
                yield os.fsencode(file).decode("utf-8", "replace"), 0, datetime.fromtimestamp(file.stat().st_mtime, UTC)
