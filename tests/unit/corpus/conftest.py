"""Where the public test collections are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SUITES = Path(__file__).resolve().parents[3].parent / "shared" / "suites"


@pytest.fixture
def suite() -> Callable[[str], Path]:
    """The folder of one test collection; the test is skipped, visibly, where it is not there."""

    def find(name: str) -> Path:
        folder = SUITES / name
        if not folder.is_dir():
            pytest.skip(f"test collection {name} is not on this machine")
        return folder

    return find
