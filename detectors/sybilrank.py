"""SybilRank: trust that walks a few steps from accounts known to be good, and seldom reaches a fake region.

Q. Cao, M. Sirivianos, X. Yang and T. Pregueiro, "Aiding the Detection of Fake Accounts in Large Scale Social Online
Services", NSDI 2012, 197-210. All trust starts at the good seeds, in equal parts; in each step an account hands its
trust to its neighbours in equal parts. The walk is stopped after O(log n) steps, before it forgets where it began:
then accounts are ranked by trust over degree, and the last are suspect, as few ties lead from real people to fakes.

It reads the follower graph, as an undirected one in which a returned tie counts twice, who is registered, and of
`known_accounts` the good ones alone. It says nothing of accounts with few ties. `observe` is O(accounts), but the
first one turns the graph round, O(ties); `score` is O(ties) a step. It keeps 4 bytes a tie and 32 an account beside the
observation's graph. Where neither the graph nor who is registered has changed since, the last ranks are given again.

Examples
--------
>>> from sim.observation import Follows
>>> columns = {"registered": np.ones(7, bool), "known_accounts": np.array([KNOWN_GOOD, 0, 0, 0, 0, 0, 0], np.int8)}
>>> two_triangles = Follows(np.arange(0, 8), np.array([1, 2, 0, 0, 5, 6, 4]))  # account 3 follows 0; 4, 5, 6 apart
>>> detector = SybilRank(min_ties=1, iterations=3)
>>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=7, columns=columns, events={},
...     follows=two_triangles))
>>> detector.score().round(2)
array([0.5 , 0.29, 0.29, 0.07, 0.79, 0.79, 0.79])
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, Evidence, FloatArray, check_account, nothing_observed
from detectors.parts.ranks import shares_below
from detectors.parts.ties import FollowerTies
from sim.observation import KNOWN_GOOD, Observation

_TOTAL = 2**52  # units of trust in all: sums stay exact, and what whole units and 24 bits lose is below 10^-6 of trust
_DECIMALS = 6  # of the logarithm of trust: what is lost must not decide who ranks first


class SybilRank(Detector):
    """Scores accounts by how little trust reaches them, over their degree: the share of accounts that have more.

    Parameters
    ----------
    iterations : int or None
        Steps of the walk, at least 1; None is the natural logarithm of the registered accounts, rounded up.
    min_ties : int
        Accounts with fewer ties (followers and followees together) are NaN; at least 1.
    max_ties : int or None
        Of the graph; more are refused by a message, None takes any number. A million ties cost 4 ms or so a
        step of the walk.
    """

    requires: frozenset[str] = frozenset({"follows", "registered", "known_accounts"})

    def __init__(self, iterations: int | None = None, min_ties: int = 3, max_ties: int | None = 50_000_000) -> None:
        if iterations is not None and iterations < 1:
            raise ValueError(f"SybilRank.iterations must be at least 1, or None; got {iterations}.")
        if min_ties < 1:
            raise ValueError(f"SybilRank.min_ties must be at least 1; got {min_ties}.")
        if max_ties is not None and max_ties < 1:
            raise ValueError(f"SybilRank.max_ties must be at least 1, or None for no limit; got {max_ties}.")
        self.iterations, self.min_ties, self.max_ties = iterations, min_ties, max_ties
        self._graph: FollowerTies | None = None
        self._registered, self._good = np.empty(0, np.bool_), np.empty(0, np.bool_)
        self._ties, self._trust = np.empty(0, np.int64), np.empty(0, np.int64)
        self._scores: FloatArray | None = None  # None where they are out of date

    def observe(self, observation: Observation) -> None:
        """Take the graph, who is registered and who is known to be good.

        Raises
        ------
        DetectorError
            The graph has more than `max_ties`.
        """
        follows, registered = observation.follows, observation.column("registered").astype(np.bool_)
        if self.max_ties is not None and follows.indices.size > self.max_ties:
            raise DetectorError(
                f"detector SybilRank walks at most {self.max_ties:,} ties (max_ties); the graph has "
                f"{follows.indices.size:,}."
            )
        good = observation.column("known_accounts") == KNOWN_GOOD
        if self._graph is None or follows is not self._graph.follows:
            self._graph, self._scores = FollowerTies(follows), None
        if not (np.array_equal(registered, self._registered) and np.array_equal(good, self._good)):
            self._scores = None
        self._registered, self._good = registered, good

    def score(self) -> FloatArray:
        """Return the share of scored accounts with more trust over degree, ties half; float64 (accounts,).

        NaN where an account has few ties, and everywhere where nobody is known to be good.
        """
        if self._graph is None:
            raise nothing_observed(self)
        if self._scores is None:
            self._walk(self._graph)
            lack = np.full(self._registered.size, np.nan)
            if (self._good & self._registered).any():
                np.divide(self._trust, self._ties, out=lack, where=self._ties >= self.min_ties)
                with np.errstate(divide="ignore"):  # no trust at all ranks last
                    np.log(lack, out=lack)
                np.negative(np.round(lack, _DECIMALS, out=lack), out=lack)
            self._scores = shares_below(lack)
        return self._scores.copy()

    def trust(self) -> FloatArray:
        """Return each account's share of all trust at the end of the last walk, not over its degree."""
        return self._trust / _TOTAL

    def explain(self, account: int) -> Evidence:
        """Say how much trust reached the account, and how many have more."""
        if self._scores is None:
            raise DetectorError("detector SybilRank was asked for reasons before it scored; call score first.")
        check_account(self, account, self._registered.size)
        ties, score = int(self._ties[account]), float(self._scores[account])
        if np.isnan(score):
            few = "nobody is known to be good" if ties >= self.min_ties else f"fewer than {self.min_ties} ties"
            return Evidence(account, f"Too little to say: {few}.", {"ties": ties})
        mean = self._trust.sum() / max(self._ties.sum(), 1)
        relative = float(self._trust[account] / ties / mean) if mean else 0.0
        return Evidence(
            account,
            f"Trust from known accounts reaches it at {relative:.2f} times the mean per tie; {score:.1%} of accounts "
            f"have more.",
            {"ties": ties, "relative_trust": relative, "rank": score},
        )

    def _walk(self, graph: FollowerTies) -> None:
        """Let the trust walk; ties to accounts that are not registered yet carry none."""
        registered = self._registered
        self._ties = ties = graph.degrees(registered)
        seeds = np.flatnonzero(self._good & registered)
        self._trust = trust = np.zeros(registered.size, np.int64)
        if not seeds.size:
            return
        trust[seeds] = _TOTAL // seeds.size
        steps = self.iterations or max(1, math.ceil(math.log(max(int(registered.sum()), 2))))
        divisor: NDArray[np.int64] = np.maximum(ties, 1)
        for _ in range(steps):
            trust = graph.sums(np.rint(trust / divisor).astype(np.float32))  # whole, in 24 bits: sums stay exact
            trust *= registered
        self._trust = trust
