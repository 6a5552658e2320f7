"""The ceiling: how many random reads of memory one core makes in a second.

A run follows ties from account to account, and at a million accounts nearly each such step leaves the caches. How fast
the machine reads at random is therefore the limit of a program that keeps its data as this one does, whatever else it
does well. The reads measured here do not wait for one another, so that the core has as many under way as it can.
"""

from __future__ import annotations

import time

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.rng import quick_uniform

ARRAY_BYTES = 256 * 2**20  # beyond the last cache of common machines


@njit(cache=True)
def _places(reads: int, size: int) -> NDArray[np.int32]:
    """Return places in [0, size), drawn at random: int32 (reads,)."""
    out = np.empty(reads, np.int32)
    for i in range(reads):
        out[i] = np.int32(quick_uniform(np.uint64(1), i) * size)
    return out


@njit(cache=True)
def _gather(values: NDArray[np.int32], places: NDArray[np.int32]) -> int:
    total = 0
    for place in places:
        total += values[place]
    return total


def random_reads_per_second(array_bytes: int = ARRAY_BYTES, reads: int = 2**24) -> float:
    """Return how many random reads of 4 bytes one core makes in a CPU second, at best of three tries.

    Parameters
    ----------
    array_bytes : int
        Size of the array that is read, at least 4.
    reads : int
        Reads of a try.
    """
    values = np.ones(max(array_bytes // 4, 1), np.int32)
    places = _places(reads, values.size)
    _gather(values, places[:1])  # the compiled code is loaded before the clock starts
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        _gather(values, places)
        best = min(best, time.process_time() - start)
    return float(reads / max(best, 1e-9))
