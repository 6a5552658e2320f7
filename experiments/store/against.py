"""Paired differences of a comparison: each detector against the best of the others and the better trivial rule.

With m_i the mean of detector i over the seeds reported on, the difference is m_i − max m_r over the references r other
than i: for the best detector that is its lead over the next. The detector that sees the truth is no reference. As all
were shown the same runs, everything is paired by seed. Which reference is highest is decided by the same seeds; so the
interval is the jackknife's, in which it is decided anew without each seed (`detectors.evaluation.intervals`). Where one
reference is highest whichever seed is left out, that is Student's interval on the seeds' differences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from detectors.base import FloatArray
from detectors.evaluation.intervals import Interval, jackknife

#: Rules that look at one account at a time, in a line or two: what a method must exceed to be worth its name.
TRIVIAL_RULES = ("repost_share", "activity", "office_hours", "random")
CEILING = "oracle"  # it sees the truth
BEST, TRIVIAL = "best", "trivial"
COLUMNS = [
    "detector", "part", "rule", "layer", "measure", "against", "reference", "mean", "low", "high", "seeds", "undefined",
]  # fmt: skip


def differences(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the paired differences of the measures by which detectors are judged.

    These are, for core and amplifiers, the area below a false-positive rate of 1% and the share found where exactly so
    many people are hit, and in the loop the reach and the impressions cut off.

    Parameters
    ----------
    measures : pandas.DataFrame
        Of a comparison (`experiments.store.comparison.Comparison`).

    Returns
    -------
    pandas.DataFrame
        detector, part, rule, layer, measure, against (`best` of the other detectors, or `trivial`: the better of the
        other trivial rules), reference (its name), mean, low, high, seeds, undefined. Fewer than five seeds have no
        interval.
    """
    if measures.empty:
        return pd.DataFrame(columns=COLUMNS)
    layered = measures["layer"].isin(["core", "amplifiers"]) & (
        measures["measure"].str.fullmatch(r"recall_at_.*_hit") | (measures["measure"] == "partial_auc")
    )
    looped = (measures["part"] == "loop") & measures["measure"].isin(["reach_cut_off", "impressions_cut_off"])
    rows = []
    for key, part in measures[layered | looped].groupby(["part", "rule", "layer", "measure"], sort=False):
        values = part.pivot(index="seed", columns="detector", values="value")
        names = [name for name in dict.fromkeys(measures["detector"]) if name in values]
        for against in (BEST, TRIVIAL):
            references = [name for name in names if name != CEILING and (against == BEST or name in TRIVIAL_RULES)]
            for name in names:
                others = [other for other in references if other != name]
                if others and name != CEILING:
                    reference, found = difference(values, name, others)
                    rows.append([name, *key, against, reference, *asdict(found).values()])
    return pd.DataFrame(rows, columns=COLUMNS)


def difference(values: pd.DataFrame, name: str, references: Sequence[str]) -> tuple[str, Interval]:
    """Return the reference of the highest mean, and a column's paired difference to it.

    Parameters
    ----------
    values : pandas.DataFrame
        A row a seed, a column a detector; NaN where undefined.
    name : str
        A column.
    references : sequence of str
        Other columns; those that lack a seed that `name` and most of them have are left out.

    Returns
    -------
    str, Interval
        An empty name and an unknown interval where they share no seed.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [0.5, 0.6, 0.7], "b": [0.1, 0.2, 0.3], "c": [0.2, 0.2, 0.2]})
    >>> reference, found = difference(table, "a", ["b", "c"])
    >>> reference, round(found.mean, 3), found.seeds
    ('b', 0.4, 3)
    """
    own = values[name].dropna()
    counts = {other: int(values.loc[own.index, other].notna().sum()) for other in references}
    most = max(counts.values(), default=0)
    kept = [other for other in references if counts[other] == most]
    shared = own.index[values.loc[own.index, kept].notna().all(axis=1)] if most else own.index[:0]
    undefined = len(values) - len(shared)
    if not len(shared):
        return "", Interval(float("nan"), float("nan"), float("nan"), 0, undefined)
    mine, theirs = values.loc[shared, name].to_numpy(np.float64), values.loc[shared, kept].to_numpy(np.float64)
    without = [
        _lead(np.delete(mine, i), np.delete(theirs, i, axis=0)) for i in range(len(shared) if len(shared) > 1 else 0)
    ]
    found = jackknife(_lead(mine, theirs), without)
    return kept[int(theirs.mean(axis=0).argmax())], Interval(found.mean, found.low, found.high, len(shared), undefined)


def _lead(mine: FloatArray, theirs: FloatArray) -> float:
    """Return the mean less the highest of the others' means."""
    return float(mine.mean() - theirs.mean(axis=0).max())
