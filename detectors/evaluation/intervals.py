"""Intervals over seeds: bootstrap means, with draws keyed by what is estimated."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and its 95% interval, NaN for fewer than two seeds."""

    mean: float
    low: float
    high: float
    seeds: int


def keyed(*key: object) -> np.random.Generator:
    """Return a generator whose draws depend on the key alone: not on what else is estimated, nor in which order."""
    text = "\0".join(map(str, key)).encode()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(hashlib.blake2b(text, digest_size=16).digest())))


def interval(values: ArrayLike, *key: object) -> Interval:
    """Return the mean of one measure's values, one per seed, and its percentile bootstrap interval.

    Parameters
    ----------
    values : float (seeds,)
        NaN, an undefined value, is left out.
    key : objects
        Name the estimate, for its draws.

    Examples
    --------
    >>> found = interval([0.5, 0.6, 0.7, float("nan")], "co_repost", "auc")
    >>> round(found.mean, 3), round(found.low, 3), round(found.high, 3), found.seeds
    (0.6, 0.5, 0.7, 3)
    """
    sample = np.asarray(values, np.float64)
    sample = sample[~np.isnan(sample)]
    if not sample.size:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    mean = float(sample.mean())
    if sample.size == 1:
        return Interval(mean, float("nan"), float("nan"), 1)
    if not np.isfinite(sample).all() or np.ptp(sample) == 0.0:  # nothing to resample
        return Interval(mean, float(sample.min()), float(sample.max()), sample.size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            (sample,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=keyed(*key), vectorized=True
        ).confidence_interval
    return Interval(mean, float(found.low), float(found.high), sample.size)
