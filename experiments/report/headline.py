"""The headline figure: how much reach is cut off at how many people hit, by each detector and by rules of ten lines."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from detectors.evaluation.intervals import MIN_SEEDS
from experiments.report.about import world_text
from experiments.report.curve import half_widths
from experiments.report.style import (
    CEILING,
    DOTS,
    GREY,
    STYLE,
    label,
    literal,
    look,
    new_figure,
    ordered,
    over_seeds,
    percent,
)
from experiments.store.against import TRIVIAL_RULES
from experiments.store.summary import means

X, Y = "people_hit", "reach_cut_off"
LEAST_HIT, MOST_HIT = 5e-5, 1e-2  # share of the organic accounts: what the axis of people hit shows
LEAST_PEOPLE = 10  # hit over all seeds, from which on a point is drawn: of fewer the share is hardly known
#: Rules that look at one account at a time: dashed lines, which a method must lie above to be worth its name.
SIMPLE_RULES = TRIVIAL_RULES
_COLUMNS = ("detector", "threshold", "seed", X, "people_hit_count", Y)
_POINTS = "pXdhP8"  # markers


def headline(table: pd.DataFrame, points: Sequence[str] = (), *, scenario: str, scale: float, days: int) -> Figure:
    """Draw reach cut off against people hit, from 0.005% to 1% of the organic accounts.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run: detector, threshold, seed, people_hit, people_hit_count, reach_cut_off; NaN where undefined.
    points : sequence of str
        Names in the column `detector` that make no line but a point: what is done otherwise than by one detector at
        one threshold.
    scenario : str
        Its name.
    scale : float
        Of the runs.
    days : int
        Length of the runs.

    Returns
    -------
    matplotlib.figure.Figure
        One line a detector through the means of its thresholds, from the first on at which ten people or more are hit
        over all seeds, with 95% intervals over seeds in both directions. A point that hits fewer is a level. A line
        that lies beyond 1% altogether stands in the legend, which says so.

    Raises
    ------
    ValueError
        A column is missing.
    """
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise ValueError(f"the headline's table needs the columns {', '.join(_COLUMNS)}; it has no {missing[0]}.")
    lines = table[~table["detector"].isin(list(points))]
    with matplotlib.rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1, (8.2, 4.6))
        ax.set_xscale("log")
        names = ordered(lines["detector"])
        single = 1 < table["seed"].nunique() < MIN_SEEDS
        for name in names:
            rows = lines[lines["detector"] == name]
            _line(ax, name, names, _points_of(rows, "threshold"))
            if single:
                ax.plot(rows[X], rows[Y], **DOTS, color=look(name, names)[0])
        for i, name in enumerate(name for name in points if name in set(table["detector"])):
            point = table[table["detector"] == name]
            _point(ax, name, _POINTS[i % len(_POINTS)], _points_of(point, "detector"))
        ax.set_xlim(LEAST_HIT, MOST_HIT)
        low, high = ax.get_ylim()
        ax.set_ylim(min(low, -0.02), min(max(high, 0.1), 1.05))
        ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
        ax.xaxis.set_major_formatter(FuncFormatter(percent))
        ax.yaxis.set_major_formatter(FuncFormatter(percent))
        ax.set_xlabel("people hit (share of the organic accounts ever suspended or challenged)")
        ax.set_ylabel("reach cut off (reads of silenced readers left out)")
        note = over_seeds(int(table["seed"].nunique()), "dots")
        ax.set_title(f"{literal(world_text(scenario, scale, days))}: {note}", fontsize=9)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def _points_of(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return one row a value of `key`: mean, low and high of both axes, and the people hit over all seeds."""
    long = means(table.melt([key], [X, Y], "measure", "value"), [key, "measure"])
    wide = pd.concat(
        [
            long[long["measure"] == measure]
            .set_index(key)[["mean", "low", "high"]]
            .set_axis([measure, f"{measure}_low", f"{measure}_high"], axis=1)
            for measure in (X, Y)
        ],
        axis=1,
    )
    return wide.assign(people=table.groupby(key)["people_hit_count"].sum()).reset_index(names="name")


def _line(ax: Axes, name: str, names: list[str], points: pd.DataFrame) -> None:
    """Draw a detector's line, through the points at which enough people are hit; the ceiling hits none: a level."""
    colour, marker, _ = look(name, names)
    if name == CEILING:
        ax.axhline(points[Y].max(), color=colour, linestyle="--", linewidth=1.0, label=label(name), zorder=1)
        return
    known = points[(points["people"] >= LEAST_PEOPLE) & points[Y].notna()].sort_values(X)
    simple = name in SIMPLE_RULES
    beyond = " (hits more)" if len(known) and known[X].min() > MOST_HIT else ""
    ax.errorbar(
        known[X], known[Y], xerr=half_widths(known, X), yerr=half_widths(known, Y), color=colour, marker=marker,
        markersize=4.0 if simple else 5.0, linewidth=1.1 if simple else 1.6, linestyle="--" if simple else "-",
        elinewidth=0.7, capsize=1.5, label=label(name) + beyond, zorder=2 if simple else 3,
    )  # fmt: skip


def _point(ax: Axes, name: str, marker: str, point: pd.DataFrame) -> None:
    """Draw what is done otherwise: a point, or a level where it hits too few people for one."""
    people, height = int(point["people"].iloc[0]), float(point[Y].iloc[0])
    if people < LEAST_PEOPLE:
        text = f"{literal(name)} (hits {people or 'nobody'})"
        ax.axhline(height, color=GREY, linestyle=":", linewidth=1.2, label=text, zorder=1)
        return
    ax.errorbar(
        point[X], point[Y], xerr=half_widths(point, X), yerr=half_widths(point, Y), color="#000000",
        marker=marker, markersize=7.0, linestyle="none", elinewidth=0.7, capsize=1.5, label=literal(name), zorder=4,
    )  # fmt: skip
