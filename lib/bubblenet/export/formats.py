"""Formats of the data files of an export. Each is declared here once, under a name that `export.format` accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, get_args

import pyarrow.parquet as pq

from bubblenet.settings import ExportFormat

FOR_TRAINING: ExportFormat = "parquet"
"""The one that `finetune` reads: it holds its columns apart, and their types."""

_BYTES_AT_ONCE = 4 * 1024 * 1024

_LOADED_BY_DATASETS = ("from datasets import load_dataset", 'examples = load_dataset("FOLDER", split="train")')


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of data files.

    title: in messages and documentation. suffix: of the files, with the dot. spark: name of Spark's data source, and options for its
    writer. count_rows: the number of rows in a file, opened in binary mode; runs on the executors. read_with: what reads it, for the docs.
    python: lines that read the training split of the folder FOLDER, for the card;
    the last assigns `examples` and is shown alone in messages.
    """

    name: ExportFormat
    title: str
    suffix: str
    spark: str
    count_rows: Callable[[BinaryIO], int]
    read_with: str
    python: tuple[str, ...] = _LOADED_BY_DATASETS
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_loaded_by_datasets(self) -> bool:
        """Whether the datasets library reads it, and so the header of the card."""
        return any("load_dataset" in line for line in self.python)

    def reading(self, folder: str) -> tuple[str, ...]:
        """The lines of Python that read the training split of an export."""
        return tuple(line.replace("FOLDER", folder) for line in self.python)


def _rows_of_parquet(stream: BinaryIO) -> int:
    return int(pq.read_metadata(stream).num_rows)


def _lines(stream: BinaryIO) -> int:
    return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(_BYTES_AT_ONCE), b""))


_DECLARED = (
    FileFormat(
        name="parquet",
        title="Parquet",
        suffix=".parquet",
        spark="parquet",
        count_rows=_rows_of_parquet,
        read_with="`bubblenet finetune`, datasets, DuckDB, pyarrow, pandas",
    ),
    FileFormat(
        name="jsonl",
        title="JSON lines",
        suffix=".jsonl",
        spark="json",
        count_rows=_lines,
        read_with="trainers with their own loaders, jq, any language; a column without a value is null, never absent",
        options={"ignoreNullFields": "false", "compression": "none"},
    ),
)

FORMATS: Mapping[ExportFormat, FileFormat] = {known.name: known for known in _DECLARED}
"""Every format by its name."""

if undeclared := set(get_args(ExportFormat)) ^ set(FORMATS):
    raise TypeError(f"formats of the settings that are not declared, or the reverse: {sorted(undeclared)}")
