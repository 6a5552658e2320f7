"""Synthetic results of a sweep and of a comparison, for tests of tables and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

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


def days_frame(seeds: int = 3, days: int = 4, threshold: float = 0.9) -> pd.DataFrame:
    """Return the days of a method at one threshold beside its twin, whose impressions are twice as many."""
    rows = []
    for seed in range(1, seeds + 1):
        for day in range(days):
            rows.append(
                {
                    "detector": "co_repost",
                    "threshold": threshold,
                    "seed": seed,
                    "key": f"run of seed {seed}",
                    "day": day,
                    "impressions": 24 * (100.0 + seed),
                    "live_amplifiers": 1000.0 + seed + day,
                    "twin_impressions": 24 * 2.0 * (100.0 + seed),
                    "twin_live_amplifiers": 2000.0 + seed + day,
                }
            )
    return pd.DataFrame(rows)


def cadence_frame(seeds: int = 6, slope: float = -0.0003) -> pd.DataFrame:
    """Return a table of two detectors at three cadences; a cadence of an hour more adds `slope` to reach cut off."""
    rows = []
    for seed in range(1, seeds + 1):
        for name, level in (("co_repost", 0.3), ("fused", 0.35)):
            for hours in (1, 24, 72):
                luck = 0.03 * math.sin(seed) + 0.002 * math.sin(7.0 * seed + hours)  # most of it is the seed's
                rows.append(
                    {
                        "detector": name,
                        "threshold": 0.4,
                        "enforcement.cadence_hours": hours,
                        "seed": seed,
                        "key": f"{name} {hours} {seed}",
                        "steps": 48,
                        "failed": None,
                        "reach": 1000.0 + seed + hours,
                        "reach_cut_off": level + slope * hours + luck,
                        "impressions_cut_off": level,
                        "false_positive_rate": 0.001 + 0.0001 * seed,
                        "recall_amplifiers": 0.5 + 0.01 * seed,
                    }
                )
    return pd.DataFrame(rows)


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
