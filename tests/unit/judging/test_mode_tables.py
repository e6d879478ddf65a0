"""docs/judging.md says what the modes declare."""

from __future__ import annotations

import pytest

from bubblenet.errors import InputError
from bubblenet.judging.modes import MODES
from bubblenet.judging.reference import main, with_tables
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "judging.md"


def test_page_is_up_to_date():
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "run: python -m bubblenet.judging.reference docs/judging.md"


def test_every_mode_and_signal_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for name, mode in MODES.items():
        assert f"\n| `{name}` | " in page
        assert all(f"\n| `{signal.name}` | `{name}` | " in page for signal in mode.signals)


def test_command_mends_what_stands_between_the_markers(tmp_path):
    page, path = PAGE.read_text(encoding="utf-8"), tmp_path / "page.md"
    path.write_text(page.replace("| `text` | ", "| `texts` | "), encoding="utf-8")
    assert main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == page


def test_a_page_without_its_markers_is_refused():
    with pytest.raises(InputError, match="signals: end"):
        with_tables(PAGE.read_text(encoding="utf-8").replace("<!-- signals: end -->", ""))
