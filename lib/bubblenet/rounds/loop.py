"""The self-alignment loop: trains a backward model and M0 on the seeds, generates candidates once, then iterates until no improvement.

Every step can also be run by hand and does nothing if its result exists: a loop that was killed resumes where it stopped.
Each round fine-tunes the *starting* model, on seeds and the pairs that the previous model judged best (Li et al. 2023, arXiv:2308.06259,
section 2).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.assessment.assessing import Estimate, assess, check_complete, pick
from bubblenet.assessment.selecting import record_selection
from bubblenet.engines.kinds import kind_of
from bubblenet.engines.registry import close_all
from bubblenet.engines.roles import backward_engine, forward_engine, template_arguments
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import find_tokenizer
from bubblenet.errors import EnvironmentProblem, InputError, SettingsError
from bubblenet.export.examples import REVERSED_PROMPT
from bubblenet.export.formats import FOR_TRAINING
from bubblenet.export.writing import export
from bubblenet.judging.calibration import FIGURES_VERSION, load
from bubblenet.judging.commands import calibrate
from bubblenet.judging.modes import MODES
from bubblenet.judging.origins import JUDGED_AS
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.method.seeds import current_seeds
from bubblenet.rounds.decisions import PROMOTED, Decision, Measured, decide
from bubblenet.tables import JUDGEMENTS, ROUNDS
from bubblenet.training.launching import train
from bubblenet.training.registry import PREFIX, folder_of, with_models

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from bubblenet.app.job import Step
    from bubblenet.kernel.context import Context

_COMPARED_PAIRS = 2000
"""Number of pairs, sampled by hash, on which the rankings of two judges are compared: enough to know Kendall's tau to 0.02."""


_LONGEST_SEEDS = 100
"""The longest instruction in tokens is among so many of the longest in characters."""


@dataclass(frozen=True, slots=True)
class Round:
    """One row of table rounds. Number 0 is M0, trained on seeds alone."""

    number: int
    model: str
    parent: str
    backward: str
    export: str
    data_sha256: str
    measured: Measured
    decision: Decision
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The jobs between two trainings. propose: from pages to candidates, once; judge: from candidates to curated pairs, every round."""

    propose: Sequence[Step]
    judge: Sequence[Step]
    show: Callable[[list[Estimate], Console], None]


def iterate(context: Context, num_rounds: int, steps: Steps) -> list[Round]:
    """Run the loop, or the missing part of it; returns the rounds in order, up to the first refused or the last requested.

    Raises InputError if there are no seeds to train on or none held out, or if the file of labels in the settings is missing.
    """
    _check(context, num_rounds)
    start = context.settings.models.start
    backward = _trained(context, "backward", direction="backward", curated_weight=0.0)
    context.console.print(f"Backward model: {backward}. How well it recovers the instructions of held-out seeds:")
    steps.show(assess(_assessing(context, direction="backward"), [backward], [start]), context.console)
    rounds = [_run_round(context, 0, steps, parent=start, backward=backward)]
    learnt = {"prompt": REVERSED_PROMPT, "max_new_tokens": longest_instruction(context, start)}
    candidates = _with(context, {"backward": backward}, backtranslation=learnt)
    if num_rounds and rounds[0].decision.decision == PROMOTED:
        _run(steps.propose, candidates)
    while rounds[-1].decision.decision == PROMOTED and len(rounds) <= num_rounds:
        rounds.append(_run_round(candidates, len(rounds), steps, parent=rounds[-1].model, backward=backward))
    return rounds


def longest_instruction(context: Context, model: str) -> int:
    """Tokens of the longest instruction among the training seeds, with its end: what a model trained on them writes fits into it."""
    source = find_tokenizer(model)
    engine = context.settings.engine
    codec = Codec.load(source.folder, source.gguf, arguments=template_arguments(engine, engine.backward))
    seeds = current_seeds(context).where("split = 'train'").orderBy(F.length("instruction").desc()).limit(_LONGEST_SEEDS)
    lengths = (len(codec.encode_text(row["instruction"])) + len(codec.end_ids) for row in seeds.select("instruction").collect())
    return max(lengths, default=context.settings.backtranslation.max_new_tokens)


def _run_round(context: Context, number: int, steps: Steps, *, parent: str, backward: str) -> Round:
    """Judge with the parent, curate, train the starting model, compare, decide. M0 is trained on seeds alone."""
    context.console.rule(f"M{number}")
    if number:
        judging = _with(context, {"forward": parent}, curation={"round": number})
        context = _with(judging, {}, curation=_calibrated(judging, parent))
        _run(steps.judge, context)
    weight = context.settings.export.curated_weight if number else 0.0
    exported = _exported(context, f"round{number}", direction="forward", curated_weight=weight)
    model = _model_of(context, exported)
    start = context.settings.models.start
    estimates = assess(_assessing(context, direction="forward"), [model], list(dict.fromkeys([start, parent])))
    measured = Measured(
        num_curated=exported.num_curated,
        gain_on_start=_value(estimates, model, start),
        gain_on_parent=_value(estimates, model, parent),
        agreement=agreement(context, number) if number > 1 else None,
        length_ratio=_value(estimates, model, None, "characters") / max(_value(estimates, parent, None, "characters"), 1.0),
    )
    decision = decide(measured, context.settings.rounds, needs_curated=number > 0)
    finished = Round(number, model, parent, backward, exported.folder, exported.data_sha256, measured, decision, tuple(estimates))
    _record(context, finished)
    steps.show(estimates, context.console)
    return finished


def _calibrated(context: Context, judge: str) -> dict[str, str]:
    """The setting of section curation for a trained judge's own calibration; empty if there are no labels to fit it on.

    It is fitted in this process, once per judge, labels and modes, and stored beside the judge's weights.
    """
    chosen, scoring = context.settings.rounds, context.settings.scoring
    if not chosen.labels:
        return {}
    labels, precision = Path(chosen.labels), {5: chosen.precision_5, 4: chosen.precision}
    parts = {"labels": hashlib.sha256(labels.read_bytes()).hexdigest(), "precision": precision, "figures": FIGURES_VERSION}
    fitted_on = Fingerprint(parts | {"modes": {name: MODES[name].parts(scoring) for name in scoring.modes}})
    file = folder_of(context.warehouse, judge).parent / f"calibration-{fitted_on.id}.json"
    if not file.is_file():
        calibrate(context.settings, labels, file, (), dict.fromkeys(JUDGED_AS, precision), console=context.console)
        close_all()  # the workers have an engine each
    record_selection(context, judge, load(file))
    return {"calibration": str(file)}


def _trained(context: Context, name: str, **changes: Any) -> str:
    return _model_of(context, _exported(context, name, **changes))


@dataclass(frozen=True, slots=True)
class _Export:
    """num_curated: number of its examples that are curated pairs."""

    folder: str
    data_sha256: str
    num_curated: int


def _exported(context: Context, name: str, **changes: Any) -> _Export:
    """Export the newest tables to a folder below the warehouse."""
    folder = f"{context.warehouse.location}/_exports/{name}"
    manifest = export(_with(context, {}, export=changes | {"curated_version": -1, "format": FOR_TRAINING}), folder).manifest
    num_curated = sum(row["num"] for row in manifest["sources"] if row["source"] == "curated")
    context.console.print(f"[bold]{'export':<22}[/bold] {manifest['splits']['train']['examples']:,} training examples: {name}")
    return _Export(folder, manifest["data_sha256"], num_curated)


def _model_of(context: Context, exported: _Export) -> str:
    """Train the starting model on an export; returns the model's name for the settings."""
    trained = train(context, exported.folder)
    state = "trained" if trained.is_new else "was there already"
    context.console.print(f"[bold]{'finetune':<22}[/bold] {trained.result.num_tokens:,} tokens: model:{trained.plan.model_id} {state}")
    return f"{PREFIX}{trained.plan.model_id}"


def _with(context: Context, models: dict[str, str], **sections: dict[str, Any]) -> Context:
    """A copy of the context with other models, and with changed keys in some sections."""
    settings = with_models(context.settings, context.warehouse, models)
    changed = {name: getattr(settings, name).model_copy(update=keys) for name, keys in sections.items()}
    return replace(context, settings=settings.model_copy(update=changed))


def _assessing(context: Context, direction: str) -> Context:
    return _with(context, {}, assessment={"direction": direction})


def _value(estimates: list[Estimate], model: str, baseline: str | None, metric: str = "log_likelihood") -> float:
    """The mean over all kinds of task. A model trained on the same data as its parent is its parent: the difference is 0."""
    if model == baseline:
        return 0.0
    return pick(estimates, model, baseline, metric).value


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


def _record(context: Context, finished: Round) -> None:
    """Append the row of a round, unless its last row is the same."""
    policy = context.settings.curation.policy
    values = {
        "round": finished.number,
        "policy": policy,
        "model": finished.model,
        "parent": finished.parent,
        "start": context.settings.models.start,
        "backward": finished.backward,
        "export": finished.export,
        "data_sha256": finished.data_sha256,
        **asdict(finished.measured),
        **asdict(finished.decision),
        "rules": json.dumps(context.settings.rounds.model_dump(mode="json"), sort_keys=True),
        "run_id": context.run_id,
    }
    known = context.warehouse.read(ROUNDS).where(ROUNDS.of_round(finished.number, policy))
    last = known.orderBy(F.col("created_at").desc()).first()
    if last is not None and all(last[name] == value for name, value in values.items() if name != "run_id"):
        return
    empty = dict.fromkeys(ROUNDS.column_names)
    rows = [empty | values | {"created_at": datetime.now(UTC)}]
    context.warehouse.append_rows(ROUNDS, rows, {"run": context.run_id, "round": finished.number})


def _run(steps: Sequence[Step], context: Context) -> None:
    """Run the steps. Raises SettingsError if the budget stops a stage: a round on part of the pairs is a different round."""
    for step in steps:
        for report in step(context):
            check_complete(report)


def _check(context: Context, num_rounds: int) -> None:
    """Check the prerequisites before anything is trained."""
    labels = context.settings.rounds.labels
    if labels and not Path(labels).is_file():
        raise InputError("a file of labelled pairs", f"nothing at {labels}", "Mend rounds.labels (docs/labels.md).")
    if num_rounds and not context.inputs:
        raise InputError("at least one --input", "none", "Give the file or folder of the pages: --input PATH.")
    specs = (backward_engine(context.settings), forward_engine(context.settings))
    if fixed := [spec.kind for spec in specs if not kind_of(spec).runs_any_model]:
        todo = f"A {fixed[0]} has one model, a loop has many: set engine.kind=transformers, or run the jobs by hand (docs/rounds.md)."
        raise SettingsError("engine.kind=transformers", fixed[0], todo)
    if context.spark.conf.get("spark.task.resource.gpu.amount", None):
        todo = "Run the jobs by hand, finetune alone with train.conf (docs/rounds.md)."
        raise EnvironmentProblem("a session whose stages without a model need no GPU", "spark.task.resource.gpu.amount", todo)
    splits = {row["split"] for row in current_seeds(context).select("split").distinct().collect()}
    if splits != {"train", "held_out"}:
        got = f"only {' and '.join(sorted(splits))}" if splits else "none"
        raise InputError("seeds to train on and seeds held out", got, "bubblenet seeds import starter --warehouse DIR")
