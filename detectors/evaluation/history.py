"""Scores over time, as far as a threshold depends on them: each account's highest score so far.

For a policy that acts once on any account that reaches a threshold, only the running maximum of a score matters. So
only the scorings at which an account's maximum rises are kept: every threshold can then be tried on one replay,
exactly, without a matrix of accounts x scorings. 16 bytes a rise; scores in random order rise about ln(scorings) times.

Examples
--------
>>> history = ScoreHistory(n_accounts=3)
>>> history.add(24, np.array([0.2, np.nan, 0.9]))
>>> history.add(48, np.array([0.6, np.nan, 0.1]))
>>> history.peak
array([0.6, nan, 0.9])
>>> history.reached(0.5).tolist() == [48, NEVER, 24]
True
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import FloatArray

NEVER = 2**62  #: a time that never comes


class ScoreHistory:
    """Each account's highest score so far, over time.

    Parameters
    ----------
    n_accounts : int

    Attributes
    ----------
    times : list of int
        When an action upon each scoring takes effect, rising.
    """

    def __init__(self, n_accounts: int) -> None:
        self.n_accounts = n_accounts
        self.times: list[int] = []
        self._peak = np.full(n_accounts, -np.inf)
        self._accounts: list[NDArray[np.int32]] = []
        self._scores: list[FloatArray] = []
        self._joined: tuple[NDArray[np.int64], FloatArray] | None = None

    def add(self, time: int, scores: FloatArray) -> None:
        """Take in a scoring.

        Parameters
        ----------
        time : int
            When an action upon it takes effect; any unit, later than that before.
        scores : float64 (accounts,)
            NaN for the unscored.

        Raises
        ------
        ValueError
            The time is not later, or there is not one score an account.
        """
        if scores.shape != (self.n_accounts,):
            raise ValueError(f"scores must have shape ({self.n_accounts},); got {scores.shape}.")
        if self.times and time <= self.times[-1]:
            raise ValueError(f"scorings must come in time order; got {time} after {self.times[-1]}.")
        rose = np.flatnonzero(scores > self._peak)  # NaN compares false
        self._peak[rose] = scores[rose]
        self.times.append(int(time))
        self._accounts.append(rose.astype(np.int32))
        self._scores.append(scores[rose])
        self._joined = None

    @property
    def peak(self) -> FloatArray:
        """Return float64 (accounts,), the highest score ever; NaN for those never scored."""
        return np.where(np.isneginf(self._peak), np.nan, self._peak)

    def reached(self, threshold: float) -> NDArray[np.int64]:
        """Return int64 (accounts,): the time of the first scoring of at least the threshold, or `NEVER`."""
        first = np.full(self.n_accounts, NEVER, np.int64)
        for time, accounts, scores in zip(reversed(self.times), self._accounts[::-1], self._scores[::-1], strict=True):
            first[accounts[scores >= threshold]] = time
        return first

    def highest_by(self, accounts: NDArray[np.integer], times: NDArray[np.integer]) -> FloatArray:
        """Return the highest score of accounts by given times.

        Parameters
        ----------
        accounts, times : integer (questions,)
            An account outside [0, n_accounts) has no scores.

        Returns
        -------
        float64 (questions,)
            -inf where there was no scoring yet: no threshold was ever reached.
        """
        keys, scores = self._by_account()
        scoring = np.searchsorted(self.times, times, side="right") - 1
        row = np.searchsorted(keys, accounts.astype(np.int64) * self._stride + scoring, side="right") - 1
        out = np.full(len(accounts), -np.inf)
        known = (row >= 0) & (scoring >= 0) & (accounts >= 0) & (accounts < self.n_accounts)
        known[known] = keys[row[known]] // self._stride == accounts[known]
        out[known] = scores[row[known]]
        return out

    @property
    def _stride(self) -> int:
        return len(self.times) + 1

    def _by_account(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the rises sorted by account, then time: keys account * stride + scoring, and scores."""
        if self._joined is None:
            parts = [accounts.astype(np.int64) * self._stride + i for i, accounts in enumerate(self._accounts)]
            keys = np.concatenate(parts) if parts else np.empty(0, np.int64)
            order = np.argsort(keys, kind="stable")
            scores = np.concatenate(self._scores) if parts else np.empty(0)
            self._joined = keys[order], scores[order]
        return self._joined
