"""One measure against another: a line through the means of each arm, intervals both ways, values at the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from experiments.report.style import CEILING, DOTS, GREY, percent
from experiments.report.words import plain
from experiments.store.arms import is_number, value_text, whole
from experiments.store.summary import arm_means, is_share

MOST_LABELS = 150  # points of a figure that are labelled
SMALLEST_RATE = 1e-4  # below it the axis of false positives is linear, so that zero has a place


@dataclass(frozen=True)
class Look:
    """How the runs of one value of the hue are drawn."""

    colour: str
    marker: str
    dashes: str
    label: str


@dataclass
class Points:
    """Means that were drawn, and what is written beside them."""

    ax: Axes
    at: list[tuple[float, float]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)


def draw_curve(
    ax: Axes,
    table: pd.DataFrame,
    axes: tuple[str, str],
    looks: Mapping[Any, Look],
    hue: str | None,
    along: str | None,
) -> Points:
    """Draw a line per value of `hue` through the values of `along`, each a mean over seeds.

    Parameters
    ----------
    ax : Axes
    table : pandas.DataFrame
        A row a run.
    axes : (str, str)
        The measures of the horizontal and the vertical axis.
    looks : mapping
        How each value of `hue` looks.
    hue, along : str or None
        Columns.

    Returns
    -------
    Points
        For `set_limits` and `label_points`.
    """
    x, y = axes
    if x.startswith("false_positive_rate"):
        ax.set_xscale("symlog", linthresh=SMALLEST_RATE, linscale=0.5)
    points = Points(ax)
    for value, look in looks.items():
        rows = table if hue is None else table[table[hue] == value]
        if rows.empty:
            continue
        wide = wide_means(rows, [along] if along else [], [x, y])
        by = [along] if along and is_number(wide[along]) else [x, y]
        wide = wide.sort_values(by, ascending=along != "threshold", kind="stable")  # a falling threshold hits more
        if hue == "detector" and value == CEILING and y == "reach_cut_off" and wide[y].notna().any():
            ax.axhline(np.nanmax(wide[y]), color=look.colour, linestyle="--", linewidth=1.0, zorder=1)
        ax.errorbar(
            wide[x], wide[y], xerr=half_widths(wide, x), yerr=half_widths(wide, y), color=look.colour,
            marker=look.marker, linestyle=look.dashes if along else "none", markersize=4.5, linewidth=1.4,
            elinewidth=0.8, capsize=1.5, label=look.label, zorder=3,
        )  # fmt: skip
        few = wide[wide[f"{y}_low"].isna() & (wide["seeds"] > 1)]
        if len(few):
            seeds = whole(rows[rows[along].isin(few[along])] if along else rows)
            ax.plot(seeds[x], seeds[y], **DOTS, color=look.colour)
        points.at += list(zip(wide[x], wide[y], strict=True))
        points.texts += [value_text(one) for one in wide[along]] if along else [""] * len(wide)
        points.colours += [look.colour] * len(wide)
    return points


def wide_means(table: pd.DataFrame, arms: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """Return means, a row an arm: for each measure `m`, `m_low`, `m_high`, and `seeds` of the last measure."""
    long = arm_means(table, arms, measures)
    first, rest = long[long["measure"] == measures[0]], measures[1:]
    wide = first[[*arms, "failed", "runs"]].reset_index(drop=True)
    for measure in (measures[0], *rest):
        part = long[long["measure"] == measure].reset_index(drop=True)
        for column, name in (("mean", measure), ("low", f"{measure}_low"), ("high", f"{measure}_high")):
            wide[name] = part[column]
        wide["seeds"] = part["seeds"]
    return wide


def half_widths(means: pd.DataFrame, measure: str) -> Any:
    """Return the two sides of each interval (2, points); 0 where there is no interval."""
    mean = means[measure]
    return np.nan_to_num(np.stack([mean - means[f"{measure}_low"], means[f"{measure}_high"] - mean]))


def axis_format(measure: str) -> FuncFormatter:
    """Return how the values of a measure are written at an axis."""
    if measure.startswith("false_positive_rate"):
        return FuncFormatter(lambda value, _: f"{100 * value:g}%")
    return FuncFormatter(percent) if is_share(measure) else FuncFormatter(lambda value, _: plain(value))


def label_points(figure: Figure, drawn: Sequence[Points], size: float = 7.0) -> None:
    """Write beside each point what it stands for, at the first place around it that is free."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    renderer = canvas.get_renderer()
    figure.set_layout_engine("none")  # positions measured now must not change any more
    around = ((1, -2), (1, 1), (-1, 1), (-1, -2), (0, 2), (0, -3))
    offsets = [(x * far, y * far) for far in (5, 9, 14, 20) for x, y in around]
    for points in drawn:
        taken = _taken(points)
        for (x, y), text, colour in zip(points.at, points.texts, points.colours, strict=True):
            if np.isnan(x) or np.isnan(y) or not text:
                continue
            for dx, dy in offsets:
                note = points.ax.annotate(
                    text, (x, y), (dx, dy), textcoords="offset points", fontsize=size, color=colour,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.2},
                    ha="center" if dx == 0 else "left" if dx > 0 else "right", zorder=4,
                )  # fmt: skip
                box = note.get_window_extent(renderer)
                if not any(box.overlaps(other) for other in taken):
                    taken.append(box)
                    break
                note.remove()


def _taken(points: Points) -> list[Bbox]:
    """Return the boxes that points and intervals take up, in pixels."""
    ax = points.ax
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in ax.transData.transform(points.at or [(0, 0)])]
    for arms in ax.collections:  # the intervals: a box for each segment
        for segment in arms.get_segments() if isinstance(arms, LineCollection) else ():
            if not len(segment):  # of a mean that is undefined
                continue
            low, high = ax.transData.transform(segment)
            taken.append(Bbox.from_extents(*(np.minimum(low, high) - 1), *(np.maximum(low, high) + 1)))
    return taken


def set_limits(drawn: Sequence[Points], x: str, y: str) -> None:
    """Set the limits of axes that go together: a rate of false positives begins at 0, a share ends at 1."""
    found = [one for points in drawn for one, _ in points.at if not np.isnan(one)]
    low = min(points.ax.get_ylim()[0] for points in drawn)
    high = max(points.ax.get_ylim()[1] for points in drawn)
    for points in drawn:
        ax = points.ax
        if x.startswith("false_positive_rate"):
            ax.set_xlim(-SMALLEST_RATE * 0.15, min(1.0, max([0.01, *found]) * 1.6))
        if is_share(y):
            ax.set_ylim(min(low, -0.02), min(max(high, 0.1), 1.05))
            ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
        ax.xaxis.set_major_formatter(axis_format(x))
        ax.yaxis.set_major_formatter(axis_format(y))
