"""The table of a sweep: what each threshold of each detector cuts off and whom it hits."""

from __future__ import annotations

import pandas as pd
from rich.table import Table

from experiments.report.comparison_columns import between
from experiments.report.layout import Line, grid
from experiments.report.style import over_seeds
from experiments.store.summary import sweep_means

HEADINGS = {
    "false_positive_rate": "false\npositives",
    "reach_cut_off": "reach\ncut off",
    "impressions_cut_off": "impressions\ncut off",
    "recall_amplifiers": "amplifiers\ncaught",
}


def sweep_table(table: pd.DataFrame) -> Table:
    """Return a sweep as a table: detectors and thresholds down, measures across, mean and 95% interval over seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `experiments.sweep.run_sweep`.
    """
    found = sweep_means(table, list(HEADINGS)).set_index("measure")
    seeds = int(table["seed"].nunique())
    lines: list[Line] = []
    last = None
    for (name, threshold), part in found.groupby(["detector", "threshold"], sort=False):
        cells = []
        for measure in HEADINGS:
            row = part.loc[measure]
            few = "" if row["undefined"] == 0 or row["seeds"] == 0 else f"n={row['seeds']}"
            limits = between(row["low"], row["high"], per_cent)
            cells.append((per_cent(row["mean"]), "\n".join(filter(None, (limits, few)))))
        lines.append(Line(str(name) if name != last else "", "", [(f"{threshold:g}", ""), *cells], name != last))
        last = name
    note = f"per cent; {over_seeds(seeds)}" + ("; n: seeds where it is defined" if "n=" in str(lines) else "")
    headings = ["detector", "thres-\nhold", *HEADINGS.values()]
    return grid("Reach cut off against people hit", note, headings, lines, short=11)


def per_cent(value: float) -> str:
    """Write a share in per cent, without the sign."""
    if value != value:
        return "–"
    digits = 1 if abs(value) >= 0.1 or value == 0.0 else 2
    return f"{100 * value:.{digits}f}"
