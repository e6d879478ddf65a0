"""The accounting identity of a curation: each proposed pair has one verdict, and exactly the accepted ones are published."""

from __future__ import annotations

import json
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError, ConcurrentRunError
from bubblenet.judging.modes import MODES
from bubblenet.kernel import accounting
from bubblenet.method.curation import NOT_MEASURED
from bubblenet.method.set_stages import judging
from bubblenet.tables import CURATED, JUDGEMENTS, SCORES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.set_stage import OpenPart


def count_own_verdicts(context: Context, pairs: DataFrame | None, judgements: OpenPart) -> Counts:
    """As count_verdicts. Raises ConcurrentRunError where another driver has curated since the judgements were opened."""
    try:
        return count_verdicts(context, pairs)
    except AccountingError:
        if judgements.is_overtaken(has_committed=pairs is not None):
            got = "a commit of another driver"
            raise ConcurrentRunError("to be the only one that curates", got, "Run `bubblenet curate` once more.") from None
        raise


def show_modes_not_measured(context: Context, counts: Counts) -> None:
    """Where pairs lack a signal, print in which modes none was measured at all, and what to do: most often `score` was given others."""
    if NOT_MEASURED not in counts.filtered:
        return
    version, modes = context.version(SCORES), context.settings.scoring.modes
    missing = [mode for mode in modes if not MODES[mode].compares and not context.warehouse.has_partition(SCORES, "mode", mode, version)]
    there = [mode for mode in MODES if context.warehouse.has_partition(SCORES, "mode", mode, version)]
    if missing:
        todo = f"Run `bubblenet score` with the same settings, or name the modes that were: --set 'scoring.modes={json.dumps(there)}'"
        context.console.print(f"No pair was measured in {', '.join(missing)}. {todo}", soft_wrap=True, markup=False)


def count_verdicts(context: Context, pairs: DataFrame | None) -> Counts:
    """Count the verdicts in the table: those of the pairs that were judged now by id, the others as they are.

    pairs: None where none was judged. Raises AccountingError unless each of them has one, and exactly the kept ones are published, which a
    sum of hashes tells without comparing ids.
    """
    rows = judging(context.settings.curation).where
    judgements, published = (context.warehouse.read(table).where(rows) for table in (JUDGEMENTS, CURATED))
    count, hashed = F.count("*").alias("num"), F.sum(F.xxhash64("instruction_id").cast("decimal(38,0)")).alias("hash")
    frames = {"verdicts": judgements.groupBy("kept", "reason").agg(count, hashed), "published": published.agg(count, hashed)}
    if pairs is not None:
        frames["pairs"] = pairs.agg(count)
        frames["judged"] = judgements.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi").agg(count)
    named = (frame.withColumn("of", F.lit(name)) for name, frame in frames.items())
    found = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), named).collect()
    verdicts = [row for row in found if row["of"] == "verdicts"]
    num = {row["of"]: row["num"] for row in found if row["of"] != "verdicts"}
    todo = "Do not use this round; please report it."
    kept = [(row["num"], row["hash"]) for row in verdicts if row["kept"]] or [(0, None)]
    if kept != [(row["num"], row["hash"]) for row in found if row["of"] == "published"]:
        got = f"{kept[0][0]:,} and {num['published']:,}, of which some are in one of them only"
        raise AccountingError("the kept pairs of judgements, and no others, in curated", got, todo)
    filtered = {row["reason"]: row["num"] for row in verdicts if not row["kept"]}
    total = sum(row["num"] for row in verdicts)
    counts = accounting.Counts(total - num.get("judged", 0) + num.get("pairs", 0), kept[0][0], 0, filtered)
    if not counts.is_balanced:
        raise AccountingError("one verdict for each proposed pair", str(counts), todo)
    return counts
