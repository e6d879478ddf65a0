"""The accounting identity of a curation: each proposed pair has one verdict, and exactly the accepted ones are published."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError, ConcurrentRunError
from bubblenet.kernel import accounting
from bubblenet.method.curation import next_transaction
from bubblenet.method.curation_notes import where
from bubblenet.tables import CURATED, JUDGEMENTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.table_log import Transaction
    from bubblenet.method.curation import Work


def count_own_verdicts(context: Context, work: Work, transaction: Transaction) -> Counts:
    """Count the verdicts after a curation.

    Raises AccountingError unless each pair has one, and exactly the kept ones are published; ConcurrentRunError where another driver has
    curated since the transaction was made.
    """
    try:
        is_whole = work.pairs is not None and work.among is None
        return count_verdicts(context, work.pairs) if is_whole and work.pairs is not None else count_all(context, work.pairs)
    except AccountingError:
        if next_transaction(context).version != transaction.version + (work.pairs is not None):
            got = "a commit of another driver"
            raise ConcurrentRunError("to be the only one that curates", got, "Run `bubblenet curate` once more.") from None
        raise


def count_verdicts(context: Context, pairs: DataFrame) -> Counts:
    """Count the verdicts in the table for these pairs.

    Raises AccountingError unless each has one, and exactly the kept ones are published, each once.
    """
    rows = where(context.settings.curation)
    judgements, published = (context.warehouse.read(table).where(rows) for table in (JUDGEMENTS, CURATED))
    judged = judgements.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi")
    sides = judgements.where("kept").select("instruction_id", F.lit(1).alias("judged"), F.lit(0).alias("published"))
    sides = sides.unionByName(published.select("instruction_id", F.lit(0).alias("judged"), F.lit(1).alias("published")))
    per_pair = sides.groupBy("instruction_id").agg(F.sum("judged").alias("judged"), F.sum("published").alias("published"))
    count = F.count("*").alias("num")
    counted = (
        judged.groupBy("kept", "reason").agg(count).withColumn("of", F.lit("verdicts")),
        pairs.agg(count).withColumn("of", F.lit("pairs")),
        per_pair.where("judged <> 1 OR published <> 1").agg(count).withColumn("of", F.lit("differing")),
    )
    found = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), counted).collect()
    numbers = {row["of"]: row["num"] for row in found if row["of"] != "verdicts"}
    if numbers["differing"]:
        raise _differing(f"{numbers['differing']:,}")
    verdicts = [row for row in found if row["of"] == "verdicts"]
    filtered = {row["reason"]: row["num"] for row in verdicts if not row["kept"]}
    counts = accounting.Counts(numbers["pairs"], sum(row["num"] for row in verdicts if row["kept"]), 0, filtered)
    return _balanced(counts)


def count_all(context: Context, pairs: DataFrame | None) -> Counts:
    """The same where only some pairs were judged anew, or none: those by id, the others by number, what is published by a sum of hashes.

    Of the others no id is compared: their verdicts are those of the curation before, which were counted then.
    """
    rows = where(context.settings.curation)
    judgements, published = (context.warehouse.read(table).where(rows) for table in (JUDGEMENTS, CURATED))
    hashed = F.sum(F.xxhash64("instruction_id").cast("decimal(38,0)")).alias("hash")
    count = F.count("*").alias("num")
    verdicts = judgements.groupBy("kept", "reason").agg(count, F.when(F.col("kept"), hashed).alias("hash"))
    frames = [verdicts.withColumn("of", F.lit("verdicts")), published.agg(count, hashed).withColumn("of", F.lit("published"))]
    if pairs is not None:
        frames.append(pairs.agg(count).withColumn("of", F.lit("pairs")))
        judged = judgements.select("instruction_id").join(pairs.select("instruction_id"), on="instruction_id", how="left_semi")
        frames.append(judged.agg(F.countDistinct("instruction_id").alias("num")).withColumn("of", F.lit("judged")))
    found = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), frames).collect()
    of = {row["of"]: row for row in found}
    told = [row for row in found if row["of"] == "verdicts"]
    kept, num_kept = sum(row["hash"] or 0 for row in told), sum(row["num"] for row in told if row["kept"])
    if (of["published"]["num"], of["published"]["hash"] or 0) != (num_kept, kept):
        raise _differing("pairs")
    filtered = {row["reason"]: row["num"] for row in told if not row["kept"]}
    missing = of["pairs"]["num"] - of["judged"]["num"] if pairs is not None else 0
    counts = accounting.Counts(sum(row["num"] for row in told) + missing, num_kept, 0, filtered)
    return _balanced(counts)


def _differing(some: str) -> AccountingError:
    todo = "Do not use this round; please report it."
    return AccountingError("the kept pairs of judgements, and no others, in curated", f"{some} that are in one of them only", todo)


def _balanced(counts: Counts) -> Counts:
    if not counts.is_balanced:
        raise AccountingError("one verdict for each proposed pair", str(counts), "Do not use this round; please report it.")
    return counts
