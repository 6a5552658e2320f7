"""The timeline: what was posted and reposted lately, in the shape that readers read it.

Each account has a chain of its recent acts, newest first: `head[account]` is the row of its last act, `acts.prev` the
row of the one before. Rows are in time order, so "what this account did since I last looked" is a walk down the chain
until the row number falls below the first row of that step; no time need be fetched. Acts and posts older than
`feed.post_lifetime_hours` are forgotten, which keeps the memory bounded and close to the processor.

Readers only read it. It is written once a step, by one thread, from the step's events in time order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

POST = 0  # kinds of act
REPOST = 1
OWN = -1  # an event's source when nobody passed the post on: the account wrote it itself
RECOMMENDED = -2  # the source when the platform recommended the post

EVENT = np.dtype(
    [
        ("time", np.int32),  # seconds from the start of the run
        ("account", np.int32),
        ("post", np.int32),  # row in Timeline.posts; of an organic account's new post: -1 until it is given one
        ("source", np.int32),  # the account whose act brought the post, OWN or RECOMMENDED
        ("appeal", np.float32),  # of a new post
        ("stance", np.float32),
        ("kind", np.uint8),
        ("topic", np.uint8),
        ("language", np.uint8),
        ("origin", np.uint8),  # truth: a sim.truth.Origin
    ],
    align=True,
)
ACT = np.dtype([("time", np.int32), ("account", np.int32), ("post", np.int32), ("prev", np.int32)], align=True)
POSTED = np.dtype(
    [
        ("time", np.int32),
        ("author", np.int32),
        ("reposts", np.int32),
        ("appeal", np.float32),
        ("stance", np.float32),
        ("topic", np.uint8),
        ("language", np.uint8),
        ("origin", np.uint8),
        ("trended", np.uint8),  # has been in the recommendations
    ],
    align=True,
)


class TimelineView(NamedTuple):
    """The arrays that readers need, as a compiled loop takes them."""

    acts: NDArray[Any]
    posts: NDArray[Any]
    head: NDArray[np.int32]


class Timeline:
    """Recent acts and posts.

    Attributes
    ----------
    acts, posts : structured arrays of `ACT`, `POSTED`
        The first `n_acts`, `n_posts` rows are in use.
    head : int32 (accounts,)
        Row of the account's last act, or -1.
    acts_count : int32 (accounts,)
        Acts since the start of the run.
    first_act : int32 (accounts,)
        Time of the first act, seconds from the start of the run, or -1.
    """

    def __init__(self, n_accounts: int, lifetime_seconds: float, step_seconds: int) -> None:
        self.acts = np.zeros(1024, ACT)
        self.posts = np.zeros(1024, POSTED)
        self.n_acts = self.n_posts = 0
        self.dropped_posts = 0  # a post's number is its row plus this: it stays the same when rows move
        self.head = np.full(n_accounts, -1, np.int32)
        self.acts_count = np.zeros(n_accounts, np.int32)
        self.first_act = np.full(n_accounts, -1, np.int32)
        self.lifetime = lifetime_seconds
        self._step_seconds = step_seconds
        self._first_row: list[int] = []  # of each step: its first row of acts
        self._checked = 0

    def view(self) -> TimelineView:
        """Return the arrays for a compiled loop."""
        return TimelineView(self.acts[: self.n_acts], self.posts[: self.n_posts], self.head)

    def first_rows(self) -> NDArray[np.int32]:
        """Return, for each step begun, the first act row of that step or of a later one still kept: int32 (steps,)."""
        return np.maximum(np.array(self._first_row, np.int32), 0)

    def new_posts(self, events: NDArray[Any]) -> NDArray[np.int64]:
        """Give the posts that `events` write a row each, in their order; return the rows."""
        rows = np.arange(self.n_posts, self.n_posts + events.size)
        self.posts = _grown(self.posts, self.n_posts + events.size)
        self.n_posts += events.size
        fresh = self.posts[rows[0] : self.n_posts] if events.size else self.posts[:0]
        for name in ("time", "appeal", "stance", "topic", "language", "origin"):
            fresh[name] = events[name]
        fresh["author"] = events["account"]
        fresh["reposts"] = 0
        fresh["trended"] = 0
        return rows

    def number(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the lasting numbers of posts by row."""
        return np.asarray(rows, np.int64) + self.dropped_posts

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of posts by lasting number; negative where the post is forgotten."""
        return numbers - self.dropped_posts

    def first_times(self, events: NDArray[Any]) -> NDArray[Any]:
        """Return the reposts among `events` without those that repeat an earlier one, of the timeline or of `events`.

        Nobody reposts a post twice.
        """
        pairs = events["account"].astype(np.int64) << 32 | events["post"]
        _, first = np.unique(pairs, return_index=True)
        events = events[np.sort(first)]
        return np.asarray(events[~_repeats(events, self.view())])

    def append(self, events: NDArray[Any]) -> None:
        """Append a step's events, in time order, each with the row of its post."""
        self.acts = _grown(self.acts, self.n_acts + events.size)
        self._first_row.append(self.n_acts)
        _append(events, self.acts, self.n_acts, self.posts, self.head, self.acts_count, self.first_act)
        self.n_acts += events.size

    def forget(self, now: int) -> None:
        """Drop acts and posts older than the lifetime, at most once a tenth of it."""
        if now - self._checked < self.lifetime / 10.0 or now <= self.lifetime:
            return
        self._checked = now
        oldest = now - self.lifetime - self._step_seconds
        gone_acts = int(np.searchsorted(self.acts["time"][: self.n_acts], oldest))
        gone_posts = _leading_older(self.posts, self.n_posts, oldest)
        _shift(self.acts, self.n_acts, gone_acts, gone_posts)
        self.n_acts -= gone_acts
        self.posts[: self.n_posts - gone_posts] = self.posts[gone_posts : self.n_posts]
        self.n_posts -= gone_posts
        self.dropped_posts += gone_posts
        self.head -= gone_acts
        np.maximum(self.head, -1, out=self.head)
        self._first_row = [row - gone_acts for row in self._first_row]


def _grown(rows: NDArray[Any], needed: int) -> NDArray[Any]:
    """Return the array, or one half as large again with the same first rows."""
    if needed <= rows.size:
        return rows
    larger = np.empty(max(needed, rows.size * 3 // 2), rows.dtype)
    larger[: rows.size] = rows
    return larger


@njit(cache=True)
def _append(
    events: NDArray[Any],
    acts: NDArray[Any],
    n_acts: int,
    posts: NDArray[Any],
    head: NDArray[np.int32],
    acts_count: NDArray[np.int32],
    first_act: NDArray[np.int32],
) -> None:
    """Write the events as acts, link each to its account's chain and count the reposts."""
    for i in range(events.size):
        account, row = events[i].account, n_acts + i
        acts[row].time = events[i].time
        acts[row].account = account
        acts[row].post = events[i].post
        acts[row].prev = head[account]
        head[account] = row
        if acts_count[account] == 0:
            first_act[account] = events[i].time
        acts_count[account] += 1
        if events[i].kind == REPOST:
            posts[events[i].post].reposts += 1


@njit(cache=True, inline="always")
def has_reposted(account: int, post: int, view: TimelineView) -> bool:
    """Whether an account has acted on the post in a row: its chain need be walked back to the post's writing only."""
    row = view.head[account]
    while row >= 0 and view.acts[row].time >= view.posts[post].time:
        if view.acts[row].post == post:
            return True
        row = view.acts[row].prev
    return False


@njit(cache=True)
def _repeats(events: NDArray[Any], view: TimelineView) -> NDArray[np.bool_]:
    """Return True for the events that repeat an act of the timeline."""
    out = np.empty(events.size, np.bool_)
    for i in range(events.size):
        out[i] = has_reposted(events[i].account, events[i].post, view)
    return out


@njit(cache=True)
def _leading_older(posts: NDArray[Any], n: int, oldest: float) -> int:
    """Count the leading posts older than a time, up to the first younger: within a step posts are not in order."""
    gone = 0
    while gone < n and posts[gone].time < oldest:
        gone += 1
    return gone


@njit(cache=True)
def _shift(acts: NDArray[Any], n: int, gone_acts: int, gone_posts: int) -> None:
    """Move the kept acts to the front; a forgotten post or predecessor becomes negative."""
    for row in range(gone_acts, n):
        to = row - gone_acts
        acts[to].time = acts[row].time
        acts[to].account = acts[row].account
        acts[to].post = acts[row].post - gone_posts
        acts[to].prev = max(acts[row].prev - gone_acts, -1)
