"""RTbust: accounts that repost by one clock, found as dense groups of temporal signatures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.parameters import require_at_least, require_positive
from detectors.parts.window import TraceWindow
from sim.observation import POST, REPOST, Observation

_DECIMALS = 9  # sums in another order differ in the last bits, which must not decide which accounts are near
_DAY = 86_400.0
FEATURES = ("delay_low", "delay_median", "delay_high", "day_cosine", "day_sine", "gap_median", "gap_spread")


def signatures(start: NDArray[np.int64], time: NDArray[np.int64], delay: FloatArray) -> FloatArray:
    """Return the temporal signature of each account.

    Parameters
    ----------
    start : int64 (accounts + 1,)
        Where the reposts of an account begin; two or more each.
    time : int64 (reposts,)
        Of its reposts, rising within an account, seconds.
    delay : float64 (reposts,)
        Since the post, seconds.

    Returns
    -------
    float64 (accounts, 7)
        Named as in `FEATURES`: the 10, 50 and 90% points of the delay, log10 seconds; the mean direction of the time
        of day, of length 1 if it is always the same; median and spread (90% less 10% point) of the gaps between its
        reposts, log10 seconds. One unit is a factor of ten or the radius of the clock, so that they weigh alike.
    """
    owner = np.repeat(np.arange(start.size - 1), np.diff(start))
    angle = 2.0 * np.pi * (time % _DAY) / _DAY
    size = np.diff(start)
    log_delay = np.log10(1.0 + delay)
    inside = owner[1:] == owner[:-1]
    gap_of, gap = owner[1:][inside], np.log10(1.0 + np.diff(time)[inside])
    gap_start = np.searchsorted(gap_of, np.arange(start.size))
    low, high = (_points(gap_start, gap_of, gap, share) for share in (0.1, 0.9))
    return np.stack([
        *(_points(start, owner, log_delay, share) for share in (0.1, 0.5, 0.9)),
        np.bincount(owner, np.cos(angle)) / size, np.bincount(owner, np.sin(angle)) / size,
        _points(gap_start, gap_of, gap, 0.5), high - low,
    ], axis=1)  # fmt: skip


def _points(start: NDArray[np.int64], owner: NDArray[np.int64], value: FloatArray, share: float) -> FloatArray:
    """Return a quantile of the values of each owner, interpolated as NumPy does; owners have one value at least."""
    value = value[np.lexsort((value, owner))]
    place = start[:-1] + share * (np.diff(start) - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, start[1:] - 1)
    return np.asarray(value[below] + (place - below) * (value[above] - value[below]))


class RTbust(Detector):
    """Scores accounts by how firmly they belong to a dense group of temporal signatures.

    The method [1]_ does not look at what an account reposts, only at when: how long after the post, at what time of
    day, at what intervals (`signatures`). People differ in that; accounts of one botnet are alike. Signatures are
    clustered by density (HDBSCAN): an account in a dense group is suspect, one that lies alone is taken for a person.
    In the paper a variational autoencoder finds the features of a signature. Here there is none: the features are a few
    plain numbers that a reviewer can read.

    The score is HDBSCAN's strength of membership, 0 for accounts in no group, times the share of the scored accounts
    that are not in the group: a group of most people is the public.

    It reads posts and reposts (time, account, post and the post's author); reposts of one's own posts are left out.
    Cost: 20 bytes a repost in the window, 16 a post for `post_hours`; `observe` sorts the step's posts. The limit:
    clustering compares all pairs of scored accounts, O(accounts²) in time though not in memory, some 2 s for 15,000.
    More than `max_accounts` are refused.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    post_hours : float
        How long a post's time is remembered; longer delays, and reposts of unknown posts, count as this. Above 0.
    min_reposts : int
        Accounts with fewer reposts in the window are NaN; at least 3, or there is no signature.
    min_cluster : int
        The smallest group, in accounts; at least 2.
    max_accounts : int
        The largest number of accounts with enough reposts; at least 1.

    Raises
    ------
    DetectorError
        By `score`: more accounts than `max_accounts` have enough reposts.

    References
    ----------
    .. [1] M. Mazza, S. Cresci, M. Avvenuti, W. Quattrociocchi and M. Tesconi, "RTbust: Exploiting Temporal Patterns for
       Botnet Detection on Twitter", WebSci 2019, 183-192, doi:10.1145/3292522.3326015.

    Examples
    --------
    Eight accounts repost the same posts half a minute after they were written; sixty people do so at times of their
    own:

    >>> import numpy as np
    >>> from detectors import RTbust
    >>> from sim.observation import POST, REPOST, Observation
    >>> draw = np.random.Generator(np.random.Philox(key=1))
    >>> posted = np.sort(draw.integers(0, 80_000, 400))
    >>> bots = np.stack([posted[::10] + 30 + i for i in range(8)])
    >>> people = posted[::10] + draw.lognormal(8.0, 2.0, (60, 40)).astype(int) * draw.integers(1, 4, (60, 1))
    >>> account, post = np.repeat(np.arange(68), 40), np.tile(np.arange(0, 400, 10), 68)
    >>> time = np.concatenate([posted, bots.ravel(), people.ravel()])
    >>> order = np.argsort(time, kind="stable")
    >>> rtbust = RTbust(window_hours=1e5, post_hours=1e5, min_cluster=6)
    >>> rtbust.observe(Observation(step=0, start=0, end=10**8, n_accounts=69, columns={}, events={
    ...     "time": time[order], "account": np.concatenate([np.full(400, 68), account])[order],
    ...     "kind": np.concatenate([np.full(400, POST), np.full(account.size, REPOST)])[order],
    ...     "post": np.concatenate([np.arange(400), post])[order], "author": np.full(time.size, 68)[order]}))
    >>> scores = rtbust.score()
    >>> bool(np.median(scores[:8]) > 0.8), bool(np.median(scores[8:68]) < 0.2)
    (True, True)
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "post", "author"})

    def __init__(
        self,
        window_hours: float = 168.0,
        post_hours: float = 48.0,
        min_reposts: int = 12,
        min_cluster: int = 10,
        max_accounts: int = 15_000,
    ) -> None:
        require_positive("RTbust", window_hours=window_hours, post_hours=post_hours)
        require_at_least("RTbust", 3, min_reposts=min_reposts)
        require_at_least("RTbust", 2, min_cluster=min_cluster)
        require_at_least("RTbust", 1, max_accounts=max_accounts)
        self.window_hours, self.post_hours = window_hours, post_hours
        self.min_reposts, self.min_cluster, self.max_accounts = min_reposts, min_cluster, max_accounts
        self._n_accounts, self._end = -1, 0
        self._posts: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []  # a step's posts by identifier, their times
        self._reposts = TraceWindow(window_hours)  # the delay as the item
        self._scores: FloatArray = np.empty(0)
        self._accounts, self._group = np.empty(0, np.int64), np.empty(0, np.int64)
        self._signatures: FloatArray = np.empty((0, len(FEATURES)))

    def observe(self, observation: Observation) -> None:
        """Note the times of the step's posts and the delays of its reposts; forget what is too old."""
        self._n_accounts, self._end = accounts_of(self, self._n_accounts, observation), observation.end
        time, account, kind = (observation.event(name) for name in ("time", "account", "kind"))
        post, author = observation.event("post"), observation.event("author")
        written = np.flatnonzero(kind == POST)
        if written.size:
            written = written[np.argsort(post[written], kind="stable")]
            self._posts.append((post[written].astype(np.int64), time[written].astype(np.int64)))
        kept = np.flatnonzero((kind == REPOST) & (author != account))
        when = time[kept].astype(np.int64)
        self._reposts.add(self._end, when, account[kept], self._delays(when, post[kept].astype(np.int64)))
        while self._posts and self._posts[0][1].max() < self._end - 3600.0 * self.post_hours:
            del self._posts[0]
        self._scores = np.empty(0)

    def score(self) -> FloatArray:
        """Return how firmly each account belongs to a dense and small group, float64 (accounts,)."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        from sklearn.cluster import HDBSCAN  # slow to import

        self._scores = np.full(self._n_accounts, np.nan)
        self._accounts, self._signatures = self._signed()
        self._group = np.full(self._accounts.size, -1)
        if self._accounts.size > max(self.min_cluster, 2):
            clusters = HDBSCAN(min_cluster_size=self.min_cluster, copy=True).fit(self._signatures)
            self._group = clusters.labels_
            share = np.bincount(self._group + 1) / self._group.size
            strength = np.clip(clusters.probabilities_, 0.0, 1.0) * (1.0 - share[self._group + 1])
            self._scores[self._accounts] = np.round(strength, _DECIMALS)
        else:
            self._scores[self._accounts] = 0.0
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say how many accounts repost by the same clock, and what the clock is."""
        if self._n_accounts < 0 or self._scores.size != self._n_accounts:
            self.score()
        check_account(self, account, self._n_accounts)
        score = float(self._scores[account])
        if np.isnan(score):
            few = f"fewer than {self.min_reposts} reposts in the last {self.window_hours:g} hours"
            return Evidence(account, f"Made {few}: too little to say.")
        place = int(np.flatnonzero(self._accounts == account)[0])
        facts = dict(zip(FEATURES, self._signatures[place].tolist(), strict=True))
        group = self._group[place]
        if group < 0:
            return Evidence(account, "Reposts at times of its own, like no group.", facts)
        alike, scored = float((self._group == group).sum()), float(self._group.size)
        delay, gap = (10.0 ** facts[name] - 1.0 for name in ("delay_median", "gap_median"))
        return Evidence(
            account,
            f"Reposts by the clock of a group: usually {delay:.0f} seconds after a post, with {gap:.0f} seconds "
            f"between reposts; {alike:.0f} of {scored:.0f} scored accounts are in the group.",
            {"score": score, "group_size": alike, "scored": scored, **facts},
        )

    def _delays(self, when: NDArray[np.int64], post: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how long after the posts the reposts came, seconds, `post_hours` at most; int64 (reposts,)."""
        longest = round(self.post_hours * 3600.0)
        delay = np.full(when.size, longest)
        open_ = np.arange(when.size)
        for identifiers, times in reversed(self._posts):  # most reposts are of new posts
            if not open_.size:
                break
            place = np.minimum(np.searchsorted(identifiers, post[open_]), identifiers.size - 1)
            found = identifiers[place] == post[open_]
            delay[open_[found]] = when[open_[found]] - times[place[found]]
            open_ = open_[~found]
        return np.clip(delay, 0, longest)

    def _signed(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the accounts with enough reposts, and their signatures; in an order that is not that of numbers."""
        none = np.empty(0, np.int64), np.empty((0, len(FEATURES)))
        time, account, delay = self._reposts.times(), self._reposts.accounts(), self._reposts.items()
        enough = np.bincount(account, minlength=self._n_accounts) >= self.min_reposts
        who = np.flatnonzero(enough)
        if who.size > self.max_accounts:
            raise DetectorError(
                f"detector RTbust clusters at most max_accounts={self.max_accounts} accounts, as its cost grows with "
                f"their square; {who.size} have min_reposts={self.min_reposts} reposts. Raise one of the two."
            )
        if not who.size:
            return none
        kept = enough[account]
        time, account, delay = time[kept], account[kept], delay[kept]
        order = np.argsort(account, kind="stable")
        account = account[order]
        start = np.append(np.searchsorted(account, who), account.size)
        signed = np.round(signatures(start, time[order], delay[order].astype(np.float64)), _DECIMALS)
        order = np.lexsort(signed.T)
        return who[order], signed[order]
