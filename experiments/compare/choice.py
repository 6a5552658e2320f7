"""Thresholds of a comparison, chosen by budget and by cost on seeds kept for that, and the cost of every threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from detectors.base import FloatArray
from detectors.evaluation.operating_point import (
    NEVER_ACTS,
    OperatingPoint,
    Prices,
    ThresholdOutcomes,
    bayes_threshold,
    bounded_budget,
    break_even,
    candidates,
    least_cost,
    within_budget,
)
from experiments.compare.config import UPPER_BOUND, CompareConfig

COST_POINTS = 200  # points of the curve of cost against threshold
RATIOS = (1.0, 10.0, 100.0, 1000.0)  # price of a person hit, in missed accounts of the operation


@dataclass(frozen=True)
class Choice:
    """What the seeds for choosing say of each detector.

    Attributes
    ----------
    points, costs, acting : pandas.DataFrame
        See `experiments.store.comparison.Comparison`.
    thresholds : dict of str to dict of str to float
        By detector and rule.
    """

    points: pd.DataFrame
    costs: pd.DataFrame
    acting: pd.DataFrame
    thresholds: dict[str, dict[str, float]]


def choose(outcomes: Mapping[str, Sequence[ThresholdOutcomes]], options: CompareConfig) -> Choice:
    """Choose each detector's thresholds by the budget and by the prices.

    Parameters
    ----------
    outcomes : mapping of str to sequence of ThresholdOutcomes
        By detector: one for each seed that thresholds are chosen on.
    options : CompareConfig
    """
    prices, costs, acting = options.prices, [], []
    points: list[dict[str, Any]] = []
    keep = bounded_budget if options.budget_by == UPPER_BOUND else within_budget
    for name, runs in outcomes.items():
        budget = OperatingPoint(keep(runs, options.false_positive_budget))
        cheapest = least_cost(runs, prices, name)
        accounts = sum(run.operation.size for run in runs)
        impressions = sum(run.avertable.size for run in runs) / accounts if accounts else 0.0
        pays = _pays(runs, prices)
        points += [
            {"detector": name, "rule": rule, "threshold": point.threshold, "low": point.low, "high": point.high,
             "cost": point.cost, "cost_of_never": point.cost_of_never,
             "bayes": bayes_threshold(prices, impressions), **pays}
            for rule, point in (("budget", budget), ("cost", cheapest))
        ]  # fmt: skip
        costs.append(_cost_curve(name, runs, prices))
        acting += [{"detector": name, **row} for row in _acting(runs)]
    chosen: dict[str, dict[str, float]] = {name: {} for name in outcomes}
    for point in points:
        chosen[point["detector"]][point["rule"]] = point["threshold"]
    joined = pd.concat(costs, ignore_index=True) if costs else pd.DataFrame()
    return Choice(pd.DataFrame(points), joined, pd.DataFrame(acting), chosen)


def _pays(runs: Sequence[ThresholdOutcomes], prices: Prices) -> dict[str, float]:
    """Return the highest price of a person hit at which some threshold pays.

    Returns
    -------
    dict of str to float
        `missed_per_person`, in missed accounts of the operation, reviews left out; `acts_below`, in the currency of the
        other prices. See `detectors.evaluation.operating_point.break_even`.
    """
    tried = candidates(runs)[:-1]
    wrongly_hit = _mean(runs, "wrongly_hit", tried)
    averted = _mean(runs, "impressions", np.array([NEVER_ACTS])) - _mean(runs, "impressions", tried)
    saved = prices.impression * averted - prices.review * _mean(runs, "acted_upon", tried)
    return {
        "missed_per_person": break_even(_mean(runs, "caught", tried), wrongly_hit),
        "acts_below": break_even(saved, wrongly_hit),
    }


def _acting(runs: Sequence[ThresholdOutcomes]) -> list[dict[str, float]]:
    """Return, for each of `RATIOS`, the threshold of least cost, and how many are caught and hit there."""
    tried = candidates(runs)
    caught, wrongly_hit = _mean(runs, "caught", tried), _mean(runs, "wrongly_hit", tried)
    people, accounts = (sum(getattr(run, n) for run in runs) / len(runs) for n in ("n_organic", "n_operation"))
    rows = []
    for ratio in RATIOS:
        gain = caught - ratio * wrongly_hit
        at = gain.size - 1 - int(np.argmax(gain[::-1]))  # of equal ones the highest, which acts on the fewest
        rows.append(
            {
                "price": ratio, "threshold": float(tried[at]),
                "caught": float(caught[at]) / accounts if accounts else float("nan"),
                "wrongly_hit_per_million": 1e6 * float(wrongly_hit[at]) / max(people, 1.0),
            }
        )  # fmt: skip
    return rows


def _mean(runs: Sequence[ThresholdOutcomes], part: str, thresholds: FloatArray) -> FloatArray:
    """Return the mean over runs of a count at each threshold."""
    return np.asarray(sum(getattr(run, part)(thresholds) for run in runs) / len(runs))


def _cost_curve(name: str, runs: Sequence[ThresholdOutcomes], prices: Prices) -> pd.DataFrame:
    """Return mean counts and costs at up to `COST_POINTS` of the candidate thresholds."""
    thresholds = candidates(runs)
    thresholds = thresholds[:: -max(1, -(-thresholds.size // COST_POINTS))]  # falling, from inf
    counts = {part: _mean(runs, part, thresholds) for part in ("wrongly_hit", "acted_upon", "impressions")}
    cost = sum(run.cost(thresholds, prices) for run in runs) / len(runs)
    return pd.DataFrame({"detector": name, "threshold": thresholds, **counts, "cost": cost})
