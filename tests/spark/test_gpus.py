"""Placement on GPUs, on a standalone cluster whose discovery script tells of two that are not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import Row

from bubblenet.engines.devices import resolve_dtype, task_gpu
from bubblenet.errors import EnvironmentProblem
from bubblenet.kernel import placement
from bubblenet.kernel.placement import has_local_gpu, lend_local_gpu, model_profile
from tests.conftest import ROOT
from tests.spark.clusters import SMALL_TABLES, standalone

pytestmark = [pytest.mark.spark]
EXECUTORS = {
    "spark.executor.cores": "2",
    "spark.cores.max": "4",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "4",
} | SMALL_TABLES


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_every_gpu_has_one_owner_and_stages_without_a_model_hold_none(tmp_path):
    log = tmp_path / "calls"
    script = ROOT / "tests" / "spark" / "cluster_gpus.py"
    with standalone(tmp_path, num_workers=1, cores=4, gpus=2) as cluster:
        result = cluster.submit(script, str(tmp_path / "warehouse"), str(log), conf=EXECUTORS, properties="gpu")
    assert result.returncode == 0, cluster.explain(result)
    places = json.loads(result.stdout.strip().splitlines()[-1])

    assert {name: len(rows) for name, rows in places.items()} == {"cpu": 64, "backward": 64, "forward": 64}
    assert all(addresses == [] for addresses, _ in places["cpu"])
    owners = {(addresses[0], pid) for name in ("backward", "forward") for addresses, pid in places[name]}
    assert sorted(address for address, _ in owners) == ["0", "1"]  # two pairs: one process for each address, in both stages
    assert all(len(addresses) == 1 for name in ("backward", "forward") for addresses, _ in places[name])
    assert len({pid for _, pid in places["cpu"]}) > 2  # without a GPU to wait for, both cores of an executor worked
    loads = [event for event in _events(log) if event["op"] == "load"]
    assert sorted((event["gpu"], event["pid"]) for event in loads) == sorted(owners)


def test_executors_without_gpus_and_local_mode_ask_for_none(spark):
    assert model_profile(spark) is None
    assert model_profile(_Session({"spark.executor.resource.gpu.amount": "1", "spark.master": "local[4]"})) is None
    assert model_profile(_Session({"spark.master": "spark://a:7077"})) is None


def test_auto_is_decided_on_the_device_of_the_tasks_not_on_the_drivers(spark, monkeypatch):
    monkeypatch.setattr(placement, "resolve_dtype", lambda dtype, device: f"{dtype} on {device} here")
    assert placement.dtype_of_models(spark) == "auto on cpu here"
    far = _Session({"spark.master": "spark://a:7077"})
    far.sparkContext = spark.sparkContext
    assert placement.dtype_of_models(far) == resolve_dtype("auto", "cpu")


@pytest.mark.parametrize(("gpus", "cores", "wanted"), [("1", "8", 8), ("4", "8", 2), ("8", "4", 1)])
def test_a_model_task_asks_for_one_gpu_and_its_share_of_the_cores(spark, gpus, cores, wanted):
    conf = {"spark.master": "spark://a:7077", "spark.executor.resource.gpu.amount": gpus, "spark.executor.cores": cores}
    profile = model_profile(_Session(conf))
    assert {name: request.amount for name, request in profile.taskResources.items()} == {"cpus": wanted, "gpu": 1.0}
    assert not profile.executorResources


def test_an_application_that_gives_every_task_a_gpu_is_refused():
    conf = {"spark.master": "yarn", "spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": "1"}
    with pytest.raises(EnvironmentProblem, match=r"spark\.task\.resource\.gpu\.amount"):
        model_profile(_Session(conf))


def test_in_local_mode_a_model_stage_is_one_task_and_has_the_gpu(spark, make_context, monkeypatch):
    assert not has_local_gpu(spark)
    assert not has_local_gpu(_Session({"spark.master": "yarn", "spark.executor.resource.gpu.amount": "1"}))
    with pytest.raises(EnvironmentProblem, match="one GPU in local mode"):
        has_local_gpu(_Session({"spark.master": "local[4]", "spark.executor.resource.gpu.amount": "2"}))
    context = make_context()
    assert context.concurrent_model_tasks == context.concurrent_tasks
    monkeypatch.setattr(placement, "has_local_gpu", lambda _: True)
    lend_local_gpu(spark)
    try:
        assert spark.range(1).mapInArrow(_gpu_of_task, "gpu STRING").collect() == [Row(gpu="0")]
    finally:
        monkeypatch.undo()
        lend_local_gpu(spark)
    assert spark.range(1).mapInArrow(_gpu_of_task, "gpu STRING").collect() == [Row(gpu=None)]


def _gpu_of_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for _ in batches:
        yield pa.RecordBatch.from_pydict({"gpu": pa.array([task_gpu()[1]], pa.string())})


class _Session:
    """The configuration of a session that is not there."""

    def __init__(self, conf: dict[str, str]) -> None:
        self.conf = conf


def _events(folder: Path) -> list[dict]:
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
