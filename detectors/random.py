"""The floor of any comparison: a score drawn by lot.

Each account number gets one uniform number in [0, 1) for the whole run, so that a threshold of 0.9 suspends a tenth
of all accounts, of whatever kind, and nobody twice. A method whose curve is not above this one has found nothing. It
reads nothing and costs one draw an account.

Examples
--------
>>> from sim.observation import Observation
>>> lot = RandomDetector(seed=1)
>>> lot.observe(Observation(step=0, start=0, end=3600, n_accounts=3, columns={}, events={}))
>>> lot.score().shape
(3,)
"""

from __future__ import annotations

import numpy as np

from detectors.base import Detector, Evidence, FloatArray, check_account, nothing_observed
from sim.observation import Observation


class RandomDetector(Detector):
    """Scores every account by lot.

    Parameters
    ----------
    seed : int
        At least 0. The score of an account is a function of this and its number alone.
    """

    requires: frozenset[str] = frozenset()

    def __init__(self, seed: int = 0) -> None:
        if seed < 0:
            raise ValueError(f"RandomDetector.seed must be at least 0; got {seed}.")
        self.seed = seed
        self._scores: FloatArray | None = None

    def observe(self, observation: Observation) -> None:
        """Learn the number of accounts."""
        if self._scores is None:
            # A counter-based generator of its own: the world's draws are no business of a detector.
            self._scores = np.random.Generator(np.random.Philox(key=self.seed)).random(observation.n_accounts)

    def score(self) -> FloatArray:
        """Return float64 (accounts,), uniform in [0, 1), the same at every call."""
        if self._scores is None:
            raise nothing_observed(self)
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say that it was the lot."""
        scores = self.score()
        check_account(self, account, scores.size)
        drawn = float(scores[account])
        return Evidence(account, f"Drawn by lot: {drawn:.3f}; nothing was looked at.", {"score": drawn})
