"""The table of a sweep: what each arm cuts off and whom it hits, and which runs broke off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.table import Table

from experiments.report.comparison_columns import between
from experiments.report.layout import Line, grid
from experiments.report.words import called, plain, whole_seeds
from experiments.store.arms import arm_columns, measure_columns, nobody_acted_upon, tidy, value_text, varied_columns
from experiments.store.summary import arm_means, is_share

HEADINGS = {
    "reach_cut_off": "reach\ncut off",
    "false_positive_rate": "false\npositives",
    "recall_amplifiers": "amplifiers\ncaught",
    "impressions_cut_off": "impressions\ncut off",
}
NARROW = {
    "reach_cut_off": "reach\ncut off",
    "false_positive_rate": "false\nposi-\ntives",
    "recall_amplifiers": "ampli-\nfiers\ncaught",
    "impressions_cut_off": "impres-\nsions\ncut off",
}  # in a terminal of fewer than 80 columns
WIDE = 80
INTERVAL, NARROW_INTERVAL = 11, 7  # characters of an interval that stays on one line
ORDER = ("false_positive_rate", "reach_cut_off", "impressions_cut_off", "recall_amplifiers")
MOST_ARMS = 4  # columns of arms in a terminal; further ones share the last
MOST_INTERVALS = 40  # arms with a line for their intervals
MOST_ROWS = 120
HEADING = 11  # longest line of a heading of an arm


@dataclass(frozen=True)
class Rows:
    """The rows of a sweep's table.

    Attributes
    ----------
    arms, measures : list of str
        Columns.
    rows : list of (values of the arms, remark, cells)
        A cell is a mean and what is written below it.
    note : str
        What the numbers are and what they stand on.
    """

    arms: list[str]
    measures: list[str]
    rows: list[tuple[list[str], str, list[tuple[str, str]]]]
    note: str


def sweep_rows(table: pd.DataFrame, measures: Sequence[str]) -> Rows:
    """Return the rows of a sweep: an arm each, with mean, 95% interval and what broke off."""
    varied = varied_columns(table)
    arms = varied or [name for name in ("detector", "threshold") if name in table]
    measures = [name for name in measures if name in measure_columns(table)]
    rows = []
    means = arm_means(table, arms, measures)
    most = int(means["seeds"].max())
    for values, part in means.groupby(arms, sort=False, dropna=False):
        first = part.iloc[0]
        broke = f"{first['failed']} of {first['runs']} runs broke off" if first["failed"] else ""
        cells = []
        for _, row in part.iterrows():
            few = f"n={row['seeds']}" if 0 < row["seeds"] < most else ""
            written = per_cent if is_share(row["measure"]) else plain_text
            limits = between(row["low"], row["high"], written)
            cells.append((written(row["mean"]), "\n".join(filter(None, (limits, few)))))
        rows.append((list(map(value_text, values)), broke, cells))
    return Rows(arms, measures, rows, _note(table, arms, measures, rows))


def sweep_table(table: pd.DataFrame, width: int = WIDE, measure: str | None = None) -> Table:
    """Return a sweep as a table for a terminal: arms down, measures across, mean and 95% interval over seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run. Runs that broke off (`failed`) are counted beside their arm and enter no mean.
    width : int
        Columns of the terminal: below 80 words of the headings are divided and intervals stand on two lines.
    measure : str, optional
        What the sweep's figure shows. It comes first; where nobody was acted upon only it and impressions are shown.
    """
    narrow = width < WIDE
    table = tidy(table)
    count = len(varied_columns(table))
    found = sweep_rows(table, _measures(table, measure, 4 if count <= 2 else 3 if count == 3 else 2))
    lines: list[Line] = []
    last: list[str] = []
    brief = len(found.rows) > MOST_INTERVALS
    columns = found.arms[:MOST_ARMS] if len(found.arms) <= MOST_ARMS else found.arms[: MOST_ARMS - 1]
    together = found.arms[len(columns) :]
    for values, broke, cells in found.rows[:MOST_ROWS]:
        begins = not last or values[0] != last[0]
        texts = [(value, "") for value in values[1 : len(columns)]]
        if together:
            rest = zip(together, values[len(columns) :], strict=True)
            texts.append(("\n".join(f"{_short(name)}={value}" for name, value in rest), ""))
        drawn = [(mean, "") for mean, _ in cells] if brief else cells
        lines.append(Line(values[0] if begins or broke else "", broke, [*texts, *drawn], begins and len(columns) > 1))
        last = values
    notes = [found.note]
    if brief and found.note.find("interval") >= 0:
        notes.append("intervals are in report.html")
    if len(found.rows) > MOST_ROWS:
        notes.append(f"the first {MOST_ROWS} of {len(found.rows)} arms: report.html has all")
    headings = [
        *map(heading, columns),
        *(["further"] if together else []),
        *((NARROW if narrow else HEADINGS).get(name) or heading(name) for name in found.measures),
    ]
    short = NARROW_INTERVAL if narrow else INTERVAL
    title = called(found.measures[0]) if measure in found.measures[:1] else "reach cut off against people hit"
    return grid(title[0].upper() + title[1:], "; ".join(notes), headings, lines, short=short)


def _measures(table: pd.DataFrame, measure: str | None, most: int) -> list[str]:
    """Return the measures that a terminal shows, so many at most."""
    if nobody_acted_upon(table):
        return list(dict.fromkeys([measure or "reach", "impressions"]))
    shown = list(HEADINGS)[:most]
    usual = [name for name in ORDER if name in shown]
    return usual if measure is None or measure in usual else [measure, *usual[: most - 1]]


def heading(column: str) -> str:
    """Return a column's name, its group left out, in lines of a few characters."""
    if column == "threshold":
        return "thres-\nhold"
    lines = [""]
    for part in _short(column).split("_"):
        if lines[-1] and len(lines[-1]) + len(part) + 1 > HEADING:
            lines.append("")
        lines[-1] += f" {part}" if lines[-1] else part
    return "\n".join(lines)


def per_cent(value: float) -> str:
    """Write a share in per cent, without the sign."""
    if value != value:
        return "–"
    digits = 1 if abs(value) >= 0.1 or value == 0.0 else 2
    return f"{100 * value:.{digits}f}"


def plain_text(value: float) -> str:
    """Write an amount."""
    return "–" if value != value else plain(value)


def _note(table: pd.DataFrame, arms: Sequence[str], measures: Sequence[str], rows: list[Any]) -> str:
    """Return what the numbers are, what they stand on, and what was the same in all runs."""
    per_cents = [is_share(name) for name in measures]
    unit = "per cent" if all(per_cents) else "shares in per cent" if any(per_cents) else ""
    lost = int(table["failed"].notna().sum()) if "failed" in table else 0
    same = [name for name in ("detector", "threshold") if name in arm_columns(table) and name not in arms]
    held = ", ".join(f"{name} {value_text(table[name].iloc[0])}" for name in same)
    notes = [
        unit,
        whole_seeds(table),
        "n: seeds that it is a mean of, where they are fewer" if "n=" in str(rows) else "",
        f"{lost} of {len(table)} runs broke off and are in no mean" if lost else "",
        "nobody acted upon" if nobody_acted_upon(table) else held,
    ]
    return "; ".join(filter(None, notes))


def _short(column: str) -> str:
    return column.rpartition(".")[2]
