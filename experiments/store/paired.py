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

from detectors.evaluation.intervals import MIN_SEEDS, Interval, Scale, interval, jackknife
from experiments.store.arms import find_value, values_of, varied_columns, whole
from sim.config import ConfigError

CHOSEN_BY, RATE = "reach_cut_off", "false_positive_rate"  # of thresholds
DIGITS = 12  # after the point; what is equal but for rounding is equal
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
    hit : (float, float) or None
        The share of people hit (false-positive rate) of `a` and of `b`, a mean over the seeds that count.
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
    hit: tuple[float, float] | None = None


@dataclass(frozen=True)
class Best:
    """The paired difference of two methods, each at the threshold that cut off most reach on the other seeds.

    Attributes
    ----------
    difference : Difference
        Of `measure`, method `b` minus `a`.
    most_hit : float
        The share of the public that might be hit on the seeds that a threshold was chosen on.
    thresholds : dict of str to list
        The thresholds chosen, by method.
    levels : (float, float)
        The measure of `a` and of `b`, a mean over the seeds that count.
    """

    difference: Difference
    most_hit: float
    thresholds: Mapping[str, Sequence[Any]]
    levels: tuple[float, float] = (math.nan, math.nan)


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
            found[seed] = round(float(np.mean([second[cell] - first[cell] for cell in shared])), DIGITS)
        elif seed in lost:
            broke_off += 1
        else:
            missing += 1
    by_seed = pd.Series(found, dtype=np.float64)
    averaged = {name: values_of(part[[cell in shared for cell in _cells(part, others)]], name) for name in others}
    averaged = {name: values for name, values in averaged.items() if len(values) > 1}
    hit = None
    if RATE in part and found:
        rates = [_by_seed(side, others, set(shared), RATE) for side in sides]
        means = [float(np.mean([list(one[seed].values()) for seed in found])) for one in rates]
        hit = (means[0], means[1])
    students = interval(by_seed, Scale.IDENTITY)
    return Difference(column, a, b, measure, students, by_seed, averaged, broke_off, missing, hit)


def crossed(table: pd.DataFrame, column: str) -> bool:
    """Return whether the first and last value of a column occur with the same values of all others, and with some."""
    values, others = values_of(table, column), [name for name in varied_columns(table) if name != column]
    ends = [set(_cells(table[table[column] == value], others)) for value in (values[0], values[-1])]
    return len(values) > 1 and ends[0] == ends[1] and bool(ends[0])


def at_best(table: pd.DataFrame, a: str, b: str, measure: str, most_hit: float = 0.01, rate: str = RATE) -> Best | str:
    """Return the paired difference of two detectors, each at its best threshold; or why there is none.

    For each seed a detector's threshold is the one that cuts off most reach on the *other* seeds, on the mean, among
    those whose mean `rate` there is at most `most_hit`; of equals the highest. A threshold tuned on the
    seed that it is evaluated on would flatter itself. Other columns that vary are averaged within a seed.

    As every seed has a say in the thresholds of the others, the seeds' differences are not independent: the interval is
    the jackknife's, in which all is chosen anew without each seed. Where one threshold is best whatever seed is left
    out, it is Student's. Student's alone would cover the truth in 64 to 93% of cases among thresholds that are equally
    good (of normal values, for 5 to 20 seeds), this one in 96% and more.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table with `detector`, `threshold`, `seed`, `reach_cut_off`, the rate and the measure.
    a, b : str
        Detectors.
    measure : str
        What they are compared by.
    most_hit : float
        In [0, 1].
    rate : str
        The measure of how many people are hit, by default the false-positive rate.
    """
    both = table[[name in (a, b) for name in table["detector"]]]
    wide = {name: by_threshold(both[both["detector"] == name], [CHOSEN_BY, rate, measure]) for name in (a, b)}
    seeds = [
        seed for seed in sorted(set(both["seed"]))
        if all(seed in one[CHOSEN_BY] and one[CHOSEN_BY][seed].notna().all() for one in wide.values())
    ]  # fmt: skip
    if len(seeds) < LEAST_SEEDS:
        return f"a threshold is chosen on the other seeds: that takes {LEAST_SEEDS} whole seeds, and here {len(seeds)}"
    methods = [Method(*(wide[name][one][seeds].to_numpy() for one in (CHOSEN_BY, rate, measure))) for name in (a, b)]
    at, few = np.arange(len(seeds)), f"at most {100 * most_hit:g}% of people"
    chosen = [method.choose(most_hit) for method in methods]
    for name, rows in zip((a, b), chosen, strict=True):
        if none := int(np.count_nonzero(rows < 0)):
            where = "" if none == len(seeds) else f" for {none} of {len(seeds)} seeds"
            return f"no threshold of {name} hits {few} on the other seeds{where}"
    differences = _differences(methods, most_hit)
    by_seed = pd.Series(differences, index=seeds)
    defined = at[~np.isnan(differences)]
    found = Interval(math.nan, math.nan, math.nan, 0)
    if defined.size:
        without = []
        if len(seeds) > LEAST_SEEDS:
            # NaN where a seed's absence leaves no threshold.
            without = [interval(_differences([one.but(i) for one in methods], most_hit)).mean for i in defined]
        found = jackknife(float(np.nanmean(differences)), without)
        if len(without) >= MIN_SEEDS and not found.known:
            return f"without one of the seeds no threshold of {a} or {b} hits {few} on the others"
    lost = set(both["seed"]) - set(seeds)
    broke_off = len(lost & set(both.loc[both["failed"].notna(), "seed"])) if "failed" in both else 0
    others = [name for name in varied_columns(both) if name not in ("detector", "threshold")]
    hit = [float(method.rate[rows, at].mean()) for method, rows in zip(methods, chosen, strict=True)]
    difference = Difference(
        "detector", a, b, measure, replace(found, seeds=defined.size, undefined=len(seeds) - defined.size), by_seed,
        {name: values_of(both, name) for name in others}, broke_off, len(lost) - broke_off, (hit[0], hit[1]),
    )  # fmt: skip
    taken = zip((a, b), chosen, strict=True)
    levels = [
        float(one.measure[rows, at][defined].mean()) if defined.size else math.nan
        for one, rows in zip(methods, chosen, strict=True)
    ]
    return Best(
        difference, most_hit,
        {name: sorted({wide[name][rate].index[i] for i in rows}) for name, rows in taken},
        (levels[0], levels[1]),
    )  # fmt: skip


@dataclass(frozen=True)
class Method:
    """A detector's runs: what its thresholds are chosen by, whom they hit, and the measure (thresholds, seeds)."""

    by: NDArray[np.float64]
    rate: NDArray[np.float64]
    measure: NDArray[np.float64]

    def but(self, seed: int) -> Method:
        """Return the same without a seed."""
        return Method(*(np.delete(values, seed, axis=1) for values in (self.by, self.rate, self.measure)))

    def choose(self, most: float) -> NDArray[np.intp]:
        """Return the row chosen for each column on the means of the other columns; −1 where none is allowed."""
        others = self.by.shape[1] - 1
        means = np.round((self.by.sum(axis=1, keepdims=True) - self.by) / others, DIGITS)
        rates = np.round((self.rate.sum(axis=1, keepdims=True) - self.rate) / others, DIGITS)
        allowed = rates <= most
        return np.where(allowed.any(axis=0), np.where(allowed, means, -np.inf).argmax(axis=0), -1)


def _differences(methods: Sequence[Method], most: float) -> NDArray[np.float64]:
    """Return the difference of each seed, the second less the first; NaN throughout where a seed has no threshold."""
    a, b = methods
    at, chosen = np.arange(a.by.shape[1]), (a.choose(most), b.choose(most))
    if min(int(rows.min()) for rows in chosen) < 0:
        return np.full(at.size, np.nan)
    return np.asarray(np.round(b.measure[chosen[1], at] - a.measure[chosen[0], at], DIGITS))


def by_threshold(rows: pd.DataFrame, measures: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return measures (thresholds, falling; seeds of which every run is there and whole), other columns averaged."""
    cells = len(rows.drop_duplicates([name for name in varied_columns(rows) if name != "seed"] or ["threshold"]))
    good = whole(rows)
    complete = good.groupby("seed").size()
    groups = good[good["seed"].isin(complete.index[complete == cells])].groupby(["threshold", "seed"])
    means = {}
    for name in dict.fromkeys(measures):
        mean = groups[name].mean().where(groups[name].count() == groups.size())  # undefined where one of them is
        means[name] = mean.unstack("seed").sort_index(ascending=False)
    return means


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
