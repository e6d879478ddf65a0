"""Digests of files, computed on the executors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.locations import open_binary

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_DIGESTS = "path STRING, num_rows BIGINT, num_bytes BIGINT, sha256 STRING"
_SCHEMA = pa.schema([("path", pa.string()), ("num_rows", pa.int64()), ("num_bytes", pa.int64()), ("sha256", pa.string())])
_BYTES_AT_ONCE = 4 * 1024 * 1024


def digest_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: rows, bytes and SHA-256 of the Parquet files in column `path`."""
    for batch in batches:
        yield pa.RecordBatch.from_pylist([digest_file(path) for path in batch["path"].to_pylist()], schema=_SCHEMA)


def digest_file(path: str) -> dict[str, object]:
    """Rows, bytes and SHA-256 of one Parquet file, read in chunks."""
    digest, num_bytes = hashlib.sha256(), 0
    with open_binary(path) as stream:
        while chunk := stream.read(_BYTES_AT_ONCE):
            digest.update(chunk)
            num_bytes += len(chunk)
        stream.seek(0)
        num_rows = pq.read_metadata(stream).num_rows
    return {"path": path, "num_rows": num_rows, "num_bytes": num_bytes, "sha256": digest.hexdigest()}
