"""Fast reposts: accounts that repost the same authors within seconds."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.parts.parameters import require_at_least, require_number
from detectors.parts.rules import MAX_WORK, Rules
from detectors.parts.similarity import SharedItems
from sim.observation import POST, REPOST, Observation

_PRESET_SECONDS, _PRESET_TIMES = 10.0, 2  # of `luceri2024`
_SPAN = np.int64(2**40)  # seconds: longer than any time


class FastRepost(SharedItems):
    """Scores accounts by their largest TF-IDF cosine to another over the authors that they reposted within seconds.

    A repost that comes within `seconds` of the post leaves no time to read it. An account is a vector over the authors
    that it reposted so fast, weighted by TF-IDF, and accounts are compared by cosine: the trace *fast retweet* of [1]_.
    The paper takes the time of a post from its identifier. Here it is remembered from the step in which the post was
    written, for as long as `seconds`, so that a repost of an older post is never fast.

    It reads posts and reposts (time, account, post and the post's author); reposts of one's own posts, and those of an
    unknown author, are left out. Cost: 16 bytes a post for `seconds`, 20 bytes a fast repost in the window, and the
    comparison of `detectors.parts.similarity.SharedItems`.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    seconds : float
        The longest time from a post to a fast repost; at least 0.
    min_authors : int
        Accounts that reposted fewer authors fast in the window are NaN; at least 1.
    max_reposters : int or None
        Bounds the cost of an author that many repost (`max_holders` of `detectors.parts.similarity.SharedItems`).
    min_times : int
        An author counts for an account that reposted it fast at least this often in the window; at least 1.
    max_work : int or None
        Bounds the cost of a scoring, in additions (`detectors.parts.similarity.SharedItems`).
    min_holders : int
        Authors of fewer scored accounts are left out; at least 1, which leaves out none.
    counts : str
        What an author that an account reposted fast t times counts: `binary` 1, `linear` t, `sublinear` 1 + ln t.
    preset : str or None
        `luceri2024`: the rules of the program of [1]_ (10 seconds, authors reposted fast twice or more, weighed by how
        often, all reposters compared), in the place of all others but the window and `max_work`.

    References
    ----------
    .. [1] L. Luceri, V. Pantè, K. Burghardt and E. Ferrara, "Unmasking the Web of Deceit: Uncovering Coordinated
       Activity to Expose Information Operations on Twitter", WWW 2024, 2530-2541, doi:10.1145/3589334.3645529.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import FastRepost
    >>> from sim.observation import POST, REPOST, Observation
    >>> detector = FastRepost(seconds=10.0, min_authors=1)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=4, columns={}, events={
    ...     "time": np.array([5, 9, 15, 40]), "account": np.array([0, 1, 2, 3]), "post": np.full(4, 7),
    ...     "kind": np.array([POST, REPOST, REPOST, REPOST]), "author": np.zeros(4, int)}))
    >>> detector.score()
    array([nan,  1.,  1., nan])
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "post", "author"})
    _names: ClassVar[tuple[str, str, str]] = ("window_hours", "min_authors", "max_reposters")
    _had, _things = "Reposted within seconds", "authors"
    _presets: ClassVar[dict[str, Rules]] = {"luceri2024": Rules(least=1, counts="linear")}

    def __init__(
        self,
        window_hours: float = 168.0,
        seconds: float = 60.0,
        min_authors: int = 2,
        max_reposters: int | None = 10,
        min_times: int = 1,
        *,
        max_work: int | None = MAX_WORK,
        min_holders: int = 1,
        counts: str = "binary",
        preset: str | None = None,
    ) -> None:
        super().__init__(
            window_hours, min_authors, max_reposters,
            max_work=max_work, min_holders=min_holders, counts=counts, preset=preset,
        )  # fmt: skip
        if preset is not None:
            seconds, min_times = _PRESET_SECONDS, _PRESET_TIMES
        require_at_least("FastRepost", 1, min_times=min_times)
        require_number("FastRepost", seconds=seconds)
        if not 0.0 <= seconds < float("inf"):
            raise ValueError(f"FastRepost.seconds must be at least 0 and finite; got {seconds}.")
        self.seconds, self.min_times = seconds, min_times
        self._post, self._written = np.empty(0, np.int64), np.empty(0, np.int64)  # recent posts, by identifier

    def _traces(self, observation: Observation) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return time, account and author of the step's fast reposts."""
        time, kind = observation.event("time").astype(np.int64), observation.event("kind")
        account, author, post = (observation.event(name) for name in ("account", "author", "post"))
        self._remember(post[kind == POST].astype(np.int64), time[kind == POST], observation.start)
        kept = np.flatnonzero((kind == REPOST) & (author != account) & (author >= 0))  # -1: not known
        # When the post was last written before the repost, looked up by its identifier.
        known, rank = np.unique(self._post, return_inverse=True)
        keys = rank.astype(np.int64) * _SPAN + self._written
        place = np.minimum(np.searchsorted(known, post[kept]), max(known.size - 1, 0))
        kept, place = (part[known[place] == post[kept]] for part in (kept, place)) if known.size else (kept[:0], place)
        if kept.size:
            last = np.searchsorted(keys, place * _SPAN + time[kept], side="right") - 1
            kept = kept[(last >= 0) & (place * _SPAN + time[kept] - keys[last] <= self.seconds)]
        return time[kept], account[kept], author[kept]

    def _counting(
        self, account: NDArray[np.int32], item: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the fast reposts of authors that the account reposted fast `min_times` or more often."""
        if self.min_times == 1:
            return account, item
        pairs = account.astype(np.int64) << 32 | item  # an author is an account: 32 bits
        _, pair, times = np.unique(pairs, return_inverse=True, return_counts=True)
        often = times[pair] >= self.min_times
        return account[often], item[often]

    def _remember(self, post: NDArray[np.int64], time: NDArray[np.int64], start: int) -> None:
        """Note the step's posts; forget those that are too old to be reposted fast."""
        young = self._written >= start - self.seconds
        post, time = np.concatenate([self._post[young], post]), np.concatenate([self._written[young], time])
        order = np.lexsort((time, post))
        self._post, self._written = post[order], time[order]
