"""The view definitions, without Spark: complete, commented, and in step with the tables."""

from __future__ import annotations

import re

import pytest

from bubblenet.tables import TABLES
from bubblenet.viewing.views import names, views

BY_VIEW = {view.name: view for view in views()}


PROMISED = ["rejects", "quarantine", "curated_5", "curated_4", "curated_occurrences", "lineage", "segment_yield", "instruction_yield"]


@pytest.mark.parametrize("name", PROMISED)
def test_promised_view_is_defined(name):
    assert name in BY_VIEW


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
