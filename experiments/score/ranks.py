"""Accounts in one order over several methods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

_DECIMALS = 12  # sums taken in another order differ in the last bits, which must not decide who comes first


def shares_below(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of accounts that score lower, equals half; the unscored lie below all.

    Examples
    --------
    >>> shares_below(np.array([0.9, np.nan, 0.1, 0.9])).tolist()
    [0.75, 0.125, 0.375, 0.75]
    """
    return np.asarray((rankdata(np.where(np.isnan(scores), -1.0, scores)) - 0.5) / max(scores.size, 1))


def in_order(scores: Sequence[NDArray[np.float64]], acts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return accounts, the highest mean share first; of equal ones those that act more, then the lower number.

    Parameters
    ----------
    scores : sequence of float64 (accounts,)
        Of the methods that count.
    acts : int64 (accounts,)
    """
    mean = np.mean([shares_below(one) for one in scores], axis=0) if scores else np.zeros(acts.size)
    return np.lexsort((np.arange(acts.size), -acts, -np.round(mean, _DECIMALS)))
