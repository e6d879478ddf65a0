"""docs/tables.md says what the code says."""

from __future__ import annotations

from pathlib import Path

from bubblenet.tables import TABLES
from bubblenet.viewing.reference import main, tables_page
from bubblenet.viewing.views import views

PAGE = Path(__file__).parents[3] / "docs" / "tables.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == tables_page(), "run: python -m bubblenet.viewing.reference docs/tables.md"


def test_every_column_and_view_is_on_the_page():
    page = tables_page()
    for table in TABLES:
        section = page.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        assert all(f"| `{column.name}` | {column.type} |" in section for column in table.columns)
    assert all(f"| `{view.name}` |" in page for view in views())


def test_command_writes_the_page(tmp_path):
    assert main([str(tmp_path / "tables.md")]) == 0
    assert (tmp_path / "tables.md").read_text(encoding="utf-8") == tables_page()
