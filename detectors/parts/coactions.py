"""Acts of two accounts on one object, and how close in time they were: the layers of a multiplex network.

Examples
--------
Accounts 0 and 1 act on object 7 within ten seconds, 2 a thousand seconds later:

>>> layer = Layer.of(np.array([0, 10, 1000]), np.array([0, 1, 2]), np.array([7, 7, 7]), 3, most_acts=100, most_pairs=10)
>>> one, other, weight = layer.ties(60.0)
>>> list(zip(one.tolist(), other.tolist(), weight.round(3).tolist()))
[(0, 1, 0.423), (0, 2, 0.0), (1, 2, 0.0)]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import FloatArray
from detectors.parts.incidence import by_appearance


@dataclass(frozen=True)
class Layer:
    """Pairs of acts on one object by different accounts, and the ties that they make.

    Attributes
    ----------
    one, other : int32 (ties,)
        The accounts, the lower number first; in rising order.
    tie : int64 (pairs,)
        Which tie a pair belongs to.
    apart : float64 (pairs,)
        Seconds between the acts.
    part : float64 (pairs,)
        1 / (d - 1) for an object with d acts: so all pairs of an act add up to one at most.
    acts : int64 (accounts,)
        How often each account acted, on whatever object.
    most_acts : int
        Objects of more acts are left out.
    """

    one: NDArray[np.int32]
    other: NDArray[np.int32]
    tie: NDArray[np.int64]
    apart: FloatArray
    part: FloatArray
    acts: NDArray[np.int64]
    most_acts: int

    @classmethod
    def of(
        cls, time: NDArray[np.int64], account: NDArray[np.int64], item: NDArray[np.int64], n: int, *, most_acts: int,
        most_pairs: int,
    ) -> Layer:  # fmt: skip
        """Return the layer of some acts, in time order.

        Parameters
        ----------
        time, account, item : int64 (acts,)
        n : int
            Accounts.
        most_acts : int
            Objects of more acts are left out; of fewer, where there would be more than `most_pairs`.
        most_pairs : int
        """
        distinct, number = by_appearance(item)
        d = np.bincount(number, minlength=distinct.size)
        sizes = np.bincount(d)[: most_acts + 1].astype(np.float64)
        pairs = np.cumsum(sizes * np.arange(sizes.size) * (np.arange(sizes.size) - 1) / 2.0)
        fits = int(np.searchsorted(pairs, most_pairs, side="right")) - 1 if pairs.size else most_acts
        limit = most_acts if fits >= sizes.size - 1 else max(fits, 1)
        order = np.argsort(number, kind="stable")
        order = order[(d[number[order]] > 1) & (d[number[order]] <= limit)]
        key, apart, part = _pairs(number[order], time[order], account[order])
        ties, tie = np.unique(key, return_inverse=True)
        one, other = (ties >> 32).astype(np.int32), (ties & 0xFFFFFFFF).astype(np.int32)
        return cls(one, other, tie, apart, part, np.bincount(account, minlength=n), limit)

    def close(self, seconds: float) -> FloatArray:
        """Return of each tie the sum of exp(-apart / seconds) times the part of its pairs, float64 (ties,)."""
        weights = np.exp(-self.apart / seconds) * self.part
        return np.asarray(np.bincount(self.tie, weights, minlength=self.one.size), np.float64)

    def ties(self, seconds: float) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
        """Return the ties of accounts: their sums over the root of the product of the two accounts' acts."""
        acts = self.acts.astype(np.float64)
        return self.one, self.other, self.close(seconds) / np.sqrt(acts[self.one] * acts[self.other])

    def inside(self, seconds: float, group: NDArray[np.int64]) -> FloatArray:
        """Return for each account the sum of its pairs with accounts of its own group, float64 (accounts,)."""
        same = (group[self.one] == group[self.other]) & (group[self.one] >= 0)
        close, n = self.close(seconds)[same], group.size
        both = np.bincount(self.one[same], close, minlength=n) + np.bincount(self.other[same], close, minlength=n)
        return np.asarray(both, np.float64)


@njit(cache=True, no_cfunc_wrapper=True)
def _pairs(
    item: NDArray[np.int32], time: NDArray[np.int64], account: NDArray[np.int64]
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Return the pairs of acts on one item by different accounts, both in 64 bits; acts stand item by item."""
    found, key, apart, part = 0, np.empty(0, np.int64), np.empty(0), np.empty(0)
    for counting in (True, False):
        if not counting:
            key, apart, part, found = np.empty(found, np.int64), np.empty(found), np.empty(found), 0
        begin = 0
        while begin < item.size:
            end = begin + 1
            while end < item.size and item[end] == item[begin]:
                end += 1
            for a in range(begin, end):
                for b in range(a + 1, end):
                    if account[a] == account[b]:
                        continue
                    if not counting:
                        key[found] = min(account[a], account[b]) << 32 | max(account[a], account[b])
                        apart[found], part[found] = abs(time[b] - time[a]), 1.0 / (end - begin - 1)
                    found += 1
            begin = end
    return key, apart, part
