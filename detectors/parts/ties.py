"""Sums over the follower graph, exact in whole numbers: what the methods that spread trust or guilt have in common.

Values are summed in whole units (int64), so that a sum is the same in whatever order its terms come, and renumbering
accounts permutes scores byte for byte. The value of an account takes four bytes, an int32 or a float32 that is a whole
number: a pass over the ties looks up a random place for each end of a tie, and is fast where all these places fit into
the caches. Adding at random places takes three times as long as reading them, so the graph is transposed once, and
every account gathers from its followees and from its followers.

Examples
--------
>>> from sim.observation import Follows
>>> path = FollowerTies(Follows(np.array([0, 1, 2, 2]), np.array([1, 2])))  # 0 follows 1, who follows 2
>>> path.sums(np.array([1, 10, 100], np.int32))
array([ 10, 101,  10])
>>> path.degrees(np.array([True, True, False]))
array([1, 1, 0])
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.observation import Follows

_FEW = 0.25  # of the ends of all ties: up to this share of values other than 0, they are scattered, not gathered


class FollowerTies:
    """The follower graph, to be read from both ends.

    Memory: 4 bytes a tie and 8 an account beside the graph's own. Making it takes about as long as four sums.

    Parameters
    ----------
    follows : Follows
        Kept, not copied.
    """

    def __init__(self, follows: Follows) -> None:
        self.follows = follows
        n_ties = follows.indices.size
        self._followers = np.empty(n_ties, np.int32)  # allocated here: NumPy asks for large pages, Numba does not
        free = np.zeros(follows.n_accounts, np.uint32 if n_ties < 2**32 else np.uint64)
        self._start = _transpose(follows.indptr, follows.indices, free, self._followers)

    def sums(self, values: NDArray[Any], one_way: bool = False) -> NDArray[np.int64]:
        """Return for each account the sum of its neighbours' values: int64 (accounts,).

        Parameters
        ----------
        values : int32 or float32 (accounts,)
            Whole numbers.
        one_way : bool
            False: every tie counts for both its ends, so that a returned tie counts twice. True: an account takes
            negative values from its followers and positive ones from its followees; over a returned tie that is the
            whole value, once.
        """
        graph = self.follows.indptr, self.follows.indices, self._start, self._followers
        few = _n_ends(self.follows.indptr, self._start, values) <= _FEW * 2 * self._followers.size
        return np.asarray((_scatter if few else _gather)(*graph, values, one_way))

    def degrees(self, registered: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return registered accounts' ties among themselves, both directions counted: int64 (accounts,), others 0."""
        ties = self.sums((~registered).astype(np.int32))  # these are few: subtracting them is fast
        return np.where(registered, np.diff(self.follows.indptr) + np.diff(self._start) - ties, 0)


@njit(cache=True, no_cfunc_wrapper=True)
def _transpose(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], free: NDArray[Any], followers: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Fill in the followers of each account, in rising order; return where each account's begin. `free` comes as zeros.

    Indices are unsigned here and below: for a signed one Numba tests whether it counts from the end.
    """
    n = free.size
    for k in range(np.uint64(indices.size)):
        free[np.uint32(indices[k])] += 1
    start = np.zeros(n + 1, np.int64)
    for i in range(n):
        start[i + 1] = start[i] + np.int64(free[i])
        free[i] = start[i]
    for i in range(n):
        for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
            followee = np.uint32(indices[k])
            place = free[followee]
            followers[place] = i
            free[followee] = place + 1
    return start


@njit(cache=True, no_cfunc_wrapper=True)
def _n_ends(indptr: NDArray[np.int64], start: NDArray[np.int64], values: NDArray[Any]) -> int:
    """Return the number of ends of ties at accounts whose value is not 0."""
    ends = 0
    for i in range(values.size):
        if values[i] != 0:
            ends += indptr[i + 1] - indptr[i] + start[i + 1] - start[i]
    return ends


@njit(cache=True, no_cfunc_wrapper=True)
def _gather(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], start: NDArray[np.int64], followers: NDArray[np.int32],
    values: NDArray[Any], one_way: bool,
) -> NDArray[np.int64]:  # fmt: skip
    """Let every account look up its neighbours' values."""
    out, none = np.empty(values.size, np.int64), np.int64(0)
    for i in range(out.size):
        total = none
        for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
            theirs = np.int64(values[np.uint32(indices[k])])
            total += max(theirs, none) if one_way else theirs
        for k in range(np.uint64(start[i]), np.uint64(start[i + 1])):
            theirs = np.int64(values[np.uint32(followers[k])])
            total += min(theirs, none) if one_way else theirs
        out[i] = total
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _scatter(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], start: NDArray[np.int64], followers: NDArray[np.int32],
    values: NDArray[Any], one_way: bool,
) -> NDArray[np.int64]:  # fmt: skip
    """Add each value other than 0 to the neighbours' sums: the same sums, fast where such values are few."""
    out = np.zeros(values.size, np.int64)
    for i in range(out.size):
        own = np.int64(values[i])
        if own < 0 or (own > 0 and not one_way):
            for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                out[np.uint32(indices[k])] += own
        if own > 0 or (own < 0 and not one_way):
            for k in range(np.uint64(start[i]), np.uint64(start[i + 1])):
                out[np.uint32(followers[k])] += own
    return out
