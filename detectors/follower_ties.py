"""Sums over the follower graph, exact in whole numbers: what the methods that spread trust or guilt have in common.

What is spread is counted in whole units (int64), so that a sum is the same in whatever order its terms come, and
renumbering accounts permutes scores byte for byte. A pass over the ties touches one line of memory a tie: the values
and the sums of an account lie side by side.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

UNITS = 2**40  # in 1


@njit(cache=True)
def exchange(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], value: NDArray[np.int64], one_way: bool
) -> NDArray[np.int64]:
    """Return for each account the sum of its neighbours' values: int64 (accounts,).

    Parameters
    ----------
    indptr, indices : int64 (accounts + 1,), int32 (ties,)
        Row i holds the accounts that account i follows.
    value : int64 (accounts,)
    one_way : bool
        False: every tie counts for both its ends, so that a returned tie counts twice. True: an account takes the
        negative values of its followers and the positive ones of those whom it follows; where a tie is returned, that
        is the whole value, once.
    """
    n = value.size
    both = np.zeros((n, 2), np.int64)  # value and sum side by side
    for i in range(n):
        both[i, 0] = value[i]
    for i in range(n):
        own, total = both[i, 0], np.int64(0)
        low = min(own, np.int64(0)) if one_way else own
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            theirs = both[j, 0]
            total += max(theirs, np.int64(0)) if one_way else theirs
            both[j, 1] += low
        both[i, 1] += total
    return both[:, 1].copy()


def ties_of(indptr: NDArray[np.int64], indices: NDArray[np.int32], registered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return each account's ties to registered accounts, both directions counted: int64 (accounts,)."""
    return np.asarray(exchange(indptr, indices, registered.astype(np.int64), False)) * registered
