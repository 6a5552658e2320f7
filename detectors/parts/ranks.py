"""Ranks as shares: the share of the scored accounts that score less, equals half; in place and in one sort.

SciPy's `rankdata` does the same in six times the memory; at a million accounts an ensemble would not fit into a
gigabyte.

Examples
--------
>>> shares_below(np.array([0.3, np.nan, 0.1, 0.3]))
array([0.66666667,        nan, 0.16666667, 0.66666667])
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import FloatArray


def shares_below(scores: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """Return the share of scored accounts that score less, equals half; float64 (accounts,).

    Parameters
    ----------
    scores : float64 (accounts,)
        NaN for the unscored, whose share is NaN.
    out : float64 (accounts,), optional
        Filled and returned.
    """
    out = np.empty(scores.size) if out is None else out
    _fill(scores, np.argsort(scores), out)  # NaN comes last in this order
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _fill(scores: FloatArray, order: NDArray[np.int64], out: FloatArray) -> None:
    n, first = scores.size, 0
    while n and np.isnan(scores[order[n - 1]]):
        n -= 1
        out[order[n]] = np.nan
    while first < n:
        end = first + 1
        while end < n and scores[order[end]] == scores[order[first]]:
            end += 1
        for k in range(first, end):
            out[order[k]] = 0.5 * (first + end) / n
        first = end
