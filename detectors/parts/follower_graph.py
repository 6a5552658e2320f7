"""The base class of the detectors that spread trust or guilt over the follower graph."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, FloatArray, accounts_of, check_account, not_scored
from detectors.parts.parameters import require_at_least, require_limit
from detectors.parts.ties import FollowerTies
from sim.observation import Observation


class FollowerGraphDetector(Detector):
    """Reads the follower graph, who is registered and which accounts are known; scores stand until one of them changes.

    The graph is undirected unless a subclass says otherwise: a returned tie counts twice. Ties to accounts that are not
    registered yet carry nothing.

    Cost: `observe` is O(accounts), but the first one reads the graph from the followees' end as well, O(ties);
    4 bytes a tie and 32 an account beside the observation's graph.

    Parameters
    ----------
    min_ties : int
        Accounts with fewer ties (followers and followees together) are NaN; at least 1.
    max_ties : int or None
        A graph with more ties is refused with a message; None takes any number.
    """

    requires: frozenset[str] = frozenset({"follows", "registered", "known_accounts"})
    _verb: ClassVar[str]  # what the method does on ties, in the message of a graph that is too large

    def __init__(self, min_ties: int, max_ties: int | None) -> None:
        require_at_least(type(self).__name__, 1, min_ties=min_ties)
        require_limit(type(self).__name__, max_ties=max_ties)
        self.min_ties, self.max_ties = min_ties, max_ties
        self._n_accounts = -1
        self._graph: FollowerTies | None = None
        self._registered, self._known = np.empty(0, np.bool_), np.empty(0, np.int8)
        self._ties: NDArray[np.int64] = np.empty(0, np.int64)  # of each account, at the last scoring
        self._scores: FloatArray | None = None  # None where they are out of date

    def observe(self, observation: Observation) -> None:
        """Take the graph, who is registered and which accounts are known.

        Raises
        ------
        DetectorError
            The graph has more than `max_ties`.
        """
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        follows, registered = observation.follows, observation.column("registered").astype(np.bool_)
        known = observation.column("known_accounts")
        if self.max_ties is not None and follows.indices.size > self.max_ties:
            raise DetectorError(
                f"detector {type(self).__name__} {self._verb} at most {self.max_ties:,} ties (max_ties); the graph has "
                f"{follows.indices.size:,}."
            )
        if self._graph is None or follows is not self._graph.follows:
            self._graph, self._scores = FollowerTies(follows), None
        if not (np.array_equal(registered, self._registered) and np.array_equal(known, self._known)):
            self._scores = None
        self._registered, self._known = registered, known

    def _last_scores(self, account: int) -> FloatArray:
        """Return the scores that are to be explained; check that there are some, and that there is such an account."""
        if self._scores is None:
            raise not_scored(self)
        check_account(self, account, self._registered.size)
        return self._scores
