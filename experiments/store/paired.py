"""Paired differences over shared seeds: two arms of a sweep, or two methods at the best threshold of the other seeds.

Runs with one seed share every random draw that they have in common, so policies are compared seed by seed: the interval
is Student's t on the differences (`detectors.evaluation.intervals`), which is far narrower than that between two means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from detectors.evaluation.intervals import Interval, Scale, interval, jackknife
from experiments.store.arms import find_value, values_of, varied_columns, whole
from sim.config import ConfigError

_Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]  # a measure, the false-positive rate (thresholds, seeds)
LEAST_SEEDS = 3  # to choose a threshold on the other seeds


@dataclass(frozen=True)
class Difference:
    """The paired difference `b` minus `a` of a measure.

    Attributes
    ----------
    column, a, b, measure
        What is compared by what.
    found : Interval
        Of the differences, a value a seed.
    by_seed : pandas.Series
        The differences by seed.
    averaged : dict of str to list
        Other columns that take several values, and the values over which each seed's difference is a mean.
    broke_off : int
        Seeds left out because a run of theirs broke off.
    missing : int
        Seeds left out because a run of theirs is not in the table.
    """

    column: str
    a: Any
    b: Any
    measure: str
    found: Interval
    by_seed: pd.Series
    averaged: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    broke_off: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Best:
    """The paired difference of two methods, each at the threshold that did best on the other seeds.

    Attributes
    ----------
    difference : Difference
        Of `measure`, method `b` minus `a`.
    most_hit : float
        The share of the public that might be hit on the seeds that a threshold was chosen on.
    thresholds : dict of str to list of float
        The thresholds chosen, by method.
    hit : dict of str to float
        The share of people hit on the seeds evaluated, by method: a mean.
    """

    difference: Difference
    most_hit: float
    thresholds: Mapping[str, Sequence[float]]
    hit: Mapping[str, float]


def paired(table: pd.DataFrame, column: str, a: Any, b: Any, measure: str) -> Difference:
    """Return the paired difference of a measure between two values of a column, `b` minus `a`.

    Runs are paired by seed and by every other column that varies among them; within a seed the differences are
    averaged. A seed counts where all its pairs are there and whole, so that every seed is a mean over the same.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table, a row a run; `where_rows` narrows it.
    column : str
    a, b : object
        Values of `column`.
    measure : str

    Raises
    ------
    ConfigError
        A value does not occur, or the two share no runs that differ in nothing else.
    """
    a, b = find_value(table, column, a), find_value(table, column, b)
    part = table[[value in (a, b) for value in table[column]]]
    others = [name for name in varied_columns(part) if name != column]
    sides = [part[part[column] == value] for value in (a, b)]
    cells = [dict.fromkeys(_cells(side, others)) for side in sides]
    shared = [cell for cell in cells[0] if cell in cells[1]]
    if not shared:
        raise ConfigError(
            f"{column} = {a} and {b} share no runs that differ in nothing else: they differ in {', '.join(others)}."
        )
    values = [_by_seed(side, others, set(shared), measure) for side in sides]
    lost = set(part.loc[part["failed"].notna(), "seed"]) if "failed" in part else set()
    found: dict[Any, float] = {}
    broke_off = missing = 0
    for seed in sorted(set(part["seed"])):
        first, second = (one.get(seed, {}) for one in values)
        if len(first) == len(second) == len(shared):
            found[seed] = float(np.mean([second[cell] - first[cell] for cell in shared]))
        elif seed in lost:
            broke_off += 1
        else:
            missing += 1
    by_seed = pd.Series(found, dtype=np.float64)
    averaged = {name: values_of(part[[cell in shared for cell in _cells(part, others)]], name) for name in others}
    averaged = {name: values for name, values in averaged.items() if len(values) > 1}
    return Difference(column, a, b, measure, interval(by_seed, Scale.IDENTITY), by_seed, averaged, broke_off, missing)


def crossed(table: pd.DataFrame, column: str) -> bool:
    """Return whether the first and last value of a column occur with the same values of all others, and with some."""
    values, others = values_of(table, column), [name for name in varied_columns(table) if name != column]
    ends = [set(_cells(table[table[column] == value], others)) for value in (values[0], values[-1])]
    return len(values) > 1 and ends[0] == ends[1] and bool(ends[0])


def at_best(table: pd.DataFrame, a: str, b: str, measure: str, most_hit: float = 0.01) -> Best | str:
    """Return the paired difference of two detectors, each at its best threshold; or why there is none.

    For each seed a detector's threshold is the one with the highest mean of `measure` on the *other* seeds, among those
    whose mean false-positive rate there is at most `most_hit`; of equals the highest threshold. A threshold tuned on
    the seed that it is evaluated on would flatter itself. Other columns that vary are averaged within a seed.

    As every seed has a say in the thresholds of the others, the seeds' differences are not independent: the interval is
    the jackknife's, in which all is chosen anew without each seed. Where one threshold is best whatever seed is left
    out, it is Student's. Student's alone would cover the truth in 64 to 93% of cases among thresholds that are equally
    good (of normal values, for 5 to 20 seeds), this one in 96% and more.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table with `detector`, `threshold`, `seed`, `false_positive_rate` and the measure.
    a, b : str
        Detectors.
    measure : str
    most_hit : float
        In [0, 1].
    """
    both = table[[name in (a, b) for name in table["detector"]]]
    every = sorted(set(both["seed"]))
    wide = {name: _by_threshold(both[both["detector"] == name], measure) for name in (a, b)}
    seeds = [seed for seed in every if all(seed in cut.columns for cut, _ in wide.values())]
    defined = [seed for seed in seeds if not any(cut[seed].isna().any() for cut, _ in wide.values())]
    if len(defined) < LEAST_SEEDS:
        return (
            f"a threshold is chosen on the other seeds: that takes {LEAST_SEEDS} whole seeds, and here {len(defined)}"
        )
    arrays = {name: (cut[defined].to_numpy(), rate[defined].to_numpy()) for name, (cut, rate) in wide.items()}
    at = np.arange(len(defined))
    chosen = {name: _leave_one_out(cuts, rates, most_hit) for name, (cuts, rates) in arrays.items()}
    for name, rows in chosen.items():
        if none := int(np.count_nonzero(rows < 0)):
            where = "" if none == len(defined) else f" for {none} of {len(defined)} seeds"
            return f"no threshold of {name} hits at most {100 * most_hit:g}% of people on the other seeds{where}"
    values = arrays[b][0][chosen[b], at] - arrays[a][0][chosen[a], at]
    without = [_without(arrays[a], arrays[b], one, most_hit) for one in range(len(at))] if len(at) > LEAST_SEEDS else []
    if np.isnan(without).any():
        return f"without one of the seeds no threshold of {a} or {b} hits at most {100 * most_hit:g}% of people"
    found = replace(jackknife(float(values.mean()), without), seeds=len(defined), undefined=len(seeds) - len(defined))
    by_seed = pd.Series(values, index=defined).reindex(seeds)
    hit = {name: float(rates[chosen[name], at].mean()) for name, (_, rates) in arrays.items()}
    thresholds = {name: sorted({float(wide[name][0].index[i]) for i in chosen[name]}) for name in (a, b)}
    lost = set(both["seed"]) - set(seeds)
    broke_off = len(lost & set(both.loc[both["failed"].notna(), "seed"])) if "failed" in both else 0
    others = [name for name in varied_columns(both) if name not in ("detector", "threshold")]
    difference = Difference(
        "detector", a, b, measure, found, by_seed,
        {name: values_of(both, name) for name in others}, broke_off, len(lost) - broke_off,
    )  # fmt: skip
    return Best(difference, most_hit, thresholds, hit)


def _by_threshold(rows: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a measure and the false-positive rate (thresholds, falling; seeds of which every run is there and whole).

    Other columns that vary are averaged.
    """
    cells = len(rows.drop_duplicates([name for name in varied_columns(rows) if name != "seed"] or ["threshold"]))
    good = whole(rows)
    complete = good.groupby("seed").size()
    good = good[good["seed"].isin(complete.index[complete == cells])]
    groups = good.groupby(["threshold", "seed"])
    means = []
    for name in (measure, "false_positive_rate"):
        mean = groups[name].mean().where(groups[name].count() == groups.size())  # undefined where one of them is
        means.append(mean.unstack("seed").sort_index(ascending=False))
    return means[0], means[1]


def _leave_one_out(measure: NDArray[np.float64], rate: NDArray[np.float64], most: float) -> NDArray[np.intp]:
    """Return the row chosen for each column on the other columns' means (rows, columns); −1 where none is allowed."""
    others = measure.shape[1] - 1
    means = np.round((measure.sum(axis=1, keepdims=True) - measure) / others, 12)  # equal means are equal
    rates = np.round((rate.sum(axis=1, keepdims=True) - rate) / others, 12)
    allowed = rates <= most
    return np.where(allowed.any(axis=0), np.where(allowed, means, -np.inf).argmax(axis=0), -1)


def _without(a: _Arrays, b: _Arrays, seed: int, most: float) -> float:
    """Return the mean difference where one seed is not there; NaN where no threshold is allowed then."""
    means = []
    for measure, rate in (a, b):
        measure, rate = np.delete(measure, seed, axis=1), np.delete(rate, seed, axis=1)
        chosen = _leave_one_out(measure, rate, most)
        if (chosen < 0).any():
            return math.nan
        means.append(float(measure[chosen, np.arange(len(chosen))].mean()))
    return means[1] - means[0]


def _cells(rows: pd.DataFrame, others: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the values of other columns, a tuple a row."""
    return list(zip(*(rows[name].tolist() for name in others), strict=True)) if others else [()] * len(rows)


def _by_seed(
    rows: pd.DataFrame, others: Sequence[str], cells: set[tuple[Any, ...]], measure: str
) -> dict[Any, dict[tuple[Any, ...], float]]:
    """Return a measure of the whole runs by seed and by the values of other columns."""
    found: dict[Any, dict[tuple[Any, ...], float]] = {}
    good = whole(rows)
    for seed, cell, value in zip(good["seed"], _cells(good, others), good[measure], strict=True):
        if cell in cells:
            found.setdefault(seed, {})[cell] = float(value)
    return found
