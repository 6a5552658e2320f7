"""What a comparison prints: three tables in 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.table import Table

from experiments.report.comparison_columns import (
    Column,
    cell,
    cost_columns,
    fewer_seeds,
    footnote,
    ranking_columns,
    seeds_text,
    stopped,
    threshold_columns,
)
from experiments.report.layout import Line, grid
from experiments.report.style import ordered, over_seeds
from experiments.store.comparison import Comparison


def tables(found: Comparison, summary: pd.DataFrame, rule: str) -> list[Table]:
    """Return a comparison as tables: detectors down, measures across, mean and 95% interval over seeds.

    Parameters
    ----------
    found : Comparison
    summary : pandas.DataFrame
        `found.summary()`.
    rule : str
        The rule whose threshold is shown.
    """
    over = over_seeds(len(found.report_seeds)) + stopped(found)
    chosen = f"{over}; thresholds chosen on {seeds_text(found.choose_seeds)}"
    named = {"budget": "within the budget of false positives", "cost": "of least cost"}[rule]
    trained = "".join(f"\n{name} was trained on {where}" for name, where in found.supervised.items() if where)
    cost = f"means over seeds{stopped(found)}"
    return [
        _table("Ranking, at all thresholds together", over + trained, ranking_columns(), found, summary),
        _table(f"At the threshold {named}", chosen, threshold_columns(rule), found, summary),
        _table("What a detector costs", cost, cost_columns(), found, found.summary_with_timings(), intervals=False),
    ]


def _table(
    title: str,
    note: str,
    columns: Sequence[Column],
    found: Comparison,
    summary: pd.DataFrame,
    *,
    intervals: bool = True,
) -> Table:
    names = ordered(summary["detector"])
    lines = [
        Line(
            name, "\n".join(fewer_seeds(found, name, columns)),
            [cell(summary, name, column, intervals=intervals) for column in columns],
        )
        for name in names
    ]  # fmt: skip
    if any("n=" in below for line in lines for _, below in line.cells):
        note += "\nn: seeds where the figure is defined"
    note += "".join(f"\n{text}" for text in (footnote(found, names, columns),) if text)
    return grid(title, note, ["detector", *(column.heading for column in columns)], lines)
