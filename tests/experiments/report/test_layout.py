"""The tables of a comparison and of a sweep: whole numbers and names in 80 columns, nothing left out in fewer."""

from __future__ import annotations

import io
import math
import re

import pandas as pd
import pytest
from rich.console import Console

from experiments.report.comparison_columns import (
    Column,
    cost_columns,
    exact_columns,
    ranking_columns,
    share,
    threshold_columns,
)
from experiments.report.comparison_table import tables
from experiments.report.layout import Line, grid
from experiments.report.terminal import console, sweep_table
from experiments.store.comparison import Comparison
from tests.experiments.synthetic import sweep_frame

WIDTHS = (80, 81, 100, 200)
SEEDS = range(4, 10)
NAMES = ["windowed_co_repost", "hashtag_sequence", "random"]


def printed(table, width: int) -> list[str]:
    shown = Console(width=width, record=True, file=io.StringIO())
    shown.print(table)
    return shown.export_text().splitlines()


def compared() -> Comparison:
    """Return a comparison with long numbers."""
    names = (
        "caught_by_day_7",
        "recall_at_0.001_hit",
        "recall_at_0.01_hit",
        "precision_if_0.001",
        "precision_if_0.0001",
    )
    named = Comparison([1], [4], measures=pd.DataFrame({"measure": names}))
    columns = [
        *ranking_columns("core"), *ranking_columns("amplifiers"), *exact_columns(named),
        *threshold_columns("budget", named), *cost_columns(),
        *(Column("", "replay", "budget", "operation", name, share) for name in names if name.startswith("precision")),
    ]  # fmt: skip
    spread = {"share": (0.104, 0.987), "number": (0.512, 0.987), "count": (10_115, 411_903), "score": (0.000312,) * 2}
    rows = [
        {"detector": name, "seed": seed, "part": column.part, "rule": column.rule, "layer": column.layer,
         "measure": column.measure, "value": spread[column.written.__name__][seed % 2]}
        for name in NAMES for column in columns for seed in SEEDS
    ]  # fmt: skip
    found = Comparison([1, 2, 3], list(SEEDS))
    found.measures = pd.DataFrame(rows)
    return found


FOUND = compared()


def numbers(lines: list[str]) -> list[str]:
    return re.findall(r"[\d.,]*\d", " ".join(lines))


TABLES = list(tables(FOUND, FOUND.summary(), "budget").values())
WHOLE = [set(numbers(printed(table, 1000))) for table in TABLES]


def long_sweep() -> pd.DataFrame:
    """Return a sweep with a long name, long thresholds and intervals of every measure."""
    frame = sweep_frame(seeds=6)
    return pd.concat([frame, frame.assign(detector="windowed_co_repost", threshold=frame["threshold"] * 0.000321)])


@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparisons_tables_fit_and_break_neither_a_number_nor_a_name(width: int):
    for table, whole in zip(TABLES, WHOLE, strict=True):
        lines = printed(table, width)
        assert max(map(len, lines)) <= width
        assert "…" not in "".join(lines)
        for name in NAMES:
            assert sum(line.split()[:1] == [name] for line in lines) == 1
        assert set(numbers(lines)) == whole


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sweeps_table_fits_and_breaks_neither_a_number_nor_a_name(width: int):
    table = sweep_table(long_sweep())
    lines = printed(table, width)
    assert max(map(len, lines)) <= width
    assert sum("windowed_co_repost" in line for line in lines) == 1
    assert set(numbers(lines)) == set(numbers(printed(table, 1000)))
    assert "0.00031779" in numbers(lines)


@pytest.mark.parametrize("width", [60, 70, 79])
def test_the_demos_table_divides_words_of_a_narrow_terminal_at_a_hyphen_alone(width: int):
    frame = sweep_frame(seeds=6).replace({"detector": {"random": "repost_share"}})
    for table in (frame, frame[frame["seed"] <= 2]):
        lines = printed(sweep_table(table, width), width)
        assert max(map(len, lines)) <= width
        assert sum(line.split()[:1] == ["repost_share"] for line in lines) == 1
        assert set(numbers(lines)) == set(numbers(printed(sweep_table(table), 1000)))
        assert {"impres-", "ampli-", "posi-", "tives", "caught"} <= set(" ".join(lines).split())


@pytest.mark.parametrize("width", [40, 60])
def test_in_fewer_columns_texts_are_folded_and_nothing_is_left_out(width: int):
    for table in (*TABLES, sweep_table(long_sweep())):
        lines = printed(table, width)
        assert max(map(len, lines)) <= width
        assert "…" not in "".join(lines)
        for digit in "0123456789":
            assert "".join(lines).count(digit) == "".join(printed(table, 1000)).count(digit)


def test_a_name_of_more_than_eighteen_characters_is_folded_and_nothing_of_it_lost():
    line = Line("a_detector_of_ones_own", "1 of 3 seeds", [(f"{math.pi:.4f}", ".1–.2")])
    text = "".join(printed(grid("t", "n", ["detector", "a\nvalue"], [line]), 80)).replace(" ", "")
    assert "3.1416" in text
    assert "a_detector_of_ones" in text
    assert "_own" in text


def test_the_console_prints_strings_as_they_stand():
    out = console()
    with out.capture() as capture:
        out.print("results in [red]x[/] :smile: \x1b[31m")
    assert capture.get() == "results in [red]x[/] :smile: \\x1b[31m\n"
