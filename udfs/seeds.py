"""Parsing of seed files: their lines as rows, and the pairs in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bubblenet.corpus.reading.seed_files import line_id, read_lines, read_seed
from bubblenet.kernel.batches import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = {
    "request_id": pa.string(), "file": pa.string(), "line": pa.int64(), "licence": pa.string(), "origin": pa.string(),
}  # fmt: skip
_SEED = {
    "seed_id": pa.string(), "instruction": pa.string(), "response": pa.string(), "kind": pa.string(), "source": pa.string(),
    "language": pa.string(), "language_agrees": pa.bool_(), "response_language": pa.string(), "split_position": pa.float64(),
    "status": pa.string(), "kept": pa.bool_(), "reason": pa.string(), "detail": pa.string(),
}  # fmt: skip
_SQL = {pa.string(): "STRING", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN", pa.float64(): "DOUBLE", pa.binary(): "BINARY"}
_ROWS_AT_ONCE = 256


def _ddl(fields: dict[str, pa.DataType]) -> str:
    return ", ".join(f"{name} {_SQL[kind]}" for name, kind in fields.items())


LINES = _ddl(_LINE | {"content": pa.binary()})
"""Schema of the lines as Spark DDL."""

SEED_ROWS = _ddl(_LINE | _SEED)
"""Schema of the parsed lines as Spark DDL."""


@dataclass(frozen=True, slots=True)
class ReadLines:
    """For mapInArrow: every line of the files in column `path`, as LINES. Raises OSError as read_lines does."""

    licence: str
    origin: str

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of LINES."""
        paths = (path for batch in batches for path in batch["path"].to_pylist())
        rows = (self._row(path, number, line) for path in paths for number, line in read_lines(path))
        for some in cut(rows, _ROWS_AT_ONCE):
            yield pa.RecordBatch.from_pylist(some, schema=pa.schema(_LINE | {"content": pa.binary()}))

    def _row(self, path: str, number: int, line: bytes) -> dict[str, Any]:
        request_id = line_id(line, self.licence, self.origin)
        return {
            "request_id": request_id, "file": path, "line": number, "licence": self.licence, "origin": self.origin, "content": line,
        }  # fmt: skip


def parse_lines(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: rows of LINES as SEED_ROWS, each with its verdict."""
    for batch in batches:
        rows = [{name: row[name] for name in _LINE} | read_seed(row["content"]) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, schema=pa.schema(_LINE | _SEED))
