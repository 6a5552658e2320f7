"""SybilSCAR: guilt and trust spread from known accounts by one local rule; GANG on directed ties."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import Evidence, FloatArray, nothing_observed
from detectors.parts.follower_graph import FollowerGraphDetector
from detectors.parts.parameters import require_at_least
from detectors.parts.ties import FollowerTies
from sim.observation import KNOWN_BAD, KNOWN_GOOD

_UNITS = 2**31  # in a probability of 1: residuals, at most one half, are int32


class SybilScar(FollowerGraphDetector):
    """Scores accounts by their probability of being fake after guilt and trust have spread.

    Every account has a prior q of being fake [1]_: above one half where staff know it to be bad, below where good, else
    one half. In residuals (minus one half) its probability is its prior's plus that of its neighbours, each weighted by
    twice the homophily w: p = q + 2 w sum of p, again and again from the prior, held within [-1/2, 1/2].

    With `directed` it follows GANG [2]_: to be followed by a real person speaks for an account, to be followed by a
    fake says nothing; to follow a fake speaks against it, to follow a real person says nothing; returned ties count as
    above.

    It reads the follower graph, who is registered, and `known_accounts`. Cost: `observe` is O(accounts), but the first
    one reads the graph from the followees' end as well, O(ties); `score` is O(ties) an iteration. It keeps 4 bytes a
    tie and 32 an account beside the observation's graph. The last scores are returned again as long as nothing has
    changed.

    Parameters
    ----------
    prior : float
        Distance of a known account's prior from one half; in (0, 0.5].
    homophily : float or None
        w, the residual of the probability that two ends of a tie are of one kind; in (0, 0.5]. None is one over twice
        the mean number of ties of an account, at which all neighbours together weigh about as much as one of them.
    iterations : int
        At least 1.
    directed : bool
        Ties as in GANG.
    min_ties : int
        Accounts with fewer ties (followers and followees together) are NaN; at least 1.
    max_ties : int or None
        A graph with more ties is refused with a message; None takes any number.

    References
    ----------
    .. [1] B. Wang, L. Zhang and N. Z. Gong, "SybilSCAR: Sybil Detection in Online Social Networks via Local Rule based
       Propagation", INFOCOM 2017, doi:10.1109/INFOCOM.2017.8057066.
    .. [2] B. Wang, N. Z. Gong and H. Fu, "GANG: Detecting Fraudulent Users in Online Social Networks via
       Guilt-by-Association on Directed Graphs", ICDM 2017, doi:10.1109/ICDM.2017.56.

    Examples
    --------
    Five accounts in a row, each following the next; the first is known to be good, the last to be bad:

    >>> import numpy as np
    >>> from detectors import SybilScar
    >>> from sim.observation import KNOWN_BAD, KNOWN_GOOD, Follows, Observation
    >>> known = np.array([KNOWN_GOOD, 0, 0, 0, KNOWN_BAD], np.int8)
    >>> path = Follows(np.array([0, 1, 2, 3, 4, 4]), np.array([1, 2, 3, 4]))
    >>> detector = SybilScar(min_ties=1, homophily=0.25, iterations=2)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=5, follows=path, events={},
    ...     columns={"registered": np.ones(5, bool), "known_accounts": known}))
    >>> detector.score().round(3)
    array([0.375, 0.45 , 0.5  , 0.55 , 0.625])
    """

    _verb: ClassVar[str] = "spreads over"

    def __init__(
        self,
        prior: float = 0.1,
        homophily: float | None = None,
        iterations: int = 10,
        directed: bool = False,
        min_ties: int = 3,
        max_ties: int | None = 60_000_000,
    ) -> None:
        super().__init__(min_ties, max_ties)
        if not 0.0 < prior <= 0.5:
            raise ValueError(f"SybilScar.prior must lie in (0, 0.5]; got {prior}.")
        if homophily is not None and not 0.0 < homophily <= 0.5:
            raise ValueError(f"SybilScar.homophily must lie in (0, 0.5], or be None; got {homophily}.")
        require_at_least("SybilScar", 1, iterations=iterations)
        self.prior, self.homophily, self.iterations, self.directed = prior, homophily, iterations, directed
        self._neighbours: NDArray[np.int64] = np.empty(0, np.int64)  # sums of their residuals at the last iteration

    def score(self) -> FloatArray:
        """Return each account's probability of being fake, float64 (accounts,); NaN where it has few ties.

        If no account is known to be good or bad, all are unscored.
        """
        if self._graph is None:
            raise nothing_observed(self)
        if self._scores is None:
            self._scores = np.full(self._registered.size, np.nan)
            residual = self._spread(self._graph)
            if (self._known * self._registered).any():
                scored = self._ties >= self.min_ties
                self._scores[scored] = 0.5 + residual[scored] / _UNITS
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say what is known about the account and what its neighbours add up to."""
        score, ties = float(self._last_scores(account)[account]), int(self._ties[account])
        if np.isnan(score):
            few = f"fewer than {self.min_ties} ties" if ties < self.min_ties else "no account is known"
            return Evidence(account, f"Too little to say: {few}.", {"ties": ties})
        label = int(self._known[account])
        known = {KNOWN_GOOD: "Known to be good", 0: "Not known", KNOWN_BAD: "Known to be bad"}[label]
        residual = float(self._neighbours[account]) / _UNITS
        leaning = "bad" if residual > 0 else "good" if residual < 0 else "neither"
        return Evidence(
            account,
            f"{known}; its {ties} ties lean to {leaning} ({residual:+.3f} in all): probability {score:.3f} of being "
            f"fake.",
            {"label": label, "ties": ties, "neighbours": residual, "probability": score},
        )

    def _spread(self, graph: FollowerTies) -> NDArray[np.int32]:
        """Return residuals in units of 2**-31; ties to accounts that are not registered yet carry nothing."""
        registered = self._registered
        self._ties = graph.degrees(registered)
        mean = self._ties.sum() / max(int(registered.sum()), 1)
        homophily = self.homophily or min(0.5, 0.5 / max(mean, 1.0))
        prior = np.rint(self.prior * _UNITS * self._known * registered).astype(np.int32)
        self._neighbours = np.zeros(prior.size, np.int64)
        residual = prior
        if not prior.any():
            return residual
        for _ in range(self.iterations):
            self._neighbours = graph.sums(residual, self.directed)
            residual = _renewed(prior, self._neighbours, registered, 2.0 * homophily)
        return residual


@njit(cache=True, no_cfunc_wrapper=True)
def _renewed(
    prior: NDArray[np.int32], sums: NDArray[np.int64], registered: NDArray[np.bool_], weight: float
) -> NDArray[np.int32]:
    """Return prior plus weight times the neighbours' sum, within one half; sums of unregistered accounts become 0."""
    out, half = np.empty(prior.size, np.int32), float(_UNITS // 2)
    for i in range(prior.size):
        sums[i] *= registered[i]
        out[i] = np.int32(min(max(prior[i] + np.rint(weight * sums[i]), -half), half))
    return out
