"""The floor of any comparison: a score drawn at random."""

from __future__ import annotations

import numpy as np

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.parameters import require_at_least
from sim.observation import Observation


class RandomDetector(Detector):
    """Scores every account at random.

    Each account gets one uniform number in [0, 1) for the whole run, so that a threshold of 0.9 suspends a tenth of all
    accounts, of every kind, and none twice. A method whose curve is not above this one has found nothing. It reads
    nothing and costs one draw an account.

    Parameters
    ----------
    seed : int
        At least 0. The score of an account is a function of this and its number alone.

    Examples
    --------
    >>> from detectors import RandomDetector
    >>> from sim.observation import Observation
    >>> detector = RandomDetector(seed=1)
    >>> detector.observe(Observation(step=0, start=0, end=3600, n_accounts=3, columns={}, events={}))
    >>> detector.score().shape
    (3,)
    """

    requires: frozenset[str] = frozenset()

    def __init__(self, seed: int = 0) -> None:
        require_at_least("RandomDetector", 0, seed=seed)
        self.seed = seed
        self._scores: FloatArray | None = None

    def observe(self, observation: Observation) -> None:
        """Draw the scores at the first step; check that the number of accounts stays the same."""
        accounts_of(self, -1 if self._scores is None else self._scores.size, observation)
        if self._scores is None:
            # A counter-based generator of its own: a detector must not share the world's draws.
            self._scores = np.random.Generator(np.random.Philox(key=self.seed)).random(observation.n_accounts)

    def score(self) -> FloatArray:
        """Return float64 (accounts,), uniform in [0, 1), the same at every call."""
        if self._scores is None:
            raise nothing_observed(self)
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say that the score was drawn at random."""
        scores = self.score()
        check_account(self, account, scores.size)
        drawn = float(scores[account])
        return Evidence(account, f"Drawn at random: {drawn:.3f}; nothing was looked at.", {"score": drawn})
