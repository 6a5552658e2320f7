"""Windowed co-reposts: accounts that repost the same posts as another within seconds, again and again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, nothing_observed
from detectors.parts.parameters import require_at_least, require_limit, require_number, require_positive
from detectors.parts.traces import traces
from sim.observation import Observation

_SPAN = np.int64(2**33)  # seconds: more than times are apart


class WindowedCoRepost(Detector):
    """Scores accounts by the share of their reposts that one other account made within seconds as well.

    Latent coordination networks [1]_ tie two accounts by each post that both reposted within a window. Ties are counted
    as coordination-network-toolkit [2]_ does: the weight from a to b is the number of a's reposts for which b reposted
    the same post at most `seconds` before or after, both ends included. The paper keeps heavy ties and looks for highly
    coordinating communities. Here the score of an account is the share of its reposts that its closest partner
    accompanied; `edges` gives the network.

    It reads reposts (time, account, post and the post's author); reposts of one's own posts are left out. Cost: 24
    bytes a repost in the window, and 24 for each pair of reposts of one post within `seconds`. `observe` sorts the
    step's reposts; `score` sorts the pairs of the window.

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
    max_neighbours : int or None
        Bounds the cost of a post that very many repost at once: each repost is paired with at most this many before it
        and after it, the nearest in time. At least 1; None pairs all.

    References
    ----------
    .. [1] D. Weber and F. Neumann, "Amplifying influence through coordinated behaviour in social networks", Social
       Network Analysis and Mining 11 (2021), 111, doi:10.1007/s13278-021-00815-2.
    .. [2] T. Graham and the QUT Digital Observatory, coordination-network-toolkit.

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
    ) -> None:
        require_positive("WindowedCoRepost", window_hours=window_hours)
        require_number("WindowedCoRepost", seconds=seconds)
        if not 0.0 <= seconds < float("inf"):
            raise ValueError(f"WindowedCoRepost.seconds must be at least 0 and finite; got {seconds}.")
        require_at_least("WindowedCoRepost", 1, min_reposts=min_reposts, min_weight=min_weight)
        require_limit("WindowedCoRepost", max_neighbours=max_neighbours)
        self.window_hours, self.seconds = window_hours, seconds
        self.min_reposts, self.min_weight, self.max_neighbours = min_reposts, min_weight, max_neighbours
        self._n_accounts, self._end, self._n_reposts = -1, 0, 0
        # Reposts of the window (time, account), and pairs (time of a repost, its number, both accounts in 64 bits).
        self._reposts: list[NDArray[np.int64]] = []
        self._pairs: list[NDArray[np.int64]] = []
        self._late = np.empty((4, 0), np.int64)  # time, account, post, number: to be paired with later reposts

    def observe(self, observation: Observation) -> None:
        """Pair the step's reposts with one another and with the last ones before; forget what has left the window."""
        self._n_accounts, self._end = accounts_of(self, self._n_accounts, observation), observation.end
        time, account, post = (column.astype(np.int64) for column in traces(observation, "repost"))
        numbers = np.arange(self._n_reposts, self._n_reposts + time.size)
        self._n_reposts += time.size
        new = np.stack([time, account, post, numbers])
        together = np.concatenate([self._late, new], axis=1)
        if time.size:
            self._reposts.append(np.stack([time, account]))
            self._pairs.append(self._pair(together, first_new=int(numbers[0])))
        self._late = together[:, together[0] >= observation.end - self.seconds]
        for parts in (self._reposts, self._pairs):
            while parts and (not parts[0].size or parts[0][0].max() < self._oldest):
                del parts[0]

    def score(self) -> FloatArray:
        """Return the share of each account's reposts that its closest partner accompanied, float64 (accounts,)."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        reposts, (one, _other, weight) = self._counted()
        scores = np.full(self._n_accounts, np.nan)
        enough = reposts >= self.min_reposts
        best = np.zeros(self._n_accounts)
        np.maximum.at(best, one, np.where(weight >= self.min_weight, weight, 0))
        scores[enough] = np.minimum(best[enough] / reposts[enough], 1.0)
        return scores

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the ties of the window: from which account, to which, weight; in rising order, int64 (ties,) each."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        return self._counted()[1]

    def explain(self, account: int) -> Evidence:
        """Name the closest partner, and how often it reposted the same."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        check_account(self, account, self._n_accounts)
        reposts, (one, other, weight) = self._counted()
        own = float(reposts[account])
        if own < self.min_reposts:
            few = f"fewer than {self.min_reposts} posts in the last {self.window_hours:g} hours"
            return Evidence(account, f"Reposted {few}: too little to say.")
        ties = np.flatnonzero((one == account) & (weight >= self.min_weight))
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

    def _pair(self, reposts: NDArray[np.int64], first_new: int) -> NDArray[np.int64]:
        """Return the pairs of which at least one repost is new, each from both sides: int64 (3, pairs)."""
        time, account, post, number = reposts
        _, rank = np.unique(post, return_inverse=True)
        key = rank.astype(np.int64) * _SPAN + (time - time.min(initial=0))
        order = np.argsort(key, kind="stable")
        key, time, account, number = key[order], time[order], account[order], number[order]
        place = np.arange(key.size)
        ahead = np.searchsorted(key, key + int(self.seconds), side="right") - place - 1
        if self.max_neighbours is not None:
            ahead = np.minimum(ahead, self.max_neighbours)
        one = np.repeat(place, ahead)
        other = one + 1 + np.arange(one.size) - np.repeat(np.cumsum(ahead) - ahead, ahead)
        fit = (account[one] != account[other]) & (np.maximum(number[one], number[other]) >= first_new)
        one, other = one[fit], other[fit]
        return np.stack([
            np.concatenate([time[one], time[other]]), np.concatenate([number[one], number[other]]),
            np.concatenate([account[other], account[one]]) + (np.concatenate([account[one], account[other]]) << 32),
        ])  # fmt: skip

    def _counted(self) -> tuple[FloatArray, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Return the number of reposts of each account in the window, and its ties."""
        reposts = np.zeros(self._n_accounts)
        if self._reposts:
            time, account = np.concatenate(self._reposts, axis=1)
            reposts += np.bincount(account[time >= self._oldest], minlength=self._n_accounts)
        empty = np.empty(0, np.int64)
        if not self._pairs:
            return reposts, (empty, empty, empty)
        time, number, accounts = np.concatenate(self._pairs, axis=1)
        inside = time >= self._oldest
        # An account that reposts a post twice accompanies another's repost of it once.
        number, accounts = number[inside], accounts[inside]
        order = np.lexsort((number, accounts))
        number, accounts = number[order], accounts[order]
        again = np.zeros(number.size, np.bool_)
        again[1:] = (number[1:] == number[:-1]) & (accounts[1:] == accounts[:-1])
        ties, weight = np.unique(accounts[~again], return_counts=True)
        return reposts, (ties >> 32, ties & 0xFFFFFFFF, weight)
