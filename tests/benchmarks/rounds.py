"""Does the judge choose better than chance, and what do seeds add? `make bench-rounds`.

Three selections of one size from the same candidates, all that passed the gates: the pairs of the wanted grade, pairs drawn at random, and
pairs drawn at random with the lengths of the first. Each trains the starting model, without seeds and on the same number of tokens, three
times: with a draw and a training seed of its own. All answer the same held-out seeds. Beside it the supervision curve: the curated pairs
together with 60 and 200 seeds. Intervals and smallest effects are those of tests/benchmarks/repeats.py.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import Window
from pyspark.sql import functions as F
from rich.table import Table

from bubblenet.app.job import opened
from bubblenet.assessment.assessing import assess, held_out_requests
from bubblenet.errors import InputError
from bubblenet.export.writing import export
from bubblenet.kernel.keys import content_id
from bubblenet.method.publishing import with_texts
from bubblenet.method.recipe import full_recipe
from bubblenet.method.seeds import current_seeds
from bubblenet.tables import ANSWERS, CURATED, EVALUATIONS, JUDGEMENTS, SEEDS
from bubblenet.terminal import print_table
from bubblenet.training.description import TrainingResult
from bubblenet.training.launching import train
from bubblenet.training.planning import TrainingPlan, plan_training
from bubblenet.training.registry import PREFIX
from tests.benchmarks.repeats import effect, torchrun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame
    from rich.console import Console

    from bubblenet.kernel.context import Context

CURATED_PAIRS, RANDOM, LENGTH_MATCHED = "curated", "random", "length-matched"
SELECTIONS = (CURATED_PAIRS, RANDOM, LENGTH_MATCHED)
METRICS = ("log_likelihood", "chrf")
LENGTH_CLASSES = 10
HELD_OUT_SHARE = 0.55
"""Of the starter set's 586 seeds 319 are asked, and more than 200 can be trained on."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What a model is trained on: pairs of a selection, and about so many seeds. number: of the repetition."""

    selection: str
    num_seeds: int
    number: int

    @property
    def policy(self) -> str:
        """Under which its pairs stand in `curated`."""
        return f"bench_{self.selection}_{self.number}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--warehouse",
        required=True,
        help="where the pipeline has run and seeds are imported; one for this alone: selections go to its `curated`",
    )
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", action="append", default=[], help="as that run had it")
    parser.add_argument("--grade", type=int, default=5, help="of the curated pairs, at least")
    parser.add_argument("--pairs", type=int, default=0, help="most pairs of a selection, the best first; 0: all of the grade")
    parser.add_argument("--tokens", type=int, default=20_000, help="of one training")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--curve", type=int, nargs="*", default=[60, 200], help="numbers of seeds")
    parser.add_argument("--at-once", type=int, default=1, help="trainings side by side")
    arguments = parser.parse_args()
    if arguments.repeats < 2:
        parser.error("--repeats: what differs between trainings shows in two or more")
    overrides = [f"seeds.held_out_share={HELD_OUT_SHARE}", f"training.tokens={arguments.tokens}", "training.epochs=100"]
    overrides += ["assessment.constrained_items=0", *arguments.set]
    with opened(arguments.config, overrides, arguments.warehouse, "bench-rounds", create=False) as context:
        sizes = select(context, arguments.grade, arguments.pairs, arguments.repeats)
        numbers = range(arguments.repeats)
        arms = [Arm(selection, 0, number) for selection in SELECTIONS for number in numbers]
        arms += [Arm(CURATED_PAIRS, num_seeds, number) for num_seeds in arguments.curve for number in numbers]
        models = trained(context, arms, arguments.at_once)
        values = answered(context, models)
        show(context, values, sizes, arguments.tokens)


def select(context: Context, grade: int, most: int, repeats: int) -> dict[str, tuple[int, float, float | None]]:
    """Write the selections to `curated`, each under a policy of its own; pairs, mean characters of a response and mean quality of each.

    Raises InputError where there is nothing to select, or not enough to draw from.
    """
    recipe, version = full_recipe(context.settings), context.warehouse.version(JUDGEMENTS)
    rule = (F.col("round") == context.settings.curation.round) & (F.col("policy") == context.settings.curation.policy)
    passed_gates = F.col("reason").isNull() | F.col("reason").isin("low_quality", "not_best_candidate")
    pool = with_texts(context, recipe, context.warehouse.read(JUDGEMENTS, version).where(rule & passed_gates), version)
    pool = pool.withColumn("characters", F.length("response")).persist()
    best = pool.where("kept").where(F.col("grade") >= grade).orderBy(F.col("quality").desc(), "instruction_id")
    curated = (best.limit(most) if most else best).persist()
    num_pairs = curated.count()
    if not num_pairs:
        raise InputError(f"pairs of grade {grade} in {context.warehouse.location}", "none", "bubblenet run --warehouse DIR")
    source = {
        "judgements": version,
        "recipe": recipe.id,
        "round": context.settings.curation.round,
        "policy": context.settings.curation.policy,
    }
    newest = {commit.note.get("selection"): commit.note for commit in context.warehouse.commits_since(CURATED, 0)}
    for number in range(repeats):
        for selection in SELECTIONS:
            policy = Arm(selection, 0, number).policy
            note = {"selection": policy, "grade": grade, "most": most, "source": source}
            if newest.get(policy) != note:  # else every export would be another one
                rows = curated if selection == CURATED_PAIRS else drawn(pool, curated, selection, number)
                named = rows.withColumns({"policy": F.lit(policy), "grade": F.lit(5)})  # of a selection all are trained on
                where = f"round = {context.settings.curation.round} AND policy = '{policy}'"
                context.warehouse.replace(named, CURATED, where, note)
    return {selection: size_of(context, selection, repeats, num_pairs) for selection in SELECTIONS}


def size_of(context: Context, selection: str, repeats: int, wanted: int) -> tuple[int, float, float | None]:
    """Pairs of one draw; mean characters of a response and mean quality over all draws, None where not every pair has one."""
    policies = [Arm(selection, 0, number).policy for number in range(repeats)]
    rows = context.warehouse.read(CURATED).where(F.col("policy").isin(policies))
    num, characters, measured, quality = rows.agg(
        F.count("*"), F.avg(F.length("response")), F.count("quality"), F.avg("quality")
    ).collect()[0]
    if num != wanted * repeats:
        raise InputError(f"{repeats} {selection} selections of {wanted} pairs", f"{num} pairs", "Run the pipeline on more pages.")
    return num // repeats, characters, quality if measured == num else None


def drawn(pool: DataFrame, curated: DataFrame, selection: str, number: int) -> DataFrame:
    """As many pairs as are curated, at random, one a passage."""
    one_each = shuffled(pool, number, "segment_id").where("place = 1")
    return one_each.orderBy("hash").limit(curated.count()) if selection == RANDOM else matched(one_each, curated, number)


def shuffled(pairs: DataFrame, number: int, *partition: str) -> DataFrame:
    """With `hash`, another one for each number, and `place`, the order by it among pairs of equal `partition`."""
    hashed = pairs.withColumn("hash", content_id("instruction_id", F.lit(f"draw {number}")))
    return hashed.withColumn("place", F.row_number().over(Window.partitionBy(*partition).orderBy("hash")))


def matched(pool: DataFrame, wanted: DataFrame, number: int) -> DataFrame:
    """Drawn at random, as many of each class of length as are wanted; the classes are tenths of the wanted ones."""
    cuts = wanted.approxQuantile("characters", [place / LENGTH_CLASSES for place in range(1, LENGTH_CLASSES)], 0.0)
    length_class = sum((F.col("characters") > cut).cast("int") for cut in cuts)
    low, high = wanted.agg(F.min("characters"), F.max("characters")).collect()[0]
    counts = wanted.groupBy(length_class.alias("class")).agg(F.count("*").alias("num"))
    inside = pool.where(F.col("characters").between(low, high)).withColumn("class", length_class)
    return shuffled(inside, number, "class").join(counts, on="class", how="inner").where("place <= num")


def trained(context: Context, arms: Sequence[Arm], at_once: int) -> dict[Arm, str]:
    """The model of each arm, as settings name it. Trainings run by torchrun, and are recorded as any."""
    num_seeds = current_seeds(context).where("split = 'train'").count()
    contexts = {arm: context_of(context, arm, num_seeds) for arm in arms}
    plans: dict[Arm, TrainingPlan] = {}
    for arm, own in contexts.items():
        folder = f"{context.warehouse.location}/_exports/{arm.policy}_{arm.num_seeds}"
        export(own, folder)
        plans[arm] = plan_training(own.settings, folder, context.warehouse.location)
    with ThreadPoolExecutor(at_once) as pool:
        for arm, result in zip(arms, pool.map(result_of, plans.values()), strict=True):
            context.console.print(f"{arm}: {result.num_tokens:,} tokens of {result.num_examples:,} examples in {result.seconds:.0f} s")
    return {arm: PREFIX + train(contexts[arm], plan.job.export).plan.model_id for arm, plan in plans.items()}


def result_of(plan: TrainingPlan) -> TrainingResult:
    """Train, or find it done."""
    return TrainingResult.of(plan.job.folder) or torchrun(plan.job, 1)


def context_of(context: Context, arm: Arm, num_seeds: int) -> Context:
    """The settings of an arm. Equal examples in another order, from another start of lora, are another repetition."""
    changes: dict[str, dict[str, Any]] = {
        "curation": {"policy": arm.policy},
        "export": {
            "min_grade": 4,
            "seed_weight": min(arm.num_seeds / num_seeds, 1.0),
            "validation_share": 0.0,
            "shuffle_seed": arm.number,
            "shards": 1,
        },
        "training": {"seed": arm.number, "processes": 1},
    }
    chosen = {name: getattr(context.settings, name).model_copy(update=keys) for name, keys in changes.items()}
    return replace(context, settings=context.settings.model_copy(update=chosen))


def answered(context: Context, models: Mapping[Arm, str]) -> dict[str, dict[Arm, np.ndarray]]:
    """For each metric and arm its differences from the starting model, held-out seeds in one order."""
    start = context.settings.models.start
    assess(context, list(dict.fromkeys(models.values())), [start])
    this_run = (F.col("run_id") == context.run_id) & F.col("baseline").isNull() & (F.col("metric") == METRICS[0])
    evaluated = context.warehouse.read(EVALUATIONS).where(this_run)
    fingerprints = {row["model"]: row["fingerprint"] for row in evaluated.select("model", "fingerprint").distinct().collect()}
    found: dict[str, dict[str, dict[str, float]]] = {metric: {} for metric in METRICS}
    asked = held_out_requests(context, context.warehouse.version(SEEDS)).select("request_id").persist()
    for name in (start, *models.values()):
        rows = context.warehouse.read(ANSWERS).where((F.col("fingerprint") == fingerprints[name]) & F.col("kept"))
        rows = rows.join(asked, on="request_id", how="left_semi").dropDuplicates(["request_id"])
        per_token = rows.withColumn("log_likelihood", F.col("log_likelihood") / F.col("num_tokens"))
        for row in per_token.select("seed_id", *METRICS).collect():  # some hundred held-out seeds
            for metric in METRICS:
                found[metric].setdefault(name, {})[row["seed_id"]] = row[metric]
    values: dict[str, dict[Arm, np.ndarray]] = {}
    for metric, by_model in found.items():
        seeds = sorted(set.intersection(*(set(by_seed) for by_seed in by_model.values())))
        values[metric] = {arm: np.array([by_model[name][seed] - by_model[start][seed] for seed in seeds]) for arm, name in models.items()}
    return values


def show(
    context: Context, values: dict[str, dict[Arm, np.ndarray]], sizes: dict[str, tuple[int, float, float | None]], tokens: int
) -> None:
    """Selections beside the starting model, their differences, and the supervision curve."""
    console, arms = context.console, sorted(values[METRICS[0]], key=lambda arm: arm.number)
    num_items, repeats = len(values[METRICS[0]][arms[0]]), len({arm.number for arm in arms})
    console.print(f"{num_items} held-out seeds, {repeats} trainings each, {tokens:,} tokens a training; gains on the starting model, 95 %")

    def of(metric: str, selection: str, seeds: int) -> list[np.ndarray]:
        return [values[metric][arm] for arm in arms if (arm.selection, arm.num_seeds) == (selection, seeds)]

    table = Table("trained on", "pairs", "characters", "quality", *METRICS)
    for selection in SELECTIONS:
        num, characters, quality = sizes[selection]
        gains = [f"{effect(of(metric, selection, 0))}" for metric in METRICS]
        table.add_row(selection, f"{num:,}", f"{characters:,.0f}", "-" if quality is None else f"{quality:.2f}", *gains)
    print_table(console, table)
    show_differences(console, {selection: {metric: of(metric, selection, 0) for metric in METRICS} for selection in SELECTIONS})
    curve = Table("curated pairs and seeds", *METRICS)
    for num_seeds in sorted({arm.num_seeds for arm in arms}):
        curve.add_row(f"{num_seeds}", *(f"{effect(of(metric, CURATED_PAIRS, num_seeds))}" for metric in METRICS))
    print_table(console, curve)


def show_differences(console: Console, gains: dict[str, dict[str, list[np.ndarray]]]) -> None:
    """Selection against selection, repetition by repetition, and what would have been seen."""
    table = Table("difference", *(column for metric in METRICS for column in (metric, "detectable")))
    for one, other in ((CURATED_PAIRS, RANDOM), (CURATED_PAIRS, LENGTH_MATCHED), (LENGTH_MATCHED, RANDOM)):
        cells = []
        for metric in METRICS:
            found = effect([a - b for a, b in zip(gains[one][metric], gains[other][metric], strict=True)])
            cells += [f"{found}", f"{found.detectable:.3f}"]
        table.add_row(f"{one} - {other}", *cells)
    print_table(console, table)


if __name__ == "__main__":
    main()
