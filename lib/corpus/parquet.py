"""Pages in Parquet files: one for each row, row group by row group, so that damage costs one group and parts of a file need no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.corpus.pages import Page, quarantined
from bubblenet.corpus.records import KNOWN_FIELDS, TEXT_FIELDS, page_at, page_of_record
from bubblenet.corpus.streams import ByteRange, file_size

BATCH_ROWS = 64
_READ_BYTES = 1024 * 1024
_DAMAGE = (pa.ArrowException, OSError, ValueError, MemoryError)


def read_parquet(source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """One Page for each row of the row groups that begin in the part; where a group stops being sound, one `unreadable` Page ends it.

    What is wrong with the file as a whole is said by the part that holds its first byte.
    """
    try:
        size = file_size(source)
        file = pq.ParquetFile(source, buffer_size=_READ_BYTES)
        groups = [(_offset(file, index, size), file.metadata.row_group(index).num_rows) for index in range(file.num_row_groups)]
        columns = [name for name in file.schema_arrow.names if name in KNOWN_FIELDS]
    except _DAMAGE as error:
        if part.start == 0:
            yield quarantined(page_at(path, 1), "unreadable", f"no Parquet file: {error}")
        return
    if not any(name in TEXT_FIELDS for name in columns):
        if part.start == 0:
            yield page_of_record(page_at(path, 1), {}, max_document_bytes)
        return
    first_row = 1
    for index, (offset, num_rows) in enumerate(groups):
        if part.holds(offset):
            yield from _pages_of_group(file, index, first_row, columns, path, max_document_bytes)
        first_row += num_rows


def _offset(file: pq.ParquetFile, index: int, size: int) -> int:
    """Where the row group begins, by the first of its column chunks; within the file even if the footer says otherwise."""
    chunk = file.metadata.row_group(index).column(0)
    offsets = [offset for offset in (chunk.dictionary_page_offset, chunk.data_page_offset) if offset]
    return max(0, min([*offsets, size - 1]))


def _pages_of_group(
    file: pq.ParquetFile, index: int, first_row: int, columns: list[str], path: str, max_document_bytes: int
) -> Iterator[Page]:
    number = first_row
    try:
        for row in _rows(file, index, columns):
            yield page_of_record(page_at(path, number), row, max_document_bytes)
            number += 1
    except _DAMAGE as error:
        yield quarantined(page_at(path, number), "unreadable", f"no sound Parquet from row {number} to the end of its row group: {error}")


def _rows(file: pq.ParquetFile, index: int, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The fields that matter of every row. Every batch is checked first: a damaged file can decode into impossible arrays."""
    for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=[index], columns=columns, use_threads=False):
        batch.validate(full=True)
        yield from batch.to_pylist()
