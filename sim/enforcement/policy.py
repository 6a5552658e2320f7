"""Policies: from scores to the accounts to be acted upon."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.config import EnforcementConfig


class Policy(Protocol):
    """Decides whom to act upon. A new policy is one class with this method."""

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return True for the accounts to be acted upon; `scores` has shape (accounts,), NaN = unscored."""


class Never:
    """Acts on nobody."""

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return False for everybody."""
        return np.zeros(scores.shape, np.bool_)


class Threshold:
    """Acts on every account whose score is at least the threshold; an unscored account is left alone.

    Parameters
    ----------
    threshold : float
        In [0, 1], or inf, which never acts.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return True where the score reaches the threshold."""
        return np.asarray(scores >= self.threshold)


def policy_of(config: EnforcementConfig) -> Policy:
    """Return the policy that a configuration names."""
    if config.policy == "never" or config.threshold == math.inf:
        return Never()
    return Threshold(config.threshold)
