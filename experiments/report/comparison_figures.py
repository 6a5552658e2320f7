"""Figures of a comparison: what is found, how early, who is wrongly hit, and at which threshold."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from experiments.report.notebook import titled
from experiments.report.style import (
    CEILING,
    DOTS,
    EMBEDDED,
    GREY,
    label,
    literal,
    look,
    new_figure,
    ordered,
    percent,
    thousands,
)
from experiments.store.comparison import Comparison
from sim.config import WorldConfig

LAYERS = ("core", "amplifiers")
LOWEST_RATE = 1e-5


def figures(
    found: Comparison, summary: pd.DataFrame, groups: pd.DataFrame, world: WorldConfig | None = None
) -> dict[str, Figure]:
    """Return the figures of a comparison by name; those with nothing to show are left out.

    Parameters
    ----------
    found : Comparison
    summary, groups : pandas.DataFrame
        Its `summary` and `group_summary`.
    world : WorldConfig, optional
        What was compared on: named above each figure, with the seeds reported on.
    """
    makers: dict[str, Callable[[], Figure | None]] = {
        "areas": lambda: areas(summary, found.measures),
        "roc": lambda: roc(found.curves),
        "roc_whole": lambda: roc_whole(found.curves),
        "precision_recall": lambda: precision_recall(found.curves),
        "detection": lambda: detection(found.curves),
        "wrongly_hit": lambda: wrongly_hit(groups),
        "threshold": lambda: threshold(found.costs, found.points),
        "loop": lambda: loop(summary, found.measures),
        "calibration": lambda: calibration(found.calibration),
    }
    drawn = {}
    with matplotlib.rc_context(EMBEDDED):
        for name, maker in makers.items():
            figure = maker()
            if figure is not None:
                drawn[name] = figure if world is None else titled(figure, world, found.report_seeds)
    return drawn


def areas(summary: pd.DataFrame, measures: pd.DataFrame) -> Figure | None:
    """Draw the area under the ROC curve of each detector with its interval, or its seeds, core and amplifiers apart."""
    part = summary[(summary["measure"] == "auc") & summary["layer"].isin(LAYERS)]
    if part["mean"].isna().all():
        return None
    names = ordered(part["detector"])
    figure, axes = new_figure(1, 2, (8.2, 1.2 + 0.28 * len(names)), sharey=True)
    for ax, layer in zip(axes, LAYERS, strict=True):
        rows = part[part["layer"] == layer].set_index("detector").reindex(names)
        at = np.arange(len(names))
        for y, name in zip(at, names, strict=True):
            row = rows.loc[name]
            colour, marker, _ = look(name, names)
            if row["low"] == row["low"]:
                ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
            else:
                seeds = _seeds(measures, "replay", name, layer, "auc")
                ax.plot(seeds, [y] * len(seeds), **DOTS, color=colour)
            ax.plot(row["mean"], y, marker=marker, color=colour, markersize=5)
        ax.axvline(0.5, color=GREY, linewidth=0.8, linestyle="--")
        ax.set_xlim(0.0, 1.02)
        ax.set_title(layer, fontsize=9)
        ax.set_xlabel("area under the ROC curve (0.5: at random)")
        ax.set_yticks(at, [label(name) for name in names])
        ax.grid(axis="y", color="#eeeeee", linewidth=0.8)
        ax.set_axisbelow(True)
    axes[0].invert_yaxis()
    return figure


def roc(curves: pd.DataFrame) -> Figure | None:
    """Draw the ROC curves below a false-positive rate of 1%, core and amplifiers apart."""
    few = (curves["x"] >= LOWEST_RATE) & (curves["x"] <= 0.0101) if not curves.empty else []
    drawn = _curves(curves[few], "roc", ceiling=False)
    if drawn is None:
        return None
    figure, axes = drawn
    for ax in axes:
        ax.set_xscale("log")
        ax.set_xlim(LOWEST_RATE, 0.01)
        _from_zero(ax)
        rates = np.geomspace(LOWEST_RATE, 0.01, 60)
        ax.plot(rates, rates, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
        ax.yaxis.set_major_formatter(FuncFormatter(percent))
        ax.set_xlabel("false-positive rate (share of the organic public)")
    axes[0].set_ylabel("share of the layer found")
    return figure


def roc_whole(curves: pd.DataFrame) -> Figure | None:
    """Draw the whole ROC curves, small; the ceiling, which is the frame, is left out."""
    drawn = _curves(curves, "roc", ceiling=False, size=(7.2, 2.9))
    if drawn is None:
        return None
    figure, axes = drawn
    for ax in axes:
        ax.plot([0.0, 1.0], [0.0, 1.0], color=GREY, linewidth=0.8, linestyle="--", zorder=1)
        ax.set_xlim(0.0, 1.0)
        ax.set_ylim(-0.02, 1.02)
        ax.xaxis.set_major_formatter(FuncFormatter(percent))
        ax.yaxis.set_major_formatter(FuncFormatter(percent))
        ax.set_xlabel("false-positive rate")
    axes[0].set_ylabel("share of the layer found")
    return figure


def precision_recall(curves: pd.DataFrame) -> Figure | None:
    """Draw precision against the share found, core and amplifiers apart."""
    drawn = _curves(curves, "precision_recall", ceiling=False)
    if drawn is None:
        return None
    figure, axes = drawn
    for ax in axes:
        ax.set_xlim(0.0, 1.0)
        _from_zero(ax)
        ax.xaxis.set_major_formatter(FuncFormatter(percent))
        ax.yaxis.set_major_formatter(FuncFormatter(percent))
        ax.set_xlabel("share of the layer found")
    axes[0].set_ylabel("precision (share of those taken)")
    return figure


def detection(curves: pd.DataFrame) -> Figure | None:
    """Draw the share caught within so many days of the first act, at the threshold of the budget."""
    drawn = _curves(curves.assign(x=curves["x"] / 24.0) if not curves.empty else curves, "detection_budget")
    if drawn is None:
        return None
    figure, axes = drawn
    for ax in axes:
        ax.set_xlim(left=0.0)
        ax.set_ylim(-0.02, 1.02)
        ax.yaxis.set_major_formatter(FuncFormatter(percent))
        ax.set_xlabel("days since the first act")
    axes[0].set_ylabel("share caught, of those that ever acted")
    return figure


def wrongly_hit(groups: pd.DataFrame) -> Figure | None:
    """Draw the people wrongly hit per million by detector and group, at the threshold of the budget."""
    if groups.empty:
        return None
    part = groups[groups["rule"] == "budget"]
    names = [name for name in ordered(part["detector"]) if name != CEILING]
    columns = [(by, group) for by, group in dict.fromkeys(zip(part["by"], part["group"], strict=True))]
    table = part.pivot(index="detector", columns=["by", "group"], values="mean").reindex(index=names, columns=columns)
    values = table.to_numpy(np.float64)
    if not names or not np.nanmax(np.nan_to_num(values), initial=0.0):
        return None
    figure, (ax,) = new_figure(1, 1, (9.4, 1.9 + 0.3 * len(names)))
    most = float(np.nanmax(values))
    shown = np.ma.masked_invalid(np.where(values > 0.0, values, np.nan))
    colours = matplotlib.colormaps["YlOrRd"].with_extremes(bad="#f4f4f4")
    image = ax.imshow(shown, cmap=colours, norm=LogNorm(most / 300.0, most), aspect="auto")
    for y, x in np.ndindex(values.shape):
        value = values[y, x]
        dark = value > most / 6.0
        text = "–" if math.isnan(value) else _short(value)
        ax.text(x, y, text, ha="center", va="center", fontsize=6.5, color="white" if dark else "#333333")
    ax.set_xticks(
        range(len(columns)), [literal(group.replace("_", " ")) for _, group in columns], rotation=40, ha="right"
    )
    ax.set_yticks(range(len(names)), [label(name) for name in names])
    for i, (one, other) in enumerate(pairwise(columns)):
        if one[0] != other[0]:
            ax.axvline(i + 0.5, color="white", linewidth=3.0)
    for by in dict.fromkeys(by for by, _ in columns):
        at = [i for i, (other, _) in enumerate(columns) if other == by]
        heading = {"language": "language", "activity": "decile of activity", "community": "benign coordinated kind"}
        ax.text(float(np.mean(at)), -0.75, heading.get(by, literal(by)), ha="center", fontsize=8)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    figure.colorbar(image, ax=ax, label="wrongly hit per million", fraction=0.025, pad=0.01)
    return figure


def threshold(costs: pd.DataFrame, points: pd.DataFrame) -> Figure | None:
    """Draw the expected cost of a run against the people wrongly hit, and where it is least."""
    if costs.empty:
        return None
    names = ordered(costs["detector"])
    figure, (ax,) = new_figure(1, 1, (8.2, max(4.4, 0.9 + 0.19 * len(names))))
    never = points[points["rule"] == "cost"]["cost_of_never"].mean()
    for name in names:
        part = costs[costs["detector"] == name].sort_values("wrongly_hit")
        colour, marker, dash = look(name, names)
        ax.plot(part["wrongly_hit"], part["cost"], color=colour, linestyle=dash, linewidth=1.3, label=label(name))
        best = part.loc[part["cost"].idxmin()]
        ax.plot(best["wrongly_hit"], best["cost"], marker=marker, color=colour, markersize=7, markeredgecolor="white")
    ax.axhline(never, color=GREY, linewidth=0.9, linestyle=":", label="never acting")
    ax.set_xscale("symlog", linthresh=1.0)
    ax.set_xlim(left=-0.1)
    paid = costs["cost"][costs["cost"] > 0.0]
    if len(paid) == len(costs):
        ax.set_yscale("log")
    else:  # without an operation, never acting costs nothing
        ax.set_yscale("symlog", linthresh=paid.min() if len(paid) else 1.0)
        ax.set_ylim(bottom=0.0)
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"))
    ax.set_xlabel("organic accounts wrongly hit in a run (as the threshold falls)")
    ax.set_ylabel("expected cost of a run (prices as given)")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def loop(summary: pd.DataFrame, measures: pd.DataFrame) -> Figure | None:
    """Draw reach cut off against people wrongly hit, in the loop, with intervals in both directions or the seeds."""
    part = summary[(summary["part"] == "loop") & summary["measure"].isin(["reach_cut_off", "false_positive_rate"])]
    if part.empty:
        return None
    names = ordered(part["detector"])
    figure, (ax,) = new_figure(1, 1, (8.2, max(4.2, 0.9 + 0.19 * len(names))))
    for name in names:
        rows = part[part["detector"] == name].set_index("measure")[["mean", "low", "high"]]
        if len(rows) < 2 or rows["mean"].isna().any():
            continue
        x, y = rows.loc["false_positive_rate"] * 1e6, rows.loc["reach_cut_off"]
        colour, marker, _ = look(name, names)
        if x["low"] == x["low"] and y["low"] == y["low"]:
            ax.plot([x["low"], x["high"]], [y["mean"]] * 2, color=colour, linewidth=1.0)
            ax.plot([x["mean"]] * 2, [y["low"], y["high"]], color=colour, linewidth=1.0)
        else:
            rates = _seeds(measures, "loop", name, "all", "false_positive_rate")
            ax.plot(1e6 * rates, _seeds(measures, "loop", name, "all", "reach_cut_off"), **DOTS, color=colour)
        ax.plot(x["mean"], y["mean"], marker=marker, color=colour, linestyle="none", markersize=6, label=label(name))
    ax.set_xscale("symlog", linthresh=10.0)
    ax.set_xlim(left=-1.0)
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.yaxis.set_major_formatter(FuncFormatter(percent))
    ax.axhline(0.0, color=GREY, linewidth=0.6)
    ax.set_xlabel("organic accounts wrongly hit per million, in the loop")
    ax.set_ylabel("reach cut off (share of the unenforced twin's)")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def calibration(table: pd.DataFrame) -> Figure | None:
    """Draw the share of operation accounts against the score, over ten bins of scores."""
    if table.empty:
        return None
    names = [name for name in ordered(table["detector"]) if name != CEILING]
    figure, (ax,) = new_figure(1, 1, (8.2, max(4.2, 0.9 + 0.19 * len(names))))
    for name in names:
        part = table[table["detector"] == name]
        part = part.assign(cell=np.minimum((part["score"] * 10).astype(int), 9))
        total = part.groupby("cell")["accounts"].sum()
        score = (part["score"] * part["accounts"]).groupby(part["cell"]).sum() / total
        share = (part["share"] * part["accounts"]).groupby(part["cell"]).sum() / total
        colour, marker, dash = look(name, names)
        ax.plot(
            score, share, color=colour, marker=marker, linestyle=dash, markersize=4, linewidth=1.2, label=label(name)
        )
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_major_formatter(FuncFormatter(percent))
    ax.set_xlabel("mean score of the bin")
    ax.set_ylabel("share that is the operation's")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def _seeds(measures: pd.DataFrame, part: str, detector: str, layer: str, measure: str) -> pd.Series:
    """Return the single seeds' values of a measure, by seed."""
    rows = measures[
        (measures["part"] == part) & (measures["detector"] == detector) & (measures["layer"] == layer)
        & (measures["measure"] == measure)
    ]  # fmt: skip
    return rows.set_index("seed")["value"].sort_index()


def _curves(
    curves: pd.DataFrame, which: str, *, ceiling: bool = True, size: tuple[float, float] = (9.6, 3.8)
) -> tuple[Figure, list[Axes]] | None:
    """Draw a curve's mean over seeds for each detector, core and amplifiers side by side."""
    part = curves[curves["curve"] == which] if not curves.empty else curves
    if part.empty or part["y"].isna().all():
        return None
    names = ordered(part["detector"])
    shown = [name for name in names if ceiling or name != CEILING] or names
    figure, axes = new_figure(1, 2, (size[0], max(size[1], 0.9 + 0.19 * len(shown))), sharey=True)
    for ax, layer in zip(axes, LAYERS, strict=True):
        for name in shown:
            rows = part[(part["detector"] == name) & (part["layer"] == layer)]
            points = rows.groupby("x")["y"]
            mean = points.mean().where(
                points.count() * 2 >= points.size()
            )  # of fewer the mean would be of other seeds than beside it
            colour, _, dash = look(name, names)
            ax.plot(mean.index, mean, color=colour, linestyle=dash, linewidth=1.4, label=label(name))
        ax.set_title(layer, fontsize=9)
    axes[1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure, axes


def _from_zero(ax: Axes) -> None:
    """Let a share's axis begin at zero and end above the highest line."""
    most = max((float(np.nanmax(line.get_ydata(), initial=0.0)) for line in ax.get_lines()), default=1.0)
    ax.set_ylim(-0.01 * most, min(1.02, max(1.1 * most, ax.get_ylim()[1])))


def _short(value: float) -> str:
    """Write a count in a few characters."""
    if value >= 1e4:
        return f"{value / 1e3:.0f}k"
    return f"{value / 1e3:.1f}k" if value >= 1e3 else f"{value:.0f}"
