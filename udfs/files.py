"""Digests of files, computed on the executors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

from bubblenet.storage import open_steadily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

FILE_DIGESTS = "path STRING, num_rows BIGINT, num_bytes BIGINT, sha256 STRING"
_SCHEMA = pa.schema([("path", pa.string()), ("num_rows", pa.int64()), ("num_bytes", pa.int64()), ("sha256", pa.string())])
_BYTES_AT_ONCE = 4 * 1024 * 1024


def digest_files(batches: Iterator[pa.RecordBatch], count_rows: Callable[[BinaryIO], int]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: bytes, SHA-256 and, by `count_rows`, the rows of the files in column `path`."""
    for batch in batches:
        yield pa.RecordBatch.from_pylist([_described(path, count_rows) for path in batch["path"].to_pylist()], schema=_SCHEMA)


def digest_file(path: str) -> tuple[int, str]:
    """Bytes and SHA-256 of one file, read in chunks."""
    digest, num_bytes = hashlib.sha256(), 0
    with open_steadily(path) as stream:
        while chunk := stream.read(_BYTES_AT_ONCE):
            digest.update(chunk)
            num_bytes += len(chunk)
    return num_bytes, digest.hexdigest()


def _described(path: str, count_rows: Callable[[BinaryIO], int]) -> dict[str, object]:
    num_bytes, sha256 = digest_file(path)
    with open_steadily(path) as stream:
        return {"path": path, "num_rows": count_rows(stream), "num_bytes": num_bytes, "sha256": sha256}
