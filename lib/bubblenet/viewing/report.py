"""The HTML report: one self-contained file without scripts or external resources; web text is escaped.

Every number is computed by Spark; only totals, histogram bins and the sample pairs come to the driver.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from rich.console import Console

from bubblenet import __version__
from bubblenet.errors import WarehouseError
from bubblenet.kernel.context import Context
from bubblenet.method import snapshots
from bubblenet.method.curation import grades_in_use
from bubblenet.method.recipe import corpus_recipe
from bubblenet.tables import JUDGEMENTS
from bubblenet.terminal import by_count
from bubblenet.viewing.charts import Axis, Bar, Histogram, bars, histogram
from bubblenet.viewing.languages import Languages, collect_languages
from bubblenet.viewing.ledgers import StageTotal, stage_totals
from bubblenet.viewing.pairs import SamplePair, Scope, judged_pairs, sample_pairs
from bubblenet.viewing.personal import PersonalData, collect_personal_data
from bubblenet.viewing.rights import OptOuts, collect_opt_outs
from bubblenet.viewing.rounds import Rounds, collect_rounds
from bubblenet.viewing.views import register_views

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, Row

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.settings import Curation, Settings

_NUM_GENERATED, _NUM_EXTRACTED, _NUM_REJECTED = 20, 5, 20
_NUM_SNAPSHOTS = 12
_NUM_REASONS = 8
_QUALITY_BINS, _SCORE_BINS = 20, 16
_LINKED = re.compile(r"https?://|file:/", re.IGNORECASE)

_RECIPE = """
SELECT recipe_id, stage, fingerprint, parts, created_at FROM recipes
WHERE recipe_id = coalesce(
  (SELECT max(recipe_id) FROM {judgements}),
  (SELECT max_by(recipe_id, created_at) FROM recipes))
ORDER BY stage
"""
_SNAPSHOTS = f"""
SELECT snapshot, count(*) AS num_files, max(run_id) AS newest FROM files GROUP BY snapshot ORDER BY newest DESC LIMIT {_NUM_SNAPSHOTS}
"""
_FUNNEL = """
SELECT
  (SELECT count(*) FROM documents WHERE fingerprint = {ingest} AND kept) AS documents,
  (SELECT count(*) FROM documents WHERE fingerprint = {ingest} AND status = 'quarantined') AS unread,
  (SELECT count(*) FROM segments WHERE fingerprint = {segment} AND kept) AS passages,
  (SELECT count(*) FROM segments WHERE fingerprint = {segment} AND NOT kept) AS refused,
  (SELECT count(*) FROM duplicates WHERE fingerprint = {deduplicate} AND kept) AS distinct_passages,
  asked.*, judged.*
FROM (
  SELECT count(DISTINCT segment_id) AS proposed, count(instruction_id) AS instructions,
    count(DISTINCT segment_id) FILTER (WHERE kept) AS gated, count(DISTINCT instruction_id) FILTER (WHERE kept) AS pairs
  FROM instructions WHERE fingerprint IN ({extract}, {backtranslate})
) AS asked CROSS JOIN (
  SELECT count(DISTINCT segment_id) FILTER (WHERE quality IS NOT NULL) AS measured, count(quality) AS measured_pairs,
    count(DISTINCT segment_id) FILTER (WHERE kept) AS accepted, count_if(kept) AS accepted_pairs, count_if(kept AND grade = 5) AS grade_5
  FROM {judgements}
) AS judged
"""
_HISTOGRAM = """
SELECT least(floor(({column} - {low}) / ({high} - {low}) * {bins}), {bins} - 1) AS bin, kept, count(*) AS num
FROM {judgements} WHERE {column} IS NOT NULL GROUP BY ALL
"""
_VERDICTS = """
SELECT reason, count(*) AS num FROM {judgements} WHERE NOT kept GROUP BY reason
"""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Rejection reasons of one stage, most frequent first."""

    stage: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class RecipeLine:
    """One stage of the recipe: its fingerprint and its parts."""

    stage: str
    fingerprint: str
    parts: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """All data of the page."""

    warehouse: str
    made_at: datetime
    version: str
    snapshots: tuple[tuple[str, int], ...]
    curation: Curation
    counts: dict[str, int]
    funnel: tuple[Bar, ...]
    quality: Histogram
    expected_score: Histogram
    reasons: tuple[Reasons, ...]
    generated: list[SamplePair]
    extracted: list[SamplePair]
    rejected: list[SamplePair]
    opt_outs: OptOuts | None
    personal: PersonalData | None
    languages: Languages | None
    rounds: Rounds | None
    stages: list[StageTotal]
    recipe_id: str
    recipe: tuple[RecipeLine, ...]
    versions: dict[str, str]


def write_report(settings: Settings, warehouse: Warehouse, out: Path) -> None:
    """Write the report of the settings' round and policy. Raises WarehouseError if the file cannot be written."""
    page = render(collect(settings, warehouse))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Lone surrogates cannot be encoded as UTF-8; whatever their source, they must not prevent the report.
        out.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise WarehouseError("a file that can be written for the report", f"{out}: {error.strerror}", "Give another path.") from None


def collect(settings: Settings, warehouse: Warehouse) -> ReportData:
    """Compute the counts and sample the pairs for the page."""
    register_views(warehouse, as_of_now=True)
    spark, curation = warehouse.spark, settings.curation
    judgements = spark.table(JUDGEMENTS.name).where(JUDGEMENTS.of_round(curation.round, curation.policy))
    recipe = spark.sql(_RECIPE, judgements=judgements).collect()
    counts = _funnel_counts(judgements, recipe)
    totals = stage_totals(spark)
    with judged_pairs(spark, Scope(curation.round, curation.policy)) as judged:
        samples = sample_pairs(judged, {"generated": _NUM_GENERATED, "extracted": _NUM_EXTRACTED}, _NUM_REJECTED)
    everywhere = Context(spark, settings, warehouse, snapshots.ALL, Console(quiet=True))
    newest = max(totals, key=lambda total: total.finished_at, default=None)
    return ReportData(
        warehouse=warehouse.location,
        made_at=datetime.now(UTC),
        version=__version__,
        snapshots=tuple((row["snapshot"], row["num_files"]) for row in spark.sql(_SNAPSHOTS).collect()),
        curation=curation,
        counts=counts,
        funnel=_funnel(counts),
        quality=_histogram(judgements, "quality", _quality_axis(grades_in_use(warehouse, curation).get("generated"))),
        expected_score=_histogram(judgements, "expected_score", _SCORE_AXIS),
        reasons=_reasons(totals, {row["reason"]: row["num"] for row in spark.sql(_VERDICTS, judgements=judgements).collect()}),
        generated=samples.accepted["generated"],
        extracted=samples.accepted["extracted"],
        rejected=samples.rejected,
        opt_outs=collect_opt_outs(everywhere, corpus_recipe(settings)),
        personal=collect_personal_data(everywhere, corpus_recipe(settings)),
        languages=collect_languages(spark, {row["stage"]: row["fingerprint"] for row in recipe}, curation.round, curation.policy),
        rounds=collect_rounds(spark, curation.policy),
        stages=totals,
        recipe_id=recipe[0]["recipe_id"] if recipe else "none yet",
        recipe=tuple(RecipeLine(row["stage"], row["fingerprint"], row["parts"]) for row in recipe),
        versions=json.loads(newest.versions) if newest else {},
    )


def render(data: ReportData) -> str:
    """The page as HTML. Every value is escaped by the template engine; a content security policy also forbids scripts."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("bubblenet.viewing", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["safe_link"] = safe_link
    environment.filters["by_count"] = by_count
    return environment.get_template("report.html").render(data=data)


def safe_link(url: str | None) -> str | None:
    """The URL if its scheme is http, https or file; None for anything else, which a browser might execute."""
    return url if url and _LINKED.match(url) else None


def _funnel_counts(judgements: DataFrame, recipe: list[Row]) -> dict[str, int]:
    fingerprints = {row["stage"]: row["fingerprint"] for row in recipe}
    wanted = {stage: fingerprints.get(stage, "") for stage in ("ingest", "segment", "deduplicate", "extract", "backtranslate")}
    row = judgements.sparkSession.sql(_FUNNEL, judgements=judgements, **wanted).first()
    return row.asDict() if row else {}


def _funnel(counts: dict[str, int]) -> tuple[Bar, ...]:
    """Bars from pages to accepted passages; all but the first count passages, so that they are comparable."""
    return bars(
        [
            ("documents read", counts["documents"], f"{counts['unread']:,} could not be read"),
            ("passages", counts["passages"], f"{counts['refused']:,} refused by the rules of segmentation"),
            ("distinct passages", counts["distinct_passages"], "equal text counts once"),
            ("with a proposal", counts["proposed"], f"{counts['instructions']:,} instructions"),
            ("past the gates", counts["gated"], f"{counts['pairs']:,} pairs"),
            ("measured", counts["measured"], f"{counts['measured_pairs']:,} pairs"),
            ("curated", counts["accepted"], f"{counts['accepted_pairs']:,} pairs, {counts['grade_5']:,} of grade 5"),
        ]
    )


def _quality_axis(grades: tuple[float, float] | None) -> Axis:
    """The axis, with the thresholds of the judgements shown, which may come from a calibration."""
    five, four = grades or (2.0, 2.0)
    thresholds = tuple(
        (quality, f"generated: grade {grade} from {quality:.2g}") for grade, quality in ((4, four), (5, five)) if quality <= 1
    )
    return Axis(0.0, 1.0, _QUALITY_BINS, "quality, 0 to 1", (0, 0.2, 0.4, 0.6, 0.8, 1), thresholds)


_SCORE_AXIS = Axis(1.0, 5.0, _SCORE_BINS, "expected score, 1 to 5 points", (1, 2, 3, 4, 5))


def _histogram(judgements: DataFrame, column: str, axis: Axis) -> Histogram:
    counts: dict[str, dict[int, int]] = {"accepted": {}, "rejected": {}}
    bins: dict[str, Any] = {"low": axis.low, "high": axis.high, "bins": axis.num_bins}
    for row in judgements.sparkSession.sql(_HISTOGRAM, judgements=judgements, column=F.col(column), **bins).collect():
        counts["accepted" if row["kept"] else "rejected"][int(row["bin"])] = row["num"]
    return histogram(counts, axis)


def _reasons(totals: list[StageTotal], verdicts: dict[str, int]) -> tuple[Reasons, ...]:
    """Reasons of each stage under its current settings, and of the final verdicts."""
    stages: dict[str, dict[str, int]] = {}
    for total in totals:
        if total.is_current:
            counts = stages.setdefault(total.stage, {})
            for reason, number in [*total.filtered.items(), *total.quarantined.items()]:
                counts[reason] = counts.get(reason, 0) + number
    stages["curate"] = verdicts
    return tuple(Reasons(stage, _most_frequent(counts)) for stage, counts in stages.items() if counts)


def _most_frequent(counts: dict[str, int]) -> tuple[Bar, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [(reason, number, "") for reason, number in ordered[:_NUM_REASONS]]
    rest = ordered[_NUM_REASONS:]
    return bars([*shown, (f"{len(rest)} other reasons", sum(number for _, number in rest), "")] if rest else shown)
