"""Figures of what thresholds cost: bills by threshold, the cheapest threshold by price, a replay beside the loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from experiments.report.style import COLOURS, GREY, STYLE, new_figure, seeds_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from detectors.evaluation.operating_point import OperatingPoint
    from experiments.store.comparison import Comparison

_LINE, _CHOSEN, _RANGE = COLOURS[0], COLOURS[1], COLOURS[4]


def bill_figure(chosen_on: pd.DataFrame, reported_on: pd.DataFrame, point: OperatingPoint) -> Figure:
    """Draw the bill of every run by threshold: on the seeds that a threshold was chosen on, and on others.

    Parameters
    ----------
    chosen_on, reported_on : pandas.DataFrame
        Of `experiments.store.bills.bills`.
    point : OperatingPoint
        The choice; its range is drawn where there is one.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = new_figure(1, 2, (9.0, 3.4), sharey=True)
        for ax, costs, said in zip(axes, (chosen_on, reported_on), ("chosen on", "reported on"), strict=True):
            labels, at = _labels(costs.columns), np.arange(costs.shape[1])
            ax.plot(at, costs.T, color=GREY, linewidth=0.6, alpha=0.7)
            ax.plot(at, costs.mean(), color=_LINE, marker="o", label="mean of the runs")
            if not np.isnan(point.low):
                low, high = (labels.index(one) for one in _labels([point.low, point.high]))
                ax.axvspan(low - 0.2, high + 0.2, color=_RANGE, alpha=0.25, label="range of choices")
            ax.axvline(labels.index(f"{point.threshold:g}"), color=_CHOSEN, linestyle="--", label="chosen")
            ax.set_xticks(at, labels)
            ax.set_title(f"{said} {seeds_text(list(costs.index))}", fontsize=9)
            ax.set_xlabel("threshold (a score; inf: never acting)")
        axes[0].set(ylabel="bill of a run (in the currency of the prices)", ylim=(0, None))
        axes[1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def price_figure(found: pd.DataFrame, thresholds: Sequence[float]) -> Figure:
    """Draw the cheapest threshold against the price of a person hit by mistake.

    Parameters
    ----------
    found : pandas.DataFrame
        Of `experiments.store.bills.over_prices`.
    thresholds : sequence of float, rising
        All that were tried: an equal step each.
    """
    labels = _labels(thresholds)
    with matplotlib.rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1, (8.2, 3.4))
        if found["low"].notna().all():
            low, high = ([labels.index(one) for one in _labels(found[end])] for end in ("low", "high"))
            ax.fill_between(found["price"], low, high, step="mid", color=_RANGE, alpha=0.25, label="range of choices")
        at = [labels.index(one) for one in _labels(found["threshold"])]
        ax.step(found["price"], at, where="mid", color=_LINE, label="cheapest threshold")
        ax.set(xscale="log", xlabel="price of a person hit by mistake (in the currency of the prices)")
        ax.set_ylabel("threshold (a score; inf: never acting)")
        ax.set_yticks(range(len(labels)), labels)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def replay_figure(found: Comparison, runs: pd.DataFrame) -> Figure:
    """Draw people hit and impressions left by threshold, as a replay counts them and as runs in the loop came out.

    Parameters
    ----------
    found : Comparison
        Of one detector.
    runs : pandas.DataFrame
        Rows of a sweep's table: the same detector on the seeds that the comparison chose on. Never acting is left out.
    """
    loop = runs[np.isfinite(runs["threshold"])].groupby("threshold").mean(numeric_only=True)
    least = max(0.0, 1.0 - 1.5 * (1.0 - loop.index.min()))  # a little below the lowest that was tried
    replayed = found.costs[found.costs["threshold"] >= least].sort_values("threshold")
    people, impressions = (
        ("wrongly_hit", "organic_enforced", "people hit"),
        ("impressions",) * 2 + ("impressions left",),
    )
    with matplotlib.rc_context(STYLE):
        figure, axes = new_figure(1, 2, (9.0, 3.4), sharex=True)
        for ax, (in_replay, in_loop, label) in zip(axes, (people, impressions), strict=True):
            ax.plot(replayed["threshold"], replayed[in_replay], color=_CHOSEN, linestyle="--", label="recorded run")
            ax.plot(loop.index, loop[in_loop], color=_LINE, marker="o", label="in the loop")
            ax.set(xlabel="threshold (score from which the platform acts)", ylabel=f"{label}, a run")
            ax.set(xlim=(least, 1.0), ylim=(0.0, 1.1 * max(replayed[in_replay].max(), loop[in_loop].max(), 1.0)))
        axes[1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def _labels(thresholds: Sequence[float] | pd.Series | pd.Index) -> list[str]:
    return [f"{one:g}" for one in thresholds]
