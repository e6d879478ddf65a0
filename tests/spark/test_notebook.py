"""The notebook runs from top to bottom on an empty warehouse, and is stored without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import SCRIPTED
from tests.corpora import page, write_pages

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_look.ipynb"
PLOT = "application/vnd.plotly.v1+json"


def test_notebook_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)


@pytest.mark.spark
@pytest.mark.nightly
def test_notebook_runs_and_draws_two_plots(tmp_path, monkeypatch):
    pages = write_pages(tmp_path / "pages", {f"page{number}": page(f"page{number}") for number in range(2)})
    monkeypatch.setenv("BUBBLENET_NOTEBOOK_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.setenv("BUBBLENET_NOTEBOOK_INPUT", str(pages))
    monkeypatch.setenv("BUBBLENET_NOTEBOOK_SET", f"{' '.join(SCRIPTED)} curation.grade_4=0.01")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert sum(PLOT in output.get("data", {}) for output in outputs) == 2
    text = "".join(output.get("text", "") for output in outputs)
    assert "curated_occurrences" in text
    assert "score/reverse_gain" in text
