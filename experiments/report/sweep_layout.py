"""What goes where in the figure of a sweep: given, or chosen from what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from experiments.store.arms import arm_columns, find_column, is_number, measure_columns, varied_columns
from sim.config import ConfigError


@dataclass(frozen=True)
class Layout:
    """What goes where in a figure of a sweep.

    Attributes
    ----------
    x, y : str
        `y` is a measure, `x` a measure or a column.
    hue, along : str or None
        The column of the colours; if `x` is a measure, the column that a line runs along.
    panels : list of str
        Columns whose values have an axis each.
    determined : list of str
        Columns that have one value for each of `hue`, such as thresholds of which each detector has its own.
    """

    x: str
    y: str
    hue: str | None
    along: str | None
    panels: list[str]
    determined: list[str] = field(default_factory=list)


def choose(table: pd.DataFrame, x: str | None = None, y: str | None = None, hue: str | None = None) -> Layout:
    """Return what goes where; what is not given is chosen.

    Raises
    ------
    ConfigError
        There is no such column or measure.
    """
    varied, measures = varied_columns(table), measure_columns(table)
    y = find_column(y or "reach_cut_off", measures, "measure y =")
    methods = _own_thresholds(table, varied)
    if x is None:
        if methods and hue in (None, "detector") and y != "false_positive_rate" and "false_positive_rate" in measures:
            x, hue = "false_positive_rate", "detector"
        else:
            free = [name for name in varied if name != hue]
            numbers = [name for name in free if is_number(table[name])]
            x = max(numbers or free or ["detector"], key=lambda name: int(table[name].nunique()))
    x = find_column(x, [*arm_columns(table), *measures], "x =")
    if hue is not None:
        hue = find_column(hue, arm_columns(table), "hue =")
        if hue == x:
            raise ConfigError(f"x and hue are both {x}: give one of them another column.")
    rest = [name for name in varied if name not in (x, hue)]
    along = None
    if x in measures:
        if hue is None and len(rest) > 1:
            hue = "detector" if "detector" in rest else rest[0]
            rest.remove(hue)
        along = "threshold" if "threshold" in rest else next(iter(rest), None)
        rest = [name for name in rest if name != along]
    elif hue is None and rest:
        hue = rest.pop(0)
    known = table.groupby(hue, dropna=False)[rest].nunique(dropna=False) if hue is not None and rest else None
    determined = [name for name in rest if known is not None and int(known[name].max()) == 1]
    return Layout(x, y, hue, along, [name for name in rest if name not in determined], determined)


def _own_thresholds(table: pd.DataFrame, varied: Sequence[str]) -> bool:
    """Return whether some detector was tried at several thresholds and there are several detectors, or it alone."""
    return "threshold" in varied and bool((table.groupby("detector")["threshold"].nunique() > 1).any())
