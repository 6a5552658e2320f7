"""Null model: pairs that share more reposts than chance explains, with false discoveries controlled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array

from detectors.base import Detector, DetectorError, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.incidence import by_appearance, by_item, first_of_each
from detectors.parts.parameters import require_at_least, require_positive
from detectors.parts.traces import KINDS, fields_of, traces
from detectors.parts.window import TraceWindow
from sim.observation import Observation

_DECIMALS = 12  # sums taken in another order differ in the last bits, which must not decide
_LEAST = 1e-300  # p-values below are all the same
_MOST_STRATA = 4096


class NullModel(Detector):
    """Scores accounts by how unlikely it is, if the log is shuffled, that they share so much with any other account.

    Two people who are active at the same hours, read one language and repost much will share posts by chance. How many,
    the log itself says: shuffle which account made which repost, within one span of time and one language, and count
    again. Accounts keep their hours, posts keep their popularity, and only the ties between accounts are gone. A pair's
    p-value is the probability of sharing as many posts as it does, or more, under this shuffle.

    null-model-coord [1]_ makes a null distribution by a thousand shuffles and takes the smallest p-value of an account.
    But a thousand shuffles give no p-value below a thousandth, and a million accounts have 10^12 pairs. So nothing is
    shuffled here: the mean of the shared number is known in closed form, and its law is close to Poisson [2]_; the
    tests compare both with shuffles.

    A *stratum* is a span of `bucket_hours` and a language of accounts. Account u made n(u, s) of the N(s) reposts of
    stratum s, c(i, s) of which were of post i. Shuffled within strata, u and v share lambda posts on average: the sum
    over i, s and t of n(u, s) n(v, t) c(i, s) c(i, t) / (N(s) N(t)), a repost not counted with itself. The p-value of a
    pair that shares k is P(Poisson(lambda) >= k). An account's least p-value is corrected for the number of its
    partners (Sidak), and the accounts' for the number of accounts [3]_. That makes q: of all accounts at or below it, a
    share of q at most is expected to share by chance. The score is L / (1 + L), with L = -log10 q: 0.5 is q = 0.1, 0.57
    is 0.05, 2/3 is 0.01, 0.75 is 0.001.

    It reads reposts (time, account, post and the post's author), or posts and what they carry (`trace`), and the
    language of accounts; reposts of one's own posts are left out. Cost: 20 bytes a repost in the window; at a scoring
    some 60 more, and 8 bytes a pair of strata. `observe` is O(events); `score` is O(reposts + sum over posts of d²) for
    posts of d reposters, `max_reposters` at most.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    bucket_hours : float
        Within which reposts are shuffled; above 0.
    min_reposts : int
        Accounts with fewer distinct reposted posts in the window are NaN; at least 1.
    min_shared : int
        Pairs that share fewer posts have p = 1, which can only hide something; at least 1.
    max_reposters : int
        Posts with more reposters are left out of the log before anything else; at least 2.
    trace : str
        What is shared: `repost`, or the `url`, `hashtags` or `text` of an account's own posts; then all of the above is
        about links, sequences or wordings in the place of posts.

    References
    ----------
    .. [1] M. Pote and co-authors, null-model-coord, https://github.com/manitapote/null-model-coord; its figures for
       five campaigns are in docs/detectors.md.
    .. [2] L. Le Cam, "An approximation theorem for the Poisson binomial distribution", Pacific Journal of Mathematics
       10 (1960), 1181-1197.
    .. [3] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical
       Society B 57 (1995), 289-300.

    Examples
    --------
    Two accounts share three posts, 98 others repost one each:

    >>> import numpy as np
    >>> from detectors import NullModel
    >>> from sim.observation import REPOST, Observation
    >>> null = NullModel(min_reposts=2)
    >>> posts = np.array([7, 7, 8, 8, 9, 9, *range(10, 200)])
    >>> account = np.array([0, 1, 0, 1, 0, 1, *np.arange(10, 200) % 98 + 2])
    >>> columns = {"language": np.zeros(101, np.int8)}
    >>> null.observe(Observation(step=0, start=0, end=3600, n_accounts=101, columns=columns, events={
    ...     "time": np.arange(posts.size), "account": account, "kind": np.full(posts.size, REPOST),
    ...     "post": posts, "author": np.full(posts.size, 100)}))
    >>> null.score()[:3].round(2)
    array([0.85, 0.85, 0.  ])
    """

    requires: frozenset[str]

    def __init__(
        self,
        window_hours: float = 168.0,
        bucket_hours: float = 6.0,
        min_reposts: int = 2,
        min_shared: int = 2,
        max_reposters: int = 100,
        trace: str = "repost",
    ) -> None:
        self.requires = fields_of(trace, "NullModel") | {"language"}
        self.trace = trace
        require_positive("NullModel", window_hours=window_hours, bucket_hours=bucket_hours)
        require_at_least("NullModel", 1, min_reposts=min_reposts, min_shared=min_shared)
        require_at_least("NullModel", 2, max_reposters=max_reposters)
        self.window_hours, self.bucket_hours = window_hours, bucket_hours
        self.min_reposts, self.min_shared, self.max_reposters = min_reposts, min_shared, max_reposters
        self._n_accounts = -1
        self._window = TraceWindow(window_hours)
        self._language: NDArray[np.int64] = np.empty(0, np.int64)
        self._scores: FloatArray = np.empty(0)
        self._found: Found | None = None

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        self._window.add(observation.end, *traces(observation, self.trace))
        self._language = observation.column("language")
        self._scores = np.empty(0)

    def score(self) -> FloatArray:
        """Return L / (1 + L) for L = -log10 q, float64 (accounts,); NaN where there are too few reposts."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        from scipy.stats import false_discovery_control  # slow to import

        self._scores, self._found = np.full(self._n_accounts, np.nan), None
        log = self._log()
        if log.accounts.size:
            self._found = found = least_p_values(log, self.min_shared)
            q = false_discovery_control(found.account_p)
            decades = np.abs(np.round(np.log10(q), _DECIMALS))
            self._scores[log.accounts] = decades / (1.0 + decades)
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Name the partner whose shared posts chance explains least, and how many chance would give."""
        if self._n_accounts < 0 or self._scores.size != self._n_accounts:
            self.score()
        check_account(self, account, self._n_accounts)
        score, (did, things) = float(self._scores[account]), KINDS[self.trace]
        if self._found is None or np.isnan(score):
            few = f"fewer than {self.min_reposts} {things} in the last {self.window_hours:g} hours"
            return Evidence(account, f"{did} {few}: too little to say.")
        found = self._found
        row = int(np.flatnonzero(found.accounts == account)[0])
        if found.partner[row] < 0:
            return Evidence(account, f"Shares {self.min_shared} {things} with no other account.", {"q": 1.0})
        partner = int(found.accounts[found.partner[row]])
        shared, expected = float(found.shared[row]), float(found.expected[row])
        q = 10.0 ** -(score / (1.0 - score))
        return Evidence(
            account,
            f"{did} {shared:.0f} of the same {things} as account {partner}, where by chance alone two accounts with "
            f"their hours and language share {expected:.2g} (false-discovery rate {q:.2g}).",
            {"partner": partner, "shared": shared, "expected": expected, "q": q},
        )

    def _log(self) -> Log:
        """Return the window's reposts, each account and post once, without the most popular posts."""
        time = self._window.times()
        accounts, row = by_appearance(self._window.accounts().astype(np.int64))  # account numbers must not matter
        posts, item = by_appearance(self._window.items())
        start, first = first_of_each(row, item, accounts.size, posts.size)
        row, item = np.repeat(np.arange(accounts.size), np.diff(start)), item[first]
        fit = np.bincount(item, minlength=posts.size)[item] <= self.max_reposters
        enough = np.bincount(row[fit], minlength=accounts.size) >= self.min_reposts
        fit &= enough[row]
        row, item, time = (np.cumsum(enough) - 1)[row[fit]], item[fit], time[first[fit]]
        accounts = accounts[enough]
        bucket = time // round(self.bucket_hours * 3600.0)
        strata, stratum = by_appearance(bucket * 2**16 + self._language[accounts].astype(np.int64)[row])
        n_strata = strata.size
        if n_strata > _MOST_STRATA:
            raise DetectorError(
                f"detector NullModel: at most {_MOST_STRATA} strata (spans of bucket_hours, times languages) can be "
                f"compared; got {n_strata}. Set a longer bucket_hours, now {self.bucket_hours:g}."
            )
        return Log(accounts, row, item, stratum, posts.size, n_strata)


@dataclass(frozen=True)
class Log:
    """Reposts of the accounts that are compared, sorted by row."""

    accounts: NDArray[np.int64]  # (rows,) in order of first appearance
    row: NDArray[np.int64]  # (reposts,) rising
    item: NDArray[np.int32]  # (reposts,) post; those of a row in time order
    stratum: NDArray[np.int32]  # (reposts,)
    n_items: int
    n_strata: int


@dataclass(frozen=True)
class Found:
    """What is least explained by chance of each row: p-value of the account, partner's row (-1: none), posts shared."""

    accounts: NDArray[np.int64]
    account_p: FloatArray
    partner: NDArray[np.int64]
    shared: NDArray[np.int64]
    expected: FloatArray


def meeting_chances(log: Log) -> FloatArray:
    """Return how likely two different reposts, of strata s and t, are of one post after the shuffle: (strata, strata).

    Examples
    --------
    >>> three = np.arange(3)
    >>> meeting_chances(Log(three, three, np.array([0, 0, 1]), np.zeros(3, np.int64), 2, 1)).round(3)  # 2 of 6
    array([[0.333]])
    """
    # A post that is reposted once makes no pair: it would be counted with itself, and then subtracted again.
    several = np.flatnonzero(np.bincount(log.item, minlength=log.n_items)[log.item] > 1)
    item, stratum = log.item[several], log.stratum[several]
    counts = coo_array((np.ones(item.size), (item, stratum)), shape=(log.n_items, log.n_strata)).tocsr()
    pairs = (counts.T @ counts).toarray()
    size = np.bincount(log.stratum, minlength=log.n_strata).astype(np.float64)
    both = np.outer(size, size)
    diagonal = np.arange(log.n_strata)
    pairs[diagonal, diagonal] -= np.bincount(stratum, minlength=log.n_strata)
    both[diagonal, diagonal] -= size
    return np.asarray(pairs / np.maximum(both, 1.0))


def least_p_values(log: Log, min_shared: int) -> Found:
    """Return each row's least p-value over all partners, corrected for their number, and who that partner is."""
    rows = log.accounts.size
    start = np.concatenate([[0], np.cumsum(np.bincount(log.row, minlength=rows))])
    item_start, holders = by_item(start, log.item, log.n_items)
    log_p, partner, shared, expected = _least(
        start, log.item, log.stratum, item_start, holders, meeting_chances(log), min_shared
    )
    p = np.exp(log_p)
    partners = max(rows - 1, 1)
    one_of_all = -np.expm1(partners * np.log1p(-np.minimum(p, 1.0 - 1e-16)))
    return Found(log.accounts, np.clip(one_of_all, _LEAST, 1.0), partner, shared, expected)


@njit(cache=True, no_cfunc_wrapper=True)
def log_tail(shared: int, expected: float) -> float:
    """Return ln P(Poisson(expected) >= shared), to 1e-12; 0 where more is expected than shared."""
    if expected >= shared:
        return 0.0
    if expected <= 0.0:
        return -math.inf
    term, total, k = 1.0, 1.0, shared
    while term > 1e-13 * total:
        k += 1
        term *= expected / k
        total += term
    return min(shared * math.log(expected) - expected - math.lgamma(shared + 1.0) + math.log(total), 0.0)


@njit(cache=True, no_cfunc_wrapper=True)
def _least(
    start: NDArray[np.int64],
    item: NDArray[np.int32],
    stratum: NDArray[np.int32],
    item_start: NDArray[np.int64],
    holder: NDArray[np.int32],
    chances: FloatArray,
    min_shared: int,
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Return each row's least log p-value, the partner, what is shared and what is expected; one row at a time."""
    rows = start.size - 1
    best, partner = np.zeros(rows), np.full(rows, -1, np.int64)
    shared, expected = np.zeros(rows, np.int64), np.zeros(rows)
    count, touched = np.zeros(rows, np.int32), np.empty(rows, np.int64)
    toward = np.empty(chances.shape[0])
    for row in range(rows):
        n_touched = 0
        for k in range(start[row], start[row + 1]):
            # Holders rise: the partners after this row stand at the end, and each pair is met once.
            for h in range(item_start[item[k] + 1] - 1, item_start[item[k]] - 1, -1):
                other = holder[h]
                if other <= row:
                    break
                if count[other] == 0:
                    touched[n_touched] = other
                    n_touched += 1
                count[other] += 1
        ready = False
        for place in range(n_touched):
            other = touched[place]
            together = count[other]
            count[other] = 0
            if together < min_shared:
                continue
            if not ready:  # how many of this row's reposts a repost of each stratum is expected to meet
                toward[:] = 0.0
                for k in range(start[row], start[row + 1]):
                    toward += chances[stratum[k]]
                ready = True
            mean = 0.0
            for k in range(start[other], start[other + 1]):
                mean += toward[stratum[k]]
            log_p = log_tail(together, mean)
            for one, two in ((row, other), (other, row)):
                if log_p < best[one]:
                    best[one], partner[one], shared[one], expected[one] = log_p, two, together, mean
    return best, partner, shared, expected
