"""Does the product's selection teach more than chance? `make bench-curation`; docs/rounds.md.

The plan says what is done (tests/benchmarks/curation_plan.toml). First the positive control is trained and asked: true pairs with more and
more of their instructions shuffled. On a metric where it does not separate, nothing else is done. Then the arms of a warehouse, with as
many tokens and steps. What is done is kept and never done again, so the same command goes on after a kill; --analyse reads what is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bubblenet import settings
from bubblenet.errors import BubblenetError, InputError
from bubblenet.settings import Settings
from tests.benchmarks.curation_analysis import START, above_start, analysed, failed_controls, unfinished
from tests.benchmarks.curation_arms import Unfilled, arm, control_arm, drawn
from tests.benchmarks.curation_judge import ProductJudge
from tests.benchmarks.curation_models import Learner
from tests.benchmarks.curation_pairs import Pair, check_apart, held_out, stated_questions
from tests.benchmarks.curation_plan import PLAN, TRAINED_METRICS, Planned, Profile, read_plan
from tests.benchmarks.curation_report import Report, Shown, as_html, as_json, print_report
from tests.benchmarks.curation_runs import CONTROL, Bench, Result, Store, values_of
from tests.benchmarks.curation_warehouse import Pool, read_pool
from tests.benchmarks.planted_pairs import CACHE

SPEED_FILE = "speed.json"
TRIAL_STEPS = 1


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the plan is to be done now; by default all of it."""

    arms: Sequence[str]
    metrics: Sequence[str]
    analyses: Sequence[str]


@dataclass(slots=True)
class Experiment:
    """A run under way. left_out: arms that could not be filled, and why."""

    planned: Planned
    profile: Profile
    bench: Bench
    store: Store
    console: Console
    left_out: dict[str, str] = field(default_factory=dict)

    def control(self, metric: str, pairs: Sequence[Pair], arms: Sequence[str]) -> None:
        """The start, and the positive control, repeat by repeat."""
        if not self.store.has(CONTROL, metric, START, 0):
            self.store.add(CONTROL, self.bench.start(metric))
        plan = self.planned.plan
        for repeat in range(self.profile.repeats):
            for name in (name for name in plan.arms.control if name in arms):
                made = control_arm(pairs, plan.arms.control[name], self.profile.pairs, plan.arms.draw_share, repeat)
                self._measure(CONTROL, metric, name, repeat, made)

    def warehouse(self, metric: str, pool: Pool, judge: ProductJudge, arms: Sequence[str]) -> None:
        """The arms of a pool. One that cannot be filled in a repeat is left out of it, and named."""
        plan = self.planned.plan.arms
        for repeat in range(self.profile.repeats):
            try:
                draw = drawn(
                    pool, plan, self.profile.pairs, repeat, lambda pair: pair.instruction if metric == "backward" else pair.response
                )
            except Unfilled as reason:
                self.left_out[f"all arms of the warehouse, {metric}, repeat {repeat}"] = str(reason)
                continue
            for name in (name for name in (*plan.warehouse, *plan.junk) if name in arms):
                if self.store.has(pool.digest, metric, name, repeat):
                    continue
                try:
                    self._measure(pool.digest, metric, name, repeat, arm(name, draw, plan, judge))
                except Unfilled as reason:
                    self.left_out[f"{name}, {metric}, repeat {repeat}"] = str(reason)

    def _measure(self, pool: str, metric: str, name: str, repeat: int, pairs: Sequence[Pair]) -> None:
        if self.store.has(pool, metric, name, repeat):
            return
        started = time.monotonic()
        result, trained = self.bench.trained(metric, name, repeat, pairs, self.profile)
        self.store.add(pool, result)
        seconds = time.monotonic() - started
        self.console.print(
            f"{metric} {name} {repeat + 1}/{self.profile.repeats}: {len(pairs)} pairs, {trained.tokens_read:,} tokens read, "
            f"{trained.tokens_learnt:,} learnt, loss {trained.first_loss:.2f} to {trained.last_loss:.2f}; "
            f"{trained.seconds:.0f} s training, {seconds - trained.seconds:.0f} s asking"
        )


def shown_of(planned: Planned, store: Store, pools: Sequence[str], metric: str, names: Sequence[str]) -> list[Shown]:
    """The analyses of a trained metric and of what is read off with it; where the control failed, of the control alone."""
    pages: dict[str, str] = store.about()["pages"]
    found = []
    results = store.results(pools)
    for one in (one for one in planned.plan.metrics if one.name.startswith(metric)):
        values = values_of(results, one.name)
        controls = [analysis.name for analysis in planned.plan.analyses if analysis.control != "no"]
        comparisons = analysed(planned, one, values, pages, controls)
        stopped = failed_controls(planned, one, comparisons)
        is_stopped = bool(stopped) and one.name in TRAINED_METRICS
        wanted = [name for name in names if not (is_stopped and name not in controls)]
        arms = [row for row in above_start(planned, one, values, pages) if not is_stopped or row.name in planned.plan.arms.control]
        found.append(Shown(one, arms, analysed(planned, one, values, pages, wanted), stopped if is_stopped else ()))
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Run, or analyse; 1 where the positive control does not separate."""
    arguments = parsed(words)
    console = Console(soft_wrap=True)
    try:
        planned = read_plan(arguments.plan)
        chosen = choose(planned, arguments.arms, arguments.metrics, arguments.analyses)
        report = analyse(arguments, planned, chosen) if arguments.analyse else run(arguments, planned, chosen, console)
    except BubblenetError as error:
        console.print(f"bench-curation: {error}", markup=False)
        return 2
    print_report(console, report)
    folder = arguments.folder
    (folder / "report.json").write_text(as_json(report), encoding="utf-8")
    (folder / "report.html").write_text(as_html(report), encoding="utf-8")
    console.print(f"{folder}/report.html, {folder}/report.json")
    return int(any(one.stopped for one in report.shown))


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--plan", type=Path, default=PLAN)
    parser.add_argument("--warehouse", default="", help="where `bubblenet run` has judged pairs; without it the positive control alone")
    parser.add_argument("--config", type=Path, help="as that run had it")
    parser.add_argument("--set", action="append", default=[], help="as that run had it; models.start: the model that is trained")
    parser.add_argument("--packages", type=Path, default=CACHE, help="folder of unpacked packages; missing ones are fetched")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/bench-curation"), help="of results and report; with --analyse of one run"
    )
    parser.add_argument("--budget-minutes", type=float, default=0.0, help="take the largest profile of the plan that fits; 0: the first")
    parser.add_argument("--profile", default="", help="name it instead")
    parser.add_argument("--arms", nargs="*", default=[], help="of the plan; default: all")
    parser.add_argument("--metrics", nargs="*", default=[], choices=TRAINED_METRICS)
    parser.add_argument("--analyses", nargs="*", default=[], help="names of the plan's comparisons; default: all")
    parser.add_argument("--threads", type=int, default=0, help="of the processor; on a busy machine 1 is faster than more; 0: all")
    parser.add_argument("--analyse", action="store_true", help="read the results in --folder, and train nothing")
    return parser.parse_args(words)


def choose(planned: Planned, arms: Sequence[str], metrics: Sequence[str], analyses: Sequence[str]) -> Chosen:
    """What was asked for, checked. Raises SettingsError for what the plan does not name."""
    planned.check_arms(arms)
    for name in analyses:
        planned.analysis(name)
    every = [one.name for one in planned.plan.analyses]
    return Chosen(arms or planned.plan.arms.names, metrics or TRAINED_METRICS, analyses or every)


def analyse(arguments: argparse.Namespace, planned: Planned, chosen: Chosen) -> Report:
    """What the results in a folder say. Raises InputError for results of another plan."""
    store = Store(arguments.folder)
    about = store.about()
    if about["plan"] != planned.digest:
        raise InputError(f"results of plan {planned.digest[:12]}", f"of plan {about['plan'][:12]}", "Name that plan with --plan.")
    pools = [CONTROL] + ([read_pool(arguments.warehouse).digest] if arguments.warehouse else [])
    shown = [one for metric in chosen.metrics for one in shown_of(planned, store, pools, metric, chosen.analyses)]
    results = store.results(pools)
    waiting = waiting_of(planned, results, chosen.metrics)
    return Report(planned, planned.profile(about["profile"]), about["model"], shown, waiting, results)


def waiting_of(planned: Planned, results: Sequence[Result], metrics: Sequence[str]) -> dict[str, str]:
    """What has too few repeats to be analysed: a run that was stopped, or that another process goes on with."""
    return {f"{arm}, {metric}": why for metric in metrics for arm, why in unfinished(planned, values_of(results, metric)).items()}


def run(arguments: argparse.Namespace, planned: Planned, chosen: Chosen, console: Console) -> Report:
    """Train and ask what is not there yet, the control first; then analyse."""
    settled = settings.load(arguments.config, arguments.set)
    pool = pool_of(settled, arguments.warehouse, console)
    plan = planned.plan
    control = stated_questions(plan.control.sources, arguments.packages, plan.control.per_page)
    asked = stated_questions(plan.held_out.sources, arguments.packages, plan.held_out.per_page)
    check_apart(asked, [*control, *(one.pair for one in pool.candidates)] if pool else control)
    console.print(f"plan {planned.digest}: {len(control)} stated questions for the control, {len(asked)} held out")
    learner = loaded(settled, planned, arguments.threads)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    profile = profile_of(arguments, planned, chosen, learner, asked, console)
    items = {metric: held_out(asked, profile.items[metric]) for metric in TRAINED_METRICS}
    model = settled.models.start
    store = Store.of(arguments.folder, planned, profile, model, learner.digest, max(items.values(), key=len))
    console.print(f"profile {profile.name}, results in {store.folder}")
    experiment = Experiment(planned, profile, Bench(learner, items), store, console)
    shown = list(measured(experiment, chosen, control, pool, ProductJudge(settled, arguments.folder / "judge") if pool else None))
    results = store.results(pools_of(pool))
    return Report(planned, profile, model, shown, experiment.left_out | waiting_of(planned, results, chosen.metrics), results)


def measured(
    experiment: Experiment, chosen: Chosen, control: Sequence[Pair], pool: Pool | None, judge: ProductJudge | None
) -> Iterator[Shown]:
    """Metric by metric: the control, and where it separates the arms of the warehouse."""
    for metric in chosen.metrics:
        experiment.control(metric, control, chosen.arms)
        found = shown_of(experiment.planned, experiment.store, [CONTROL], metric, chosen.analyses)
        if pool is not None and judge is not None and not any(one.stopped for one in found):
            experiment.warehouse(metric, pool, judge, chosen.arms)
            found = shown_of(experiment.planned, experiment.store, pools_of(pool), metric, chosen.analyses)
        yield from found


def pools_of(pool: Pool | None) -> list[str]:
    """The folders of results."""
    return [CONTROL, *([pool.digest] if pool else [])]


def pool_of(settled: Settings, warehouse: str, console: Console) -> Pool | None:
    """The pool of a warehouse, if one is named."""
    if not warehouse:
        return None
    pool = read_pool(warehouse, settled.curation.round, settled.curation.policy)
    kept = sum(one.kept for one in pool.candidates)
    console.print(f"{warehouse}: {len(pool.candidates):,} candidates, {kept:,} accepted, {len(pool.lists):,} lists")
    return pool


def loaded(settled: Settings, planned: Planned, threads: int) -> Learner:
    """The starting model, with what is trained beside it."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    return Learner(settled.models.start, planned.plan.training)


def profile_of(
    arguments: argparse.Namespace, planned: Planned, chosen: Chosen, learner: Learner, pairs: Sequence[Pair], console: Console
) -> Profile:
    """The profile that was named, or the largest that fits the minutes at this machine's speed, which is measured once."""
    plan = planned.plan
    if arguments.profile or not arguments.budget_minutes:
        return planned.profile(arguments.profile) if arguments.profile else plan.profiles[0]
    file = arguments.folder / SPEED_FILE
    if not file.is_file():
        file.write_text(json.dumps(speed_of(learner, pairs, plan.profiles[-1])), encoding="utf-8")
    speed = json.loads(file.read_text(encoding="utf-8"))
    num_arms = len([name for name in chosen.arms if arguments.warehouse or name in plan.arms.control])
    minutes = {one.name: minutes_of(one, planned, num_arms, chosen.metrics, speed) for one in plan.profiles}
    console.print(f"{speed['train']:.0f} tokens/s trained, {speed['score']:.0f} asked; minutes: {minutes} ({file})")
    return next((one for one in plan.profiles if minutes[one.name] <= arguments.budget_minutes), plan.profiles[-1])


def speed_of(learner: Learner, pairs: Sequence[Pair], profile: Profile) -> dict[str, float]:
    """Tokens a second, trained and asked."""
    examples = [learner.write.backward(pair.instruction, pair.response, ends=True) for pair in pairs[:8]]
    trained = learner.train(examples, TRIAL_STEPS, profile.step_tokens, seed=0)
    started = time.monotonic()
    learner.score(examples)
    read = sum(len(example.ids) for example in examples)
    return {"train": trained.tokens_read / trained.seconds, "score": read / (time.monotonic() - started)}


def minutes_of(profile: Profile, planned: Planned, num_arms: int, metrics: Sequence[str], speed: dict[str, float]) -> int:
    """What a profile takes: every token that is trained on and asked."""
    rule, seconds = planned.plan.training, 0.0
    for metric in metrics:
        rows = profile.items[metric] * (1 if metric == "backward" else 8)  # type: ignore[index]
        asked = rows * ((rule.passage_tokens if metric == "backward" else rule.answer_tokens) + rule.instruction_tokens)
        seconds += profile.repeats * num_arms * (profile.steps * profile.step_tokens / speed["train"] + asked / speed["score"])
    return round(seconds / 60)


if __name__ == "__main__":
    sys.exit(main())
