"""Fixtures shared by all tests: one Spark session, a fresh warehouse a test, and a context over both."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

import bubblenet

ROOT = Path(__file__).resolve().parent.parent
SUITES = (ROOT.parent / "shared" / "suites").resolve()

# The scripted engine's numbers mean nothing, so the rule is set to accept about half of what it makes, and two modes of judging are enough:
# each is a stage, and every stage is some seconds of Spark.
SCRIPTED = (
    "engine.kind=scripted",
    "curation.intercept=0.0",
    "curation.intercept_generated=-0.6",
    'scoring.modes=["reverse_gain","likelihood"]',
)

SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m"
"""For a JVM that ends after one command: the second compiler never pays off there (session, empty tables and one query: 34 s of CPU
without it, 54 s with it; 2 cores, 2026-11-29). The first one needs room for its code: its 48 MB fill up within a minute, and the rest
would be interpreted."""


def pytest_configure() -> None:
    """Test this tree, in every process that a test starts: an installed bubblenet may be that of another clone."""
    found = Path(bubblenet.__file__).resolve().parent
    if found != ROOT / "lib" / "bubblenet":
        raise pytest.UsageError(f"wanted the bubblenet of {ROOT / 'lib'}; got that of {found}. Run pytest in the root of this clone.")
    os.environ["SPARK_SUBMIT_OPTS"] = SHORT_LIVED
    if "PYTEST_XDIST_WORKER" in os.environ:  # beside other processes, threads of torch wait for each other longer than they compute
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "lib"), str(ROOT), os.environ.get("PYTHONPATH")]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests first: the processes of `make test` take whole files in this order, and end together on short ones."""
    long = {item.path for item in items if any(item.get_closest_marker(name) for name in ("spark", "model", "slow"))}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def spark() -> Iterator[object]:
    """The one session of the test run; workers use this interpreter."""
    from bubblenet.app import session

    os.environ["PYSPARK_PYTHON"] = sys.executable
    short_lived = os.environ.pop("SPARK_SUBMIT_OPTS")
    spark = session.build(
        "tests",
        extra={
            # The second compiler took more than it gave: three pipelines of ten pages in a new session were 230 s of the JVM's CPU with it,
            # 165 s without.
            "spark.driver.extraJavaOptions": f"{SHORT_LIVED} -XX:+UseSerialGC",
            "spark.sql.adaptive.enabled": "false",
            "spark.databricks.delta.writeChecksumFile.enabled": "false",
            "spark.master": "local[2,16]",
            "spark.driver.memory": "2g",  # there are several sessions at once
            "spark.sql.shuffle.partitions": "2",
        },
    )
    os.environ["SPARK_SUBMIT_OPTS"] = short_lived
    yield spark
    spark.stop()


@pytest.fixture(scope="session")
def empty_warehouse(spark, tmp_path_factory) -> Path:
    """A warehouse without a row, to be copied: that is faster than making its tables anew."""
    from bubblenet.kernel.warehouse import Warehouse

    folder = tmp_path_factory.mktemp("empty") / "warehouse"
    Warehouse(spark, str(folder))
    return folder


@pytest.fixture
def make_context(spark, tmp_path: Path, empty_warehouse: Path) -> Callable[..., object]:
    """A function that gives a context on one warehouse of this test; each call is a new run, as after a restart."""
    from bubblenet import settings
    from bubblenet.kernel import ledger
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.warehouse import Warehouse

    def make(snapshot: str = "A", *overrides: str, inputs: tuple[str, ...] = (), limit: int = 0, location: Path | None = None) -> Context:
        chosen = settings.load(None, [*SCRIPTED, *overrides])
        folder = location or tmp_path / "warehouse"
        is_new = not folder.exists()
        if is_new:
            shutil.copytree(empty_warehouse, folder)
        warehouse = Warehouse(spark, str(folder))
        if not is_new:
            ledger.rebuild(warehouse)
        return Context(spark, chosen, warehouse, snapshot, Console(quiet=True), inputs, limit)

    return make


@pytest.fixture
def suites() -> Path:
    """The folder of hostile and odd files beside the project; tests that need it are skipped where it is absent."""
    if not SUITES.is_dir():
        pytest.skip("shared/suites is not beside this checkout")
    return SUITES
