"""The threshold question: where to act, given what mistakes cost.

Acting on more accounts hits more people by mistake and takes more hours of review; acting on fewer leaves more of the
operation's impressions. Both are step functions of the threshold, which one replay gives exactly
(`ThresholdOutcomes`). With a price on each, the threshold of least expected cost is found by trying every score that
occurs, or, where more than `MOST_CANDIDATES` (4,096) do, those at ranks from the top that grow geometrically. A
threshold may also be chosen by a budget of false positives alone: so that the mean over runs keeps it (every score is
tried), or an upper bound on that mean.

The static case has a closed form: where scores are calibrated probabilities p, acting costs review + (1 - p) * wrong
and leaving alone costs p * missed, so that acting pays from p = (review + wrong) / (missed + wrong) on
(`bayes_threshold`; C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001).

Examples
--------
>>> prices = Prices(wrongly_suspended=10.0, review_hour=30.0, impression=0.1, review_hours=0.1)
>>> bayes_threshold(prices, impressions=200.0)
0.43333333333333335
>>> outcomes = ThresholdOutcomes.of(np.array([0.1, 0.4, np.nan]), np.array([0.3, 0.9]), np.repeat([0.3, 0.9], 200))
>>> least_cost([outcomes], prices).threshold
0.3
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from detectors.base import FloatArray
from detectors.evaluation.intervals import LEVEL, MIN_SEEDS, Scale, interval

NEVER_ACTS = float("inf")
MOST_CANDIDATES = 4096
RESAMPLES = 2000  # of runs, for the range of the thresholds chosen


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What mistakes cost, in any one currency.

    Attributes
    ----------
    wrongly_suspended : float
        Price of one organic account hit by mistake.
    review_hour : float
        Price of an hour of a reviewer.
    impression : float
        Price of one impression of the operation's content.
    review_hours : float
        Hours of review for each account acted upon.
    """

    wrongly_suspended: float
    review_hour: float
    impression: float
    review_hours: float

    @property
    def review(self) -> float:
        """Price of the review of one account."""
        return self.review_hour * self.review_hours


@dataclass(frozen=True)
class ThresholdOutcomes:
    """What each threshold leads to in one run: people hit, accounts acted upon, impressions left.

    Attributes
    ----------
    organic, operation : float64, rising
        Highest score of each scored account.
    avertable : float64 (impressions,), rising
        For each impression of operation content, the highest threshold at which an account that brought it would have
        been acted upon before; -inf where none would.
    n_organic, n_operation : int
        Unscored ones included.
    """

    organic: FloatArray
    operation: FloatArray
    avertable: FloatArray
    n_organic: int
    n_operation: int

    @classmethod
    def of(cls, organic: ArrayLike, operation: ArrayLike, avertable: ArrayLike) -> ThresholdOutcomes:
        """Return the outcomes of every threshold, from scores in any order, NaN for the unscored."""
        organic, operation = np.asarray(organic, np.float64), np.asarray(operation, np.float64)
        return cls(
            np.sort(organic[~np.isnan(organic)]), np.sort(operation[~np.isnan(operation)]),
            np.sort(np.asarray(avertable, np.float64)), organic.size, operation.size,
        )  # fmt: skip

    def wrongly_hit(self, thresholds: ArrayLike) -> FloatArray:
        """Return the organic accounts that reach each threshold."""
        return _at_least(self.organic, thresholds)

    def caught(self, thresholds: ArrayLike) -> FloatArray:
        """Return the operation's accounts that reach each threshold."""
        return _at_least(self.operation, thresholds)

    def acted_upon(self, thresholds: ArrayLike) -> FloatArray:
        """Return the accounts that reach each threshold."""
        return self.wrongly_hit(thresholds) + self.caught(thresholds)

    def impressions(self, thresholds: ArrayLike) -> FloatArray:
        """Return the impressions of operation content that each threshold leaves."""
        return self.avertable.size - _at_least(self.avertable, thresholds)

    def cost(self, thresholds: ArrayLike, prices: Prices) -> FloatArray:
        """Return what each threshold costs."""
        return np.asarray(
            prices.wrongly_suspended * self.wrongly_hit(thresholds)
            + prices.review * self.acted_upon(thresholds)
            + prices.impression * self.impressions(thresholds)
        )


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, chosen on some runs.

    Attributes
    ----------
    threshold : float
        In [0, 1], or inf: never acting is best.
    low, high : float
        Range of the thresholds chosen on resampled runs (95% of them): no interval, see `cheapest`. NaN for fewer
        runs than `detectors.evaluation.intervals.MIN_SEEDS`.
    cost : float
        Expected cost of a run.
    cost_of_never : float
        That of never acting.
    """

    threshold: float
    low: float = float("nan")
    high: float = float("nan")
    cost: float = float("nan")
    cost_of_never: float = float("nan")


def bayes_threshold(prices: Prices, impressions: float) -> float:
    """Return the probability from which acting pays, where an account acted upon averts that many impressions.

    inf where it never does, whatever the probability.
    """
    missed, wrong = prices.impression * impressions, prices.wrongly_suspended
    if missed <= prices.review:
        return NEVER_ACTS
    return (prices.review + wrong) / (missed + wrong)


def candidates(runs: Sequence[ThresholdOutcomes]) -> FloatArray:
    """Return thresholds worth trying, rising, inf the last: scores that occur.

    Where more than `MOST_CANDIDATES` do, those at ranks from the top that grow geometrically: the few highest scores,
    between which a false-positive rate is decided, are all there.
    """
    values = np.unique(np.concatenate([part for run in runs for part in (run.organic, run.operation)]))
    if values.size > MOST_CANDIDATES:
        ranks = np.unique(np.geomspace(1, values.size, MOST_CANDIDATES).astype(np.int64))
        values = values[values.size - ranks[::-1]]
    return np.append(values, NEVER_ACTS)


def least_cost(runs: Sequence[ThresholdOutcomes], prices: Prices, *key: object) -> OperatingPoint:
    """Return the threshold of least mean cost over runs; of equal ones the highest, which acts on the fewest.

    The scores tried are those of `candidates`: all, up to `MOST_CANDIDATES`. For the range see `cheapest`.
    """
    thresholds = candidates(runs)
    return cheapest(thresholds, np.stack([run.cost(thresholds, prices) for run in runs]), *key)


def cheapest(thresholds: FloatArray, costs: FloatArray, *key: object) -> OperatingPoint:
    """Return the threshold of least mean cost over runs, from the cost of each threshold in each run.

    Of equal ones it is the highest, which acts on the fewest. With it comes the range of the thresholds chosen on
    resampled runs, the middle 95% of `RESAMPLES` choices (draws keyed by `key`). It says how much the choice depends on
    the runs at hand. It is no confidence interval: over few runs it covers the best threshold of all runs less often
    than 95% of the time, and the t interval of `detectors.evaluation.intervals` is one of a mean, which this is not.

    Parameters
    ----------
    thresholds : float64 (thresholds,), rising
        The last is inf: never acting.
    costs : float64 (runs, thresholds)

    Examples
    --------
    >>> cheapest(np.array([0.3, 0.6, NEVER_ACTS]), np.array([[5.0, 1.0, 4.0], [6.0, 2.0, 4.0]])).threshold
    0.6
    """

    def chosen(rows: FloatArray) -> float:
        """Return the index of the best threshold over some of the runs; an index, as inf cannot be interpolated."""
        mean = costs[rows.astype(np.int64)].mean(axis=0)
        return float(mean.size - 1 - np.argmin(mean[::-1]))

    numbers, mean = np.arange(len(costs), dtype=np.float64), costs.mean(axis=0)
    low = high = float("nan")
    if len(costs) >= MIN_SEEDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            found = stats.bootstrap(
                (numbers,), chosen, n_resamples=RESAMPLES, method="percentile", vectorized=False,
                confidence_level=LEVEL, rng=_keyed("least_cost", *key),
            ).confidence_interval  # fmt: skip
        low, high = thresholds[int(np.floor(found.low))], thresholds[int(np.ceil(found.high))]
    best = float(thresholds[int(chosen(numbers))])
    return OperatingPoint(best, float(low), float(high), float(mean.min()), float(mean[-1]))


def within_budget(runs: Sequence[ThresholdOutcomes], budget: float) -> float:
    """Return the lowest threshold at which at most the share `budget` of organic accounts is hit, over all runs.

    inf where even the highest score is reached by too many.
    """
    organic = np.sort(np.concatenate([run.organic for run in runs]))
    operation = np.concatenate([run.operation for run in runs])
    allowed = int(np.floor(budget * sum(run.n_organic for run in runs) * (1.0 + 1e-12)))
    if allowed >= organic.size:
        everything = np.concatenate([organic, operation])
        return float(everything.min()) if everything.size else NEVER_ACTS
    bar = organic[organic.size - 1 - allowed]  # the threshold must lie above this one
    above = np.concatenate([organic[organic > bar], operation[operation > bar]])
    return float(above.min()) if above.size else NEVER_ACTS


def bounded_budget(runs: Sequence[ThresholdOutcomes], budget: float) -> float:
    """Return the lowest threshold at which the upper bound on the share of people hit keeps a budget.

    The bound is that of `upper_bound` over runs. Thresholds tried are those of `candidates` at which the mean over all
    people keeps the budget. inf where the bound keeps it at none.

    Examples
    --------
    >>> runs = [ThresholdOutcomes.of(np.arange(10.0) / 10.0 + shift, [], []) for shift in (0.0, 0.05)]
    >>> within_budget(runs, 0.25), bounded_budget(runs, 0.25), upper_bound([0.2, 0.3])
    (0.75, 0.8, 0.3)
    """
    tried = candidates(runs)
    tried = tried[tried >= within_budget(runs, budget)]
    rates = np.stack([run.wrongly_hit(tried) / max(run.n_organic, 1) for run in runs])
    kept = (threshold for threshold, rate in zip(tried, rates.T, strict=True) if upper_bound(rate) <= budget)
    return float(next(kept, NEVER_ACTS))


def upper_bound(shares: ArrayLike) -> float:
    """Return the upper end of the 95% interval of a share's mean over runs; the highest run where there are too few."""
    found = interval(shares, Scale.LOGIT)
    return found.high if found.known else float(np.max(shares))


def break_even(gained: FloatArray, wrongly_hit: FloatArray) -> float:
    """Return the highest price of a person hit by mistake at which some threshold pays.

    Parameters
    ----------
    gained : float64 (thresholds,)
        What each threshold gains, in any unit, such as accounts caught or the price of impressions averted less that of
        reviews; the price has its unit.
    wrongly_hit : float64 (thresholds,)
        People hit at each.

    Returns
    -------
    float
        inf where a threshold gains something and hits nobody; NaN where none gains anything.

    Examples
    --------
    >>> break_even(np.array([3.0, 8.0]), np.array([1.0, 4.0])), break_even(np.array([-1.0, 0.0]), np.array([0.0, 2.0]))
    (3.0, nan)
    """
    pays = gained > 0.0
    if not pays.any():
        return float("nan")
    with np.errstate(divide="ignore"):
        return float((gained[pays] / wrongly_hit[pays]).max())


def _keyed(*key: object) -> np.random.Generator:
    """Return a generator whose draws depend on the key alone: not on what else is estimated, nor in which order."""
    text = "\0".join(map(str, key)).encode()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(hashlib.blake2b(text, digest_size=16).digest())))


def _at_least(rising: FloatArray, thresholds: ArrayLike) -> FloatArray:
    return np.asarray(rising.size - np.searchsorted(rising, thresholds, side="left"), np.float64)
