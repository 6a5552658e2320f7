"""What was compared: how many accounts, the operation's share of them, and the parameters of every detector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.report.comparison_columns import count, share, trained
from experiments.report.page import Cells, Drawn
from experiments.report.style import seeds_text
from experiments.store.comparison import Comparison

_CALLED = {"organic": "organic public", "core": "core", "amplifiers": "amplifiers"}


def sizes(found: Comparison) -> pd.DataFrame:
    """Return the mean numbers of accounts over the seeds reported on.

    Returns
    -------
    pandas.DataFrame
        By layer: accounts, accounts_acted, controls (of the public alone); empty where this was not counted.
    """
    rows = found.measures[found.measures["measure"].isin(["accounts", "accounts_acted", "controls"])]
    once = rows.drop_duplicates(["seed", "layer", "measure"])  # the same for every detector
    return (
        once.pivot_table(index="layer", columns="measure", values="value", aggfunc="mean")
        if len(once)
        else pd.DataFrame()
    )


def sizes_text(found: Comparison) -> str:
    """Return the sizes in one line, or nothing."""
    table = sizes(found)
    if table.empty or not set(_CALLED) <= set(table.index):
        return ""
    at = table["accounts"]
    operation = at["core"] + at["amplifiers"]
    base = operation / (operation + at["organic"])
    theirs = f"{at['core']:,.0f} core, {at['amplifiers']:,.0f} amplifiers"
    return f"{at['organic']:,.0f} people, {theirs}: {share(base)} of all"


def size_table(found: Comparison) -> Drawn:
    """Return the layers down, their sizes and shares across."""
    table = sizes(found)
    rows: list[Cells] = []
    whole = float(table.loc[table.index.isin(list(_CALLED)), "accounts"].sum()) if not table.empty else 0.0
    for layer, called in _CALLED.items():
        if layer in table.index:
            row = table.loc[layer]
            cells = [row["accounts"], row["accounts_acted"], row.get("controls", math.nan)]
            accounts, acted, controls = ((count(value), "") for value in cells)
            rows.append([(called, ""), accounts, acted, (share(row["accounts"] / whole), ""), controls])
    headings = ["layer", "accounts", "of them acted", "share of all accounts", "controls of the ranking"]
    return Drawn(
        headings, rows, f"Means over {seeds_text(found.report_seeds)}; accounts registered by the end of the run."
    )


def settings_table(found: Comparison) -> Drawn:
    """Return the class and the parameters of every detector."""
    rows: list[Cells] = [
        [(name, ""), (str(given.get("_target_", "")), ""), (_parameters(given), "")]
        for name, given in found.settings.items()
    ]
    return Drawn(["detector", "class", "parameters"], rows, trained(found).strip(), text=True)


def _parameters(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in given.items() if not key.startswith("_")) or "none"
