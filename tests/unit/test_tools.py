"""The tools that docs name can at least be started: each is imported. setup.py and install.py run before anything is installed."""

from __future__ import annotations

import importlib
import venv
from pathlib import Path

import pytest

from tools import install
from tools.mutants import mutants

TOOLS = Path(__file__).resolve().parents[2] / "tools"
NAMES = sorted({path.stem for path in TOOLS.glob("*.py")} - {"setup", "install", "__init__"})


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_is_importable(name: str) -> None:
    assert importlib.import_module(f"tools.{name}").__doc__


def test_a_fault_in_a_function_with_a_cache_is_one_of_what_is_around_it() -> None:
    source = "@functools.cache\ndef once():\n    return 1 + 2\n\n\ndef often():\n    return 3 + 4\n"
    assert {fault.function for fault in mutants(source)} == {"<module>", "often"}


def test_an_environment_without_pip_gets_it(tmp_path, monkeypatch) -> None:
    venv.create(tmp_path, with_pip=False, symlinks=True)  # as an interrupted start leaves it
    monkeypatch.setattr(install, "VENV_PYTHON", tmp_path / "bin" / "python")
    install.create_venv()
    assert install.run_python("-m", "pip", "--version").returncode == 0
