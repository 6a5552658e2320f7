"""The feed: what an account reads when it logs in.

A reading (pull) feed. The reader looks at the accounts it follows, takes the newest acts since it last looked, and
ranks them by time or by engagement; a share of its attention goes to posts from outside its network that the platform
recommends because they gather reposts. Each post enters the recommendations of its language once, and a reader is
offered what entered since its last look: so no item is offered twice, without a memory per reader.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import FeedConfig
from sim.rng import uniform
from sim.timeline import REPOST, Timeline, TimelineView

CHRONOLOGICAL, ENGAGEMENT = 0, 1
_LN2 = math.log(2.0)

# Compiled without Numba's reference counts. Nothing here allocates, and every array outlives the call; counting the
# references to the arrays handed from function to function took most of a session's time (docs/benchmarks.md).
unmanaged = njit(cache=True, _nrt=False)


class FeedRules(NamedTuple):
    """`FeedConfig` as numbers for compiled loops; times in seconds."""

    ranking: int
    attention: int
    candidates: int
    engagement_weight: float
    recency_half_life: float
    recommended: int  # items of a session
    relevance_match: float
    relevance_mismatch: float
    lifetime: float

    @classmethod
    def of(cls, config: FeedConfig) -> FeedRules:
        """Read the rules from a configuration."""
        return cls(
            ranking=CHRONOLOGICAL if config.ranking == "chronological" else ENGAGEMENT,
            attention=config.attention,
            candidates=config.candidates if config.ranking == "engagement" else config.attention,
            engagement_weight=config.engagement_weight,
            recency_half_life=config.recency_half_life_hours * 3600.0,
            recommended=round(config.attention * config.recommended_share),
            relevance_match=config.relevance_match,
            relevance_mismatch=config.relevance_mismatch,
            lifetime=config.post_lifetime_hours * 3600.0,
        )


class Scratch(NamedTuple):
    """Room for one session at a time: chains looked at, a heap of candidates, one of chosen items, the items in order."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    heap_key: NDArray[np.float64]
    heap_row: NDArray[np.int32]
    post: NDArray[np.int32]
    age: NDArray[np.int32]
    reposts: NDArray[np.int32]
    best_key: NDArray[np.float64]
    best_row: NDArray[np.int32]
    item_post: NDArray[np.int32]
    item_source: NDArray[np.int32]


def scratch(rules: FeedRules, most_followed: int, rooms: int) -> Scratch:
    """Allocate several rooms, one per row of each array, for readers who follow at most `most_followed` accounts."""
    items = rules.attention + rules.recommended

    def table(columns: int, dtype: type = np.int32) -> NDArray[Any]:
        return np.empty((rooms, columns), dtype)

    return Scratch(
        table(most_followed), table(most_followed), table(rules.candidates, np.float64), table(rules.candidates),
        table(rules.candidates), table(rules.candidates), table(rules.candidates), table(rules.attention, np.float64),
        table(rules.attention), table(items), table(items),
    )  # fmt: skip


@unmanaged
def _less(keys: NDArray[np.float64], rows: NDArray[np.int32], i: int, j: int) -> bool:
    return keys[i] < keys[j] or (keys[i] == keys[j] and rows[i] < rows[j])


@unmanaged
def _sift_down(keys: NDArray[np.float64], rows: NDArray[np.int32], size: int) -> None:
    """Restore the min-heap after its root was replaced."""
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            return
        if child + 1 < size and _less(keys, rows, child + 1, child):
            child += 1
        if not _less(keys, rows, child, i):
            return
        keys[i], keys[child] = keys[child], keys[i]
        rows[i], rows[child] = rows[child], rows[i]
        i = child


@unmanaged
def _offer(keys: NDArray[np.float64], rows: NDArray[np.int32], size: int, limit: int, key: float, row: int) -> int:
    """Offer an entry to a min-heap that keeps the `limit` largest; return its new size, or -1 if it was refused."""
    if size < limit:
        i = size
        keys[i], rows[i] = key, row
        while i > 0 and _less(keys, rows, i, (i - 1) // 2):
            up = (i - 1) // 2
            keys[i], keys[up] = keys[up], keys[i]
            rows[i], rows[up] = rows[up], rows[i]
            i = up
        return size + 1
    if limit == 0 or key < keys[0] or (key == keys[0] and row <= rows[0]):
        return -1
    keys[0], rows[0] = key, row
    _sift_down(keys, rows, size)
    return size


@unmanaged
def _newest(
    following: NDArray[np.int32],
    status: NDArray[np.uint8],
    timeline: TimelineView,
    oldest_row: int,
    limit: int,
    room: Scratch,
) -> int:
    """Collect the `limit` newest acts of the followed accounts since `oldest_row`, as a heap; return their number.

    A chain is in falling order, so the walk down it ends at the first act too old for the heap: most accounts cost
    one look at `head`. The first two loops only fetch: their loads do not wait for one another, as those of a walk do,
    and at a million accounts most of them miss the caches.
    """
    chains = 0
    for source in following:
        row = timeline.head[source]
        room.first[chains] = row
        chains += row >= oldest_row
    for i in range(chains):
        room.second[i] = timeline.acts[room.first[i]].prev
    size = 0
    for i in range(chains):
        row = room.first[i]
        if status[timeline.acts[row].account] != 0:
            continue
        following_row = room.second[i]
        while row >= oldest_row:
            kept = _offer(room.heap_key, room.heap_row, size, limit, float(row), row)
            if kept < 0:
                break
            size = kept
            row = following_row
            if row >= oldest_row:
                following_row = timeline.acts[row].prev
    return size


@unmanaged
def _rank(rules: FeedRules, timeline: TimelineView, now: int, size: int, limit: int, room: Scratch) -> int:
    """Choose the `limit` candidates of the heap that rank highest, as a second heap; return their number.

    The rank is the logarithm of (1 + w ln(1 + reposts)) 2^(-age / half-life): for the many posts without a repost no
    logarithm is taken.
    """
    for i in range(size):  # fetch first, as above
        room.post[i] = timeline.acts[room.heap_row[i]].post
    for i in range(size):
        post = max(room.post[i], 0)
        room.age[i] = now - timeline.posts[post].time
        room.reposts[i] = timeline.posts[post].reposts
    n = 0
    for i in range(size):
        if room.post[i] < 0 or room.age[i] > rules.lifetime:
            continue
        rank = -_LN2 * room.age[i] / rules.recency_half_life
        if room.reposts[i] > 0:
            rank += math.log(1.0 + rules.engagement_weight * math.log1p(float(room.reposts[i])))
        kept = _offer(room.best_key, room.best_row, n, limit, rank, room.heap_row[i])
        n = kept if kept >= 0 else n
    return n


@unmanaged
def _in_network(rules: FeedRules, timeline: TimelineView, now: int, size: int, limit: int, room: Scratch) -> int:
    """Write the candidates in the heap as items, best first, the best `limit` of them; return their number."""
    keys, rows, n = room.heap_key, room.heap_row, size
    if rules.ranking == ENGAGEMENT:
        keys, rows, n = room.best_key, room.best_row, _rank(rules, timeline, now, size, limit, room)
    for last in range(n - 1, -1, -1):  # take the smallest of the heap again and again: best first
        act = timeline.acts[rows[0]]
        room.item_post[last] = act.post
        room.item_source[last] = act.account
        keys[0], rows[0] = keys[last], rows[last]
        _sift_down(keys, rows, last)
    return n


@unmanaged
def _follows(following: NDArray[np.int32], account: int) -> bool:
    """Whether a sorted row of the graph holds an account."""
    place = np.searchsorted(following, account)
    return bool(place < following.size and following[place] == account)


@unmanaged
def read_feed(
    reader: int,
    now: int,
    last_look: int,
    interest: int,
    following: NDArray[np.int32],
    status: NDArray[np.uint8],
    timeline: TimelineView,
    first_rows: NDArray[np.int32],
    trend_post: NDArray[np.int32],
    trend_step: NDArray[np.int32],
    rules: FeedRules,
    key: np.uint64,
    room: Scratch,
) -> int:
    """Put together the feed of one session.

    Parameters
    ----------
    reader, now, last_look, interest : int
        The account, the time of the session (seconds from the start of the run), the first step whose acts the
        account has not been offered, and its main interest.
    following : int32 (followed,)
        The accounts it follows, sorted.
    trend_post, trend_step : int32 (entries,)
        The recommendations of its language, newest first: row of the post (negative: forgotten), step of entry.
    room : Scratch
        Receives `item_post` and `item_source`; the source of a recommended item is -2.

    Returns
    -------
    int
        Number of items, in the order of reading. A listed post may meanwhile be forgotten (row < 0), too old, or its
        author suspended: the caller passes over such items, which nevertheless took the reader's place in the list.
    """
    first = rules.attention
    shown = 0
    for i in range(trend_post.size):
        if shown == rules.recommended or trend_step[i] < last_look:
            break
        row = trend_post[i]
        if row < 0:
            continue
        post = timeline.posts[row]
        if now - post.time > rules.lifetime or status[post.author] != 0 or post.author == reader:
            continue
        relevance = rules.relevance_match if post.topic == interest else rules.relevance_mismatch
        if uniform(key, reader, post.author, post.time) >= relevance or _follows(following, post.author):
            continue
        room.item_post[first + shown] = row
        room.item_source[first + shown] = -2
        shown += 1
    oldest_row = first_rows[last_look] if last_look < first_rows.size else timeline.acts.size
    limit = rules.attention - shown
    pool = rules.candidates if rules.ranking == ENGAGEMENT else limit
    size = _newest(following, status, timeline, oldest_row, pool, room)
    n = _in_network(rules, timeline, now, size, limit, room)
    for i in range(shown):
        room.item_post[n + i] = room.item_post[first + i]
        room.item_source[n + i] = room.item_source[first + i]
    return n + shown


class Trends:
    """The recommendations: per language, the posts that entered, newest first.

    Parameters
    ----------
    config : FeedConfig
    n_languages : int
    step_hours : float
        Entries older than a post's lifetime fall out.
    """

    def __init__(self, config: FeedConfig, n_languages: int, step_hours: float) -> None:
        self.config = config
        size = config.trends_per_step * math.ceil(config.post_lifetime_hours / step_hours)
        if config.recommended_share == 0.0:
            size = 0
        self.number = np.full((n_languages, size), -1, np.int64)  # lasting numbers of posts
        self.step_of = np.full((n_languages, size), -1, np.int32)

    def rows(self, timeline: Timeline) -> NDArray[np.int32]:
        """Return the posts' rows, int32 (languages, entries); negative where there is none any more."""
        rows = np.where(self.number >= 0, timeline.rows(self.number), -1)
        return np.maximum(rows, -1).astype(np.int32)

    def step(self, step: int, now: int, timeline: Timeline, events: NDArray[Any], status: NDArray[np.uint8]) -> None:
        """Let the posts that gathered most reposts, of those reposted in this step, enter their language's list."""
        if not self.number.size:
            return
        rows = np.unique(events["post"][events["kind"] == REPOST])
        posts = timeline.posts[rows]
        fit = (posts["reposts"] >= self.config.trend_minimum_reposts) & (posts["trended"] == 0)
        fit &= (status[posts["author"]] == 0) & (now - posts["time"] <= timeline.lifetime)
        rows, posts = rows[fit], posts[fit]
        heat = posts["reposts"] * np.exp(-_LN2 * (now - posts["time"]) / (self.config.recency_half_life_hours * 3600.0))
        # Hotter first; of equals the younger, then by author: never by how rows happen to lie.
        order = np.lexsort((posts["author"], -posts["time"], -heat))
        for language in np.unique(posts["language"]):
            chosen = rows[order][posts["language"][order] == language][: self.config.trends_per_step]
            timeline.posts["trended"][chosen] = 1
            keep = self.number.shape[1] - chosen.size
            self.number[language] = np.concatenate([timeline.number(chosen), self.number[language, :keep]])
            self.step_of[language] = np.concatenate(
                [np.full(chosen.size, step, np.int32), self.step_of[language, :keep]]
            )
