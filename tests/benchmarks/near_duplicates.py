"""How well near duplicates are found: planted copies of real passages at known Jaccard similarity, beside the exact one and the theory.

python -m tests.benchmarks.near_duplicates PAGES

Every passage of the sample pages gets a copy in which words are replaced until the exact Jaccard similarity of their 5-grams is the wanted
one. All of them go through the job's own code on Spark. Columns: pairs planted; the share that met in a band, and what theory says,
1 - (1 - J^8)^14; the share found in the end, after verification by signature; the share that exact comparison at the limit would find.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from bubblenet import settings
from bubblenet.app import session
from bubblenet.corpus.reading.readers import read_file
from bubblenet.corpus.segmentation import segment_page
from bubblenet.corpus.similarity.minhash import Signature, min_hasher
from bubblenet.corpus.similarity.shingles import ngram_hashes, token_hashes, tokens
from bubblenet.identity import content_id, normalised_hash
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.method.clusters import ClusterLimits, represent

LEVELS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
PENDING = "request_id STRING, segment_id STRING, normalised_hash STRING, num_characters INT"
SIGNATURES = "segment_id STRING, signature ARRAY<SMALLINT>, band_keys ARRAY<BIGINT>"
KNOWN = "segment_id STRING, representative_id STRING, normalised_hash STRING, method STRING, bridged_ids ARRAY<STRING>, kept BOOLEAN"


@dataclass(frozen=True)
class Pair:
    """A passage, its planted copy, and their exact Jaccard similarity."""

    original: str
    copy: str
    level: float
    jaccard: float


def main(pages: str) -> int:
    """Plant, search, print the table; return the exit code."""
    chosen = settings.load(None, [])
    pairs = list(plant(sorted(passages_of(Path(pages)))))
    hasher, limits = min_hasher(chosen.deduplication), chosen.deduplication
    signed = {text: hasher.sign(token_hashes(tokens(text))) for pair in pairs for text in (pair.original, pair.copy)}
    stands_for = representatives(signed, ClusterLimits(limits.min_similarity, limits.max_band_rows))
    console = Console(width=120)
    console.print(table(pairs, signed, stands_for, limits.min_similarity, limits.bands, limits.rows))
    found = [exact_jaccard(text, other) for text, other in stands_for.items() if text != other]
    console.print(
        f"{len(signed):,} passages, {len(found):,} of them found to be duplicates. Exact similarity with what stands for them: at least "
        f"{limits.min_similarity} for {share(value >= limits.min_similarity for value in found)}, "
        f"at least {limits.min_similarity - 0.1:.1f} for {share(value >= limits.min_similarity - 0.1 for value in found)}."
    )
    return 0


def passages_of(folder: Path) -> set[str]:
    """Kept passages of all pages of a folder."""
    limits = settings.load(None, []).segmentation
    texts = set()
    for path in sorted(folder.rglob("*.html")):
        for page in read_file(str(path), max_document_bytes=1 << 24):
            texts |= {segment.text for segment in segment_page(page.content or "", page.content_type, limits) if segment.kept}
    return texts


def plant(texts: list[str]) -> Iterator[Pair]:
    """One copy of each passage, the levels in turn."""
    draw = random.Random(1)
    for number, text in enumerate(texts):
        level = LEVELS[number % len(LEVELS)]
        words, positions = text.split(), list(range(len(text.split())))
        draw.shuffle(positions)
        while positions and exact_jaccard(text, " ".join(words)) > level:
            words[positions.pop()] = f"x{draw.randrange(10**9)}"
        yield Pair(text, " ".join(words), level, exact_jaccard(text, " ".join(words)))


def exact_jaccard(left: str, right: str) -> float:
    """Common 5-grams of all 5-grams."""
    first, second = (set(ngram_hashes(token_hashes(tokens(text)), 5).tolist()) for text in (left, right))
    return len(first & second) / len(first | second)


def representatives(signed: dict[str, Signature | None], limits: ClusterLimits) -> dict[str, str]:
    """Passage -> the one that stands for it, as the job's own code says."""
    by_id = {content_id(text): text for text in signed}
    spark = session.build("near-duplicates", extra={"spark.sql.shuffle.partitions": "4"})
    pending = [(content_id(text), content_id(text), normalised_hash(text), len(text)) for text in signed]
    signatures = [(content_id(text), signature.minima, signature.band_keys) for text, signature in signed.items() if signature]
    tables: Any = ((pending, PENDING), ([], KNOWN), (signatures, SIGNATURES))
    frames = [spark.createDataFrame(content, schema) for content, schema in tables]
    with tempfile.TemporaryDirectory() as folder:
        rows = represent(*frames, limits, checkpoint_under(folder)).collect()
    spark.stop()
    return {by_id[row["segment_id"]]: by_id[row["representative_id"]] for row in rows}


def table(pairs: list[Pair], signed: dict[str, Signature | None], stands_for: dict[str, str], limit: float, bands: int, rows: int) -> Table:
    """One line a level."""
    shown = Table("Jaccard", "pairs", "met in a band", "theory", "found", f"exact >= {limit}", box=None)
    for level in LEVELS:
        group = [pair for pair in pairs if pair.level == level]
        mean = sum(pair.jaccard for pair in group) / max(1, len(group))
        shown.add_row(
            f"{mean:.3f}",
            str(len(group)),
            share(met(signed[pair.original], signed[pair.copy]) for pair in group),
            f"{sum(1 - (1 - pair.jaccard**rows) ** bands for pair in group) / max(1, len(group)):.3f}",
            share(stands_for[pair.original] == stands_for[pair.copy] for pair in group),
            share(pair.jaccard >= limit for pair in group),
        )
    return shown


def met(left: Signature | None, right: Signature | None) -> bool:
    """Whether two passages share a band key."""
    return bool(left and right and set(left.band_keys) & set(right.band_keys))


def share(values: Any) -> str:
    """The share of true values, with its 95 % interval (Wilson)."""
    values = list(values)
    count, hits = len(values), sum(values)
    if not count:
        return "-"
    low, high = binomtest(hits, count).proportion_ci(method="wilson")
    return f"{hits / count:.3f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
