"""Figures of a sweep: reach cut off against false positives; the operation over time, enforced against and not."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from detectors.evaluation.intervals import Scale, interval
from experiments.report.curve import wide_means
from experiments.report.style import CEILING, COLOURS, FLOOR, STYLE, label, literal, new_figure, over_seeds, thousands
from experiments.report.sweep_plot import plot
from experiments.store.arms import arm_columns, tidy, value_text, where_rows, whole
from sim.core.files import write_whole

AXES = ("false_positive_rate", "reach_cut_off")
METHOD = ("detector", "threshold")


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
    return plot(table, "false_positive_rate", "reach_cut_off", "detector")


def over_time(days: pd.DataFrame, arm: Mapping[str, Any]) -> Figure:
    """Draw the operation's impressions per day and its live amplifiers at the end of each, enforced against and not.

    Parameters
    ----------
    days : pandas.DataFrame
        A sweep's days: a row a run and day, the measures of the twin in the columns `twin_...`.
    arm : mapping of str to value
        The runs to show: values of the columns before `seed`, such as `shown_arm` returns.
    """
    rows = whole(where_rows(tidy(days), arm))
    with matplotlib.rc_context(STYLE):
        figure, (above, below) = new_figure(2, 1, (8.2, 5.4), sharex=True)
        for prefix, text, colour, style in (
            ("twin_", "no enforcement", COLOURS[1], "--"),
            ("", _arm_text(arm), COLOURS[0], "-"),
        ):
            _band(above, rows, f"{prefix}impressions", text, colour, style)
            _band(below, rows, f"{prefix}live_amplifiers", text, colour, style)
        above.set_ylabel("impressions a day")
        below.set_ylabel("live amplifiers")
        below.set_xlabel("days from the start")
        note = over_seeds(int(rows["seed"].nunique()), "thin lines")
        above.set_title(f"The operation with and without enforcement ({note})", fontsize=9)
        for ax in (above, below):
            ax.set_ylim(bottom=0.0)
            ax.set_xlim(left=0.0)
            ax.yaxis.set_major_formatter(FuncFormatter(thousands))
        above.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def shown_arm(table: pd.DataFrame, most_false_positives: float = 0.05) -> dict[str, Any]:
    """Return the arm for `over_time`: the one that cuts off most reach while it hits few; {} where every run broke off.

    Floor and ceiling are left out if there is any other; if all hit too many, the one that hits fewest is returned.
    """
    table = tidy(table)
    arms = arm_columns(table)
    means = wide_means(table, arms, AXES).dropna(subset=[AXES[0]])
    methods = means[~means["detector"].isin([FLOOR, CEILING])] if "detector" in means else means
    methods = methods if len(methods) else means
    if methods.empty:
        return {}
    few = methods[(methods[AXES[0]] <= most_false_positives) & methods[AXES[1]].notna()]
    best = few.loc[few[AXES[1]].idxmax()] if len(few) else methods.loc[methods[AXES[0]].idxmin()]
    return {name: best[name] for name in arms}


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


def _arm_text(arm: Mapping[str, Any]) -> str:
    """Return what an arm is called in a legend: the detector and its threshold, then what else it says, a line each."""
    name = label(str(arm["detector"])) if "detector" in arm else "with enforcement"
    first = f"{name} at {value_text(arm['threshold'])}" if "threshold" in arm else name
    rest = [f"{literal(key)} = {literal(value_text(one))}" for key, one in arm.items() if key not in METHOD]
    return "\n".join([first, *rest])


def _band(ax: Axes, rows: pd.DataFrame, measure: str, text: str, colour: str, style: str) -> None:
    """Draw the mean over seeds of a measure by day and its 95% interval, or each seed as a thin line.

    A day's value stands at its middle if it is a sum and at its end if it is a level.
    """
    wide = rows.pivot_table(index="seed", columns="day", values=measure)
    x, values = wide.columns.to_numpy() + (0.5 if measure.endswith("impressions") else 1.0), wide.to_numpy()
    found = [interval(column, Scale.LOG) for column in values.T]
    ax.plot(x, [one.mean for one in found], color=colour, linestyle=style, linewidth=1.4, label=text)
    if any(one.known for one in found):
        low, high = ([getattr(one, end) for one in found] for end in ("low", "high"))
        ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0.0)
    elif len(values) > 1:
        ax.plot(x, values.T, color=colour, linewidth=0.5, alpha=0.6)
