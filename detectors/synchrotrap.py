"""SynchroTrap: groups of accounts that do the same things at the same times, over and over."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, triu

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.parameters import require_at_least, require_positive
from detectors.parts.traces import fields_of, traces
from detectors.parts.union_find import root
from detectors.parts.window import TraceWindow
from sim.observation import Observation

_DECIMALS = 12  # similarities that are equal but for rounding must join together


class SynchroTrap(Detector):
    """Scores accounts by the similarity at which they belong to a large cluster of synchronised accounts.

    An action is a repost of a post in a span of `bucket_hours`; two accounts are as similar as the Jaccard index of
    their actions in the window; single-linkage clustering joins them, and clusters of at least `min_cluster` accounts
    are what the method [1]_ looks for. The paper cuts the hierarchy at one similarity. Here the score of an account is
    the highest similarity at which it belongs to a cluster of that size, so that the policy's threshold is the paper's
    cut.

    It reads reposts (time, account, post and the post's author), or posts and what they carry (`trace`); reposts of
    one's own posts are left out. Cost: 20 bytes a repost in the window; at a scoring 16 bytes a pair that shares an
    action. `observe` is O(events); `score` is O(sum over actions of d²) for actions of d accounts, at most `max_actors`
    each.

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

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        self._window.add(observation.end, *traces(observation, self.trace))

    def score(self) -> FloatArray:
        """Return at which similarity each account joins a large cluster, float64 (accounts,); 0 where it never does."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
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

    def _actions(self) -> tuple[NDArray[np.int64], csr_array]:
        """Return the accounts with enough actions, and their actions: ones in (accounts, actions)."""
        from pandas import factorize  # slow to import

        time, account, post = self._window.times(), self._window.accounts(), self._window.items()
        # Most accounts have too few reposts, hence too few actions, and need no numbers.
        busy = np.bincount(account, minlength=self._n_accounts) >= self.min_actions
        kept = busy[account]
        time, account, post = time[kept], account[kept], post[kept]
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


@njit(cache=True, no_cfunc_wrapper=True)
def _joined_at(
    n: int, row: NDArray[np.int32], col: NDArray[np.int32], similarity: FloatArray, min_cluster: int
) -> FloatArray:
    """Join clusters by the edges in order; an account is scored when it first comes into a large one."""
    scores, parent, size = np.zeros(n), np.arange(n), np.ones(n, np.int64)
    successor = np.arange(n)  # the members of a cluster, in a ring
    for edge in range(row.size):
        one, other = root(parent, row[edge]), root(parent, col[edge])
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
                        member = successor[member]
        parent[other] = one
        size[one] += size[other]
        successor[one], successor[other] = successor[other], successor[one]
    return scores
