"""The takedown in a notebook: a run before it and after it, beside the run without enforcement."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from sim import InfluenceModel
from sim.events.records import PROMOTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

DAY = 86_400
#: Measures of a day. What is paid for stands apart from what spreads.
MEASURES = {
    "impressions": "reads of the campaign, not paid for",
    "promoted": "reads that were paid for",
    "reach": "people newly reached",
    "organic_amplification": "reposts by people",
}


def day_of(model: InfluenceModel) -> int | None:
    """Return the number of the day of the announcement in a run, the first being 0; None where it is not in it."""
    seconds = model.config.scenario.announced_seconds
    return None if seconds is None else seconds // DAY


def per_day(model: InfluenceModel, measure: str) -> NDArray[np.float64]:
    """Return what each day of a finished run came to, float64 (days,).

    Parameters
    ----------
    measure : str
        One of `MEASURES`, or `live_amplifiers` at the end of the day.
    """
    days = model.config.scenario.days
    if measure in ("impressions", "promoted"):
        reads = model.impressions
        counted = (reads["source"] == PROMOTED) == (measure == "promoted")
        return np.bincount(reads["time"][counted] // DAY, minlength=days).astype(np.float64)
    by_step = np.asarray(model.outcome().series[measure], np.float64).reshape(days, -1)
    if measure == "organic_amplification":
        return by_step.sum(axis=1)
    return np.diff(by_step[:, -1], prepend=0.0) if measure == "reach" else by_step[:, -1]


def before_and_after(defended: InfluenceModel, unenforced: InfluenceModel, days: int = 14) -> pd.DataFrame:
    """Return means a day in both runs, of so many days before the takedown and after it; NaN where there are none."""
    import pandas as pd

    day = day_of(defended) or 0
    parts = {"before": slice(max(day - days, 0), day), "after": slice(day, day + days if day else 0)}
    runs = {"enforced": defended, "unenforced": unenforced}
    columns = {
        (name, when): [_mean(per_day(model, measure)[part]) for measure in MEASURES]
        for name, model in runs.items()
        for when, part in parts.items()
    }
    return pd.DataFrame(columns, index=pd.Index(MEASURES.values(), name="a day"))


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")


def days(runs: Mapping[str, InfluenceModel]) -> Figure:
    """Return impressions and live amplifiers by day of one run or two, by name; the title is of the first."""
    from experiments.report.notebook import NotebookFigure, titled
    from experiments.report.style import COLOURS

    first = next(iter(runs.values())).config
    made = NotebookFigure(figsize=(7.5, 4.4), layout="constrained")
    axes = made.subplots(2, 1, sharex=True)
    for (name, model), colour, dashes in zip(runs.items(), (COLOURS[1], COLOURS[0]), ("--", "-"), strict=False):
        for ax, measure in zip(axes, ("impressions", "live_amplifiers"), strict=True):
            ax.plot(per_day(model, measure), dashes, color=colour, label=name)
    for ax, label in zip(axes, ("reads a day, not paid for", "live amplifiers"), strict=True):
        ax.set(ylabel=label, ylim=(0, None))
    axes[1].set_xlabel(f"day of the run, from {first.scenario.start} on")
    axes[0].legend(frameon=False, fontsize="small")
    return titled(made, first)


def figure(defended: InfluenceModel, unenforced: InfluenceModel) -> Figure:
    """Return impressions and live amplifiers by day in both runs, and the day of the takedown."""
    from experiments.report.style import GREY

    made, day = days({"without enforcement": unenforced, "the defence of 2019": defended}), day_of(defended)
    if day is not None:
        date = dt.date.fromisoformat(str(defended.config.scenario.announced))
        for ax in made.axes:
            ax.axvline(day, color=GREY, linestyle=":", label=f"announced, {date.day} {date:%B %Y}")
        made.axes[0].legend(frameon=False, fontsize="small")
    return made
