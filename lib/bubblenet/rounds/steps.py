"""The steps of the loop that are no jobs of the corpus: checks, export, training, calibration, comparison and decision.

A step gets an open context, whose settings are those of its round, and plain arguments; it returns plain values. Every one does nothing
if its result exists.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.assessment.assessing import Estimate, assess, check_complete, count_halves, pick
from bubblenet.assessment.selecting import record_selection
from bubblenet.engines.kinds import KINDS, can_run_any_model
from bubblenet.engines.registry import close_all
from bubblenet.engines.roles import template_arguments
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import find_tokenizer
from bubblenet.errors import EnvironmentProblem, InputError, SettingsError
from bubblenet.export.formats import FOR_TRAINING
from bubblenet.export.leaving_out import labels_digest
from bubblenet.export.writing import export
from bubblenet.judging.calibration import FIGURES_VERSION, load
from bubblenet.judging.commands import calibrate
from bubblenet.judging.modes import MODES
from bubblenet.judging.origins import JUDGED_AS
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.method.seeds import DECIDING, REPORTING, current_seeds
from bubblenet.rounds.decisions import FEWEST_SEEDS, Measured, decide
from bubblenet.tables import JUDGEMENTS, ROUNDS
from bubblenet.training.launching import train
from bubblenet.training.registry import PREFIX, folder_of, with_models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from bubblenet.app.job import Step
    from bubblenet.kernel.context import Context
    from bubblenet.rounds.decisions import Decision
    from bubblenet.rounds.loop import Changes
    from bubblenet.settings import Engine

    StepOfLoop = Callable[..., dict[str, Any]]

_COMPARED_PAIRS = 2000
"""Number of pairs, sampled by hash, on which the rankings of two judges are compared: enough to know Kendall's tau to 0.02."""

_LONGEST_SEEDS = 100
"""The longest instruction in tokens is among so many of the longest in characters."""

Show = Callable[[list[Estimate], "Console"], None]


def steps_of_loop(jobs: Mapping[str, Sequence[Step]], show: Show) -> dict[str, StepOfLoop]:
    """Every step by name. jobs: the jobs behind those steps that are stages. show: prints estimates."""
    own: dict[str, StepOfLoop] = {"prepare": prepare, "export": export_examples, "finetune": finetune, "calibrate": calibrate_judge}
    own |= {"assess": partial(assess_backward, show=show), "compare": partial(compare, show=show)}
    return own | {name: partial(_run_jobs, jobs=listed) for name, listed in jobs.items()}


def changed(context: Context, changes: Changes) -> Context:
    """A copy of the context with changed settings. Raises ModelError if a model is missing."""
    settings = with_models(context.settings, context.warehouse, changes.get("models", {}))
    sections = {name: getattr(settings, name).model_copy(update=keys) for name, keys in changes.items() if name != "models"}
    return replace(context, settings=settings.model_copy(update=sections))


def check_one_application(context: Context) -> None:
    """Raise EnvironmentProblem for a session in which every task would hold a GPU, whatever its step needs."""
    if context.spark.conf.get("spark.task.resource.gpu.amount", None):
        todo = "Give training an application of its own: --set steps.finetune.spark_conf=train (docs/rounds.md)."
        raise EnvironmentProblem("a session whose stages without a model need no GPU", "spark.task.resource.gpu.amount", todo)


def check_engines(backward: Engine, forward: Engine) -> None:
    """Raise SettingsError for an engine of one model: a loop has many. backward, forward: section engine as the steps of each have it."""
    for engine, role in ((backward, backward.backward), (forward, forward.forward)):
        if not can_run_any_model(engine, role):
            kind = KINDS[role.kind or engine.kind]
            todo = "Let engine.command start one for each, with {model} in it, or set engine.kind=transformers (docs/rounds.md)."
            raise SettingsError("an engine for many models: a loop has many", f"a {kind.name} with one", todo)


def _run_jobs(context: Context, jobs: Sequence[Step]) -> dict[str, Any]:
    """Run stages. Raises SettingsError if the budget stops one: a round on part of the pairs is a different round."""
    for step in jobs:
        for report in step(context):
            check_complete(report)
    return {}


def prepare(context: Context, num_rounds: int) -> dict[str, Any]:
    """Check what the tables must hold before anything is trained; `longest_instruction`: of the training seeds, in tokens.

    Raises InputError.
    """
    labels_digest(context)
    if num_rounds and not context.inputs:
        raise InputError("at least one --input", "none", "Give the file or folder of the pages: --input PATH.")
    splits = {row["split"] for row in current_seeds(context).select("split").distinct().collect()}
    if splits != {"train", "held_out"}:
        got = f"only {' and '.join(sorted(splits))}" if splits else "none"
        raise InputError("seeds to train on and seeds held out", got, "bubblenet seeds import starter --warehouse DIR")
    halves = count_halves(context)
    if min(halves.get(half, 0) for half in (DECIDING, REPORTING)) < FEWEST_SEEDS:
        got = " and ".join(f"{halves.get(half, 0)} in the one that {half}" for half in (DECIDING, REPORTING))
        todo = "Set assessment.items (0: all) or seeds.held_out_share higher, or import more seeds: a gain needs an interval to be proven."
        raise InputError(f"{FEWEST_SEEDS} or more held-out seeds in each half", got, todo)
    return {"longest_instruction": longest_instruction(context, context.settings.models.start)}


def longest_instruction(context: Context, model: str) -> int:
    """Tokens of the longest instruction among the training seeds, with its end: what a model trained on them writes fits into it."""
    source = find_tokenizer(model)
    engine = context.settings.engine
    codec = Codec.load(source.folder, source.gguf, arguments=template_arguments(engine, engine.backward))
    seeds = current_seeds(context).where("split = 'train'").orderBy(F.length("instruction").desc()).limit(_LONGEST_SEEDS)
    lengths = (len(codec.encode_text(row["instruction"])) + len(codec.end_ids) for row in seeds.select("instruction").collect())
    return max(lengths, default=context.settings.backtranslation.max_new_tokens)


def export_examples(context: Context, name: str) -> dict[str, Any]:
    """Export the newest tables to a folder below the warehouse."""
    folder = f"{context.warehouse.location}/_exports/{name}"
    manifest = export(changed(context, {"export": {"curated_version": -1, "format": FOR_TRAINING}}), folder).manifest
    num_curated = sum(row["num"] for row in manifest["sources"] if row["source"] == "curated")
    num_left_out = sum(manifest["left_out"].values())
    reasons = "".join(f"; {number:,} pairs left out: {reason}" for reason, number in sorted(manifest["left_out"].items()))
    context.console.print(f"[bold]{'export':<22}[/bold] {manifest['splits']['train']['examples']:,} training examples: {name}{reasons}")
    return {"folder": folder, "data_sha256": manifest["data_sha256"], "num_curated": num_curated, "num_left_out": num_left_out}


def finetune(context: Context, folder: str) -> dict[str, Any]:
    """Train the starting model on an export."""
    trained = train(context, folder)
    state = "trained" if trained.is_new else "was there already"
    result = trained.result
    context.console.print(f"[bold]{'finetune':<22}[/bold] {result.num_tokens:,} tokens: model:{trained.plan.model_id} {state}")
    return {"model": f"{PREFIX}{trained.plan.model_id}", "num_tokens": result.num_tokens, "num_steps": result.num_steps}


def assess_backward(context: Context, model: str, baseline: str, show: Show) -> dict[str, Any]:
    """Show how well a backward model recovers the instructions of held-out seeds."""
    context.console.print(f"Backward model: {model}. How well it recovers the instructions of held-out seeds:")
    show(assess(context, [model], [baseline]), context.console)
    return {}


def calibrate_judge(context: Context, judge: str) -> Changes:
    """The changed settings that make curation use a trained judge's own calibration; empty if there are no labels to fit it on.

    It is fitted in this process, once per judge, labels and modes, and stored beside the judge's weights.
    """
    chosen, scoring = context.settings.rounds, context.settings.scoring
    scoring = scoring.model_copy(update={"modes": tuple(name for name in scoring.modes if not MODES[name].compares)})
    if not chosen.labels:
        return {}
    labels, precision = Path(chosen.labels), {5: chosen.precision_5, 4: chosen.precision}
    parts = {"labels": hashlib.sha256(labels.read_bytes()).hexdigest(), "precision": precision, "figures": FIGURES_VERSION}
    fitted_on = Fingerprint(parts | {"modes": {name: MODES[name].parts(scoring) for name in scoring.modes}})
    file = folder_of(context.warehouse, judge).parent / f"calibration-{fitted_on.id}.json"
    if not file.is_file():
        settings = context.settings.model_copy(update={"scoring": scoring})
        calibrate(settings, labels, file, (), dict.fromkeys(JUDGED_AS, precision), console=context.console)
        close_all()  # the workers have an engine each
    record_selection(context, judge, load(file))
    return {"curation": {"calibration": str(file)}}


def compare(context: Context, show: Show, **about: Any) -> dict[str, Any]:
    """Compare the model of a round with the starting model and its parent on held-out seeds, decide, and record the round.

    about: what is known of the round: number, start, parent, backward, parent_tokens, and what its export and its training said.
    """
    context.console.rule(f"M{about['number']}")
    estimates = assess(context, [about["model"]], list(dict.fromkeys([about["start"], about["parent"]])))
    agreeing = agreement(context, about["number"]) if about["number"] > 1 else None
    measured = measure(estimates, about, agreeing)
    decision = decide(measured, context.settings.rounds, needs_curated=about["number"] > 0)
    _record(context, about, measured, decision)
    show(estimates, context.console)
    return {"measured": asdict(measured), "decision": asdict(decision), "estimates": [asdict(row) for row in estimates]}


def measure(estimates: Sequence[Estimate], about: Mapping[str, Any], agreeing: float | None) -> Measured:
    """The measurements of a round: bounds of its gains from the half of the held-out seeds that decides, means from the other half."""
    model, start, parent = (about[name] for name in ("model", "start", "parent"))
    alone = {half: pick(estimates, model, None, "log_likelihood", half) for half in (DECIDING, REPORTING)}
    lengths = [pick(estimates, name, None, "characters").value for name in (model, parent)] if model != parent else [1.0, 1.0]
    return Measured(
        num_curated=about["num_curated"],
        num_left_out=about["num_left_out"],
        bound_on_start=_gain(estimates, model, start, DECIDING).low,
        bound_on_parent=_gain(estimates, model, parent, DECIDING).low,
        gain_on_start=_gain(estimates, model, start, REPORTING).value,
        gain_on_parent=_gain(estimates, model, parent, REPORTING).value,
        num_deciding=alone[DECIDING].num_items,
        num_reporting=alone[REPORTING].num_items,
        num_tokens=about["num_tokens"],
        num_steps=about["num_steps"],
        parent_tokens=about["parent_tokens"],
        agreement=agreeing,
        length_ratio=lengths[0] / max(lengths[1], 1.0),
    )


def _gain(estimates: Sequence[Estimate], model: str, baseline: str, half: str) -> Estimate:
    """A model trained on the same data as its parent is its parent: the difference is 0, surely."""
    if model == baseline:
        return Estimate(model, baseline, "log_likelihood", "all", half, 0, 0.0, 0.0, 0.0)
    return pick(estimates, model, baseline, "log_likelihood", half)


def agreement(context: Context, number: int) -> float:
    """Kendall's tau between the qualities that this round's judge and the last one's give to the same pairs; 0 without pairs."""
    from scipy.stats import kendalltau

    policy = context.settings.curation.policy
    judged = context.warehouse.read(JUDGEMENTS).where(F.col("quality").isNotNull())
    this, last = (judged.where(JUDGEMENTS.of_round(wanted, policy)).select("instruction_id", "quality") for wanted in (number, number - 1))
    both = this.join(last.withColumnRenamed("quality", "earlier"), on="instruction_id", how="inner")
    pairs = both.orderBy(content_id("instruction_id", F.lit("compared"))).limit(_COMPARED_PAIRS).select("quality", "earlier").collect()
    tau = kendalltau([row["quality"] for row in pairs], [row["earlier"] for row in pairs]).statistic if len(pairs) > 1 else 0.0
    return float(tau) if tau == tau else 0.0  # NaN: equal qualities have no order


def _record(context: Context, about: Mapping[str, Any], measured: Measured, decision: Decision) -> None:
    """Append the row of a round, unless its last row is the same."""
    policy, number = context.settings.curation.policy, about["number"]
    values = {
        "round": number,
        "policy": policy,
        **{name: about[name] for name in ("model", "parent", "start", "backward", "data_sha256")},
        "export": about["folder"],
        **asdict(measured),
        **asdict(decision),
        "rules": json.dumps(context.settings.rounds.model_dump(mode="json"), sort_keys=True),
        "run_id": context.run_id,
    }
    known = context.warehouse.read(ROUNDS).where(ROUNDS.of_round(number, policy))
    last = known.orderBy(F.col("created_at").desc()).first()
    if last is not None and all(last[name] == value for name, value in values.items() if name != "run_id"):
        return
    empty = dict.fromkeys(ROUNDS.column_names)
    rows = [empty | values | {"created_at": datetime.now(UTC)}]
    context.warehouse.append_rows(ROUNDS, rows, {"run": context.run_id, "round": number})
