"""The best threshold of each arm of a sweep within a budget of people hit, chosen and reported on different seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.store.arms import arm_columns, in_order, varied_columns, whole
from experiments.store.paired import CHOSEN_BY, Method, by_threshold

HIT = "people_hit"
CHOSEN = "threshold_chosen"
LEAST_SEEDS = 2  # one to choose on, one to report on


def within_budget(table: pd.DataFrame, most_hit: float) -> pd.DataFrame:
    """Return for each arm and seed the run at the threshold that was best within the budget on the other seeds.

    Best is what cuts off most reach on the mean of the other seeds, among the thresholds that hit at most so many
    people on their mean; of equals the highest threshold. Where none hits so few, nothing is done: nothing is cut off
    and nobody hit. A threshold that is judged on the seeds that it was chosen on would flatter itself.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table with `detector`, `threshold`, `seed`, `people_hit`, `reach_cut_off` and any other measures.
    most_hit : float
        Share of the public, in [0, 1].

    Returns
    -------
    pandas.DataFrame
        The columns of `table` that vary, without `threshold`, and `detector`; `seed`; `threshold_chosen`, inf where
        nothing is done; `failed` (None); the measures of the run, NaN where nothing is done and the measure is neither
        cut off nor hit. Arms with fewer than two whole seeds have no row.
    """
    arms = ["detector", *(name for name in varied_columns(table) if name not in ("detector", "threshold"))]
    measures = [name for name in table.columns if name not in arm_columns(table) and name not in ("seed", "failed")]
    rows: list[dict[str, Any]] = []
    for values, part in in_order(table, arms).groupby(arms, sort=False, dropna=False):
        arm = dict(zip(arms, values, strict=True))
        wide = by_threshold(part, [CHOSEN_BY, HIT])
        cut_off = wide[CHOSEN_BY].dropna(axis=1)
        seeds = list(cut_off.columns)
        if len(seeds) < LEAST_SEEDS:
            continue
        by, rate = cut_off.to_numpy(np.float64), wide[HIT][seeds].to_numpy(np.float64)
        found = Method(by, rate, by).choose(most_hit)
        for seed, row in zip(seeds, found, strict=True):
            if row < 0:
                nothing = {name: 0.0 for name in measures if name == HIT or "_cut_off" in name or "_hit_" in name}
                rows.append({**arm, "seed": seed, CHOSEN: np.inf, "failed": None, **nothing})
                continue
            threshold = cut_off.index[row]
            run = whole(part[(part["seed"] == seed) & (part["threshold"] == threshold)]).iloc[0]
            rows.append({**arm, "seed": seed, CHOSEN: threshold, "failed": None, **run[measures]})
    return pd.DataFrame(rows, columns=[*arms, "seed", CHOSEN, "failed", *measures])
