"""Union-find: sets that are joined two by two, each named by one of its members."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, no_cfunc_wrapper=True)
def root(parent: NDArray[np.int64], row: int) -> int:
    """Return the member that names the set of `row`; the path to it is halved on the way."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@njit(cache=True, no_cfunc_wrapper=True)
def join(parent: NDArray[np.int64], row: int, other: int) -> None:
    """Join two sets; the lower of their names is that of both."""
    one, two = root(parent, row), root(parent, other)
    parent[max(one, two)] = min(one, two)
