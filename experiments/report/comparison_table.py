"""What a comparison prints: tables in 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.table import Table

from experiments.report.comparison_columns import (
    Column,
    cell,
    chosen_on,
    cost_columns,
    exact_columns,
    fewer_seeds,
    footnote,
    ranking_columns,
    stopped,
    threshold_columns,
)
from experiments.report.comparison_differences import difference_cells, headings, note_of
from experiments.report.comparison_sizes import sizes_text
from experiments.report.layout import Line, grid
from experiments.report.style import ordered, over_seeds
from experiments.store.comparison import Comparison

SHORT = 13  # longest interval of a difference on one line
MOST = 2  # shares of people hit, and prevalences


def tables(found: Comparison, summary: pd.DataFrame, rule: str) -> dict[str, Table]:
    """Return a comparison as tables: detectors down, measures across, mean and 95% interval over seeds.

    Parameters
    ----------
    found : Comparison
    summary : pandas.DataFrame
        `found.summary()`.
    rule : str
        The rule whose threshold is shown.

    Returns
    -------
    dict of str to rich.table.Table
        core, amplifiers (how the layer is ranked), exactly (what is found where so many people are hit), threshold,
        differences (to the best and to the better trivial rule), cost; those with nothing to show are left out.
    """
    over = over_seeds(len(found.report_seeds)) + stopped(found)
    chosen = f"{over}; thresholds chosen on {chosen_on(found)}"
    named = {"budget": "within the budget of false positives", "cost": "of least cost"}[rule]
    trained = "".join(f"\n{name} was trained on {where}" for name, where in found.supervised.items() if where)
    cost = f"means over seeds{stopped(found)}"
    acted = "acted: among accounts that posted or reposted"
    shown = {
        "core": _table(
            "The core, ranked",
            "\n".join(filter(None, (over, acted, sizes_text(found)))),
            ranking_columns("core"),
            found,
            summary,
        ),
        "amplifiers": _table("Amplifiers, ranked", over + trained, ranking_columns("amplifiers"), found, summary),
    }
    if exact := exact_columns(found, most=MOST):
        right = "right: share of the accounts taken at the first of these that are the operation's, were it so rare"
        shown["exactly"] = _table(
            "Found where exactly so many people are hit", f"{over}\n{right}", exact, found, summary
        )
    shown["threshold"] = _table(f"At the threshold {named}", chosen, threshold_columns(rule, found), found, summary)
    differences = _differences(found, rule)
    if differences is not None:
        shown["differences"] = differences
    timed = found.summary_with_timings()
    shown["cost"] = _table("What a detector costs", cost, cost_columns(), found, timed, intervals=False)
    return shown


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


def _differences(found: Comparison, rule: str) -> Table | None:
    """Return the paired differences as a table, or None where there is nothing to compare with."""
    cells = difference_cells(found, rule)
    if not cells:
        return None
    lines = [Line(name, "", [(value, below.replace(" to ", " to\n")) for value, below in row]) for name, row in cells]
    heads = headings(found, rule, brief=True)
    return grid("Paired differences, in points", note_of(found, rule), ["detector", *heads], lines, SHORT)
