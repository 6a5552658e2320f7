"""Detectors within a budget of people hit, in sentences and in a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from detectors.evaluation.intervals import MIN_SEEDS, interval
from experiments.report.each_value import each_value
from experiments.report.words import ends_of, value_of
from experiments.store.arms import arm_columns, value_text
from experiments.store.budget import CHOSEN, HIT
from experiments.store.paired import CHOSEN_BY
from experiments.store.summary import scale_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ARMS = 12  # in a sentence


def budget_sentences(chosen: pd.DataFrame, most_hit: float) -> list[str]:
    """Return what cuts off most reach within a budget, the best first, and what each other column changes.

    Parameters
    ----------
    chosen : pandas.DataFrame
        `experiments.store.budget.within_budget`.
    most_hit : float
        The budget.
    """
    budget = f"at most {100 * most_hit:g}% of people hit"
    if chosen.empty:
        return [f"Thresholds of {budget} are chosen on the other seeds: that takes two whole seeds of an arm."]
    arms = arm_columns(chosen)
    clauses = []
    for values, runs in chosen.groupby(arms, sort=False, dropna=False):
        others = [f"{one} = {value_text(value)}" for one, value in zip(arms[1:], values[1:], strict=True)]
        name = ", ".join([str(values[0]), *others])
        clauses.append((-float(runs[CHOSEN_BY].mean()), f"{name} {_clause(runs)}"))
    clauses.sort(key=lambda one: one[0])
    more = f"; and {len(clauses) - MOST_ARMS} more" if len(clauses) > MOST_ARMS else ""
    seeds = int(chosen["seed"].nunique())
    kind = "95% intervals" if seeds >= MIN_SEEDS else "ranges of the seeds, too few for intervals"
    said = [
        f"With {budget} on the seeds that a threshold is chosen on, reported on the others ({seeds} seeds; in brackets "
        f"{kind}), reach is cut off by: {'; '.join(text for _, text in clauses[:MOST_ARMS])}{more}."
    ]
    for column in arms[1:]:
        said += each_value(chosen, column, "detector" if chosen["detector"].nunique() > 1 else None, CHOSEN_BY)
    if len(arms) > 1 and chosen["detector"].nunique() > 1:
        said += each_value(chosen, "detector", arms[1], CHOSEN_BY)
    return said


def _clause(runs: pd.DataFrame) -> str:
    """Return what an arm cuts off, at which thresholds and whom it hits."""
    one = interval(runs[CHOSEN_BY], scale_of(CHOSEN_BY))
    low, high = ends_of(one, runs[CHOSEN_BY])
    level = f"{value_of(CHOSEN_BY, one.mean)} ({value_of(CHOSEN_BY, low)} to {value_of(CHOSEN_BY, high)})"
    if np.isinf(runs[CHOSEN]).all():
        return f"{level}: no threshold keeps to the budget, so nothing is done"
    thresholds = [value_text(value) if np.isfinite(value) else "nothing done" for value in sorted(set(runs[CHOSEN]))]
    return f"{level} at {' or '.join(thresholds)}, {value_of(HIT, float(runs[HIT].mean()))} of people hit"


def budget_figure(chosen: pd.DataFrame, most_hit: float, about: str = "") -> Figure:
    """Draw reach cut off within the budget: across what varies beside detectors, or else the detectors themselves."""
    from experiments.report.sweep_plot import plot

    others = arm_columns(chosen)[1:]
    across, hue = (others[0], "detector") if others else ("detector", None)
    said = ", ".join(filter(None, [about, f"at most {100 * most_hit:g}% of people hit"]))
    return plot(chosen, across, CHOSEN_BY, hue, cut=True, about=said)
