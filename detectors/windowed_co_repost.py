"""Windowed co-reposts: accounts that repost the same posts as another within seconds, again and again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.incidence import by_appearance
from detectors.parts.joint_reposts import NO_TIE, by_repost, close_pairs, fill_in, tie_weights
from detectors.parts.parameters import require_at_least, require_limit, require_number, require_positive
from detectors.parts.traces import traces
from sim.observation import Observation

_COORTWEET = 10.0, 2, 1, None  # seconds, least reposts, least weight, neighbours
_PARTICIPATION, _QUANTILE = 2, 0.5
_SPAN = np.int64(2**33)  # seconds: more than times are apart


class WindowedCoRepost(Detector):
    """Scores accounts by the share of their reposts that one other account made within seconds as well.

    Latent coordination networks [1]_ tie two accounts by each post that both reposted within a window. Ties are counted
    as coordination-network-toolkit [2]_ does: the weight from a to b is the number of a's reposts for which b reposted
    the same post at most `seconds` before or after, both ends included. The paper keeps heavy ties and looks for highly
    coordinating communities. Here the score of an account is the share of its reposts that its closest partner
    accompanied; `edges` gives the network.

    It reads reposts (time, account, post and the post's author); reposts of one's own posts are left out. Cost: 12
    bytes a repost in the window, and 16 for each pair of reposts of one post within `seconds`, 24 at a scoring.
    `observe` sorts the step's reposts; `score` is linear in reposts and pairs.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    seconds : float
        The longest time between two reposts of a post that count as made together; at least 0.
    min_reposts : int
        Accounts with fewer reposts in the window are NaN; at least 1.
    min_weight : int
        Ties of fewer accompanied reposts do not count; at least 1.
    preset : str or None
        `coortweet`: the rule of that R package [3]_ at its defaults, in the place of all others but the window.
        Accounts with fewer than 2 reposts are left out beforehand; two reposts of one post within 10 seconds make a
        pair, of which one account at least must have 2 such reposts; the weight of a tie is its number of pairs, and
        ties at or below the median weight do not count.
    max_neighbours : int or None
        Bounds the cost of a post that very many repost at once: each repost is paired with at most this many before it
        and after it, the nearest in time. At least 1; None pairs all.

    References
    ----------
    .. [1] D. Weber and F. Neumann, "Amplifying influence through coordinated behaviour in social networks", Social
       Network Analysis and Mining 11 (2021), 111, doi:10.1007/s13278-021-00815-2.
    .. [2] T. Graham and the QUT Digital Observatory, coordination-network-toolkit.
    .. [3] N. Righetti and P. Balluff, CooRTweet, https://github.com/nicolarighetti/CooRTweet.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import WindowedCoRepost
    >>> from sim.observation import REPOST, Observation
    >>> detector = WindowedCoRepost(seconds=60.0, min_reposts=2, min_weight=2)
    >>> detector.observe(Observation(step=0, start=0, end=3600, n_accounts=3, columns={}, events={
    ...     "time": np.array([0, 30, 500, 600, 640]), "account": np.array([0, 1, 2, 0, 1]), "kind": np.full(5, REPOST),
    ...     "post": np.array([7, 7, 7, 8, 8]), "author": np.full(5, -1)}))  # -1: not known
    >>> detector.score()
    array([ 1.,  1., nan])
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "post", "author"})

    def __init__(
        self,
        window_hours: float = 168.0,
        seconds: float = 60.0,
        min_reposts: int = 3,
        min_weight: int = 2,
        max_neighbours: int | None = 50,
        preset: str | None = None,
    ) -> None:
        if preset not in (None, "coortweet"):
            raise ValueError(f"WindowedCoRepost.preset must be None or coortweet; got {preset!r}.")
        if preset is not None:
            seconds, min_reposts, min_weight, max_neighbours = _COORTWEET
        self.preset = preset
        require_positive("WindowedCoRepost", window_hours=window_hours)
        require_number("WindowedCoRepost", seconds=seconds)
        if not 0.0 <= seconds < float("inf"):
            raise ValueError(f"WindowedCoRepost.seconds must be at least 0 and finite; got {seconds}.")
        require_at_least("WindowedCoRepost", 1, min_reposts=min_reposts, min_weight=min_weight)
        require_limit("WindowedCoRepost", max_neighbours=max_neighbours)
        self.window_hours, self.seconds = window_hours, seconds
        self.min_reposts, self.min_weight, self.max_neighbours = min_reposts, min_weight, max_neighbours
        self._n_accounts, self._end, self._n_reposts = -1, 0, 0
        self._reposts: list[_Reposts] = []  # of a step each
        self._pairs: list[_Pairs] = []
        self._late = np.empty((4, 0), np.int64)  # time, account, post, number: to be paired with later reposts

    def observe(self, observation: Observation) -> None:
        """Pair the step's reposts with one another and with the last ones before; forget what has left the window."""
        self._n_accounts, self._end = accounts_of(self, self._n_accounts, observation), observation.end
        time, account, post = (column.astype(np.int64) for column in traces(observation, "repost"))
        numbers = np.arange(self._n_reposts, self._n_reposts + time.size)
        self._n_reposts += time.size
        together = np.concatenate([self._late, np.stack([time, account, post, numbers])], axis=1)
        if time.size:
            self._reposts.append(_Reposts(int(numbers[0]), time, account.astype(np.int32)))
            self._pairs.append(self._pair(together, first_new=int(numbers[0])))
        self._late = together[:, together[0] >= observation.end - self.seconds]
        while self._reposts and self._reposts[0].time[-1] < self._oldest:
            del self._reposts[0]
        first = self._reposts[0].first if self._reposts else self._n_reposts
        while self._pairs and self._pairs[0].last < first:
            del self._pairs[0]

    def score(self) -> FloatArray:
        """Return the share of each account's reposts that its closest partner accompanied, float64 (accounts,)."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        reposts, best, _ = self._counted(NO_TIE)
        scores = np.full(self._n_accounts, np.nan)
        enough = reposts >= self.min_reposts
        best = np.where(best >= self.min_weight, best, 0.0)
        scores[enough] = np.minimum(best[enough] / reposts[enough], 1.0)
        return scores

    def edges(self, min_weight: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the ties of the window: from which account, to which, weight; in rising order, int64 (ties,) each.

        Parameters
        ----------
        min_weight : int
            Lighter ones are left out; at least 1.
        """
        require_at_least("WindowedCoRepost.edges", 1, min_weight=min_weight)
        if self._n_accounts < 0:
            raise nothing_observed(self)
        one, other, weight = self._counted(min_weight)[2]
        return one.astype(np.int64), other.astype(np.int64), weight

    def explain(self, account: int) -> Evidence:
        """Name the closest partner, and how often it reposted the same."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        check_account(self, account, self._n_accounts)
        reposts, _, (one, other, weight) = self._counted(self.min_weight)
        own = float(reposts[account])
        if own < self.min_reposts:
            few = f"fewer than {self.min_reposts} posts in the last {self.window_hours:g} hours"
            return Evidence(account, f"Reposted {few}: too little to say.")
        ties = np.flatnonzero(one == account)
        if not ties.size:
            return Evidence(account, "No account reposts the same posts at the same times.", {"reposts": own})
        closest = ties[np.argmax(weight[ties])]
        partner, along = int(other[closest]), float(weight[closest])
        return Evidence(
            account,
            f"Account {partner} reposted {along:.0f} of its {own:.0f} reposts within {self.seconds:g} seconds of it; "
            f"{ties.size} accounts did so {self.min_weight} times or more.",
            {"partner": partner, "accompanied": along, "reposts": own, "partners": float(ties.size)},
        )

    @property
    def _oldest(self) -> float:
        return self._end - 3600.0 * self.window_hours

    def _pair(self, reposts: NDArray[np.int64], first_new: int) -> _Pairs:
        """Return the pairs of which at least one repost is new, each from both sides."""
        time, account, post, number = reposts
        rank = by_appearance(post)[1].astype(np.int64)
        key = rank * _SPAN + (time - time.min())
        order = np.argsort(key, kind="stable")
        most = key.size if self.max_neighbours is None else self.max_neighbours
        place, other = close_pairs(key[order], account[order], number[order], int(self.seconds), int(most), first_new)
        return _Pairs(int(number.min()), int(number.max()), place, other)

    def _counted(self, least: int) -> tuple[FloatArray, FloatArray, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """Return each account's reposts in the window, the weight of its heaviest tie, and ties of `least` or more."""
        if not self._reposts:
            empty = np.empty(0, np.int32)
            return np.zeros(self._n_accounts), np.zeros(self._n_accounts), (empty, empty, empty)
        time = np.concatenate([part.time for part in self._reposts])
        old = int(np.searchsorted(time, self._oldest))
        account = np.concatenate([part.account for part in self._reposts])[old:]
        first = self._reposts[0].first + old
        start = np.zeros(account.size + 1, np.int64)
        for part in self._pairs:
            by_repost(start, part.place, part.lowest - first)
        start = np.cumsum(start)
        others, free = np.empty(start[-1], np.int32), start[:-1].copy()
        for part in self._pairs:
            fill_in(free, others, part.place, part.other, part.lowest - first)
        reposts = np.bincount(account, minlength=self._n_accounts).astype(np.float64)
        if self.preset is None:
            best, *ties = tie_weights(account, start, others, self._n_accounts, least)
            return reposts, best, (ties[0], ties[1], ties[2])
        return reposts, *self._as_coortweet(account, start, others, reposts, least)

    def _as_coortweet(
        self, account: NDArray[Any], start: NDArray[Any], others: NDArray[Any], reposts: FloatArray, least: int
    ) -> tuple[FloatArray, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """Return the heaviest tie of each account, and the ties, of those above the median weight."""
        n, who = self._n_accounts, np.repeat(account, np.diff(start))
        number = np.repeat(np.arange(account.size), np.diff(start))
        busy = reposts >= self.min_reposts
        kept = busy[who] & busy[others]
        who, other, number = who[kept], others[kept].astype(np.int64), number[kept]
        joint = np.bincount(account[np.unique(number)], minlength=n) >= _PARTICIPATION
        kept = joint[who] | joint[other]
        pairs, weight = np.unique(who[kept].astype(np.int64) << 32 | other[kept], return_counts=True)
        heavy = weight > np.quantile(weight, _QUANTILE) if weight.size else np.zeros(0, np.bool_)
        one, two, weight = pairs[heavy] >> 32, pairs[heavy] & 0xFFFFFFFF, weight[heavy]
        best = np.zeros(n)
        np.maximum.at(best, one, weight)
        many = weight >= least
        return best, (one[many], two[many], weight[many])


class _Reposts(NamedTuple):
    """Reposts of a step, numbered one after another, in time order."""

    first: int  # number of the first
    time: NDArray[np.int64]
    account: NDArray[np.int32]


class _Pairs(NamedTuple):
    """Reposts that were accompanied, from both sides."""

    lowest: int  # number of a repost
    last: int
    place: NDArray[np.int32]  # number of the repost, less the lowest
    other: NDArray[np.int32]  # who accompanied it
