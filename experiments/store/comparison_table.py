"""A comparison as one flat table, `comparison.parquet` and `comparison.csv`: a row a detector and layer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.store.comparison import Comparison
from experiments.store.results import write_table
from sim.core.files import write_whole

NAME = "comparison"
KEYS = ["detector", "layer"]
_LAYERS = ("core", "amplifiers", "operation", "all")


def comparison_table(found: Comparison) -> pd.DataFrame:
    """Return every measure of a comparison beside one another.

    Returns
    -------
    pandas.DataFrame
        detector, layer (core, amplifiers, operation, or all for what belongs to no layer), and of each measure its mean
        over the seeds reported on and, as `_low` and `_high`, its 95% interval. A measure at a threshold is followed by
        `@` and the rule; one in the loop begins with `loop_`.
    """
    summary = found.summary()
    part = summary[summary["layer"].isin(_LAYERS)]
    names = [
        ("loop_" if where == "loop" else "") + measure + ("" if rule == "none" else f"@{rule}")
        for where, rule, measure in zip(part["part"], part["rule"], part["measure"], strict=True)
    ]
    columns: dict[tuple[str, str], dict[str, float]] = {}
    for name, (_, row) in zip(names, part.iterrows(), strict=True):
        into = columns.setdefault((row["detector"], row["layer"]), {})
        into |= {name: row["mean"], f"{name}_low": row["low"], f"{name}_high": row["high"]}
    return pd.DataFrame([dict(zip(KEYS, key, strict=True)) | values for key, values in columns.items()])


def write_comparison(found: Comparison, folder: Path) -> None:
    """Write the flat table as Parquet and CSV, and the paired differences as Parquet."""
    table = comparison_table(found)
    write_table(table, folder / f"{NAME}.parquet")
    write_whole(folder / f"{NAME}.csv", table.to_csv(index=False, lineterminator="\n").encode())
    write_table(found.differences(), folder / "differences.parquet")
