"""Thresholds of a comparison, chosen by budget and by cost on seeds kept for that, and the cost of every threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from detectors.evaluation.operating_point import (
    OperatingPoint,
    Prices,
    ThresholdOutcomes,
    bayes_threshold,
    candidates,
    least_cost,
    within_budget,
)
from experiments.compare.config import CompareConfig

COST_POINTS = 200  # points of the curve of cost against threshold


def choose(
    outcomes: Mapping[str, Sequence[ThresholdOutcomes]], options: CompareConfig
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, float]]]:
    """Choose each detector's thresholds by the budget and by the prices.

    Parameters
    ----------
    outcomes : mapping of str to sequence of ThresholdOutcomes
        By detector: one for each seed that thresholds are chosen on.
    options : CompareConfig

    Returns
    -------
    pandas.DataFrame, pandas.DataFrame, dict of str to dict of str to float
        `points` and `costs` of `experiments.store.comparison.Comparison`, and thresholds by detector and rule.
    """
    prices, costs = options.prices, []
    points: list[dict[str, Any]] = []
    for name, runs in outcomes.items():
        budget = OperatingPoint(within_budget(runs, options.false_positive_budget))
        cheapest = least_cost(runs, prices, name)
        accounts = sum(run.operation.size for run in runs)
        impressions = sum(run.avertable.size for run in runs) / accounts if accounts else 0.0
        points += [
            {"detector": name, "rule": rule, "threshold": point.threshold, "low": point.low, "high": point.high,
             "cost": point.cost, "cost_of_never": point.cost_of_never, "bayes": bayes_threshold(prices, impressions)}
            for rule, point in (("budget", budget), ("cost", cheapest))
        ]  # fmt: skip
        costs.append(_cost_curve(name, runs, prices))
    chosen: dict[str, dict[str, float]] = {name: {} for name in outcomes}
    for point in points:
        chosen[point["detector"]][point["rule"]] = point["threshold"]
    return pd.DataFrame(points), pd.concat(costs, ignore_index=True) if costs else pd.DataFrame(), chosen


def _cost_curve(name: str, runs: Sequence[ThresholdOutcomes], prices: Prices) -> pd.DataFrame:
    """Return mean counts and costs at up to `COST_POINTS` of the candidate thresholds."""
    thresholds = candidates(runs)
    thresholds = thresholds[:: -max(1, -(-thresholds.size // COST_POINTS))]  # falling, from inf
    counts = {
        part: sum(getattr(run, part)(thresholds) for run in runs) / len(runs)
        for part in ("wrongly_hit", "acted_upon", "impressions")
    }
    cost = sum(run.cost(thresholds, prices) for run in runs) / len(runs)
    return pd.DataFrame({"detector": name, "threshold": thresholds, **counts, "cost": cost})
