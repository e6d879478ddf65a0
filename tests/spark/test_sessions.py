"""What a session costs a column and a worker; one that somebody else made, in a notebook or on a managed platform, is left as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from py4j.java_gateway import JVMView
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from bubblenet.app import session
from bubblenet.app.session import entered, open_for_reading
from bubblenet.errors import EnvironmentProblem
from bubblenet.jobs import ingest
from bubblenet.tables import DOCUMENTS
from tests.conftest import SCRIPTED
from tests.corpora import page, write_pages

pytestmark = pytest.mark.spark

ZONE = "spark.sql.session.timeZone"


@pytest.fixture
def theirs(spark) -> SparkSession:
    """The session of the test, as its owner has set it."""
    spark.conf.set(ZONE, "Europe/Vienna")
    yield spark
    spark.conf.set(ZONE, "UTC")


def test_columns_are_made_without_a_search_through_all_jars(spark, monkeypatch):
    asked: list[str] = []

    def look_up(view: JVMView, name: str, really: Callable[[JVMView, str], object] = JVMView.__getattr__) -> object:
        asked.append(name)
        return really(view, name)

    monkeypatch.setattr(JVMView, "__getattr__", look_up)
    assert spark.range(1).select(F.col("id"), (F.col("id") + 1).alias("next")).columns == ["id", "next"]
    assert not [name for name in asked if "." not in name]  # a full name is found at once


def test_a_worker_has_what_stages_import_before_its_first_row(spark):
    def imported(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        names = ["pandas", "pyarrow.compute", "bubblenet.udfs.corpus"]
        yield pa.RecordBatch.from_pydict({"is_there": [name in sys.modules for name in names]})

    assert all(row["is_there"] for row in spark.range(1).mapInArrow(imported, "is_there BOOLEAN").collect())


def test_no_worker_is_forked_from_a_process_with_torch():
    code = "import sys, bubblenet.app.worker_daemon; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


SHUFFLES = """
from bubblenet.app import session
name = "spark.sql.shuffle.partitions"
spark = session.build("a"{more})
print("is", spark.conf.get(name), spark.sparkContext.defaultParallelism, end=" ")
spark.conf.set(name, 5)
print(session.build("b").conf.get(name), end=" ")
with session.entered("c", "local") as beside:
    print(beside.conf.get(name))
"""


def test_a_shuffle_on_one_machine_has_a_partition_a_core_unless_somebody_set_another_number():
    def told(more: str) -> list[str]:
        done = subprocess.run([sys.executable, "-c", SHUFFLES.replace("{more}", more)], capture_output=True, text=True, check=True)
        return done.stdout.split()[-4:]

    number, cores, set_later, beside = told("")
    assert number == cores == beside
    assert set_later == "5"
    assert told(", extra={name: '7'}")[0] == "7"


def test_theirs_is_used_and_not_stopped(theirs):
    with entered("job", "local") as ours:
        assert ours is not theirs
        assert ours.sparkContext is theirs.sparkContext
        assert ours.conf.get(ZONE) == "UTC"
    assert theirs.conf.get(ZONE) == "Europe/Vienna"
    assert theirs.range(3).count() == 3


def test_a_job_and_a_look_work_beside_theirs(theirs, tmp_path: Path):
    pages = write_pages(tmp_path / "pages", {"one": page("one")})
    options = [part for change in SCRIPTED for part in ("--set", change)]

    assert ingest.JOB.main(["--input", str(pages), "--snapshot", "A", "--warehouse", str(tmp_path / "warehouse"), *options]) == 0
    with open_for_reading(None, list(SCRIPTED), str(tmp_path / "warehouse")) as (_, warehouse):
        assert warehouse.read(DOCUMENTS).where("kept").count() == 1

    assert theirs.range(3).count() == 3


def test_what_needs_a_driver_here_says_so(monkeypatch):
    class Remote:
        """As far as it is looked at, a session of Spark Connect."""

    monkeypatch.setattr(SparkSession, "getActiveSession", Remote)
    with pytest.raises(EnvironmentProblem, match="got a session of Spark Connect"), session.entered("job", "local"):
        pass
