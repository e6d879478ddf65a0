"""spark-submit to a real standalone cluster on loopback: the wheel by --py-files is all that the workers have of ours."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bubblenet.app.job import opened
from bubblenet.jobs import seeds as seeds_job
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import CURATED, INSTRUCTIONS, MODELS, ROUNDS, RUNS, SCORES
from tests.conftest import ROOT, SCRIPTED
from tests.corpora import page, write_pages
from tests.spark.clusters import SMALL_TABLES, Cluster, standalone
from tests.spark.pipelines import run_all
from tests.tiny_models import save_model

pytestmark = [pytest.mark.spark, pytest.mark.cluster, pytest.mark.timeout(1200)]

EXECUTORS = {
    "spark.executor.cores": "1",
    "spark.cores.max": "2",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
} | SMALL_TABLES


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Cluster:
    with standalone(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def pipeline(cluster: Cluster, corpus: Path, warehouse: Path, *settings: str) -> str:
    options = ["--input", str(corpus), "--snapshot", "A", "--warehouse", str(warehouse)]
    for setting in settings:
        options += ["--set", setting]
    result = cluster.submit(ROOT / "jobs" / "pipeline.py", *options, conf=EXECUTORS, timeout=1100)
    assert result.returncode == 0, cluster.explain(result)
    return result.stdout


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]


MODES = 'scoring.modes=["reverse_gain","five_level_v1"]'


@pytest.mark.model
def test_all_stages_with_the_embedded_model(cluster, spark, tmp_path):
    corpus = write_pages(tmp_path / "pages", {f"page{n}": page(f"page{n}") for n in range(2)})
    log = tmp_path / "calls"
    log.mkdir()

    output = pipeline(cluster, corpus, tmp_path / "warehouse", f"engine.call_log={log}", "backtranslation.candidates=2", MODES)

    assert "curate" in output
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))
    assert warehouse.read(INSTRUCTIONS).where("status = 'ok'").select("segment_id").distinct().count() == 4
    assert warehouse.read(SCORES).where("mode = 'five_level_v1' AND kept").count() > 0
    assert warehouse.read(RUNS).where("output_tokens > 0").count() > 0
    loads = [event["pid"] for event in events(log) if event["op"] == "load"]
    assert len(loads) == len(set(loads)) == 2  # one load in the Python worker of each executor, for all stages


@pytest.mark.nightly
def test_curate_export_and_finetune_are_three_applications(make_context, spark, tmp_path):
    context = make_context("A", inputs=(str(write_pages(tmp_path / "pages", {f"page{n}": page(f"page{n}") for n in range(20)})),))
    run_all(context)
    start = save_model(tmp_path / "start", max_position_embeddings=4096)
    settings = [*SCRIPTED, f"models.start={start}", "export.min_grade=4", "training.batch_examples=2", "training.tokens=20000"]
    settings += ["training.max_tokens=2048", "training.dtype=float32", "curation.policy=on_the_cluster"]
    command = [str(ROOT / "tools" / "loopback_cluster.sh"), context.warehouse.location, "A"]
    for setting in settings:
        command += ["--set", setting]

    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PORT": "7987"}, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    [row] = Warehouse(spark, context.warehouse.location).read(MODELS).collect()
    assert (row["num_processes"], row["direction"]) == (2, "forward")
    assert row["num_steps"] > 0
    assert f"model:{row['model_id']}" in done.stdout


@pytest.mark.nightly
@pytest.mark.model
@pytest.mark.timeout(5400)
@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="not installed: xllamacpp")
def test_the_printed_loop_of_applications_with_a_step_behind_a_real_server(spark, tmp_path):
    [line] = [line for line in (ROOT / "docs" / "rounds.md").read_text().splitlines() if line.startswith("tools/loopback_cluster.sh --")]
    for name in ("conf", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_pages(tmp_path / ".demo" / "pages", {f"page{n}": page(f"page{n}") for n in range(2)})
    location = tmp_path / ".demo" / "warehouse"
    with opened(None, (), str(location), "seeds", create=True) as context:
        seeds_job.run(context, "starter")
    environment = os.environ | {"PORT": "7989", "PYSPARK_PYTHON": sys.executable}

    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    steps = [found for found in re.findall(r"^\[(\w+)\] by \S+loopback.conf", done.stdout, re.MULTILINE)]
    assert steps[:4] == ["prepare", "export", "finetune", "assess"]
    warehouse = Warehouse(spark, str(location))
    rounds = {row["round"]: row for row in warehouse.read(ROUNDS).collect()}
    assert rounds[0]["num_deciding"] + rounds[0]["num_reporting"] == 24
    assert {row["direction"] for row in warehouse.read(MODELS).collect()} == {"backward", "forward"}
    if rounds[0]["decision"] == "promoted":
        assert "backtranslate" in steps
        written = warehouse.read(INSTRUCTIONS).where("status = 'ok'")
        assert written.count() > 0
        assert rounds[1]["parent"] == rounds[0]["model"]


@pytest.mark.nightly
def test_sql_functions_equal_what_the_stages_wrote(cluster, spark, tmp_path):
    corpus = write_pages(tmp_path / "pages", {f"page{n}": page(f"page{n}") for n in range(50)})
    settings = (*SCRIPTED, "backtranslation.candidates=1", 'scoring.modes=["reverse_gain","likelihood","five_level_v1"]')
    pipeline(cluster, corpus, tmp_path / "warehouse", *settings)
    assert Warehouse(spark, str(tmp_path / "warehouse")).read(CURATED).count() > 0
    log = tmp_path / "calls"
    log.mkdir()

    script = ROOT / "tests" / "spark" / "cluster_udfs.py"
    result = cluster.submit(script, str(tmp_path / "warehouse"), *settings, f"engine.call_log={log}", conf=EXECUTORS)

    assert result.returncode == 0, cluster.explain(result)
    found = json.loads(result.stdout.strip().splitlines()[-1])
    assert found["rows"] == found["equal"] == 100
    assert found["scores"] == found["equal_scores"] > 0
    loads = [event["pid"] for event in events(log) if event["op"] == "load"]
    assert len(loads) == len(set(loads)) <= 2
