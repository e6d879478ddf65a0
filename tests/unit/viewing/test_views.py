"""The view definitions, without Spark: complete, commented, and in step with the tables."""

from __future__ import annotations

import re
from pathlib import Path

from bubblenet.tables import TABLES
from bubblenet.viewing.views import names, views

ROOT = Path(__file__).resolve().parents[3]
BY_VIEW = {view.name: view for view in views()}


def test_the_readme_names_every_view():
    (line,) = (line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if "Views: " in line)
    named = re.findall(r"`(\w+)`", line.partition("Views: ")[2].partition(" ([")[0])
    assert sorted(named) == sorted(BY_VIEW)


def test_no_view_takes_the_name_of_a_table():
    assert not set(BY_VIEW) & {table.name for table in TABLES}
    assert len(names()) == len(set(names())) == len(TABLES) + len(BY_VIEW)


def test_quarantine_covers_every_table_with_a_status():
    unions = set(re.findall(r"FROM (\w+) WHERE status = 'quarantined'", BY_VIEW["quarantine"].statement))
    assert unions == {table.name for table in TABLES if "status" in table.column_names}


def test_statements_read_only_tables_views_and_their_own_names():
    for view in views():
        local = set(re.findall(r"(?:WITH|,)\s*(\w+) AS \(", view.statement)) | {
            "pairs",
            "occurrences",
            "sources",
            "model_steps",
            "modelled",
        }
        read = set(re.findall(r"(?:FROM|JOIN) (\w+)", view.statement))
        assert read <= set(names()) | local, view.name


def test_every_view_says_what_it_shows():
    assert all(view.comment.endswith(".") and len(view.comment) > 20 for view in views())
