"""The docs say what is declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from bubblenet.corpus.quality import RULES
from bubblenet.corpus.reading.formats import FORMATS
from bubblenet.errors import InputError
from bubblenet.judging.modes import MODES
from bubblenet.judging.reference import modes_table, signals_table
from bubblenet.viewing.declarations import TABLES, formats_table, main, rules_table, with_table

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("page", "name"), TABLES)
def test_a_page_is_up_to_date(page: str, name: str):
    text = (DOCS / page).read_text(encoding="utf-8")

    assert text == with_table(text, name, TABLES[page, name]()), "run: make docs"


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


def test_every_mode_and_signal_stands_in_its_table():
    modes, signals = modes_table(), signals_table()

    for name, mode in MODES.items():
        assert f"\n| `{name}` | " in modes
        assert all(f"\n| `{signal.name}` | `{name}` | " in signals for signal in mode.signals)


def test_the_command_changes_nothing_but_the_tables(tmp_path: Path):
    pages = {page: "before\n" for page, _ in TABLES}
    for page, name in TABLES:
        pages[page] += f"<!-- {name}: begin, by hand -->\nold\n<!-- {name}: end -->\nafter\n"
    for page, text in pages.items():
        (tmp_path / page).write_text(text, encoding="utf-8")

    assert main([str(tmp_path)]) == 0

    for page, text in pages.items():
        for (_, name), table in (entry for entry in TABLES.items() if entry[0][0] == page):
            text = text.replace(f"<!-- {name}: begin, by hand -->\nold\n", f"<!-- {name}: begin, by hand -->\n{table()}")
        assert (tmp_path / page).read_text(encoding="utf-8") == text


def test_a_page_without_markers_is_refused():
    with pytest.raises(InputError, match="rules: end"):
        with_table("before\n<!-- rules: begin -->\nold\n", "rules", "new\n")
