"""The tools that docs name can at least be started: each is imported. setup.py and install.py run before anything is installed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
NAMES = sorted({path.stem for path in TOOLS.glob("*.py")} - {"setup", "install", "__init__"})


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_is_importable(name: str) -> None:
    assert importlib.import_module(f"tools.{name}").__doc__
