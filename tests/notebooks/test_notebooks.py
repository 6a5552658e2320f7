"""Every notebook runs from the first cell to the last, and its committed outputs are of such a run."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSONS = [
    "01_first_takedown", "02_compare_detectors", "03_which_threshold", "04_your_own_detector", "05_your_own_log",
    "06_hong_kong_2019",
]  # fmt: skip
SMALL = "SCALE, DAYS, SEEDS = 0.005, 3, 1"  # for the cell that is tagged `parameters`, where there is one


def test_the_lessons_are_there_and_the_readme_names_each() -> None:
    assert [path.stem for path in NOTEBOOKS] == LESSONS
    readme = (ROOT / "README.md").read_text()
    assert [name for name in LESSONS if f"(notebooks/{name}.ipynb)" not in readme] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_the_first_cell_to_the_last(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            assert re.match(r"SCALE, DAYS, SEEDS = ", cell.source)
            cell.source = SMALL
    monkeypatch.setenv("TAKEDOWN_PREDICT", "no")  # nobody has filled the cells of predictions
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # otherwise the kernel would import an installed tree
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(FOLDER)}}).execute()
    _check_outputs(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_committed_outputs_are_of_one_run_without_errors_or_warnings(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [cell for cell in notebook.cells if set(cell.metadata) - {"tags"}]  # such as the time of day of the run
    _check_outputs(notebook)


def _check_outputs(notebook: nbformat.NotebookNode) -> None:
    """Fail on errors, warnings, and figures of which there is no picture."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    figures = [data for output in outputs if "<Figure" in (data := output.get("data", {})).get("text/plain", "")]
    assert all("image/png" in data for data in figures)
