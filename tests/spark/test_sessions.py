"""A session that somebody else made, in a notebook or on a managed platform, is used and left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

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
