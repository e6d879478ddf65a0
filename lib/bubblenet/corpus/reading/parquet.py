"""Pages in Parquet files: one per row, read by row group, so that damage costs at most one group and parts can be read separately."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from bubblenet.corpus.reading.arrow_values import python_value, sound
from bubblenet.corpus.reading.pages import Page, quarantined
from bubblenet.corpus.reading.records import KNOWN_FIELDS, TEXT_FIELDS, folded_name, page_at, page_of_record
from bubblenet.corpus.reading.streams import ByteRange, file_size

BATCH_ROWS = 64
BATCH_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 4
"""Upper bound on the texts of maximum size in a row; row groups with larger rows, which cannot be pages, are not decompressed."""

_NOT_UTF8 = "Invalid UTF8"  # in the message; Arrow has no error of its own for it
_READ_BYTES = 1024 * 1024
_DAMAGE = (pa.ArrowException, OSError, ValueError, MemoryError)


def read_parquet(source: BinaryIO, path: str, max_document_bytes: int, part: ByteRange) -> Iterator[Page]:
    """One Page for each row of the row groups that begin in the part; at damage, a group ends with one `unreadable` Page.

    Faults of the file as a whole are reported by the part with its first byte.
    """
    try:
        size = file_size(source)
        file = pq.ParquetFile(source, buffer_size=_READ_BYTES)
        groups = [(_offset(file, index, size), file.metadata.row_group(index).num_rows) for index in range(file.num_row_groups)]
        columns = [name for name in dict.fromkeys(file.schema_arrow.names) if folded_name(name) in KNOWN_FIELDS]
    except _DAMAGE as error:
        if part.start == 0:
            yield quarantined(page_at(path, 1), "unreadable", f"no Parquet file: {error}")
        return
    if not any(folded_name(name) in TEXT_FIELDS for name in columns):
        if part.start == 0:
            yield page_of_record(page_at(path, 1), {}, max_document_bytes)
        return
    first_row = 1
    for index, (offset, num_rows) in enumerate(groups):
        if part.holds(offset):
            yield from _pages_of_group(_Group(file, index, columns, path, first_row, num_rows), max_document_bytes)
        first_row += num_rows


@dataclass(frozen=True, slots=True)
class _Group:
    """One row group. first_row: number of its first row in the file, from 1. num_rows: as stated in the footer."""

    file: pq.ParquetFile
    index: int
    columns: list[str]
    path: str
    first_row: int
    num_rows: int

    @property
    def row_bytes(self) -> int:
        """Average uncompressed bytes per row, according to the footer."""
        group = self.file.metadata.row_group(self.index)
        chunks = (group.column(number) for number in range(group.num_columns))
        size = sum(chunk.total_uncompressed_size for chunk in chunks if _is_in(chunk.path_in_schema, self.columns))
        return size // max(1, self.num_rows)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The relevant fields of every row. Every batch is validated first: a damaged file can decode into invalid arrays."""
        for batch in self._batches(self._readable()):
            yield from rows_of(batch)

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        size = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, self.row_bytes)))
        return self.file.iter_batches(batch_size=size, row_groups=[self.index], columns=columns, use_threads=False)

    def _readable(self) -> list[str]:
        """The columns but dictionaries of texts that are not UTF-8, which Arrow reads neither so nor as bytes; all, if no text is left."""
        schema = self.file.schema_arrow
        readable = [name for name in self.columns if not _has_dictionary(schema, name) or self._is_utf8(name)]
        return readable if any(folded_name(name) in TEXT_FIELDS for name in readable) else self.columns

    def _is_utf8(self, name: str) -> bool:
        try:
            next(self._batches([name]), None)
        except pa.ArrowInvalid as error:
            return _NOT_UTF8 not in str(error)
        return True


def rows_of(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Every row of a batch; of columns with the same name, the first that is not empty. Raises pa.ArrowInvalid for a damaged batch."""
    columns = [(name, sound(array)) for name, array in zip(batch.schema.names, batch.columns, strict=True)]
    for row in range(batch.num_rows):
        fields: dict[str, Any] = {}
        for name, values in columns:
            if fields.get(name) in (None, ""):
                fields[name] = python_value(values, row)
        yield fields


def _has_dictionary(schema: pa.Schema, name: str) -> bool:
    """Whether a column of this name is or holds a dictionary."""
    return any("dictionary<" in str(schema.field(index).type) for index in schema.get_all_field_indices(name))


def _is_in(path: str, names: list[str]) -> bool:
    """Whether a path in the schema is one of these columns or lies in one."""
    return any(path == name or path.startswith(f"{name}.") for name in names)


def _offset(file: pq.ParquetFile, index: int, size: int) -> int:
    """The offset of the first column chunk of the row group; clamped to the file even if the footer is wrong."""
    chunk = file.metadata.row_group(index).column(0)
    offsets = [offset for offset in (chunk.dictionary_page_offset, chunk.data_page_offset) if offset]
    return max(0, min([*offsets, size - 1]))


def _pages_of_group(group: _Group, max_document_bytes: int) -> Iterator[Page]:
    number, end = group.first_row, group.first_row + group.num_rows
    try:
        if group.row_bytes > MAX_COLUMNS * max_document_bytes:
            yield quarantined(page_at(group.path, number), "too_large", f"{group.num_rows} rows of {group.row_bytes} bytes on average")
            return
        for row in group.rows():
            yield page_of_record(page_at(group.path, number), row, max_document_bytes)
            number += 1
        if number != end:
            yield quarantined(page_at(group.path, number), "unreadable", f"the footer announces rows up to {end - 1}")
    except _DAMAGE as error:
        yield quarantined(page_at(group.path, number), "unreadable", f"no sound Parquet from row {number} to row {end - 1}: {error}")
