"""SybilRank: trust that walks a few steps from accounts known to be good, and seldom reaches fakes."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.base import Evidence, FloatArray, nothing_observed
from detectors.parts.follower_graph import FollowerGraphDetector
from detectors.parts.parameters import require_at_least
from detectors.parts.ranks import shares_below
from detectors.parts.ties import FollowerTies
from sim.observation import KNOWN_GOOD

_TOTAL = 2**52  # units of trust: sums stay exact; rounding to whole units and 24 bits loses below 10^-6 of all trust
_DECIMALS = 6  # of the logarithm of trust: rounding must not decide which account ranks first


class SybilRank(FollowerGraphDetector):
    """Scores accounts by how little trust reaches them, over their degree: the share of accounts that have more.

    All trust starts at the good seeds, in equal parts; in each step an account passes its trust to its neighbours in
    equal parts. The walk is stopped after O(log n) steps [1]_, before it forgets where it began: then accounts are
    ranked by trust over degree, and the last are suspect, as few ties lead from real people to fakes.

    It reads the follower graph, as an undirected one in which a returned tie counts twice, who is registered, and of
    `known_accounts` the good ones alone. It says nothing about accounts with few ties. Cost: `observe` is O(accounts),
    but the first one reads the graph from the followees' end as well, O(ties); `score` is O(ties) a step of the walk,
    about 4 ms for a million ties. It keeps 4 bytes a tie and 32 an account beside the observation's graph. The last
    ranks are returned again as long as neither the graph nor who is registered has changed.

    Parameters
    ----------
    iterations : int or None
        Steps of the walk, at least 1; None is the natural logarithm of the registered accounts, rounded up.
    min_ties : int
        Accounts with fewer ties (followers and followees together) are NaN; at least 1.
    max_ties : int or None
        A graph with more ties is refused with a message; None takes any number.

    References
    ----------
    .. [1] Q. Cao, M. Sirivianos, X. Yang and T. Pregueiro, "Aiding the Detection of Fake Accounts in Large Scale Social
       Online Services", NSDI 2012, 197-210.

    Examples
    --------
    Account 0 is known to be good; account 3 follows it; 4, 5 and 6 are apart:

    >>> import numpy as np
    >>> from detectors import SybilRank
    >>> from sim.observation import KNOWN_GOOD, Follows, Observation
    >>> columns = {"registered": np.ones(7, bool), "known_accounts": np.array([KNOWN_GOOD, 0, 0, 0, 0, 0, 0], np.int8)}
    >>> two_triangles = Follows(np.arange(0, 8), np.array([1, 2, 0, 0, 5, 6, 4]))
    >>> detector = SybilRank(min_ties=1, iterations=3)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=7, columns=columns, events={},
    ...     follows=two_triangles))
    >>> detector.score().round(2)
    array([0.5 , 0.29, 0.29, 0.07, 0.79, 0.79, 0.79])
    """

    _verb: ClassVar[str] = "walks"

    def __init__(self, iterations: int | None = None, min_ties: int = 3, max_ties: int | None = 50_000_000) -> None:
        super().__init__(min_ties, max_ties)
        if iterations is not None:
            require_at_least("SybilRank", 1, iterations=iterations)
        self.iterations = iterations
        self._trust: NDArray[np.int64] = np.empty(0, np.int64)  # of each account, at the end of the last walk

    def score(self) -> FloatArray:
        """Return the share of scored accounts with more trust over degree, ties half; float64 (accounts,).

        NaN where an account has few ties, and everywhere if no account is known to be good.
        """
        if self._graph is None:
            raise nothing_observed(self)
        if self._scores is None:
            self._walk(self._graph)
            lack = np.full(self._registered.size, np.nan)
            if self._seeds().size:
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
        """Say how much trust reached the account, and how many accounts have more."""
        score, ties = float(self._last_scores(account)[account]), int(self._ties[account])
        if np.isnan(score):
            few = "no account is known to be good" if ties >= self.min_ties else f"fewer than {self.min_ties} ties"
            return Evidence(account, f"Too little to say: {few}.", {"ties": ties})
        mean = self._trust.sum() / max(self._ties.sum(), 1)
        relative = float(self._trust[account] / ties / mean) if mean else 0.0
        return Evidence(
            account,
            f"Trust from known accounts reaches it at {relative:.2f} times the mean per tie; {score:.1%} of accounts "
            f"have more.",
            {"ties": ties, "relative_trust": relative, "rank": score},
        )

    def _seeds(self) -> NDArray[np.int64]:
        """Return the registered accounts that are known to be good."""
        return np.flatnonzero((self._known == KNOWN_GOOD) & self._registered)

    def _walk(self, graph: FollowerTies) -> None:
        """Let the trust walk; ties to accounts that are not registered yet carry none."""
        registered = self._registered
        self._ties = ties = graph.degrees(registered)
        seeds = self._seeds()
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
