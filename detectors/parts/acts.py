"""Rules about an account's own acts: how many there are in a sliding window, and how many of them are of some kind.

Such rules are what an analyst would try first. They look at one account at a time and are the yardstick of methods that
do more.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, not_scored, nothing_observed
from detectors.parts.parameters import require_at_least, require_positive
from detectors.parts.window import TraceWindow
from sim.observation import Observation


class ActsInWindow(Detector):
    """What these rules have in common: the acts of the last hours, counted by account.

    Cost: 20 bytes an act in the window, and a count over them a scoring.

    Parameters
    ----------
    window_hours : float
        Acts older than this at the end of the last step are forgotten; above 0.
    min_acts : int
        Accounts with fewer acts in the window are NaN; at least 1.
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind"})
    #: What the counted acts are, as `explain` speaks of them; None: all count.
    _which: ClassVar[str | None] = None

    def __init__(self, window_hours: float, min_acts: int) -> None:
        name = type(self).__name__
        require_positive(name, window_hours=window_hours)
        require_at_least(name, 1, min_acts=min_acts)
        self.window_hours, self.min_acts = window_hours, min_acts
        self._window, self._n_accounts = TraceWindow(window_hours), -1
        self._acts, self._counted = np.empty(0, np.int64), np.empty(0, np.int64)
        self._scores = np.empty(0)

    def observe(self, observation: Observation) -> None:
        """Take in the step's acts."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        time, account = observation.event("time"), observation.event("account")
        self._window.add(observation.end, time, account, self._counts(observation).astype(np.int64))

    def score(self) -> FloatArray:
        """Return float64 (accounts,), NaN where there are too few acts in the window."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        account, counts = self._window.accounts(), self._window.items() > 0
        self._acts = np.bincount(account, minlength=self._n_accounts)
        self._counted = np.bincount(account[counts], minlength=self._n_accounts)
        enough = self._acts >= self.min_acts
        self._scores = np.full(self._n_accounts, np.nan)
        self._scores[enough] = self._score_of(self._acts[enough], self._counted[enough])
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say how many acts there were at the last scoring, and how many of them count."""
        if self._scores.size != self._n_accounts:
            raise not_scored(self)
        check_account(self, account, self._n_accounts)
        acts, counted, hours = int(self._acts[account]), int(self._counted[account]), f"{self.window_hours:g} hours"
        if np.isnan(self._scores[account]):
            return Evidence(account, f"Acts in the last {hours}: {acts}, too few to say anything.", {"acts": acts})
        facts = {"acts": acts, "score": float(self._scores[account])}
        if self._which is None:
            return Evidence(account, f"Acted {acts} times in the last {hours}.", facts)
        sentence = f"{counted} of its {acts} acts in the last {hours} were {self._which}."
        return Evidence(account, sentence, facts | {"counted": counted})

    @abstractmethod
    def _counts(self, observation: Observation) -> NDArray[np.bool_]:
        """Return which of the step's acts count: bool (events,)."""

    def _score_of(self, acts: NDArray[np.int64], counted: NDArray[np.int64]) -> FloatArray:
        """Return the score of accounts with enough acts, by their numbers: the share that counts."""
        return counted / acts
