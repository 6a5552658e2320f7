"""The tables of the bench and of a sweep at every width of a terminal: whole numbers, whole names."""

from __future__ import annotations

import io
import math
import re

import pandas as pd
import pytest
from rich.console import Console

from experiments.report.comparison_table import cost_columns, ranking_columns, tables, threshold_columns
from experiments.report.layout import Line, fitted
from experiments.report.terminal import sweep_table
from experiments.store.comparison import Comparison
from tests.experiments.synthetic import sweep_frame

WIDTHS = range(40, 101)
NAMES = ["windowed_co_repost", "hashtag_sequence", "random"]


def printed(table, width: int) -> list[str]:
    shown = Console(width=width, record=True, file=io.StringIO())
    shown.print(table)
    return shown.export_text().splitlines()


def compared() -> Comparison:
    """Return a comparison whose numbers take much room."""
    columns = [*ranking_columns(), *threshold_columns("budget"), *cost_columns()]
    spread = {"share": (0.104, 0.987), "number": (0.512, 0.987), "count": (10_115, 411_903), "score": (0.000312,) * 2}
    rows = [
        {"detector": name, "seed": seed, "part": column.part, "rule": column.rule, "layer": column.layer,
         "measure": column.measure, "value": spread[column.written.__name__][seed - 4]}
        for name in NAMES for column in columns for seed in (4, 5)
    ]  # fmt: skip
    found = Comparison([1, 2, 3], [4, 5])
    found.measures = pd.DataFrame(rows)
    return found


FOUND = compared()


def numbers(lines: list[str]) -> list[str]:
    return re.findall(r"[\d.,]*\d", " ".join(lines))


WHOLE = [set(numbers(printed(table, 200))) for table in tables(FOUND, FOUND.summary(), "budget", 200)]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_benchs_tables_fit_and_break_neither_a_number_nor_a_name(width: int):
    for table, whole in zip(tables(FOUND, FOUND.summary(), "budget", width), WHOLE, strict=True):
        lines = printed(table, width)
        assert max(map(len, lines)) <= width
        assert "…" not in "".join(lines)
        for name in NAMES:
            assert sum(name in line for line in lines) == 1
        assert set(numbers(lines)) == whole


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sweeps_table_fits_and_breaks_neither_a_number_nor_a_name(width: int):
    frame = sweep_frame()
    frame = pd.concat([frame, frame.assign(detector="windowed_co_repost", threshold=frame["threshold"] * 0.000321)])
    lines = printed(sweep_table(frame, width), width)
    assert max(map(len, lines)) <= width
    assert sum("windowed_co_repost" in line for line in lines) == 1
    assert set(numbers(lines)) == set(numbers(printed(sweep_table(frame, 200), 200)))
    assert "0.00031779" in numbers(lines)


def test_eighty_columns_are_room_for_a_grid():
    for table in (*tables(FOUND, FOUND.summary(), "budget", 80), sweep_table(sweep_frame(), 80)):
        assert table.show_header


def test_a_name_of_more_than_eighteen_characters_is_folded_and_nothing_of_it_lost():
    line = Line("a_detector_of_ones_own", "1 of 3 seeds", [(f"{math.pi:.4f}", ".1–.2")])
    for width in (40, 60):
        text = "".join(printed(fitted("t", "n", ["detector", "a\nvalue"], [line], width), width)).replace(" ", "")
        assert "3.1416" in text
        assert "a_detector_of_ones" in text
