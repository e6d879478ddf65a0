"""The notebook runs from top to bottom on an empty warehouse, and is stored without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_look.ipynb"
PLOT = "application/vnd.plotly.v1+json"

SENTENCES = (
    "A glacier moves because ice under its own weight flows downhill a little every day.",
    "Meltwater at the bottom makes the bed slippery, so that the whole body slides faster in summer.",
    "Where the slope grows steeper the surface is torn open, and deep crevasses appear across the stream.",
    "Surveyors measure the speed with stakes that they drill into the surface and find again a year later.",
    "Moraines are heaps of rubble that the ice has carried along and left behind at its edges.",
    "Lakes often form behind such a wall of stones when the tongue of the glacier shrinks back.",
    "When snow has survived one summer it turns to firn, and after decades to dense blue ice.",
    "The line above which more snow falls than melts divides the glacier into two parts.",
)


def page(number: int) -> str:
    """One page of more than 600 characters, different from all others, no sentence twice."""
    paragraphs = "".join(f"<p>{sentence[:-1]}, as station {number} reported.</p>" for sentence in SENTENCES)
    return f"<html lang='en'><head><title>Glaciers</title></head><body><h1>Glaciers {number}</h1>{paragraphs}</body></html>"


def test_notebook_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)


@pytest.mark.spark
@pytest.mark.slow
def test_notebook_runs_and_draws_two_plots(tmp_path, monkeypatch):
    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(4):
        (pages / f"{number}.html").write_text(page(number), encoding="utf-8")
    monkeypatch.setenv("BUBBLENET_NOTEBOOK_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.setenv("BUBBLENET_NOTEBOOK_INPUT", str(pages))
    monkeypatch.setenv("BUBBLENET_NOTEBOOK_SET", "engine.kind=scripted curation.grade_4=0.01")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert sum(PLOT in output.get("data", {}) for output in outputs) == 2
    text = "".join(output.get("text", "") for output in outputs)
    assert "curated_occurrences" in text
    assert "score/reverse_gain" in text
