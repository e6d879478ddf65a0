"""What the item-level table of `make bench-curation` says: planned comparisons, with intervals. It reads no model.

An interval is by the bootstrap over two crossed factors: pages, drawn with all their items, and repeats, drawn as they are (Owen 2007, The
pigeonhole bootstrap, Annals of Applied Statistics 1; it never makes the variance of a mean too small). Of few repeats a bootstrap knows
too little, so its standard error is widened by n / (n - 1) for each factor and taken times Student's t with the degrees of freedom of
Welch and Satterthwaite over both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import t

from bubblenet.errors import InputError
from tests.benchmarks.curation_plan import Analysis, Metric, Planned, Statistics
from tests.benchmarks.repeats import Effect

START = "start"
"""The model that nobody trained; all values are above it."""

LEAST_REPEATS = 2
"""Without a second one nothing is known of how repeats differ."""

Values = Mapping[tuple[str, int], Mapping[str, float]]
"""(arm, repeat) -> value of each held-out item, of one metric."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one planned comparison, or of one arm above the start. verdict: what may be said of it."""

    metric: str
    name: str
    num_items: int
    num_pages: int
    num_repeats: int
    effect: Effect
    verdict: str

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def analysed(planned: Planned, metric: Metric, values: Values, pages: Mapping[str, str], names: Sequence[str]) -> list[Found]:
    """The comparisons with these names whose arms all have two common repeats or more; the others wait for the run to go on.

    pages: of each item. Raises SettingsError for a name that the plan does not have.
    """
    chosen = [planned.analysis(name) for name in names]
    return [_found(planned, metric, values, pages, one) for one in chosen if len(_repeats(values, one)) >= LEAST_REPEATS]


def unfinished(planned: Planned, values: Values) -> dict[str, str]:
    """The arms that have too few repeats to be analysed, and how many they have."""
    numbers = {name: sum(arm == name for arm, _ in values) for name in planned.plan.arms.names}
    return {name: f"{number} repeat so far" for name, number in numbers.items() if 0 < number < LEAST_REPEATS}


def above_start(planned: Planned, metric: Metric, values: Values, pages: Mapping[str, str]) -> list[Found]:
    """Each arm above the starting model."""
    arms = [Analysis(name=arm, plus=(arm,), minus=(START,)) for arm in planned.plan.arms.names]
    return [_found(planned, metric, values, pages, one) for one in arms if len(_repeats(values, one)) >= LEAST_REPEATS]


def _repeats(values: Values, analysis: Analysis) -> list[int]:
    """Those that all arms of a comparison have; the start has none of its own."""
    trained = [arm for arm in analysis.weights if arm != START]
    return sorted(set.intersection(*({number for name, number in values if name == arm} for arm in trained)))


def _found(planned: Planned, metric: Metric, values: Values, pages: Mapping[str, str], analysis: Analysis) -> Found:
    weights = analysis.weights
    repeats, items = _repeats(values, analysis), sorted(values[START, 0])

    def row(arm: str, repeat: int) -> np.ndarray:
        own = values[arm, 0 if arm == START else repeat]
        return np.array([own[item] for item in items])

    table = np.stack([sum(weight * row(arm, repeat) for arm, weight in weights.items()) for repeat in repeats])
    clusters = np.unique([pages[item] for item in items], return_inverse=True)[1]
    found = bootstrapped(table, clusters, planned.plan.statistics)
    return Found(metric.name, analysis.name, len(items), int(clusters.max()) + 1, len(repeats), found, verdict(found, metric))


def bootstrapped(table: np.ndarray, clusters: np.ndarray, statistics: Statistics) -> Effect:
    """The mean of a table of repeats by items. clusters: of each item, numbered from 0."""
    num_repeats, num_clusters = len(table), int(clusters.max()) + 1
    if num_repeats < 2 or num_clusters < 2:
        raise InputError("two repeats and two pages or more", f"{num_repeats} and {num_clusters}", "Measure more.")
    sums = np.stack([np.bincount(clusters, weights=row, minlength=num_clusters) for row in table])
    sizes = np.bincount(clusters, minlength=num_clusters)
    draw = np.random.default_rng(statistics.seed)
    of_pages = draw.multinomial(num_clusters, np.full(num_clusters, 1 / num_clusters), statistics.resamples)
    of_repeats = draw.multinomial(num_repeats, np.full(num_repeats, 1 / num_repeats), statistics.resamples)
    drawn_items = of_pages @ sizes
    value = float(table.mean())
    by_page = (of_pages @ sums.mean(axis=0)) / drawn_items
    by_repeat = of_repeats @ table.mean(axis=1) / num_repeats
    crossed = ((of_repeats @ sums) * of_pages).sum(axis=1) / (num_repeats * drawn_items)
    parts = [by_page.var() * num_clusters / (num_clusters - 1), by_repeat.var() * num_repeats / (num_repeats - 1)]
    error = float(np.sqrt(max(crossed.var(), sum(parts))))
    squares = sum(part**2 / (count - 1) for part, count in zip(parts, (num_clusters, num_repeats), strict=True))
    freedom = sum(parts) ** 2 / squares if squares else np.inf
    half = float(t.ppf((1 + statistics.confidence) / 2, freedom)) * error
    return Effect(value, value - half, value + half, half + float(t.ppf(statistics.power, freedom)) * error)


def verdict(found: Effect, metric: Metric) -> str:
    """What may be said: never an effect whose interval holds 0."""
    if found.low > 0 or found.high < 0:
        is_better = (found.low > 0) == (metric.better == "higher")
        small = "" if max(abs(found.low), abs(found.high)) >= metric.of_interest else ", too small to matter"
        return ("better" if is_better else "worse") + small
    if max(abs(found.low), abs(found.high)) < metric.of_interest:
        return "no effect that matters"
    return f"not shown; {found.detectable:.3f} would have been seen"


def failed_controls(planned: Planned, metric: Metric, found: Sequence[Found]) -> list[str]:
    """Why the assay does not see what it must, comparison by comparison; empty where it does. What was not measured fails, too."""
    by_name = {one.name: one for one in found if one.metric == metric.name}
    failures = []
    for analysis in planned.plan.analyses:
        if analysis.control not in ("better", "worse"):
            continue
        one = by_name.get(analysis.name)
        said = one.verdict.split(",")[0] if one else "not measured"
        if said != analysis.control:
            failures.append(f"{metric.name}, {analysis.name}: wanted {analysis.control}; got {said} {one.effect if one else ''}".rstrip())
    return failures
