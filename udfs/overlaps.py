"""Looks for texts that must not be trained on in the pairs of an export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from bubblenet.corpus.similarity.contamination import load_index
from bubblenet.corpus.similarity.shingles import token_hashes, tokens

OVERLAPS = "instruction_id STRING, document_id STRING, reason STRING"
_SCHEMA = pa.schema([(name, pa.string()) for name in ("instruction_id", "document_id", "reason")])


@dataclass(frozen=True, slots=True)
class FindOverlaps:
    """For mapInArrow over instruction_id, document_id, instruction, response: the pairs that contain an item, as OVERLAPS.

    indexes: reason and location of each EvaluationIndex; the first that finds an item gives the reason. min_share: of an item's 8-grams.
    """

    indexes: tuple[tuple[str, str], ...]
    min_share: float

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of each batch that contain an item."""
        for batch in batches:
            rows = [row | {"reason": self._reason(row["instruction"], row["response"])} for row in batch.to_pylist()]
            found = [{name: row[name] for name in _SCHEMA.names} for row in rows if row["reason"]]
            yield pa.RecordBatch.from_pylist(found, schema=_SCHEMA)

    def _reason(self, instruction: str, response: str) -> str | None:
        hashes = [token_hashes(tokens(text)) for text in (instruction, response)]
        return next((reason for reason, location in self.indexes if self._contains(location, hashes)), None)

    def _contains(self, location: str, hashes: list) -> bool:  # type: ignore[type-arg]
        return any(load_index(location).find(text, self.min_share) for text in hashes)
