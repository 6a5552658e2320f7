"""SynchroTrap: groups of accounts that do the same things at the same times, over and over.

Q. Cao, X. Yang, J. Yu and C. Palow, "Uncovering Large Groups of Active Malicious Accounts in Online Social Networks",
CCS 2014, 477-488, doi:10.1145/2660267.2660269. An action is a repost of a post in a span of `bucket_hours`; two
accounts are as similar as the Jaccard index of their actions in the window; single-linkage clustering joins them, and
clusters of `min_cluster` accounts or more are what it looks for.

They cut the hierarchy at one similarity. Here the score of an account is the highest similarity at which it belongs to
a cluster of that size, so that the threshold of the policy is their cut.

Examples
--------
>>> from sim.observation import REPOST
>>> trap = SynchroTrap(min_actions=2, min_cluster=2)
>>> trap.observe(Observation(step=0, start=0, end=3600, n_accounts=4, columns={}, events={
...     "time": np.arange(7), "account": np.array([0, 1, 0, 1, 2, 2, 3]), "kind": np.full(7, REPOST),
...     "post": np.array([7, 7, 8, 8, 8, 9, 9]), "author": np.full(7, 3)}))
>>> trap.score().round(2)
array([1.  , 1.  , 0.33,  nan])
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pandas import factorize
from scipy.sparse import coo_array, csr_array, triu

from detectors.base import Detector, Evidence, FloatArray, check_account, nothing_observed
from detectors.parts.traces import fields_of, traces
from sim.observation import Observation

_DECIMALS = 12  # similarities that are equal but for rounding must join together


class SynchroTrap(Detector):
    """Scores accounts by the similarity at which they belong to a large cluster of synchronised accounts.

    Memory: 24 bytes a repost in the window; at a scoring 16 bytes a pair that shares an action. `observe` is O(events);
    `score` is O(sum over actions of d²) for actions of d accounts, at most `max_actors` each.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    bucket_hours : float
        Span in which reposts of one post are one action; above 0.
    min_actions : int
        Accounts with fewer actions in the window are NaN; at least 1.
    min_cluster : int
        Accounts of a cluster, at least; 2 or more.
    max_actors : int
        Actions of more accounts are left out: what many do at once is news, and its pairs are beyond counting. At
        least 2.
    trace : str
        What is an action: a `repost`, or a post of one's own with a `url`, `hashtags` or a `text`.
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
        for name, value in (("window_hours", window_hours), ("bucket_hours", bucket_hours)):
            if not 0.0 < value < float("inf"):
                raise ValueError(f"SynchroTrap.{name} must be above 0 and finite; got {value}.")
        for name, count, least in (("min_actions", min_actions, 1), ("min_cluster", min_cluster, 2),
                                   ("max_actors", max_actors, 2)):  # fmt: skip
            if count < least:
                raise ValueError(f"SynchroTrap.{name} must be at least {least}; got {count}.")
        self.window_hours, self.bucket_hours = window_hours, bucket_hours
        self.min_actions, self.min_cluster, self.max_actors = min_actions, min_cluster, max_actors
        self._n_accounts, self._end = -1, 0
        self._parts: list[NDArray[np.int64]] = []  # time, account, post
        self._scores: FloatArray = np.empty(0)

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the parts that have left the window."""
        self._n_accounts, self._end = observation.n_accounts, observation.end
        step = traces(observation, self.trace)
        if step[0].size:
            self._parts.append(np.stack([column.astype(np.int64) for column in step]))
        while self._parts and self._parts[0][0, -1] < self._oldest:
            del self._parts[0]

    def score(self) -> FloatArray:
        """Return at which similarity each account joins a large cluster, float64 (accounts,); 0 where it never does."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
        if not self._parts:
            return self._scores.copy()
        accounts, actions = self._actions()
        if accounts.size:
            self._scores[accounts] = joined_at(jaccard(actions, self.max_actors), self.min_cluster)
        return self._scores.copy()

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

    @property
    def _oldest(self) -> float:
        return self._end - 3600.0 * self.window_hours

    def _actions(self) -> tuple[NDArray[np.int64], csr_array]:
        """Return the accounts with actions enough, and their actions: ones in (accounts, actions)."""
        time, account, post = np.concatenate(self._parts, axis=1)
        inside = time >= self._oldest
        # Who has reposts too few has actions too few: most accounts, which then need no numbers.
        busy = np.bincount(account[inside], minlength=self._n_accounts) >= self.min_actions
        inside &= busy[account]
        time, account, post = time[inside], account[inside], post[inside]
        if not time.size:
            return np.empty(0, np.int64), csr_array((0, 0))
        bucket = time // round(self.bucket_hours * 3600.0)
        bucket -= bucket.min()
        # Numbers by hashing: sorting pairs of numbers costs ten times as much.
        action = factorize(factorize(post)[0] * (bucket.max() + 1) + bucket)[0]
        row, who = (np.cumsum(busy) - 1)[account], np.flatnonzero(busy)
        ones = coo_array((np.ones(row.size), (row, action)), shape=(who.size, int(action.max()) + 1)).tocsr()
        ones.data[:] = 1.0  # doing it twice within the span is one action
        enough = np.diff(ones.indptr) >= self.min_actions
        return who[enough], ones[enough]


def jaccard(actions: csr_array, max_actors: int) -> coo_array:
    """Return the Jaccard index of each pair of rows with an action in common, upper triangle.

    Actions of more than `max_actors` rows are left out of what is common, not of what each row has.
    """
    size = np.diff(actions.indptr).astype(np.float64)
    actors = np.bincount(actions.indices, minlength=actions.shape[1])
    few = actions[:, np.flatnonzero((actors > 1) & (actors <= max_actors))]
    common = triu(few @ few.T, k=1).tocoo()
    index = common.data / (size[common.row] + size[common.col] - common.data)
    return coo_array((np.round(index, _DECIMALS), (common.row, common.col)), shape=common.shape)


def joined_at(similar: coo_array, min_cluster: int) -> FloatArray:
    """Return the highest similarity at which each row is in a single-linkage cluster of at least `min_cluster`; else 0.

    Single linkage is the maximum spanning forest, its edges taken from the highest on (J. C. Gower and G. J. S. Ross,
    Applied Statistics 18 (1969), 54-64).
    """
    order = np.argsort(-similar.data, kind="stable")
    return _joined_at(similar.shape[0], similar.row[order], similar.col[order], similar.data[order], min_cluster)


@njit(cache=True)
def _joined_at(
    n: int, row: NDArray[np.int32], col: NDArray[np.int32], similarity: FloatArray, min_cluster: int
) -> FloatArray:
    """Join clusters by the edges in order; who comes into a large one for the first time is scored."""
    scores, parent, size = np.zeros(n), np.arange(n), np.ones(n, np.int64)
    follower = np.arange(n)  # the members of a cluster, in a ring
    for edge in range(row.size):
        one, other = _root(parent, row[edge]), _root(parent, col[edge])
        if one == other:
            continue
        if size[one] < size[other]:
            one, other = other, one
        if size[one] + size[other] >= min_cluster:
            for late in (one, other):
                if size[late] < min_cluster:
                    member = late
                    for _ in range(size[late]):
                        scores[member] = similarity[edge]
                        member = follower[member]
        parent[other] = one
        size[one] += size[other]
        follower[one], follower[other] = follower[other], follower[one]
    return scores


@njit(cache=True)
def _root(parent: NDArray[np.int64], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row
