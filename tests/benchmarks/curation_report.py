"""What `make bench-curation` shows: tables on the console, the same as JSON, and a page with plots. The plan's digest stands on each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from rich.console import Console
from rich.table import Table

from bubblenet.terminal import print_table
from bubblenet.viewing.charts import Plot, curves, intervals
from tests.benchmarks.curation_analysis import START, Found
from tests.benchmarks.curation_plan import Metric, Planned, Profile
from tests.benchmarks.curation_runs import Result

DOSES = ("product", "random")


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that is known of one metric. stopped: why the positive control failed; then only the control was analysed."""

    metric: Metric
    arms: Sequence[Found]
    comparisons: Sequence[Found]
    stopped: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """Results with what they are results of. left_out: why an arm was not filled."""

    planned: Planned
    profile: Profile
    model: str
    shown: Sequence[Shown]
    left_out: Mapping[str, str]
    results: Sequence[Result]


def print_report(console: Console, report: Report) -> None:
    """All tables; the digest first."""
    plan, profile = report.planned, report.profile
    console.print(f"plan {plan.digest} (commit {plan.commit}), profile {profile.name}, model {report.model}")
    for name, reason in report.left_out.items():
        console.print(f"left out: {name}: {reason}")
    _print_trainings(console, report)
    for shown in report.shown:
        for title, rows in ((f"{shown.metric.name} above the start", shown.arms), ("comparison", shown.comparisons)):
            print_table(console, _table(title, rows, shown.metric, plan.plan.statistics.confidence))
        for reason in shown.stopped:
            console.print(f"STOPPED: the positive control does not separate: {reason}. No other arm is trained or analysed on this metric.")


def _print_trainings(console: Console, report: Report) -> None:
    """Equal tokens and steps, to be seen."""
    table = Table("metric", "arm", "repeats", "pairs", "steps", "tokens read", "learnt", "loss", "tokens/s")
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in report.results:
        if one.training is not None:
            groups.setdefault((one.metric, one.arm), []).append(one.training)
    for (metric, arm), own in groups.items():
        mean = {name: sum(one[name] for one in own) / len(own) for name in own[0] if name != "pairs_id"}
        table.add_row(
            metric, arm, f"{len(own)}", f"{mean['pairs']:.0f}", f"{mean['num_steps']:.0f}", f"{mean['tokens_read']:,.0f}",
            f"{mean['tokens_learnt']:,.0f}", f"{mean['first_loss']:.2f} to {mean['last_loss']:.2f}",
            f"{mean['tokens_read'] / mean['seconds']:,.0f}",
        )  # fmt: skip
    if groups:
        print_table(console, table)


def _table(title: str, rows: Sequence[Found], metric: Metric, confidence: float) -> Table:
    table = Table(title, f"{metric.unit}, {confidence:.0%}", "would have been seen", "items, pages, repeats", "verdict")
    for row in rows:
        counts = f"{row.num_items}, {row.num_pages}, {row.num_repeats}"
        table.add_row(row.name, f"{row.effect}", f"{row.effect.detectable:.3f}", counts, row.verdict)
    return table


def as_json(report: Report) -> str:
    """The same as JSON, with every training."""
    found = {
        "plan": report.planned.digest,
        "commit": report.planned.commit,
        "question": report.planned.plan.question,
        "profile": report.profile.model_dump(mode="json"),
        "model": report.model,
        "left_out": dict(report.left_out),
        "stopped": {one.metric.name: list(one.stopped) for one in report.shown if one.stopped},
        "arms": [row.as_row() for one in report.shown for row in one.arms],
        "comparisons": [row.as_row() for one in report.shown for row in one.comparisons],
        "trainings": [
            {"metric": one.metric, "arm": one.arm, "repeat": one.repeat} | one.training for one in report.results if one.training
        ],
    }
    return json.dumps(found, indent=1)


def as_html(report: Report) -> str:
    """One page without scripts, with the charts of the product's report."""
    loader = ChoiceLoader([FileSystemLoader(Path(__file__).parent), PackageLoader("bubblenet.viewing", ".")])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    plots = [(one, _plots(one, report.planned)) for one in report.shown]
    return environment.get_template("curation.html").render(report=report, plots=plots)


def _plots(shown: Shown, planned: Planned) -> list[tuple[str, Plot]]:
    unit = f"{shown.metric.name}, {shown.metric.unit}"
    found = [("Arms above the starting model", _whiskers([*shown.arms], f"{unit}, above the start"))] if shown.arms else []
    if flat := [row for row in shown.comparisons if not planned.analysis(row.name).at]:
        found.append(("Comparisons", _whiskers(flat, unit)))
    values = {row.name: row.effect.value for row in shown.arms}
    arms = planned.plan.arms
    lines = {"true pairs, shuffled": [(share, values[name]) for name, share in arms.control.items() if name in values]}
    for base in DOSES:
        doses = {name: share for name, share in arms.junk.items() if name.startswith(f"{base}_junk")}
        lines[f"{base}, with junk"] = [(share, values[name]) for name, share in doses.items() if name in values]
    if drawn := {name: points for name, points in lines.items() if len(points) > 1}:
        found.append(("Dose and response", curves(drawn, "share of wrong pairs", f"above {START}")))
    return found


def _whiskers(rows: Sequence[Found], label: str) -> Plot:
    return intervals([(row.name, row.effect.low, row.effect.value, row.effect.high) for row in rows], label)
