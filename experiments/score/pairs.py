"""How alike the pairs of a method are, as counts: which similarity the heaviest share of them reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.parts.cosines import Matrix, _add_up

BINS = 10_000


def similarity_counts(matrix: Matrix, limit: int) -> NDArray[np.int64]:
    """Return how many pairs of rows share something, by their cosine: int64 (BINS,), bin i from i / BINS on."""
    return np.asarray(_counts(matrix, limit))


def cut_of(counts: NDArray[np.int64], share: float, most: int) -> float:
    """Return the least similarity of the heaviest share of pairs; of `most` pairs where these are fewer.

    A bin that would go beyond is left out, unless it is the first.

    Examples
    --------
    >>> counts = np.zeros(BINS, np.int64)
    >>> counts[[1000, 9000]] = 990, 10
    >>> cut_of(counts, 0.01, 1000), cut_of(counts, 1.0, 1000)
    (0.9, 0.1)
    """
    wanted = min(max(int(share * counts.sum()), 1), most)
    beyond = np.cumsum(counts[::-1])[::-1]  # pairs of this bin and the higher ones
    fits = np.flatnonzero((beyond <= wanted) & (counts > 0))
    first = int(fits[0]) if fits.size else int(np.flatnonzero(counts)[-1]) if counts.any() else BINS - 1
    return max(first, 1) / BINS


@njit(cache=True, no_cfunc_wrapper=True)
def _counts(matrix: Any, limit: int) -> NDArray[np.int64]:
    inverse_norm = matrix.inverse_norm
    n = inverse_norm.size
    counts = np.zeros(BINS, np.int64)
    products, touched, passed = np.zeros(n), np.empty(n, np.uint32), np.zeros(matrix.weight.size, np.int32)
    for row in range(n):
        for t in range(_add_up(row, matrix, limit, passed, products, touched)):
            other = touched[t]
            cosine = products[other] * inverse_norm[row] * inverse_norm[other]
            place = np.int64(cosine * BINS + 1e-9)
            counts[place if place < BINS else BINS - 1] += 1
            products[other] = 0.0
    return counts
