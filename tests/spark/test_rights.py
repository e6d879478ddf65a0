"""Rights on real tables: what opts out reaches no model, and what opts out later is withdrawn, with its reason and nothing beside it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from rich.console import Console

from bubblenet import settings
from bubblenet.errors import StaleSnapshotError
from bubblenet.jobs import backtranslate, curate, deduplicate, pipeline, rights, segment
from bubblenet.kernel import planning
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method.recipe import corpus_recipe
from bubblenet.tables import CURATED, DOCUMENTS, INSTRUCTIONS, JUDGEMENTS, RIGHTS, SEGMENTS
from bubblenet.viewing.rights import collect_opt_outs
from tests.archives import warc_record, warcinfo
from tests.conftest import SCRIPTED
from tests.corpora import page
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

NAMES = ("kept", "header", "robots", "opted", "licensed", "mirrored")
KEPT, HEADER, ROBOTS, OPTED, LICENSED, MIRRORED = (f"https://{name}.example.org/{name}" for name in NAMES)
MIRROR = "https://mirror.example.net/mirrored"
FREE = "https://free.example.net/copied"
CC_BY = "<link rel=license href='https://creativecommons.org/licenses/by/4.0/'></head>"


def record(url: str, month: int, body: str | None = None, http_head: str = "", content_type: str = "text/html") -> bytes:
    """A response of the 1st of a month of 2026: a page of two passages that the end of its URL decides, unless it is given."""
    found = page(url.rsplit("/", 1)[-1]) if body is None else body
    return warc_record(found.encode(), url, http_head, date=f"2026-{month:02}-01T10:00:00Z", content_type=content_type)


def robots(host: str, month: int, body: str) -> bytes:
    return record(f"https://{host}.example.org/robots.txt", month, body, content_type="text/plain")


FIRST = (
    warcinfo("software: Example 1.0", "http-header-user-agent: ABot/2.0"),
    robots("robots", 1, "User-agent: *\nDisallow: /private/\n"),
    record(KEPT, 2, http_head="X-Robots-Tag: noarchive\r\nX-Robots-Tag: otherbot: noai\r\n"),
    record(HEADER, 2),
    record(ROBOTS, 2),
    record(OPTED, 2, http_head="Content-Usage: train-ai=n\r\n"),
    record(LICENSED, 2, page("licensed").replace("</head>", CC_BY)),
    record(MIRRORED, 2),
    record(MIRROR, 2),
)
SECOND = (
    robots("robots", 3, "User-agent: GPTBot\nDisallow: /\n"),
    robots("kept", 1, "User-agent: GPTBot\nDisallow: /\n"),  # fetched before the one below
    robots("kept", 2, "User-agent: GPTBot\nAllow: /\n"),  # and before the page, which it was fetched under
    record(HEADER, 3, page("header", ("news", "prospects")), "X-Robots-Tag: noai\r\n"),
    record(MIRRORED, 3, http_head="TDM-Reservation: 1\r\n"),
)
THIRD = (record(FREE, 4, page("header")),)
WITHDRAWN = {HEADER, ROBOTS}


@pytest.fixture(scope="module")
def prepared(spark, empty_warehouse, tmp_path_factory) -> Path:
    """The files of two snapshots, and a warehouse with the first; to be copied."""
    folder = tmp_path_factory.mktemp("rights")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    (folder / "first.warc").write_bytes(b"".join(FIRST))
    (folder / "second.warc").write_bytes(b"".join(SECOND))
    (folder / "third.warc").write_bytes(b"".join(THIRD))
    run_all(context_of(spark, folder, "first"))
    return folder


def context_of(spark, folder: Path, name: str, *overrides: str) -> Context:
    chosen = settings.load(None, [*SCRIPTED, "curation.grade_4=0.0", *overrides])
    return Context(spark, chosen, Warehouse(spark, str(folder / "warehouse")), name, Console(quiet=True), (str(folder / f"{name}.warc"),))


@pytest.fixture
def start(spark, prepared, tmp_path):
    """A function that opens a run on a copy of that warehouse: name and settings."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return lambda name, *overrides: context_of(spark, tmp_path, name, *overrides)


def published(context: Context) -> set[str]:
    return {row["url"] for row in context.warehouse.read(CURATED).select("url").collect()}


def judged(context: Context) -> dict[tuple[str, str], str | None]:
    """The reason of each pair, by the first page of its passage and its id."""
    places = context.warehouse.read(SEGMENTS).where("kept").groupBy("segment_id").agg(F.min(F.struct("run_id", "url")).alias("first"))
    first = places.select("segment_id", "first.url")
    rows = context.warehouse.read(JUDGEMENTS).join(first, on="segment_id").collect()
    return {(row["url"], row["instruction_id"]): row["reason"] for row in rows}


def asked(context: Context) -> set[str]:
    """Pages with a passage that a model was asked about."""
    segments = context.warehouse.read(INSTRUCTIONS).select("segment_id").distinct()
    rows = context.warehouse.read(SEGMENTS).join(segments, on="segment_id", how="left_semi").select("url").distinct().collect()
    return {row["url"] for row in rows}


def test_what_opts_out_reaches_no_model_and_is_told_with_its_signal(start):
    context = start("first")
    documents = {row["url"]: row for row in context.warehouse.read(DOCUMENTS).collect()}
    said = {(row["url"], row["signal"], row["says"], row["agent"], row["place"]) for row in context.warehouse.read(RIGHTS).collect()}

    assert asked(context) == {KEPT, HEADER, ROBOTS, LICENSED, MIRRORED, MIRROR}
    assert OPTED not in published(context)
    assert (OPTED, "train-ai", "no", "*", "http_header") in said
    assert (KEPT, "noai", "no", "otherbot", "http_header") in said
    assert (ROBOTS, "disallow", "yes", "*", "robots_txt") in said
    page_of_robots = documents["https://robots.example.org/robots.txt"]
    assert (page_of_robots["kept"], page_of_robots["reason"], page_of_robots["status"]) == (False, "robots_txt", "ok")
    assert {row["crawler"] for row in documents.values()} == {"ABot/2.0"}
    assert (documents[KEPT]["host"], documents[KEPT]["registered_domain"], documents[KEPT]["http_status"]) == (
        "kept.example.org",
        "example.org",
        200,
    )


def test_a_run_says_what_is_left_out_by_signal(start):
    context = start("first")

    found = collect_opt_outs(context, corpus_recipe(context.settings))

    assert found is not None
    assert (found.policy, found.num_pages, found.reasons) == ("respect", 1, {"opted_out": 1})
    assert [(bar.label, bar.count) for bar in found.signals] == [("train-ai in headers", 1)]
    assert collect_opt_outs(replace(context, snapshot="second"), corpus_recipe(context.settings)) is None


def test_a_later_opt_out_withdraws_its_pairs_and_no_others_until_their_text_has_a_free_page(start, monkeypatch):
    before = judged(start("first"))
    context = start("second")
    reports = run_all(context)
    withdrawn = {pair for pair, reason in before.items() if pair[0] in WITHDRAWN and reason in (None, "not_best_candidate")}
    after = judged(context)

    assert {url for url, _ in withdrawn} == WITHDRAWN
    assert after == before | dict.fromkeys(withdrawn, "opted_out")
    assert published(context) == {KEPT, LICENSED, MIRROR}  # the text of MIRRORED has another page that may be used
    assert reports["curate"].counts.is_balanced
    assert reports["curate"].counts.filtered["opted_out"] == len(withdrawn)
    assert reports["backtranslate"].num_requests == 0  # the new page opts out, and the others are known

    monkeypatch.setattr(planning, "MANY_ROWS", 0)  # only what may be judged otherwise is judged
    again = start("third")
    curated = run_all(again)["curate"]

    back = {pair for pair, reason in before.items() if pair[0] == HEADER}
    assert judged(again) == after | {pair: before[pair] for pair in back}
    assert published(again) == {KEPT, LICENSED, MIRROR, FREE}
    assert 0 < curated.num_requests == len(back) < curated.counts.seen


def test_another_policy_redoes_no_stage_but_curate(start):
    for policy, wanted in (
        ("record", {KEPT, HEADER, ROBOTS, LICENSED, MIRRORED}),
        ("licensed_only", {LICENSED}),
        ("respect", {KEPT, HEADER, ROBOTS, LICENSED, MIRRORED}),
    ):
        context = start("first", f"rights.policy={policy}")
        (report,) = curate.run(context)

        assert report.counts.is_balanced
        assert published(context) - {MIRROR} == wanted - ({MIRRORED} if MIRROR in published(context) else set())
    assert [report.num_requests for job in (rights, segment, deduplicate) for report in job.run(context)] == [0] * 4
    assert {report.num_requests for report in backtranslate.run(context)} == {0}


def test_pages_whose_rights_were_not_read_under_these_rules_are_waited_for(start):
    context = start("first", 'rights.agents=["OtherBot"]')

    with pytest.raises(StaleSnapshotError, match="bubblenet rights --snapshot first"):
        backtranslate.run(context)
    with pytest.raises(StaleSnapshotError, match="rights not read"):
        curate.run(context)

    (report,) = rights.run(context)
    assert report.num_requests > 0
    assert corpus_recipe(context.settings)["segment"].id == corpus_recipe(start("first").settings)["segment"].id
    curate.run(context)
    assert KEPT not in published(context)  # X-Robots-Tag is for otherbot


def test_a_signal_that_is_not_chosen_withholds_nothing(start):
    context = start("first", 'rights.signals=["noindex"]')
    pipeline.JOB.run(context)
    assert OPTED in published(context)
