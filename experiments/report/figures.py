"""Figures of a sweep: reach cut off against false positives; the operation over time, enforced against and not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from detectors.evaluation.intervals import Scale, interval
from experiments.report.style import (
    CEILING,
    COLOURS,
    FLOOR,
    GREY,
    STYLE,
    label,
    look,
    new_figure,
    ordered,
    over_seeds,
    percent,
    thousands,
)
from experiments.store.summary import sweep_means
from experiments.sweep import UNENFORCED
from sim.core.files import write_whole

AXES = ("false_positive_rate", "reach_cut_off")
SMALLEST_RATE = 1e-4  # below it the axis of false positives is linear, so that zero has a place


def curve(table: pd.DataFrame) -> Figure:
    """Draw reach cut off against the false-positive rate.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table: detector, threshold, seed, false_positive_rate, reach_cut_off.

    Returns
    -------
    matplotlib.figure.Figure
        One line per detector through the means of its thresholds, with 95% intervals over seeds in both directions, or
        with the seeds themselves as dots where they are too few. The oracle, which hits nobody by mistake, is a level:
        the ceiling.
    """
    wide = _wide(table)
    with matplotlib.rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1, (8.2, 4.6))
        ax.set_xscale("symlog", linthresh=SMALLEST_RATE, linscale=0.5)
        names = ordered(wide["detector"])
        for name in names:
            part = wide[wide["detector"] == name].sort_values(list(AXES))
            rate, cut = (part[measure].to_numpy() for measure in AXES)
            colour, marker, _ = look(name, names)
            if name == CEILING and not np.isnan(cut).all():
                ax.axhline(np.nanmax(cut), color=colour, linestyle="--", linewidth=1.0, zorder=1)
            ax.errorbar(
                rate, cut, xerr=_arms(part, "false_positive_rate"), yerr=_arms(part, "reach_cut_off"), color=colour,
                marker=marker, markersize=4.5, linewidth=1.4, elinewidth=0.8, capsize=1.5, label=label(name), zorder=3,
            )  # fmt: skip
            few = part.loc[part["reach_cut_off_low"].isna() & (part["seeds"] > 1), "threshold"]
            seeds = table[(table["detector"] == name) & table["threshold"].isin(few)]
            ax.plot(
                seeds[AXES[0]], seeds[AXES[1]], color=colour, marker=".", markersize=3.5, linestyle="none", alpha=0.6
            )
        highest = max(0.1, float(wide["false_positive_rate"].max()))
        ax.set_xlim(-SMALLEST_RATE * 0.15, min(1.0, highest * 1.6))
        low, high = ax.get_ylim()
        ax.set_ylim(min(low, -0.02), min(max(high, 0.1), 1.05))
        ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
        ax.yaxis.set_major_formatter(FuncFormatter(percent))
        ax.set_xlabel("false-positive rate (share of the organic public ever acted upon)")
        ax.set_ylabel("reach cut off (share of the unenforced twin's reach)")
        note = over_seeds(int(table["seed"].nunique()), "dots")
        ax.set_title(f"Reach cut off and people hit ({note}; numbers are thresholds)", fontsize=9)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
        _label_points(figure, ax, wide, names)
    return figure


def over_time(series: pd.DataFrame, detector: str, threshold: float) -> Figure:
    """Draw the operation's impressions per day and its live amplifiers over time, enforced and not.

    Parameters
    ----------
    series : pandas.DataFrame
        A sweep's series, twins included (detector `none`).
    detector, threshold : str, float
        The enforcement to show.
    """
    enforced = series[(series["detector"] == detector) & (series["threshold"] == threshold)]
    free = series[(series["detector"] == UNENFORCED) & series["seed"].isin(enforced["seed"])]
    with matplotlib.rc_context(STYLE):
        figure, (above, below) = new_figure(2, 1, (8.2, 5.4), sharex=True)
        for part, text, colour, style in (
            (free, "no enforcement", COLOURS[1], "--"),
            (enforced, f"{label(detector)} at {threshold:g}", COLOURS[0], "-"),
        ):
            days, impressions = _per_day(part, "impressions")
            _band(above, days, impressions, text, colour, style)
            hours, live = _per_step(part, "live_amplifiers")
            _band(below, hours / 24.0, live, text, colour, style)
        above.set_ylabel("impressions a day")
        below.set_ylabel("live amplifiers")
        below.set_xlabel("days from the start")
        note = over_seeds(int(enforced["seed"].nunique()), "thin lines")
        above.set_title(f"The operation with and without enforcement ({note})", fontsize=9)
        for ax in (above, below):
            ax.set_ylim(bottom=0.0)
            ax.set_xlim(left=0.0)
            ax.yaxis.set_major_formatter(FuncFormatter(thousands))
        above.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def shown_policy(table: pd.DataFrame, most_false_positives: float = 0.05) -> tuple[str, float]:
    """Return the detector and threshold for `over_time`: the one that cuts off most reach while it hits few.

    Floor and ceiling are left out if there is any other; if all hit too many, the one that hits fewest is returned.
    """
    wide = _wide(table)
    methods = wide[~wide["detector"].isin([FLOOR, CEILING])]
    methods = methods if len(methods) else wide
    few = methods[(methods["false_positive_rate"] <= most_false_positives) & methods["reach_cut_off"].notna()]
    best = few.loc[few["reach_cut_off"].idxmax()] if len(few) else methods.loc[methods["false_positive_rate"].idxmin()]
    return str(best["detector"]), float(best["threshold"])


def save(figure: Figure, path: Path) -> list[Path]:
    """Write a figure as PNG and SVG beside each other; `path` has no ending. The same figure gives the same bytes."""
    written = []
    with matplotlib.rc_context(STYLE):
        for ending, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": "Takedown"})):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=ending, dpi=160, metadata=metadata, bbox_inches="tight")
            target = path.with_name(f"{path.name}.{ending}")
            write_whole(target, buffer.getvalue())
            written.append(target)
    return written


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return the means of a sweep, one row a detector and threshold: `m`, `m_low`, `m_high` of each axis, `seeds`."""
    long = sweep_means(table, AXES)
    parts = []
    for measure in AXES:
        part = long[long["measure"] == measure].set_index(["detector", "threshold"])
        parts.append(part[["mean", "low", "high"]].set_axis([measure, f"{measure}_low", f"{measure}_high"], axis=1))
    seeds = long[long["measure"] == AXES[1]].set_index(["detector", "threshold"])["seeds"]
    return pd.concat([*parts, seeds], axis=1).reset_index()


def _arms(part: pd.DataFrame, measure: str) -> Any:
    """Return the two arms of each interval (2, points); none where there is no interval."""
    mean = part[measure]
    return np.nan_to_num(np.stack([mean - part[f"{measure}_low"], part[f"{measure}_high"] - mean]))


def _label_points(figure: Figure, ax: Axes, wide: pd.DataFrame, names: list[str]) -> None:
    """Write each point's threshold beside it, at the first place around it that is free."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    renderer = canvas.get_renderer()
    figure.set_layout_engine("none")  # positions measured now must not change any more
    points = ax.transData.transform(wide[list(AXES)].to_numpy())
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    for arms in ax.collections:  # the intervals: a box for each segment
        for segment in arms.get_segments() if isinstance(arms, LineCollection) else ():
            if not len(segment):  # of a mean that is undefined
                continue
            low, high = ax.transData.transform(segment)
            taken.append(Bbox.from_extents(*(np.minimum(low, high) - 1), *(np.maximum(low, high) + 1)))
    around = ((1, -2), (1, 1), (-1, 1), (-1, -2), (0, 2), (0, -3))
    offsets = [(x * far, y * far) for far in (5, 9, 14, 20) for x, y in around]
    for name, threshold, rate, cut in wide[["detector", "threshold", *AXES]].itertuples(index=False):
        if np.isnan(rate) or np.isnan(cut):
            continue
        colour, _, _ = look(name, names)
        for dx, dy in offsets:
            text = ax.annotate(
                f"{threshold:g}", (rate, cut), (dx, dy), textcoords="offset points", fontsize=7, color=colour,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.2},
                ha="center" if dx == 0 else "left" if dx > 0 else "right", zorder=4,
            )  # fmt: skip
            box = text.get_window_extent(renderer)
            if not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()


def _per_step(part: pd.DataFrame, measure: str) -> tuple[Any, Any]:
    """Return the hours (steps,) and a measure (seeds, steps)."""
    wide = part.pivot(index="seed", columns="hours", values=measure)
    return wide.columns.to_numpy(), wide.to_numpy()


def _per_day(part: pd.DataFrame, measure: str) -> tuple[Any, Any]:
    """Return the middle of each day (days,) and a measure summed over it (seeds, days)."""
    days = np.ceil(part["hours"] / 24.0).astype(int) - 1
    wide = part.assign(day=days).pivot_table(index="seed", columns="day", values=measure, aggfunc="sum")
    return wide.columns.to_numpy() + 0.5, wide.to_numpy()


def _band(ax: Axes, x: Any, values: Any, text: str, colour: str, style: str) -> None:
    """Draw the mean over seeds of `values` (seeds, points) and its 95% interval, or each seed as a thin line."""
    found = [interval(column, Scale.LOG) for column in values.T]
    ax.plot(x, [one.mean for one in found], color=colour, linestyle=style, linewidth=1.4, label=text)
    if any(one.known for one in found):
        low, high = ([getattr(one, end) for one in found] for end in ("low", "high"))
        ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0.0)
    elif len(values) > 1:
        ax.plot(x, values.T, color=colour, linewidth=0.5, alpha=0.6)
