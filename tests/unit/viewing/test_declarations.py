"""docs/corpus.md and docs/inputs.md say what the rules and formats declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from bubblenet.corpus.quality import RULES
from bubblenet.corpus.reading.formats import FORMATS
from bubblenet.errors import InputError
from bubblenet.viewing.declarations import TABLES, formats_table, main, rules_table, with_table

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", TABLES)
def test_a_page_is_up_to_date(name: str):
    page = (DOCS / name).read_text(encoding="utf-8")

    assert page == with_table(page, TABLES[name]()), "run: python -m bubblenet.viewing.declarations docs"


def test_every_rule_stands_in_the_table_with_its_limits():
    rows = rules_table().splitlines()

    for rule in RULES:
        [row] = [row for row in rows if row.startswith(f"| `{rule.name}` | {rule.summary}")]
        assert all(f"`{key}` " in row for key in rule.limits)
        assert rule.source.name in row


def test_every_format_stands_in_the_table_with_its_names():
    rows = formats_table().splitlines()[2:]

    for known, row in zip(FORMATS, rows, strict=True):
        assert f"| `{known.name}` |" in row
        assert all(f"`{suffix}`" in row for suffix in (*known.suffixes, *known.compressed_suffixes))


def test_the_command_changes_nothing_but_the_tables(tmp_path: Path):
    for name in TABLES:
        (tmp_path / name).write_text("before\n<!-- declared: begin, by hand -->\nold\n<!-- declared: end -->\nafter\n", encoding="utf-8")

    assert main([str(tmp_path)]) == 0

    for name, table in TABLES.items():
        expected = f"before\n<!-- declared: begin, by hand -->\n{table()}<!-- declared: end -->\nafter\n"
        assert (tmp_path / name).read_text(encoding="utf-8") == expected


def test_a_page_without_markers_is_refused():
    with pytest.raises(InputError, match="declared: end"):
        with_table("before\n<!-- declared: begin -->\nold\n", "new\n")
