"""When the same command has nothing to do: it must be sure, and otherwise say nothing."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from bubblenet import settings
from bubblenet.app import unchanged
from bubblenet.app.unchanged import Finished, RunState
from bubblenet.kernel.accounting import Counts
from bubblenet.kernel.stage import StageReport
from tests.conftest import SCRIPTED

COUNTS = Counts(seen=5, kept=2, pending=1, filtered={"too_short": 1}, quarantined={"too_large": 1})


def stage(stopped_by: str | None = None) -> StageReport:
    return StageReport("segment", COUNTS, 5, 9, 2, 700, 3.5, stopped_by)


@pytest.fixture
def state(tmp_path: Path) -> Callable[..., RunState | None]:
    """The state of a run on two pages; overrides and other arguments as given."""
    pages = tmp_path / "pages"
    (pages / "below").mkdir(parents=True)
    for name in ("a.html", "below/b.html"):
        (pages / name).write_text("<p>Text.", encoding="utf-8")
    write_deltalake(str(tmp_path / "warehouse" / "segments"), pa.table({"segment_id": ["a"]}))

    def now(*overrides: str, snapshot: str = "A", limit: int = 0, inputs: tuple[str, ...] = (str(pages),)) -> RunState | None:
        return RunState.now(settings.load(None, [*SCRIPTED, *overrides]), str(tmp_path / "warehouse"), snapshot, limit, inputs)

    return now


def test_what_a_run_left_is_told_again_as_nothing_to_do(state):
    state().remember(Finished([stage()], 3, "report.html"))

    found = state().recall()

    assert found == Finished([StageReport("segment", COUNTS, 0, 0, 0, 0, 0.0)], 3, "report.html")


def test_a_stage_that_ran_twice_is_told_once_as_it_was_the_second_time(state):
    later = dataclasses.replace(stage(), counts=dataclasses.replace(COUNTS, kept=3, pending=0))
    state().remember(Finished([stage(), later], None, None))

    assert [found.counts.kept for found in state().recall().reports] == [3]


def test_nothing_is_told_before_a_run_has_ended(state):
    assert state().recall() is None


def test_a_run_that_a_budget_stopped_goes_on(state):
    state().remember(Finished([stage("rows")], 3, None))
    assert state().recall() is None


def another_page(folder: Path) -> None:
    (folder / "pages" / "below" / "c.html").write_text("<p>New.", encoding="utf-8")


def a_page_that_grew(folder: Path) -> None:
    (folder / "pages" / "a.html").write_text("<p>More text.", encoding="utf-8")


def a_page_of_another_time(folder: Path) -> None:
    os.utime(folder / "pages" / "a.html", (1, 1))


def a_page_that_is_gone(folder: Path) -> None:
    (folder / "pages" / "a.html").unlink()


def a_commit(folder: Path) -> None:
    write_deltalake(str(folder / "warehouse" / "segments"), pa.table({"segment_id": ["b"]}), mode="append")


def a_table_that_is_gone(folder: Path) -> None:
    (folder / "warehouse" / "segments").rename(folder / "elsewhere")


@pytest.mark.parametrize(
    "change", [another_page, a_page_that_grew, a_page_of_another_time, a_page_that_is_gone, a_commit, a_table_that_is_gone]
)
def test_whatever_moved_is_looked_at(state, tmp_path, change):
    state().remember(Finished([stage()], None, None))
    change(tmp_path)
    assert state().recall() is None


@pytest.mark.parametrize("override", ["curation.round=1", "segmentation.min_characters=500", "deduplication.near=false"])
def test_other_settings_are_another_run(state, override):
    state().remember(Finished([stage()], None, None))
    assert state(override).recall() is None


def test_another_snapshot_limit_or_input_is_another_run(state, tmp_path):
    state().remember(Finished([stage()], None, None))

    assert state(snapshot="B").recall() is None
    assert state(limit=7).recall() is None
    assert state(inputs=(str(tmp_path / "pages" / "a.html"),)).recall() is None
    assert state().recall() is not None


def test_another_recipe_is_another_run(state, monkeypatch):
    state().remember(Finished([stage()], None, None))
    monkeypatch.setattr("bubblenet.method.recipe.MEASURING_VERSION", 99)
    assert state().recall() is None


def test_what_only_a_session_can_know_is_left_to_it(state, tmp_path, monkeypatch):
    assert state("tables.schema=team") is None
    assert state("models.forward=model:0123456789ab") is None
    assert state(inputs=(str(tmp_path / "nothing"),)) is None
    monkeypatch.setattr(unchanged, "_MOST_FILES", 1)
    assert state() is None
