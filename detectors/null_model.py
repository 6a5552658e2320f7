"""Null model: pairs that share more reposts than chance explains, with false discoveries controlled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.base import (
    Detector,
    DetectorError,
    Evidence,
    FloatArray,
    accounts_of,
    check_account,
    not_scored,
    nothing_observed,
)
from detectors.parts.chance import Found, Log, least_p_values, unlikely_pairs
from detectors.parts.incidence import by_appearance, first_of_each
from detectors.parts.parameters import require_at_least, require_number, require_positive
from detectors.parts.traces import KINDS, fields_of, traces
from detectors.parts.window import TraceWindow
from sim.observation import Observation

_DECIMALS = 12  # sums taken in another order differ in the last bits, which must not decide
_TIES = 1e-6  # of the score: among equal false-discovery rates, the p-value decides
COMBINE = ("minimum", "fisher")
_MOST_STRATA = 4096


class NullModel(Detector):
    """Scores accounts by how unlikely it is, if the log is shuffled, that they share so much with any other account.

    Two people who are active at the same hours, read one language and repost much will share posts by chance. How many,
    the log itself says: shuffle which account made which repost, within one span of time and one language, and count
    again. Accounts keep their hours, posts keep their popularity, and only the ties between accounts are gone. A pair's
    p-value is the probability of sharing as many posts as it does, or more, under this shuffle.

    null-model-coord [1]_ makes a null distribution by a thousand shuffles and takes the smallest p-value of an account
    over all its traces, as it is or after correction for the number of pairs.
    But a thousand shuffles give no p-value below a thousandth, and a million accounts have 10^12 pairs. So nothing is
    shuffled here: the mean of the shared number is known in closed form, and its distribution is close to Poisson
    [2]_; the tests compare both with shuffles.

    A *stratum* is a span of `bucket_hours` and a language of accounts. Account u made n(u, s) of the N(s) reposts of
    stratum s, c(i, s) of which were of post i. Shuffled within strata, u and v share lambda posts on average: the sum
    over i, s and t of n(u, s) n(v, t) c(i, s) c(i, t) / (N(s) N(t)), a repost not counted with itself. The p-value of a
    pair that shares k is P(Poisson(lambda) >= k). An account's least p-value is corrected for the number of its
    partners (Sidak), and the accounts' for the number of accounts [3]_. That makes q: of all accounts at or below it, a
    share of q at most is expected to share by chance. The score is L / (1 + L), with L = -log10 q: 0.5 is q = 0.1, 0.57
    is 0.05, 2/3 is 0.01, 0.75 is 0.001. Many accounts have one q, above all 1; among these the least p-value decides,
    in the sixth decimal of the score.

    With several traces an account has a p-value of each in which it has enough. Their minimum is corrected for their
    number (Sidak), or they are combined by Fisher's sum of logarithms, which takes traces to be independent.

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
    trace : str or list of str
        What is shared: `repost`, or the `url`, `hashtags` or `text` of an account's own posts; then all of the above is
        about links, sequences or wordings in the place of posts. Or several of these.
    combine : str
        How the p-values of several traces are made one: `minimum` or `fisher`.

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
        trace: str | Sequence[str] = "repost",
        combine: str = "minimum",
    ) -> None:
        self.traces = (trace,) if isinstance(trace, str) else tuple(trace)
        if not self.traces or len(set(self.traces)) < len(self.traces):
            raise ValueError(f"NullModel.trace must name one trace or several different ones; got {trace!r}.")
        if combine not in COMBINE:
            raise ValueError(f"NullModel.combine must be one of {', '.join(COMBINE)}; got {combine!r}.")
        self.requires = frozenset({"language"}).union(*(fields_of(name, "NullModel") for name in self.traces))
        self.combine = combine
        require_positive("NullModel", window_hours=window_hours, bucket_hours=bucket_hours)
        require_at_least("NullModel", 1, min_reposts=min_reposts, min_shared=min_shared)
        require_at_least("NullModel", 2, max_reposters=max_reposters)
        self.window_hours, self.bucket_hours = window_hours, bucket_hours
        self.min_reposts, self.min_shared, self.max_reposters = min_reposts, min_shared, max_reposters
        self._n_accounts = -1
        self._windows = [TraceWindow(window_hours) for _ in self.traces]
        self._language: NDArray[np.int64] = np.empty(0, np.int64)
        self._scores, self._q = np.empty(0), np.empty(0)
        self._logs: list[Log] = []
        self._found: list[Found] = []
        self._log_p: FloatArray = np.empty((0, 0))  # (traces, accounts): of the least p-value of a pair, NaN: none

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        for window, trace in zip(self._windows, self.traces, strict=True):
            window.add(observation.end, *traces(observation, trace))
        self._language = observation.column("language")
        self._scores = np.empty(0)

    def score(self) -> FloatArray:
        """Return L / (1 + L) for L = -log10 q, float64 (accounts,); NaN where there are too few reposts."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        from scipy.stats import false_discovery_control  # slow to import

        self._scores, self._q = np.full(self._n_accounts, np.nan), np.full(self._n_accounts, np.nan)
        self._logs = [self._log(window) for window in self._windows]
        self._found = [least_p_values(log, self.min_shared) for log in self._logs]
        p = np.full((len(self.traces), self._n_accounts), np.nan)
        self._log_p = p.copy()
        for row, found in enumerate(self._found):
            p[row, found.accounts], self._log_p[row, found.accounts] = found.account_p, found.log_p
        scored = np.flatnonzero((~np.isnan(p)).any(axis=0))
        if scored.size:
            one = _combined(p[:, scored], self.combine)
            least = -np.log(one) if len(self.traces) > 1 else -self._log_p[0, scored]
            self._q[scored] = q = false_discovery_control(one)
            decades = np.abs(np.round(np.log10(q), _DECIMALS))
            least = np.round(np.abs(least), _DECIMALS)
            self._scores[scored] = decades / (1.0 + decades) + _TIES * least / (1.0 + least)
        return self._scores.copy()

    def pairs(self, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """Return the network of the last scoring: the pairs that make accounts score `threshold` or more.

        Of each trace, the pairs whose p-value is no larger than the least one of any account that scores so by it: with
        one trace, the accounts of these pairs are exactly those that score `threshold` or more.

        Parameters
        ----------
        threshold : float
            In (0, 1].

        Returns
        -------
        one, other : int64 (pairs,)
            Accounts, each pair once.
        decades : float64 (pairs,)
            -log10 of the pair's p-value, by the trace by which it is least.
        """
        require_number("NullModel.pairs", threshold=threshold)
        if not 0.0 < threshold <= 1.0:
            raise ValueError(f"NullModel.pairs: threshold must lie in (0, 1]; got {threshold}.")
        if self._scores.size != self._n_accounts:
            raise not_scored(self)
        reach = np.flatnonzero(self._scores >= threshold)
        which = np.argmin(np.nan_to_num(self._log_p[:, reach], nan=1.0), axis=0)
        parts = []
        for row, log in enumerate(self._logs):
            mine = self._log_p[row, reach[which == row]]
            if mine.size:
                one, other, log_p = unlikely_pairs(log, self.min_shared, float(mine.max()))
                parts.append((log.accounts[one], log.accounts[other], log_p / -np.log(10.0)))
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        one, other, decades = (np.concatenate(part) for part in zip(*parts, strict=True))
        low, high = np.minimum(one, other), np.maximum(one, other)
        order = np.lexsort((-decades, high, low))
        low, high, decades = low[order], high[order], decades[order]
        first = np.ones(low.size, np.bool_)
        first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        return low[first], high[first], decades[first]

    def explain(self, account: int) -> Evidence:
        """Name the partner whose shared posts chance explains least, and how many chance would give."""
        if self._n_accounts < 0 or self._scores.size != self._n_accounts:
            self.score()
        check_account(self, account, self._n_accounts)
        if np.isnan(self._scores[account]):
            did, things = KINDS[self.traces[0]] if len(self.traces) == 1 else ("Did", "things of each kind")
            few = f"fewer than {self.min_reposts} {things} in the last {self.window_hours:g} hours"
            return Evidence(account, f"{did} {few}: too little to say.")
        which = int(np.nanargmin(self._log_p[:, account]))
        found, (did, things) = self._found[which], KINDS[self.traces[which]]
        row = int(np.flatnonzero(found.accounts == account)[0])
        if found.partner[row] < 0:
            return Evidence(account, f"Shares {self.min_shared} {things} with no other account.", {"q": 1.0})
        partner, q = int(found.accounts[found.partner[row]]), float(self._q[account])
        shared, expected = float(found.shared[row]), float(found.expected[row])
        return Evidence(
            account,
            f"{did} {shared:.0f} of the same {things} as account {partner}, where by chance alone two accounts with "
            f"their hours and language share {expected:.2g} (false-discovery rate {q:.2g}).",
            {"partner": partner, "shared": shared, "expected": expected, "q": q},
        )

    def _log(self, window: TraceWindow) -> Log:
        """Return the window's traces, each account and item once, without the most popular items."""
        time = window.times()
        accounts, row = by_appearance(window.accounts().astype(np.int64))  # account numbers must not matter
        posts, item = by_appearance(window.items())
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


def _combined(p: FloatArray, how: str) -> FloatArray:
    """Return one p-value of an account from those of its traces, NaN being none: float64 (accounts,).

    Examples
    --------
    >>> _combined(np.array([[0.1, 0.1], [0.2, np.nan]]), "minimum").round(3)
    array([0.19, 0.1 ])
    >>> _combined(np.full((2, 1), 0.1), "fisher").round(3)
    array([0.056])
    """
    from scipy.stats import chi2

    if p.shape[0] == 1:
        return p[0]
    number = (~np.isnan(p)).sum(axis=0)
    if how == "fisher":
        return np.asarray(np.maximum(chi2.sf(-2.0 * np.nansum(np.log(p), axis=0), 2 * number), 1e-300))
    return np.asarray(
        np.clip(-np.expm1(number * np.log1p(-np.minimum(np.nanmin(p, axis=0), 1.0 - 1e-16))), 1e-300, 1.0)
    )
