"""Means and intervals over seeds of tables of results, each measure on its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from detectors.evaluation.intervals import Scale, interval
from experiments.store.arms import in_order, whole

# What begins with these keys of `sim.metrics.results` and `experiments.compare.evaluation.Rows` is a share in [0, 1].
_SHARES = (
    "amplifiers_suspended_with_", "auc", "average_precision", "base_rate", "brier", "calibration_error",
    "caught_before_", "caught_by_day_", "communities_half_hit", "coverage", "false_positive_rate",
    "impressions_averted", "live_amplifiers_registered_after_", "overturn_rate", "partial_auc",
    "people_challenged_passed", "people_reinstated", "precision", "recall", "share_of_",
)  # fmt: skip
# Measures whose names begin so are one less a ratio to the twin.
_CUT_OFF = ("reach_cut_off", "impressions_cut_off", "collateral_share")
_DIFFERENCES = ("collateral", "posts_lost", "threshold")  # of either sign, or a score


def scale_of(measure: str) -> Scale:
    """Return the scale of a measure's interval. What is no share, no difference and not cut off is an amount.

    Examples
    --------
    >>> scale_of("recall_core").value, scale_of("reach_cut_off").value, scale_of("reach").value
    ('logit', 'remainder', 'log')
    """
    if measure.startswith(_CUT_OFF):
        return Scale.REMAINDER
    if measure in _DIFFERENCES:
        return Scale.IDENTITY
    share = measure.startswith(_SHARES) and not measure.endswith("_per_million")
    return Scale.LOGIT if measure == "people_hit" or share else Scale.LOG


def means(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return means and 95% intervals over seeds of a long table.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a seed and measure: the keys and `value`.
    keys : sequence of str
        Columns that identify a figure; `measure` is one of them.

    Returns
    -------
    pandas.DataFrame
        The keys, mean, low, high, seeds, undefined; see `detectors.evaluation.intervals.Interval`.
    """
    if table.empty:
        return pd.DataFrame()
    where = list(keys).index("measure")
    return pd.DataFrame(
        {**dict(zip(keys, key, strict=True)), **asdict(interval(part["value"], scale_of(key[where])))}
        for key, part in table.groupby(list(keys), sort=False)
    )


def is_share(measure: str) -> bool:
    """Return whether a measure is a share, which is written in per cent and whose differences are points."""
    return scale_of(measure) in (Scale.LOGIT, Scale.REMAINDER)


def arm_means(table: pd.DataFrame, arms: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """Return means and 95% intervals over seeds of each arm of a sweep.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table, a row a run. Runs that broke off (`failed`) are counted and enter no mean.
    arms : sequence of str
        Columns that make up an arm.
    measures : sequence of str

    Returns
    -------
    pandas.DataFrame
        The arms, measure, mean, low, high, seeds (where it is defined), undefined, failed (runs that broke off), runs.
        Arms whose runs all broke off have NaN. Values of arms that are numbers rise; others keep the order of `table`.
    """
    rows = []
    ordered = in_order(table, arms)
    groups = ordered.groupby(list(arms), sort=False, dropna=False) if arms else [((), ordered)]
    for values, runs in groups:
        good = whole(runs)
        keys = {**dict(zip(arms, values, strict=True)), "failed": len(runs) - len(good), "runs": len(runs)}
        rows += [{**keys, "measure": name, **asdict(interval(good[name], scale_of(name)))} for name in measures]
    columns = [*arms, "measure", "mean", "low", "high", "seeds", "undefined", "failed", "runs"]
    return pd.DataFrame(rows, columns=columns)
