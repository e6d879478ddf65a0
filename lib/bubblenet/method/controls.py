"""Selections to compare the main one with: of the same size and from the same pairs, chosen without it. Experiments need them beside it.

random: by hash. length_matched: by hash, as many of each length as the main one has, in steps of a fifth. worst: of the lowest quality.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from pyspark.sql import functions as F

from bubblenet.errors import InputError
from bubblenet.kernel.accounting import Counts
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.set_stage import retried
from bubblenet.method import selection
from bubblenet.method.diversity import Limits, in_order
from bubblenet.method.selection import BELOW_GRADE, MAIN, Accepted
from bubblenet.method.set_stages import selecting
from bubblenet.tables import CURATED, SELECTIONS
from bubblenet.udfs.selection import Cap

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context

ControlKind = Literal["random", "length_matched", "worst"]
KINDS: tuple[ControlKind, ...] = get_args(ControlKind)

LENGTH_CAP = "length_cap"
"""The reason of a pair whose length has as many as in the main selection."""

_STEP = 1.2
"""Lengths in one bin differ by less than this factor: the number of characters of both texts together."""


def name_of(kind: ControlKind, seed: int) -> str:
    """The name of a control among the selections."""
    return f"{kind}_{seed}"


def parse(name: str) -> tuple[ControlKind, int] | None:
    """Kind and seed of a control; None for the main selection. Raises InputError for another name."""
    if name == MAIN:
        return None
    for kind in KINDS:
        seed = name.removeprefix(f"{kind}_")
        if name.startswith(f"{kind}_") and seed.isdecimal():
            return kind, int(seed)
    wanted = f"{MAIN}, or {', '.join(f'{kind}_SEED' for kind in KINDS)}"
    raise InputError(wanted, name, "Mend export.selection.")


def select_control(context: Context, kind: ControlKind, seed: int) -> Counts | None:
    """Bring a control up to date with the main selection as it is; its counts, or None where nothing had changed.

    Raises InputError without a main selection of the accepted pairs that there are, and what `select` raises.
    """
    return retried(lambda: _select_control(context, kind, seed))


def _select_control(context: Context, kind: ControlKind, seed: int) -> Counts | None:
    name = name_of(kind, seed)
    selected = selecting(context.settings.curation, name).open(context)
    context = context.pinned(CURATED, SELECTIONS)
    main, accepted = selection.last_note(context, MAIN), Accepted.now(context)
    if not accepted.num_pairs and not main:
        return Counts(0, 0, 0)
    if not main or main["judgements_version"] != accepted.judgements_version:
        got = "one of other pairs" if main else "none for this round and policy"
        raise InputError("a selection of the accepted pairs to compare with", got, "Run `bubblenet select` without --control.")
    made = Fingerprint({"main": main["selection_id"], "kind": kind, "seed": seed})
    if selection.is_up_to_date(context, name, made):
        return None

    def chosen(described: DataFrame, checkpoint: Checkpoint) -> DataFrame:
        return _chosen(context, described, kind, seed, main["min_grade"], checkpoint)

    return selection.write(context, selected, made, accepted, chosen)


def _chosen(context: Context, described: DataFrame, kind: ControlKind, seed: int, min_grade: int, checkpoint: Checkpoint) -> DataFrame:
    """The described pairs with their verdicts; no gains."""
    pool = described.where(F.col("grade") >= min_grade)
    binned = pool.withColumns({"bin": _bin(), "cost": F.lit(1).cast("bigint")})
    main = context.warehouse.read(SELECTIONS, context.version(SELECTIONS))
    taken = main.where(selecting(context.settings.curation, MAIN).where).where("kept")
    by_bin = {row["bin"]: row["count"] for row in taken.groupBy(_bin().alias("bin")).count().collect()}
    caps = (Cap("bin", LENGTH_CAP, by_bin),) if kind == "length_matched" else ()
    verdicts = checkpoint(in_order(binned, _order(kind, seed), Limits(caps, sum(by_bin.values()))))
    joined = described.join(verdicts, on="instruction_id", how="left")
    empty = {
        name: F.lit(None).cast(kind_of)
        for name, kind_of in (("gain", "double"), ("nearest_id", "string"), ("nearest_similarity", "double"))
    }
    reason = F.coalesce("reason", F.when(F.col("kept").isNull(), BELOW_GRADE))
    return joined.withColumns(empty | {"reason": reason, "kept": F.coalesce("kept", F.lit(False))})


def _bin() -> Column:
    return F.floor(F.log(_STEP, F.greatest("num_characters", F.lit(1)))).cast("string")


def _order(kind: ControlKind, seed: int) -> list[Column]:
    drawn = content_id("instruction_id", F.lit(f"control {seed}"))
    return [F.col("quality"), drawn, F.col("instruction_id")] if kind == "worst" else [drawn, F.col("instruction_id")]
