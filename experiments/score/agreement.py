"""How far methods agree: rank correlations over the accounts that both score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from experiments.score.run import Result

_LEAST = 3  # accounts that both score, for a correlation


def rank_correlations(found: Result) -> tuple[list[str], NDArray[np.float64], NDArray[np.int64]]:
    """Return the detectors, Spearman's rank correlation of each pair, and how many accounts both score.

    Returns
    -------
    names : list of str
    correlation : float64 (detectors, detectors)
        NaN where fewer than three accounts are scored by both, or one of the two scores them all alike.
    both : int64 (detectors, detectors)
    """
    acting = found.log.acting()
    scores = [one.scores[acting] for one in found.scored]
    n = len(scores)
    correlation, both = np.full((n, n), np.nan), np.zeros((n, n), np.int64)
    for i in range(n):
        for j in range(i, n):
            shared = ~(np.isnan(scores[i]) | np.isnan(scores[j]))
            both[i, j] = both[j, i] = np.count_nonzero(shared)
            if both[i, j] >= _LEAST:
                correlation[i, j] = correlation[j, i] = spearman(scores[i][shared], scores[j][shared])
    return [one.name for one in found.scored], correlation, both


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the rank correlation of two columns; NaN where one of them is constant.

    Examples
    --------
    >>> float(spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 15.0])))
    0.5
    """
    first, second = (rankdata(values) for values in (one, other))
    if first.std() == 0.0 or second.std() == 0.0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
