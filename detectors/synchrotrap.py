"""SynchroTrap: groups of accounts that do the same things at the same times, over and over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, not_scored, nothing_observed
from detectors.parts.incidence import by_appearance, by_item, distinct_rows, take_rows
from detectors.parts.joint_actions import DECIMALS, NO_ACTIONS, Actions, Heaviest, joined_at, pieces, spanning_forest
from detectors.parts.parameters import require_at_least, require_number, require_positive
from detectors.parts.traces import fields_of, traces
from detectors.parts.window import TraceWindow
from sim.observation import Observation


class SynchroTrap(Detector):
    """Scores accounts by the similarity at which they belong to a large cluster of synchronised accounts.

    An action is a repost of a post in a span of `bucket_hours`; two accounts are as similar as the Jaccard index of
    their actions in the window; single-linkage clustering joins them, and clusters of at least `min_cluster` accounts
    are what the method [1]_ looks for. The paper cuts the hierarchy at one similarity. Here the score of an account is
    the highest similarity at which it belongs to a cluster of that size, so that the policy's threshold is the paper's
    cut.

    It reads reposts (time, account, post and the post's author), or posts and what they carry (`trace`); reposts of
    one's own posts are left out. Cost: 20 bytes a repost in the window; at a scoring 16 bytes an account and a chunk of
    pairs: of the pairs seen so far only a maximum spanning forest is kept, which has the same clusters. `observe` is
    O(events); `score` is O(sum over actions of d²) for actions of d accounts, at most `max_actors` each.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    bucket_hours : float
        Span in which reposts of one post are one action; above 0.
    min_actions : int
        Accounts with fewer actions in the window are NaN; at least 1.
    min_cluster : int
        The smallest cluster that counts, in accounts; at least 2.
    max_actors : int
        Actions of more accounts are left out: what many do at once is news, and its pairs are too many to count. At
        least 2.
    trace : str
        What is an action: a `repost`, or an account's own post with a `url`, `hashtags` or a `text`.

    References
    ----------
    .. [1] Q. Cao, X. Yang, J. Yu and C. Palow, "Uncovering Large Groups of Active Malicious Accounts in Online Social
       Networks", CCS 2014, 477-488, doi:10.1145/2660267.2660269.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import SynchroTrap
    >>> from sim.observation import REPOST, Observation
    >>> trap = SynchroTrap(min_actions=2, min_cluster=2)
    >>> trap.observe(Observation(step=0, start=0, end=3600, n_accounts=4, columns={}, events={
    ...     "time": np.arange(7), "account": np.array([0, 1, 0, 1, 2, 2, 3]), "kind": np.full(7, REPOST),
    ...     "post": np.array([7, 7, 8, 8, 8, 9, 9]), "author": np.full(7, 3)}))
    >>> trap.score().round(2)
    array([1.  , 1.  , 0.33,  nan])
    """

    requires: frozenset[str]

    def __init__(
        self,
        window_hours: float = 168.0,
        bucket_hours: float = 1.0,
        min_actions: int = 3,
        min_cluster: int = 5,
        max_actors: int = 200,
        trace: str = "repost",
    ) -> None:
        self.requires = fields_of(trace, "SynchroTrap")
        self.trace = trace
        require_positive("SynchroTrap", window_hours=window_hours, bucket_hours=bucket_hours)
        require_at_least("SynchroTrap", 1, min_actions=min_actions)
        require_at_least("SynchroTrap", 2, min_cluster=min_cluster, max_actors=max_actors)
        self.window_hours, self.bucket_hours = window_hours, bucket_hours
        self.min_actions, self.min_cluster, self.max_actors = min_actions, min_cluster, max_actors
        self._n_accounts = -1
        self._window = TraceWindow(window_hours)
        self._scores: FloatArray = np.empty(0)
        self._accounts, self._actions = np.empty(0, np.int64), NO_ACTIONS
        self.keep_pairs = 0  # so many of the most alike pairs are kept at a scoring, which `heaviest_pairs` gives then
        self._kept: Heaviest | None = None

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        self._window.add(observation.end, *traces(observation, self.trace))

    def score(self) -> FloatArray:
        """Return at which similarity each account joins a large cluster, float64 (accounts,); 0 where it never does."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
        self._accounts, self._actions = self._taken()
        self._kept = None
        if self._accounts.size:
            self._kept = Heaviest(self.keep_pairs) if self.keep_pairs else None
            forest = spanning_forest(self._actions, self.max_actors, self._kept)
            self._scores[self._accounts] = joined_at(self._accounts.size, *forest, self.min_cluster)
        return self._scores.copy()

    def pairs(self, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """Return the network of the last scoring: pairs with a Jaccard index of at least `threshold`, each once.

        Parameters
        ----------
        threshold : float
            In (0, 1].

        Returns
        -------
        one, other : int64 (pairs,)
            Accounts.
        similarity : float64 (pairs,)
        """
        require_number("SynchroTrap.pairs", threshold=threshold)
        if not 0.0 < threshold <= 1.0:
            raise ValueError(f"SynchroTrap.pairs: threshold must lie in (0, 1]; got {threshold}.")
        self._require_scored()
        least = threshold - 0.5 * 10.0**-DECIMALS
        parts = list(pieces(self._actions, self.max_actors, least))
        one, other, similarity = (np.concatenate(part) for part in zip(*parts, strict=True))
        return self._accounts[one], self._accounts[other], similarity

    def heaviest_pairs(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """Count the pairs that took an action together at the last scoring, and return the most alike of them.

        As `detectors.parts.similarity.SharedItems.heaviest_pairs` of the methods that compare by cosine.
        """
        self._require_scored()
        kept = self._kept
        if kept is None or kept.most < most:
            kept = Heaviest(most)
            for piece in pieces(self._actions, self.max_actors, 0.0):
                kept.add(*piece)
        return kept.counts, self._accounts[kept.one], self._accounts[kept.other], kept.similarity

    def explain(self, account: int) -> Evidence:
        """Say with how many accounts it acts at the same times, and how closely."""
        if self._scores.size != self._n_accounts or self._n_accounts < 0:
            self.score()
        check_account(self, account, self._n_accounts)
        score = float(self._scores[account])
        if np.isnan(score):
            few = f"fewer than {self.min_actions} actions in the last {self.window_hours:g} hours"
            return Evidence(account, f"Took {few}: too little to say.")
        if score == 0.0:
            return Evidence(account, f"Belongs to no cluster of {self.min_cluster} accounts.", {"similarity": 0.0})
        alike = float((self._scores >= score).sum())
        return Evidence(
            account,
            f"Belongs to a cluster of at least {self.min_cluster} accounts that did the same within the same "
            f"{self.bucket_hours:g} hours, at a similarity of {score:.2f}; {alike:.0f} accounts are joined as closely.",
            {"similarity": score, "accounts_as_close": alike},
        )

    def _require_scored(self) -> None:
        if self._n_accounts < 0 or self._scores.size != self._n_accounts:
            raise not_scored(self)

    def _taken(self) -> tuple[NDArray[np.int64], Actions]:
        """Return the accounts with enough actions, and their actions."""
        time, account, post = self._window.times(), self._window.accounts(), self._window.items()
        # Most accounts have too few reposts, hence too few actions, and need no numbers.
        busy = np.bincount(account, minlength=self._n_accounts) >= self.min_actions
        kept = busy[account]
        time, account, post = time[kept], account[kept], post[kept]
        if not time.size:
            return np.empty(0, np.int64), NO_ACTIONS
        bucket = time // round(self.bucket_hours * 3600.0)
        bucket -= bucket.min()
        # Numbers by hashing: sorting pairs of numbers costs ten times as much.
        actions, action = by_appearance(by_appearance(post)[1] * (bucket.max() + 1) + bucket)
        who = np.flatnonzero(busy)
        row = (np.cumsum(busy) - 1)[account].astype(np.int32)
        start, taken = distinct_rows(row, action, who.size, actions.size)  # doing it twice within the span is one
        enough = np.flatnonzero(np.diff(start) >= self.min_actions)
        start, taken = take_rows(start, taken, enough)
        return who[enough], Actions(start, taken, *by_item(start, taken, actions.size))
