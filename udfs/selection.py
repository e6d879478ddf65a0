"""Work of the selection on the workers: describe pairs, embed texts, rank and represent blocks, take pairs in order under caps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bubblenet.corpus.rights.hosts import host_of, registered_domain
from bubblenet.corpus.similarity.minhash import MinHasher
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import find_tokenizer
from bubblenet.judging.tasks import task_of
from bubblenet.selection.greedy import SCALE, Sides, benefits, greedy_order, similarity
from bubblenet.selection.vectors import packed, unpacked, word_vectors
from bubblenet.translation.embedding import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bubblenet.kernel.batches import Row

Batches = Iterator[pa.RecordBatch]

SIZE = "size"
"""The reason of a pair that the wanted size has no room for."""


@dataclass(frozen=True, slots=True)
class DescribePair:
    """For mapInArrow: adds what caps and comparisons need to pairs, and leaves their texts out.

    hasher: of near-duplicate instructions; None: none are looked for. tokenizer: model whose tokens are counted; empty: none are.
    """

    columns: tuple[str, ...]
    hasher: MinHasher | None
    tokenizer: str

    def map_batches(self, batches: Batches) -> Batches:
        """Columns: those named, registered_domain, task, num_characters, num_tokens, signature, band_keys."""
        for batch in batches:
            rows = batch.select(["instruction", "response", "url"]).to_pylist()
            asked = [row["instruction"] for row in rows]
            signed = self._signed(asked)
            added = {
                "registered_domain": pa.array([_domain(row["url"]) for row in rows], pa.string()),
                "task": pa.array(map(task_of, asked), pa.string()),
                "num_characters": pa.array([len(row["instruction"]) + len(row["response"]) for row in rows], pa.int64()),
                "num_tokens": pa.array([self._num_tokens(row) for row in rows], pa.int64()),
                "signature": pa.array([one.minima if one else None for one in signed], pa.list_(pa.int16())),
                "band_keys": pa.array([one.band_keys if one else None for one in signed], pa.list_(pa.int64())),
            }
            kept = {name: batch.column(name) for name in self.columns}
            yield pa.RecordBatch.from_pydict(kept | added)

    def _signed(self, texts: list[str]) -> list[Any]:
        return self.hasher.sign_all([token_hashes(tokens(text)) for text in texts]) if self.hasher else [None] * len(texts)

    def _num_tokens(self, row: Row) -> int | None:
        if not self.tokenizer:
            return None
        codec = _codec(self.tokenizer)
        return len(codec.encode_text(row["instruction"])) + len(codec.encode_text(row["response"]))


def _domain(url: str | None) -> str | None:
    host = host_of(url) if url else None
    return registered_domain(host) if host else None


@cache
def _codec(model: str) -> Codec:
    source = find_tokenizer(model)
    return Codec.load(Path(source.folder), source.gguf)


@dataclass(frozen=True, slots=True)
class EmbedText:
    """One request is one text. encoder: as in selection.encoder."""

    encoder: str
    identity: tuple[str, ...] = ("text_id",)
    window_rows: int = 64

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one vector per text."""
        texts = [request["text"] for request in requests]
        vectors = word_vectors(texts) if self.encoder == "words" else encode(texts)
        for request, vector in zip(requests, packed(vectors), strict=True):
            yield request, {"vector": vector, "kept": True}


@dataclass(frozen=True)
class FindNeighbourhood:
    """For mapInArrow: adds the number of the likest pivot to pairs with both vectors; of equally like ones the first.

    pivots: vector of the instruction and of the response of each.
    """

    pivots: list[tuple[bytes, bytes]]
    instruction_weight: float

    def map_batches(self, batches: Batches) -> Batches:
        """Column: neighbourhood."""
        for batch in batches:
            if batch.num_rows:
                likest = similarity(_sides(batch), self._sides, self.instruction_weight).argmax(axis=1)
                yield batch.append_column("neighbourhood", pa.array(likest, pa.int32()))

    @cached_property
    def _sides(self) -> Sides:
        return Sides(*(unpacked(side) for side in zip(*self.pivots, strict=True)))


@dataclass(frozen=True, slots=True)
class RankBlock:
    """For applyInArrow: the gain of each pair of a block in greedy order."""

    instruction_weight: float
    quality_weight: float

    def __call__(self, block: pa.Table) -> pa.Table:
        """Columns: instruction_id, gain (whole number). block: instruction_id, quality, mass, both vectors; in any order."""
        block = block.sort_by("instruction_id")
        sides = _sides(block)
        worth = benefits(similarity(sides, sides, self.instruction_weight), _utilities(block, self.quality_weight))
        order = greedy_order(worth, block["mass"].to_numpy(), block.num_rows)
        ids = block["instruction_id"].take(pa.array(order.rows, pa.int64()))
        return pa.table({"instruction_id": ids, "gain": pa.array(order.gains, pa.int64())})


@dataclass(frozen=True, slots=True)
class RepresentBlock:
    """For applyInArrow: which winner of its block stands for each pair, and the likest winner that is not the pair itself."""

    instruction_weight: float
    quality_weight: float

    def __call__(self, block: pa.Table) -> pa.Table:
        """Columns: instruction_id, mass, stands_id, nearest_id, nearest_similarity. block: as for RankBlock, and is_winner."""
        block = block.sort_by("instruction_id")
        ids, sides = block["instruction_id"], _sides(block)
        winners = np.flatnonzero(block["is_winner"].to_numpy())
        stands, nearest, how_near = self._of(sides, winners, _utilities(block, self.quality_weight))
        return pa.table(
            {
                "instruction_id": ids,
                "mass": block["mass"],
                "stands_id": ids.take(pa.array(stands, pa.int64(), mask=stands < 0)),
                "nearest_id": ids.take(pa.array(nearest, pa.int64(), mask=nearest < 0)),
                "nearest_similarity": pa.array(how_near, pa.float64(), mask=nearest < 0),
            }
        )

    def _of(self, sides: Sides, winners: NDArray[np.intp], utilities: NDArray[np.float64]) -> Any:
        """Rows of the winner that stands for each row and of the nearest other one, -1 without any; and the similarity to the latter."""
        none = np.full(len(utilities), -1)
        if not len(winners):
            return none, none, none.astype(np.float64)
        like = similarity(sides.take(winners), sides, self.instruction_weight)
        stands = winners[benefits(like, utilities[winners]).argmax(axis=0)]
        like[np.arange(len(winners)), winners] = -1
        best = like.argmax(axis=0)
        how_near = like[best, np.arange(len(utilities))]
        return stands, np.where(how_near < 0, -1, winners[best]), how_near.astype(np.float64)


def _sides(rows: pa.Table | pa.RecordBatch) -> Sides:
    return Sides(*(unpacked(rows.column(name).to_pylist()) for name in ("instruction_vector", "response_vector")))


def _utilities(block: pa.Table, weight: float) -> NDArray[np.float64]:
    """quality ** weight, rounded: a power may differ between machines in its last digit."""
    return np.asarray(np.rint(block["quality"].to_numpy() ** weight * SCALE) / SCALE)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that the pairs with one value of a column may cost together; those without a value are free. most: or one by value."""

    column: str
    reason: str
    most: int | Mapping[str, int]

    def of(self, value: str) -> int:
        """For this value; 0 for one that is not listed."""
        return self.most if isinstance(self.most, int) else self.most.get(value, 0)


@dataclass(frozen=True, slots=True)
class TakeInOrder:
    """For mapInArrow on one sorted partition: takes each pair unless a cap or the size forbids it. It holds counters, not rows.

    most: what all taken pairs may cost together; None: no limit.
    """

    caps: tuple[Cap, ...]
    most: int | None

    def map_batches(self, batches: Batches) -> Batches:
        """Columns: instruction_id, kept, reason, rank. From the first pair that the size has no room for, none is taken."""
        spent: Counter[tuple[str, str]] = Counter()
        total, rank, is_full = 0, 0, False
        for batch in batches:
            reasons: list[str | None] = []
            ranks: list[int | None] = []
            for row in batch.drop_columns("instruction_id").to_pylist():
                reason = self._reason(row, spent, total)
                if is_full and reason is None:
                    reason = SIZE
                is_full = is_full or reason == SIZE
                reasons.append(reason)
                if reason is None:
                    total, rank = total + row["cost"], rank + 1
                    spent.update({(cap.column, row[cap.column]): row["cost"] for cap in self.caps})
                ranks.append(None if reason else rank)
            kept = pa.array([reason is None for reason in reasons], pa.bool_())
            columns = [batch.column("instruction_id"), kept, pa.array(reasons, pa.string()), pa.array(ranks, pa.int64())]
            yield pa.RecordBatch.from_arrays(columns, ["instruction_id", "kept", "reason", "rank"])

    def _reason(self, row: Row, spent: Counter[tuple[str, str]], total: int) -> str | None:
        for cap in self.caps:
            value = row[cap.column]
            if value is not None and spent[cap.column, value] + row["cost"] > cap.of(value):
                return cap.reason
        return SIZE if self.most is not None and total + row["cost"] > self.most else None
