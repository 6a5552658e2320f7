"""SybilSCAR: guilt and trust spread from known accounts by one local rule; GANG on directed ties.

B. Wang, L. Zhang and N. Z. Gong, "SybilSCAR: Sybil Detection in Online Social Networks via Local Rule based
Propagation", INFOCOM 2017, doi:10.1109/INFOCOM.2017.8057066. Every account has a prior q of being fake: above one half
where staff know it to be bad, below where good, else one half. In residuals (minus one half) its probability is its
prior's plus that of its neighbours, each weighted by twice the homophily w: p = q + 2 w sum of p, again and again from
the prior, held within [-1/2, 1/2].

With `directed` it follows B. Wang, N. Z. Gong and H. Fu, "GANG: Detecting Fraudulent Users in Online Social Networks
via Guilt-by-Association on Directed Graphs", ICDM 2017, doi:10.1109/ICDM.2017.56: to be followed by a real person
speaks for an account, to be followed by a fake says nothing; to follow a fake speaks against it, to follow a real
person says nothing; returned ties count as they do above.

It reads the follower graph, who is registered, and `known_accounts`. Costs are those of
`detectors.sybilrank`, ten steps.

Examples
--------
>>> from sim.observation import KNOWN_BAD, KNOWN_GOOD, Follows
>>> labels = np.array([KNOWN_GOOD, 0, 0, 0, KNOWN_BAD], np.int8)
>>> path = Follows(np.array([0, 1, 2, 3, 4, 4]), np.array([1, 2, 3, 4]))  # each follows the next
>>> detector = SybilScar(min_ties=1, homophily=0.25, iterations=2)
>>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=5, follows=path, events={},
...     columns={"registered": np.ones(5, bool), "known_accounts": labels}))
>>> detector.score().round(3)
array([0.375, 0.45 , 0.5  , 0.55 , 0.625])
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, Evidence, FloatArray, check_account, nothing_observed
from detectors.parts.ties import FollowerTies
from sim.observation import Observation

_UNITS = 2**31  # in a probability of 1: residuals, at most one half, are int32


class SybilScar(Detector):
    """Scores accounts by their probability of being fake after guilt and trust have spread.

    Parameters
    ----------
    prior : float
        Distance of a known account's prior from one half; in (0, 0.5].
    homophily : float or None
        w, the residual of the probability that two ends of a tie are of one kind; in (0, 0.5]. None is one over twice
        the mean number of ties of an account, at which what the neighbours say weighs about as much as one of them.
    iterations : int
        At least 1.
    directed : bool
        Ties as in GANG.
    min_ties : int
        Accounts with fewer ties (followers and followees together) are NaN; at least 1.
    max_ties : int or None
        Of the graph; more are refused by a message, None takes any number.
    """

    requires: frozenset[str] = frozenset({"follows", "registered", "known_accounts"})

    def __init__(
        self,
        prior: float = 0.1,
        homophily: float | None = None,
        iterations: int = 10,
        directed: bool = False,
        min_ties: int = 3,
        max_ties: int | None = 60_000_000,
    ) -> None:
        if not 0.0 < prior <= 0.5:
            raise ValueError(f"SybilScar.prior must lie in (0, 0.5]; got {prior}.")
        if homophily is not None and not 0.0 < homophily <= 0.5:
            raise ValueError(f"SybilScar.homophily must lie in (0, 0.5], or be None; got {homophily}.")
        if iterations < 1:
            raise ValueError(f"SybilScar.iterations must be at least 1; got {iterations}.")
        if min_ties < 1:
            raise ValueError(f"SybilScar.min_ties must be at least 1; got {min_ties}.")
        if max_ties is not None and max_ties < 1:
            raise ValueError(f"SybilScar.max_ties must be at least 1, or None for no limit; got {max_ties}.")
        self.prior, self.homophily, self.iterations, self.directed = prior, homophily, iterations, directed
        self.min_ties, self.max_ties = min_ties, max_ties
        self._graph: FollowerTies | None = None
        self._registered, self._known_accounts = np.empty(0, np.bool_), np.empty(0, np.int8)
        self._ties = np.empty(0, np.int64)
        self._neighbours: NDArray[np.int64] = np.empty(0, np.int64)  # what they said at the last iteration
        self._scores: FloatArray | None = None  # None where they are out of date

    def observe(self, observation: Observation) -> None:
        """Take the graph, who is registered and what is known.

        Raises
        ------
        DetectorError
            The graph has more than `max_ties`.
        """
        follows, registered = observation.follows, observation.column("registered").astype(np.bool_)
        if self.max_ties is not None and follows.indices.size > self.max_ties:
            raise DetectorError(
                f"detector SybilScar spreads over at most {self.max_ties:,} ties (max_ties); the graph has "
                f"{follows.indices.size:,}."
            )
        known = observation.column("known_accounts")
        if self._graph is None or follows is not self._graph.follows:
            self._graph, self._scores = FollowerTies(follows), None
        if not (np.array_equal(registered, self._registered) and np.array_equal(known, self._known_accounts)):
            self._scores = None
        self._registered, self._known_accounts = registered, known

    def score(self) -> FloatArray:
        """Return each account's probability of being fake, float64 (accounts,); NaN where it has few ties.

        Where nothing is known of anybody, everybody is unscored.
        """
        if self._graph is None:
            raise nothing_observed(self)
        if self._scores is None:
            self._scores = np.full(self._registered.size, np.nan)
            residual = self._spread(self._graph)
            if (self._known_accounts * self._registered).any():
                scored = self._ties >= self.min_ties
                self._scores[scored] = 0.5 + residual[scored] / _UNITS
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say what is known of the account and what its neighbours said."""
        if self._scores is None:
            raise DetectorError("detector SybilScar was asked for reasons before it scored; call score first.")
        check_account(self, account, self._registered.size)
        ties, score, label = int(self._ties[account]), float(self._scores[account]), int(self._known_accounts[account])
        if np.isnan(score):
            few = f"fewer than {self.min_ties} ties" if ties < self.min_ties else "no account is known"
            return Evidence(account, f"Too little to say: {few}.", {"ties": ties})
        known = {-1: "Known to be good", 0: "Not known", 1: "Known to be bad"}[label]
        said = float(self._neighbours[account]) / _UNITS
        leaning = "bad" if said > 0 else "good" if said < 0 else "neither"
        return Evidence(
            account,
            f"{known}; its {ties} ties lean to {leaning} ({said:+.3f} in all): probability {score:.3f} of being fake.",
            {"label": label, "ties": ties, "neighbours": said, "probability": score},
        )

    def _spread(self, graph: FollowerTies) -> NDArray[np.int32]:
        """Return residuals in units of 2**-31; ties to accounts that are not registered yet carry nothing."""
        registered = self._registered
        self._ties = graph.degrees(registered)
        mean = self._ties.sum() / max(int(registered.sum()), 1)
        homophily = self.homophily or min(0.5, 0.5 / max(mean, 1.0))
        prior = np.rint(self.prior * _UNITS * self._known_accounts * registered).astype(np.int32)
        self._neighbours = np.zeros(prior.size, np.int64)
        residual = prior
        if not prior.any():
            return residual
        for _ in range(self.iterations):
            self._neighbours = graph.sums(residual, self.directed)
            residual = _renewed(prior, self._neighbours, registered, 2.0 * homophily)
        return residual


@njit(cache=True)
def _renewed(
    prior: NDArray[np.int32], heard: NDArray[np.int64], registered: NDArray[np.bool_], weight: float
) -> NDArray[np.int32]:
    """Return prior plus weight times what is heard, within one half; who is not registered hears nothing."""
    out, half = np.empty(prior.size, np.int32), float(_UNITS // 2)
    for i in range(prior.size):
        heard[i] *= registered[i]
        out[i] = np.int32(min(max(prior[i] + np.rint(weight * heard[i]), -half), half))
    return out
