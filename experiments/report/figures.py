"""The two figures: reach cut off against false positives, and the operation over time with and without enforcement."""

from __future__ import annotations

import io
from collections.abc import Iterable
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
from scipy import stats

from experiments.report.terminal import summarise
from experiments.sweep import UNENFORCED
from sim.core.files import write_whole

# Okabe and Ito's colours, told apart by colour-blind readers; markers differ too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
FLOOR, CEILING = "random", "oracle"
GREY = "#555555"
STYLE = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "takedown",  # the same figure gives the same file
    "svg.fonttype": "none",
    "legend.frameon": False,
}
SMALLEST_RATE = 1e-4  # below it the axis of false positives is linear, so that nought has a place


def curve(table: pd.DataFrame) -> Figure:
    """Draw reach cut off against the false-positive rate.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table: detector, threshold, seed, false_positive_rate, reach_cut_off.

    Returns
    -------
    matplotlib.figure.Figure
        One line per detector through its thresholds, with the 95% intervals over seeds in both directions. The
        oracle, which hits nobody by mistake, is a level: the ceiling.
    """
    summary = summarise(table, ("false_positive_rate", "reach_cut_off"))
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(1)
        (ax,) = axes
        ax.set_xscale("symlog", linthresh=SMALLEST_RATE, linscale=0.5)
        for index, name in enumerate(_names(summary["detector"])):
            part = summary[summary["detector"] == name]
            colour, marker = _look(name, index)
            rate, cut = part["false_positive_rate"].to_numpy(), part["reach_cut_off"].to_numpy()
            order = np.lexsort((cut, rate))
            if name == CEILING and not np.isnan(cut).all():
                ax.axhline(np.nanmax(cut), color=colour, linestyle="--", linewidth=1.0, zorder=1)
            ax.errorbar(
                rate[order], cut[order],
                xerr=np.nan_to_num(_clipped(rate, part["false_positive_rate_half"].to_numpy()))[:, order],
                yerr=np.nan_to_num(part["reach_cut_off_half"].to_numpy())[order],
                color=colour, marker=marker, markersize=4.5, linewidth=1.4, elinewidth=0.8, capsize=1.5,
                label=_label(name), zorder=3,
            )  # fmt: skip
        highest = max(0.1, float(summary["false_positive_rate"].max()))
        ax.set_xlim(-SMALLEST_RATE * 0.15, min(1.0, highest * 1.6))
        low, high = ax.get_ylim()
        ax.set_ylim(min(low, -0.02), min(max(high, 0.1), 1.05))
        ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))
        ax.set_xlabel("false-positive rate (share of the organic public ever acted upon)")
        ax.set_ylabel("reach cut off (share of the unenforced twin's reach)")
        seeds = int(table["seed"].nunique())
        note = f"mean and 95% interval over {seeds} seeds" if seeds > 1 else "one seed"
        ax.set_title(f"What enforcement cuts off, and whom it hits ({note}; numbers are thresholds)", fontsize=9)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
        figure.set_size_inches(8.2, 4.6)
        _label_points(figure, ax, summary)
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
        figure, (above, below) = _figure(2)
        figure.set_size_inches(8.2, 5.4)
        for part, label, colour, style in (
            (free, "no enforcement", COLOURS[1], "--"),
            (enforced, f"{_label(detector)} at {threshold:g}", COLOURS[0], "-"),
        ):
            days, impressions = _per_day(part, "impressions")
            _band(above, days, impressions, label, colour, style)
            hours, live = _per_step(part, "live_amplifiers")
            _band(below, hours / 24.0, live, label, colour, style)
        above.set_ylabel("impressions a day")
        below.set_ylabel("live amplifiers")
        below.set_xlabel("days from the start")
        seeds = int(enforced["seed"].nunique())
        note = f"mean and 95% interval over {seeds} seeds" if seeds > 1 else "one seed"
        above.set_title(f"The operation with and without enforcement ({note})", fontsize=9)
        for ax in (above, below):
            ax.set_ylim(bottom=0.0)
            ax.set_xlim(left=0.0)
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        above.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def shown_policy(table: pd.DataFrame, most_false_positives: float = 0.05) -> tuple[str, float]:
    """Return the detector and threshold for `over_time`: the most reach cut off among those that hit few by mistake.

    Floor and ceiling are passed over where there is anything else; where all hit too many, the least is taken.
    """
    summary = summarise(table, ("false_positive_rate", "reach_cut_off"))
    methods = summary[~summary["detector"].isin([FLOOR, CEILING])]
    methods = methods if len(methods) else summary
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


def _figure(rows: int) -> tuple[Figure, list[Axes]]:
    """Return a figure that no window system knows of, and its axes, one above the other."""
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)
    return figure, list(axes[:, 0])


def _names(names: Iterable[str]) -> list[str]:
    """Return detectors in the order of the legend: ceiling first, floor last."""
    methods = [name for name in dict.fromkeys(names) if name not in (FLOOR, CEILING)]
    present = set(names)
    return [*([CEILING] if CEILING in present else []), *methods, *([FLOOR] if FLOOR in present else [])]


def _look(name: str, index: int) -> tuple[str, str]:
    if name == CEILING:
        return "#000000", "*"
    return (GREY, "x") if name == FLOOR else (COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)])


def _label(name: str) -> str:
    return {CEILING: "oracle (ceiling)", FLOOR: "random (floor)"}.get(name, name.replace("_", "-"))


def _clipped(centre: Any, half: Any) -> Any:
    """Return an interval's two arms, the lower not beyond nought."""
    return np.stack([np.minimum(half, centre), half])


def _label_points(figure: Figure, ax: Axes, summary: pd.DataFrame) -> None:
    """Write each point's threshold beside it, at the first place around it where nothing is written yet."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    renderer = canvas.get_renderer()
    figure.set_layout_engine("none")  # places measured now must stay true
    points = ax.transData.transform(summary[["false_positive_rate", "reach_cut_off"]].to_numpy())
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    for arms in ax.collections:  # the intervals, each segment a box of its own
        for segment in arms.get_segments() if isinstance(arms, LineCollection) else ():
            if not len(segment):  # that of a mean which is undefined
                continue
            low, high = ax.transData.transform(segment)
            taken.append(Bbox.from_extents(*(np.minimum(low, high) - 1), *(np.maximum(low, high) + 1)))
    around = ((1, -2), (1, 1), (-1, 1), (-1, -2), (0, 2), (0, -3))
    offsets = [(x * far, y * far) for far in (5, 9, 14, 20) for x, y in around]
    for name, threshold, rate, cut in summary[
        ["detector", "threshold", "false_positive_rate", "reach_cut_off"]
    ].itertuples(index=False):
        if np.isnan(rate) or np.isnan(cut):
            continue
        colour, _ = _look(name, _names(summary["detector"]).index(name))
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


def _band(ax: Axes, x: Any, values: Any, label: str, colour: str, style: str) -> None:
    """Draw the mean over seeds of `values` (seeds, points) and its 95% interval."""
    mean, seeds = values.mean(axis=0), len(values)
    ax.plot(x, mean, color=colour, linestyle=style, linewidth=1.4, label=label)
    if seeds > 1:
        half = stats.t.ppf(0.975, seeds - 1) * values.std(axis=0, ddof=1) / np.sqrt(seeds)
        ax.fill_between(x, np.maximum(mean - half, 0.0), mean + half, color=colour, alpha=0.2, linewidth=0.0)
