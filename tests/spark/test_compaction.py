"""Tables of many small commits keep few files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bubblenet.kernel import compaction
from bubblenet.kernel.compaction import compact
from bubblenet.kernel.stage import run_stage
from bubblenet.tables import PASSAGE_SCORES
from tests.spark.toys import Thirds, declare, rows

pytestmark = pytest.mark.spark


@pytest.fixture
def thirds(tmp_path: Path) -> Thirds:
    (tmp_path / "calls").mkdir()
    return Thirds(str(tmp_path / "calls"))


def test_small_files_are_joined_without_a_change_of_rows_or_of_what_is_known(make_context, thirds, monkeypatch):
    monkeypatch.setattr(compaction, "_MOST_SMALL_FILES", 3)
    context = make_context("A", "execution.unit_rows=3")
    run_stage(declare(context, thirds, 18), context)
    before = rows(context, *PASSAGE_SCORES.column_names)
    assert sum(map(len, context.warehouse.file_sizes(PASSAGE_SCORES))) > 3

    assert compact(context.warehouse) == [PASSAGE_SCORES.name]
    assert list(map(len, context.warehouse.file_sizes(PASSAGE_SCORES))) == [1]
    assert compact(context.warehouse) == []

    assert rows(context, *PASSAGE_SCORES.column_names) == before
    again = make_context()
    assert run_stage(declare(again, thirds, 18), again).num_requests == 0
    assert run_stage(declare(again, thirds, 20), again).num_requests == 2
