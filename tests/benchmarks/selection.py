"""What the selection changes, how it scales, and how near it comes to greedy on one machine. `make bench-selection`.

1. Scripted pairs of known topics, popular topics far more often than others, a share of the instructions near copies: near-duplicate
   instructions, distinct-2 and topics covered, of all pairs, of the selection, and of random and length-matched random ones of its size.
   Scripted vectors: a topic's centre and noise; so nothing here says how well an encoder tells topics.
2. Seconds by the number of pairs, from accepted pairs to the table, vectors at hand.
3. The objective of the selection by blocks over that of greedy on one machine over all pairs at once, by size.
4. Seconds a text of the sentence encoder: what the first selection of new pairs costs besides.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table

from bubblenet import settings
from bubblenet.app import session
from bubblenet.corpus.similarity.shingles import tokens
from bubblenet.identity import content_id as content_hash
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.kernel.context import Context
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method.controls import name_of, select_control
from bubblenet.method.selection import MAIN, described_pairs, select, vectors_fingerprint
from bubblenet.method.similar_instructions import near_duplicates
from bubblenet.selection.greedy import SCALE, Sides, benefits, greedy_order, similarity, value
from bubblenet.selection.vectors import packed, unpacked
from bubblenet.tables import CURATED, EMBEDDINGS, SELECTIONS
from bubblenet.translation.embedding import encode

SHARE_OF_COPIES = 0.2
COMPONENTS = 512
NOISE = 1.0
WORDS_OF_TOPICS = 40_000
FRAMES = (
    "How do I set up {} with {} for {} and {}", "Why does {} fail when {} meets {} without {}",
    "Explain the way from {} to {} by {} and {}", "List five uses of {} beside {} in {} or {}",
    "Is {} faster than {} where {} has {}", "Write a note on {}, {}, {} and {}",
)  # fmt: skip
CONTROLS = ("random", "length_matched")


def scripted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: a pair for each number. Topics follow Zipf's law; a copy differs from the pair before it by a word at the end."""
    for batch in batches:
        num_topics = batch.column("num_topics").to_pylist()
        rows = [_pair(number, topics) for number, topics in zip(batch.column("id").to_pylist(), num_topics, strict=True)]
        yield pa.RecordBatch.from_pylist(rows)


PAIR = "number BIGINT, topic BIGINT, instruction STRING, response STRING, quality DOUBLE, language STRING, url STRING"


def _pair(number: int, num_topics: int) -> dict[str, object]:
    is_copy = number % 2 == 1 and _fraction(number, 1) < 2 * SHARE_OF_COPIES  # of an even number, which is no copy itself
    shown = number - 1 if is_copy else number
    topic = int(num_topics ** _fraction(shown, 2)) - 1
    random = np.random.default_rng([shown, 7])
    words = [f"w{int(word)}" for word in random.integers(0, WORDS_OF_TOPICS, 3)]
    asked = FRAMES[shown % len(FRAMES)].format(f"topic{topic}", *words) + (" please" if is_copy else "")
    length = int(math.exp(random.normal(4, 0.5)))
    response = " ".join([f"topic{topic}", f"n{number}", *(f"w{int(word)}" for word in random.integers(0, 2000, length))])
    url = f"https://site{int(1000 * _fraction(number, 3) ** 3)}.example/{number}"
    quality = round(0.4 + 0.6 * _fraction(number, 4), 3)
    return {"number": number, "topic": topic, "instruction": asked, "response": response, "quality": quality, "language": "en", "url": url}


def _fraction(number: int, salt: int) -> float:
    return int(content_hash(str(number), str(salt))[:13], 16) / 16**13


def vectors(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: the vector of each text: its topic's centre, and noise by the words of the text, so that copies are alike."""
    for batch in batches:
        rows = []
        for row in batch.to_pylist():
            centre = np.random.default_rng([row["topic"], 11]).normal(size=COMPONENTS)
            noise = np.random.default_rng([row["seed"], 13]).normal(size=COMPONENTS)
            rows.append(centre + NOISE * noise)
        yield pa.RecordBatch.from_arrays([batch.column("text_id"), pa.array(packed(np.array(rows)), pa.binary())], ["text_id", "vector"])


def fill(context: Context, num_pairs: int) -> None:
    """Write scripted accepted pairs, and the vectors of their texts."""
    num_topics = max(20, num_pairs // 50)
    numbers = context.spark.range(num_pairs, numPartitions=max(4, num_pairs // 20_000)).withColumn("num_topics", F.lit(num_topics))
    folder = f"{context.warehouse.location}/_scripted"
    numbers.mapInArrow(scripted, PAIR).write.parquet(folder)
    pairs = context.spark.read.parquet(folder)
    own = {
        "instruction_id": content_id(F.col("number").cast("string")), "segment_id": content_id(F.concat(F.lit("s"), "number")),
        "grade": F.lit(5), "origin": F.lit("generated"), "round": F.lit(0), "policy": F.lit("default"), "judgements_version": F.lit(1),
    }  # fmt: skip
    full = pairs.withColumns(own)
    missing = {column.name: F.lit(None).cast(column.type) for column in CURATED.columns if column.name not in full.columns}
    typed = [F.col(column.name).cast(column.type) for column in CURATED.columns]
    context.warehouse.append(full.withColumns(missing).select(*typed), CURATED, {"by": "benchmark"})
    of_copy = F.when(F.col("instruction").endswith(" please"), F.col("number") - 1).otherwise(F.col("number"))
    sides = pairs.select(F.col("instruction").alias("text"), "topic", (of_copy * 2).alias("seed")).unionByName(
        pairs.select(F.col("response").alias("text"), "topic", (F.col("number") * 2 + 1).alias("seed"))
    )
    texts = sides.dropDuplicates(["text"]).withColumn("text_id", content_id("text")).drop("text")
    made = texts.mapInArrow(vectors, "text_id STRING, vector BINARY")
    verdict = {
        "request_id": F.col("text_id"), "fingerprint": F.lit(vectors_fingerprint(context).id), "status": F.lit("ok"), "kept": F.lit(True),
        "reason": F.lit(None).cast("string"), "detail": F.lit(None).cast("string"), "attempts": F.lit(1), "run_id": F.lit("benchmark"),
        "unit": F.lit(0),
    }  # fmt: skip
    context.warehouse.append(made.withColumns(verdict), EMBEDDINGS, {"by": "benchmark"})


def context_of(spark: SparkSession, folder: Path, *overrides: str) -> Context:
    chosen = settings.load(None, ["engine.kind=scripted", "selection.encoder=words", *overrides])
    return Context(spark, chosen, Warehouse(spark, str(folder)), "benchmark", Console(quiet=True))


def main(argv: list[str]) -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="10000,100000", help="numbers of scripted pairs")
    parser.add_argument("--share", type=float, default=0.1, help="of the pairs that is wanted")
    parser.add_argument("--one-machine", type=int, default=8192, help="pairs that greedy on one machine is run on")
    chosen = parser.parse_args(argv)
    sizes = [int(number) for number in chosen.pairs.split(",")]
    console = Console(width=140)
    with tempfile.TemporaryDirectory() as folder, session.entered("bench-selection", "local", [folder]) as spark:
        console.print(objective_table(spark, Path(folder), chosen.one_machine))
        times = Table(title=f"seconds from accepted pairs to the table, a share of {chosen.share} wanted, vectors at hand")
        for name in ("pairs", "seconds", "microseconds a pair", "taken"):
            times.add_column(name, justify="right")
        for number in sizes:
            context = context_of(spark, Path(folder) / str(number), f"selection.pairs={int(number * chosen.share)}")
            fill(context, number)
            started = time.monotonic()
            counts = select(context)
            seconds = time.monotonic() - started
            times.add_row(f"{number:,}", f"{seconds:.1f}", f"{seconds / number * 1e6:.0f}", f"{counts.kept:,}" if counts else "")
            console.print(effect_table(context, number))
        console.print(times)
    console.print(encoder_line())
    return 0


def effect_table(context: Context, num_pairs: int) -> Table:
    """All pairs, the selection and its controls."""
    table = Table(title=f"{num_pairs:,} scripted pairs, a fifth of the instructions near copies")
    for name in ("pairs", "taken", "near-duplicate instructions", "distinct-2", "topics covered", "mean quality", "mean characters"):
        table.add_column(name, justify="right")
    for kind in CONTROLS:
        select_control(context, kind, 0)
    rows = context.warehouse.read(SELECTIONS)
    all_pairs = rows.where(F.col("selection") == MAIN).select("instruction_id", "quality", "num_characters")
    sets = {"all": all_pairs} | {
        name: rows.where((F.col("selection") == name) & F.col("kept")).select("instruction_id", "quality", "num_characters")
        for name in (MAIN, *(name_of(kind, 0) for kind in CONTROLS))
    }
    for name, chosen in sets.items():
        table.add_row(name, *figures(context, chosen, num_pairs))
    return table


def figures(context: Context, chosen: DataFrame, num_pairs: int) -> list[str]:
    """The columns of one set."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = checkpoint_under(folder)
        described = described_pairs(context).join(chosen.select("instruction_id"), on="instruction_id", how="left_semi")
        num_near = near_duplicates(checkpoint(described), 0.8, checkpoint).count()
    curated = context.warehouse.read(CURATED).join(chosen.select("instruction_id"), on="instruction_id", how="left_semi")
    topics = curated.select(F.regexp_extract("response", r"^(topic\d+)", 1)).distinct().count()
    of_all = context.warehouse.read(CURATED).select(F.regexp_extract("response", r"^(topic\d+)", 1)).distinct().count()
    some = curated.orderBy(content_id("instruction_id", F.lit("sample"))).limit(1000).select("instruction").collect()
    row = chosen.agg(F.count("*"), F.avg("quality"), F.avg("num_characters")).collect()[0]
    shares = (f"{num_near / row[0]:.3f}", f"{distinct_2([one['instruction'] for one in some]):.3f}", f"{topics / of_all:.3f}")
    return [f"{row[0]:,}", *shares, f"{row[1]:.3f}", f"{row[2]:.0f}"]


def distinct_2(texts: list[str]) -> float:
    """Distinct bigrams over bigrams (Li et al. 2016, arXiv:1510.03055), of samples of one size: it falls with the number of texts."""
    found = Counter(pair for text in texts for pair in pairwise(tokens(text)))
    return len(found) / max(1, found.total())


def objective_table(spark: SparkSession, folder: Path, num_pairs: int) -> Table:
    """f of the selection over f of greedy on one machine, and of random sets, by wanted size and by size of the blocks."""
    table = Table(title=f"objective over that of greedy on one machine, {num_pairs:,} scripted pairs without near copies removed")
    for name in ("wanted", "blocks of 256", "blocks of 1,024", "random"):
        table.add_column(name, justify="right")
    place = folder / "objective"
    context = context_of(spark, place)
    fill(context, num_pairs)
    ids, worth = worth_of_all(context)
    mass = np.ones(len(ids), dtype=np.int64)
    order = greedy_order(worth, mass, len(ids))
    row_of = {name: number for number, name in enumerate(ids)}
    for wanted in (64, 256, 1024, 4096):
        if wanted >= num_pairs:
            continue
        best = value(worth, mass, order.rows[:wanted])
        ratios = []
        for size in (256, 1024):
            rules = (f"selection.pairs={wanted}", f"selection.block_pairs={size}", "selection.instruction_similarity=0.0")
            again = context_of(spark, place, *rules)
            select(again)
            kept = again.warehouse.read(SELECTIONS).where("selection = 'main' AND kept").select("instruction_id").collect()
            ratios.append(value(worth, mass, [row_of[row["instruction_id"]] for row in kept]) / best)
        drawn = np.random.default_rng(0).permutation(len(ids))[:wanted].tolist()
        table.add_row(f"{wanted:,}", *(f"{ratio:.4f}" for ratio in ratios), f"{value(worth, mass, drawn) / best:.4f}")
    return table


def worth_of_all(context: Context) -> tuple[list[str], np.ndarray]:
    """Ids in order, and what each pair is worth to each, of all pairs at once."""
    found = {row["text_id"]: bytes(row["vector"]) for row in context.warehouse.read(EMBEDDINGS).select("text_id", "vector").collect()}
    described = sorted(described_pairs(context).select("instruction_id", "quality", "instruction_text", "response_text").collect())
    sides = Sides(*(unpacked([found[row[name]] for row in described]) for name in ("instruction_text", "response_text")))
    quality = np.rint(np.array([row["quality"] for row in described]) * SCALE) / SCALE
    return [row["instruction_id"] for row in described], benefits(similarity(sides, sides, 0.5), quality)


def encoder_line() -> str:
    """Seconds a text of the sentence encoder, in one process."""
    texts = [str(_pair(number, 100)[name]) for number in range(100) for name in ("instruction", "response")]
    encode(texts[:2])
    started = time.monotonic()
    for start in range(0, len(texts), 64):
        encode(texts[start : start + 64])
    return f"sentence encoder: {(time.monotonic() - started) / len(texts) * 1000:.1f} ms a text in one process"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
