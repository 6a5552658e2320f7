"""Every lesson asks for a prediction before its answer, is short, and has figures that say which runs they show."""

from __future__ import annotations

import ast
import base64
import io
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_LINES = 60  # of code in a lesson, without empty lines and comments


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request: pytest.FixtureRequest) -> list[Any]:
    return list(nbformat.read(request.param, as_version=4).cells)


def test_a_lesson_has_few_lines_of_code(cells: list[Any]) -> None:
    lines = [line.strip() for cell in _code(cells) for line in cell.source.splitlines()]
    assert len([line for line in lines if line and not line.startswith("#")]) <= MOST_LINES


def test_each_prediction_is_asked_for_in_words_left_open_and_needed_by_the_next_cell(cells: list[Any]) -> None:
    asked = [i for i, cell in enumerate(cells) if "prediction" in cell.metadata.get("tags", [])]
    assert asked
    for i in asked:
        assert cells[i - 1].cell_type == "markdown"
        assert "**Prediction:**" in cells[i - 1].source
        names = _left_open(cells[i].source)
        assert names
        assert names == _predicted(cells[i + 1].source)
    # A cell with dots or an answer beside a prediction that is not tagged would be missed above.
    others = [cell for i, cell in enumerate(cells) if i not in asked and cell.cell_type == "code"]
    assert not [cell.source for cell in others if _left_open(cell.source)]
    assert sum(len(_predicted(cell.source)) for cell in _code(cells)) == sum(
        len(_left_open(cells[i].source)) for i in asked
    )


def test_every_figure_says_scenario_scale_and_seeds(cells: list[Any]) -> None:
    for cell in _code(cells):
        for output in cell.outputs:
            if picture := output.get("data", {}).get("image/png"):
                title = Image.open(io.BytesIO(base64.b64decode(picture))).info.get("Title", "")
                assert [word for word in ("hk2019", ", scale ", ", seed") if word not in title] == [], cell.source


def test_what_is_printed_names_no_place_of_the_machine_that_ran_it(cells: list[Any]) -> None:
    printed = str([cell.outputs for cell in _code(cells)])
    assert [place for place in (str(ROOT), str(Path.home()) + os.sep, "/tmp/", "/home/") if place in printed] == []


def _code(cells: list[Any]) -> list[Any]:
    return [cell for cell in cells if cell.cell_type == "code"]


def _left_open(source: str) -> list[str]:
    """Return the names to which three dots are assigned."""
    found = []
    for line in source.splitlines():
        name, equals, value = line.partition(" = ")
        if equals and value.partition("#")[0].strip() == "...":
            found.append(name)
    return found


def _predicted(source: str) -> list[str]:
    """Return the names that a cell sets beside what came out."""
    plain = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
    calls = [node for node in ast.walk(ast.parse(plain)) if isinstance(node, ast.Call)]
    first = [call.args[0] for call in calls if getattr(call.func, "id", "") == "beside"]
    return [argument.id for argument in first if isinstance(argument, ast.Name)]
