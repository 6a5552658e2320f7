"""How far methods agree: rank correlations over the accounts that both score."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    scores = pd.DataFrame({one.name: one.scores[acting] for one in found.scored})
    scored = scores.notna().to_numpy(np.int64)
    return list(scores), scores.corr("spearman", min_periods=_LEAST).to_numpy(), scored.T @ scored
