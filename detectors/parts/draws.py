"""A draw for each number, so that rows can be taken in an order that is random, and the same at every scoring."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draws_of(rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a draw for each number, uint64 of the shape of `rows`: SplitMix64, a function of the number alone.

    Rows are numbered in order of first appearance; taking them in that order would favour the busy.

    Examples
    --------
    >>> np.argsort(draws_of(np.arange(5)))
    array([2, 4, 1, 0, 3])
    """
    word = (rows.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
