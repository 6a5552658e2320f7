"""Synthetic results of a sweep and of a comparison, for tests of tables and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.compare.config import RULES
from experiments.store.comparison import Comparison


def sweep_frame(seeds: int = 3) -> pd.DataFrame:
    """Return a table in which reach cut off rises with the false-positive rate, method above floor, below ceiling."""
    rows = []
    for seed in range(1, seeds + 1):
        for name, height in (("random", 0.1), ("co_repost", 0.6), ("oracle", 0.8)):
            thresholds = [0.5] if name == "oracle" else [1.0, 0.99, 0.9, 0.7, 0.5]
            for rank, threshold in enumerate(thresholds):
                rate = 0.0 if name == "oracle" or rank == 0 else 10.0 ** (rank - 5)
                share = 1.0 if name == "oracle" else rank / 4
                rows.append(
                    {
                        "detector": name,
                        "threshold": threshold,
                        "seed": seed,
                        "false_positive_rate": rate * (1 + 0.1 * seed),
                        "reach_cut_off": height * share + 0.01 * seed,
                        "impressions_cut_off": height * share,
                        "recall_amplifiers": share,
                    }
                )
    return pd.DataFrame(rows)


def series_frame(seeds: int = 3, days: int = 4) -> pd.DataFrame:
    """Return hourly series of a method at threshold 0.9 and of its twin, whose impressions are twice as many."""
    parts = []
    hours = np.arange(1, 24 * days + 1, dtype=np.float64)
    for seed in range(1, seeds + 1):
        for name, threshold, factor in (("co_repost", 0.9, 1.0), ("none", math.inf, 2.0)):
            parts.append(
                pd.DataFrame(
                    {
                        "detector": name,
                        "threshold": threshold,
                        "seed": seed,
                        "hours": hours,
                        "impressions": factor * (100.0 + seed),
                        "live_amplifiers": 1000.0 * factor + seed + hours,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def synthetic_comparison(names: Sequence[str], seeds: Sequence[int] = (4, 5)) -> Comparison:
    """Return a comparison of detectors that all did equally well."""
    measures, groups, costs, points = [], [], [], []
    for name in names:
        for seed in seeds:
            for layer in ("core", "amplifiers"):
                for measure in ("auc", "partial_auc", "coverage"):
                    row = {"part": "replay", "rule": "none", "measure": measure, "value": 0.5 + seed / 100}
                    measures.append({"detector": name, "seed": seed, "layer": layer, **row})
            hit = {"rule": "budget", "by": "language", "group": "zh", "accounts": 9, "hit": 1}
            groups.append({"detector": name, "seed": seed, **hit})
        costs.append(
            {"detector": name, "threshold": 0.5, "wrongly_hit": 1.0, "acted_upon": 2.0, "impressions": 3.0, "cost": 4.0}
        )
        points += [
            {"detector": name, "rule": rule, "threshold": 0.5, "low": 0.4, "high": 0.6, "cost": 4.0,
             "cost_of_never": 9.0, "bayes": 0.5} for rule in RULES
        ]  # fmt: skip
    found = Comparison([1, 2, 3], list(seeds))
    found.measures, found.groups = pd.DataFrame(measures), pd.DataFrame(groups)
    found.costs, found.points = pd.DataFrame(costs), pd.DataFrame(points)
    return found
