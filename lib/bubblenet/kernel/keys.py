"""Keys of requests and rows, as Spark expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column


def content_id(*columns: str | Column) -> Column:
    """Hash of the columns' text, 32 hexadecimal digits; equal to bubblenet.identity.content_id."""
    parts = [column if not isinstance(column, str) else F.col(column) for column in columns]
    return F.substring(F.sha2(F.concat_ws("\x1f", *parts), 256), 1, 32)
