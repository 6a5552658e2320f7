"""The timeline: recent posts and reposts, laid out for fast reading.

Acts and posts are numbered in order and keep their numbers. Each account has a *line*: its newest acts, newest first,
in one line of the processor's cache. What an account did since a reader's last session is the start of its line, down
to the first act of that step: one memory read per account, and none for most accounts, since one bit says whether the
account has acted recently. Acts are shown for `feed.followed_hours`. A post is forgotten after `feed.unlisted_hours`,
or `feed.kept_hours` if it was recommended, and then dropped, which bounds the memory (`sim.events.kept`).

Readers never write to it. It is written once a step, by one thread, from the step's events in time order.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.prefetch import prefetch
from sim.core.rng import uniform
from sim.events.kept import among, drop_acts, drop_posts, row_of, rows_of
from sim.events.records import ACT, LINE, POSTED, REMOVED, REPOST, TRENDED, aligned, grown

_MOST_ACTS = 2**31 - 1  # of a run
_AHEAD = 8  # events between the one that is appended and the one whose account is fetched


class TimelineView(NamedTuple):
    """The arrays that readers need, in the form that compiled loops use."""

    acts: NDArray[Any]
    posts: NDArray[Any]
    first_post: int  # number of the first recent post; `sim.events.kept.row_of` gives the row of any
    old_posts: NDArray[np.int32]  # numbers of the posts in the rows before it
    last_act: NDArray[np.int32]
    last_row: NDArray[np.int32]
    lines: NDArray[Any]
    begin: NDArray[np.int32]
    oldest_act: int  # number of the first act that followers are still shown
    recent: NDArray[np.uint8]  # one bit an account: whether followers can be shown an act of it


class Timeline:
    """Recent acts and posts.

    Parameters
    ----------
    n_accounts, n_steps : int
    line_length : int
        Number of newest acts per account that its followers can be shown.
    shown_seconds, unlisted_seconds, kept_seconds : float
        For how long acts are shown to followers, and posts kept: those never recommended, and those that were.
    step_seconds : int

    Attributes
    ----------
    last_act, last_row : int32 (accounts,)
        Number of the account's last act, and row of the last one that is kept; or -1.
    lines : LINE (accounts, line_length)
        Number and post of the account's newest acts, newest first; -1 where there is none.
    begin : int32 (steps begun + 1,)
        Number of the first act of each step.
    acts_count : int32 (accounts,)
        Acts since the start of the run.
    first_time : int32 (accounts,)
        Time of the first act, seconds from the start of the run, or -1.
    """

    def __init__(
        self,
        n_accounts: int,
        n_steps: int,
        line_length: int,
        shown_seconds: float,
        unlisted_seconds: float,
        kept_seconds: float,
        step_seconds: int,
    ) -> None:
        # Of each the array, the number of the first recent row, and the rows: some old ones, then the recent ones.
        self._acts, self._first_act, self._n_acts, self._n_old_acts = aligned(1024, ACT), 0, 0, 0
        self._posts, self._first_post, self._n_posts = aligned(1024, POSTED), 0, 0
        self._old_posts = np.empty(0, np.int32)
        # The first act that is shown; the first post that is not forgotten, and the first unless it was recommended.
        self._oldest_act = self._oldest_listed = self._oldest_post = 0
        self.last_act, self.last_row = np.full(n_accounts, -1, np.int32), np.full(n_accounts, -1, np.int32)
        self.lines = aligned(n_accounts * line_length, LINE).reshape(n_accounts, line_length)
        self.lines["act"] = self.lines["post"] = -1
        self.acts_count = np.zeros(n_accounts, np.int32)
        self.first_time = np.full(n_accounts, -1, np.int32)
        self._shown, self._unlisted, self._kept = shown_seconds, unlisted_seconds, kept_seconds
        self._step_seconds = step_seconds
        self._steps = 0
        self._view: TimelineView | None = None  # None where it is out of date
        self._begin_acts, self._begin_posts = np.zeros(n_steps + 1, np.int32), np.zeros(n_steps + 1, np.int32)
        # One entry per account, allocated when the first limit or label is set, to save memory in runs without them.
        self.limit, self._label, self.limit_key = np.zeros(0, np.uint8), np.zeros(0, np.uint8), np.uint64(0)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy takes along: not the view, which is of these arrays."""
        return {**vars(self), "_view": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a copied state, the arrays at lines of the cache again."""
        vars(self).update(state)
        for name in ("_acts", "_posts", "lines"):
            given = state[name]
            kept = aligned(given.size, given.dtype).reshape(given.shape)
            kept[...] = given
            setattr(self, name, kept)

    def view(self, status: NDArray[np.uint8] | None = None) -> TimelineView:
        """Return the arrays for a compiled loop.

        Parameters
        ----------
        status : uint8 (accounts,), optional
            Accounts with a status other than 0 are not shown; without it nobody is, and `recent` is empty.
        """
        if self._view is None:
            self._view = TimelineView(
                self._acts[: self._n_acts], self._posts[: self._n_posts], self._first_post, self._old_posts,
                self.last_act, self.last_row, self.lines, self._begin_acts[: self._steps + 1], self._oldest_act,
                np.empty(0, np.uint8),
            )  # fmt: skip
        if status is None:
            return self._view
        recent = np.packbits((self.last_act >= self._oldest_act) & (status == 0), bitorder="little")
        return self._view._replace(recent=recent)

    def known(self, numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return True for the numbers of posts that are not forgotten; negative numbers are none."""
        old = np.flatnonzero((numbers < self._oldest_post) & (numbers >= self._oldest_listed))
        out = np.asarray(numbers >= self._oldest_post)
        old = old[(numbers[old] >= self._first_post) | among(numbers[old], self._old_posts)]
        out[old] = self.posts(numbers[old])["flags"] & TRENDED != 0
        return out

    def posts(self, numbers: NDArray[np.integer]) -> NDArray[Any]:
        """Return the posts (`POSTED`, a copy) of these numbers, all of them known."""
        return self._posts.take(self._rows(numbers))  # indexing would copy field by field

    def _rows(self, numbers: NDArray[np.integer]) -> NDArray[np.int64]:
        return rows_of(numbers, self._first_post, self._old_posts)

    def set_flag(self, numbers: NDArray[np.integer], flag: int) -> None:
        """Set a flag (TRENDED, REMOVED) of known posts."""
        self._posts["flags"][self._rows(numbers)] |= flag

    def clear_flag(self, numbers: NDArray[np.integer], flag: int) -> None:
        """Take back a flag of known posts."""
        self._posts["flags"][self._rows(numbers)] &= ~np.uint8(flag)

    def live(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return number and author of every post that is not forgotten."""
        recent = np.arange(self._first_post, self._first_post + self._n_posts - self._old_posts.size)
        numbers = np.concatenate([self._old_posts, recent])
        known = self.known(numbers)
        return numbers[known], self._posts["author"][: self._n_posts][known]

    def mark(self, limit: NDArray[np.uint8], label: NDArray[np.uint8], key: np.uint64) -> None:
        """Have limits and labels of accounts, in 255ths, count from now on, for their live posts and for new ones.

        Parameters
        ----------
        limit, label : uint8 (accounts,)
            Kept, not copied; to be called again in each step in which they changed, before anything is read.
        key : numpy.uint64
            Of the draws that decide whether a limited account's repost counts as engagement.
        """
        self.limit, self._label, self.limit_key = limit, label, key
        posts = self._posts[: self._n_posts]
        posts["limit"], posts["label"] = limit[posts["author"]], label[posts["author"]]

    def written_in(self, step: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return number and `POSTED` (a view) of the posts of a past step that are not forgotten; none before 0."""
        if step < 0:
            return np.empty(0, np.int64), self._posts[:0]
        first, end = max(int(self._begin_posts[step]), self._oldest_post), int(self._begin_posts[step + 1])
        before = self._old_posts.size - self._first_post
        return np.arange(first, end), self._posts[first + before : end + before]

    def new_posts(self, events: NDArray[Any]) -> None:
        """Give the posts that `events` write a number each, in their order, where they have none yet."""
        new = int(np.count_nonzero(events["post"] < 0))
        if not new:
            return
        self._posts, self._view = grown(self._posts, self._n_posts + new), None
        number = self._first_post + self._n_posts - self._old_posts.size
        _write_posts(events, self._posts, self._n_posts, number, self.limit, self._label)
        self._n_posts += new

    def first_times(self, events: NDArray[Any]) -> NDArray[Any]:
        """Return the reposts among `events` without those that repeat an earlier one, of the timeline or of `events`.

        Nobody reposts a post twice, nor one that was removed.
        """
        pairs = events["account"].astype(np.int64) << 32 | events["post"]
        return _first_times(events, pairs, np.argsort(pairs, kind="stable"), self.view())

    def append(self, events: NDArray[Any]) -> None:
        """Append a step's events, in time order, each with the number of its post; the step is over.

        Raises
        ------
        OverflowError
            There would be more acts in the run than can be numbered.
        """
        number = self._first_act + self._n_acts - self._n_old_acts
        if number + events.size >= _MOST_ACTS:
            raise OverflowError(f"a run can number {_MOST_ACTS:,} acts; this one has more. Run fewer days or accounts.")
        self._acts, self._view = grown(self._acts, self._n_acts + events.size), None
        self._n_acts += events.size
        _append(events, number, self.view(), self.acts_count, self.first_time, self.limit, self.limit_key)
        self._steps += 1
        self._begin_acts[self._steps] = number + events.size
        self._begin_posts[self._steps] = self._first_post + self._n_posts - self._old_posts.size
        self._view = None

    def forget(self, now: int) -> None:
        """Show and keep no longer what is too old for it, by whole steps; free the memory once that is a third."""
        ages = (self._shown, self._unlisted, self._kept)
        shown, unlisted, kept = (max(int((now - age) // self._step_seconds), 0) for age in ages)
        self._oldest_act = int(self._begin_acts[shown])
        self._oldest_post, self._oldest_listed = int(self._begin_posts[unlisted]), int(self._begin_posts[kept])
        gone = int(self._begin_acts[unlisted]) - self._first_act
        if 3 * gone > self._n_acts:
            self._n_acts, self._n_old_acts = drop_acts(self.view(), self._n_old_acts + gone, self._oldest_listed)
            self._first_act += gone
        if 3 * (self._oldest_post - self._first_post) > self._n_posts:
            self._n_posts, self._old_posts = drop_posts(
                self._posts, self._n_posts, self._first_post, self._old_posts, self._oldest_post, self._oldest_listed
            )
            self._first_post = self._oldest_post
        self._view = None


@njit(cache=True, no_cfunc_wrapper=True)
def _write_posts(
    events: NDArray[Any],
    posts: NDArray[Any],
    row: int,
    number: int,
    limit: NDArray[np.uint8],
    label: NDArray[np.uint8],
) -> None:
    """Write the posts that events make, from a row and a number on, as nobody has reposted them yet."""
    marked = limit.size > 0
    for i in range(events.size):
        if events[i].post >= 0:
            continue
        events[i].post = number
        posts[row].time = events[i].time
        posts[row].author = events[i].account
        posts[row].reposts = 0
        posts[row].appeal = events[i].appeal
        posts[row].stance = events[i].stance
        posts[row].topic = events[i].topic
        posts[row].language = events[i].language
        posts[row].origin = events[i].origin
        posts[row].narrative = events[i].narrative
        posts[row].flags = 0
        posts[row].proof = 0.0
        posts[row].limit = limit[events[i].account] if marked else np.uint8(0)
        posts[row].label = label[events[i].account] if marked else np.uint8(0)
        row += 1
        number += 1


@njit(cache=True, no_cfunc_wrapper=True)
def _append(
    events: NDArray[Any],
    first: int,
    view: TimelineView,
    acts_count: NDArray[np.int32],
    first_time: NDArray[np.int32],
    limit: NDArray[np.uint8],
    limit_key: np.uint64,
) -> None:
    """Write the events as the newest acts, from number `first` on, into their accounts' lines, and count the reposts.

    A repost by an account under a limit counts with the probability that the limit leaves, by a draw
    keyed by account and post.
    """
    acts, begin = view.acts, view.acts.size - events.size
    length = view.lines.shape[1]
    for i in range(events.size):
        ahead = events[min(i + _AHEAD, events.size - 1)]
        prefetch(view.lines, ahead.account)
        prefetch(view.last_act, ahead.account)
        prefetch(acts_count, ahead.account)
        prefetch(view.last_row, ahead.account)
        prefetch(view.posts, row_of(ahead.post, view))
        account, number = events[i].account, first + i
        acts[begin + i].time = events[i].time
        acts[begin + i].post = events[i].post
        acts[begin + i].before = view.last_row[account]
        view.last_row[account] = begin + i
        view.last_act[account] = number
        for place in range(min(acts_count[account], length - 1), 0, -1):
            view.lines[account, place].act = view.lines[account, place - 1].act
            view.lines[account, place].post = view.lines[account, place - 1].post
        view.lines[account, 0].act = number
        view.lines[account, 0].post = events[i].post
        if acts_count[account] == 0:
            first_time[account] = events[i].time
        acts_count[account] += 1
        if events[i].kind == REPOST:
            row = row_of(events[i].post, view)
            if limit.size > 0 and limit[account] > 0:
                post = view.posts[row]
                if uniform(limit_key, account, post.author, post.time) < limit[account] / 255.0:
                    continue
            view.posts[row].reposts += 1
            view.posts[row].proof = math.log1p(np.float64(view.posts[row].reposts))


@njit(cache=True, inline="always")
def has_reposted(account: int, post: int, view: TimelineView) -> bool:
    """Whether an account has acted on a known post: its acts need be walked back to the post's writing only."""
    row = view.last_row[account]
    written = view.posts[row_of(post, view)].time
    while row >= 0 and view.acts[row].time >= written:
        if view.acts[row].post == post:
            return True
        row = view.acts[row].before
    return False


@njit(cache=True, no_cfunc_wrapper=True)
def _first_times(
    events: NDArray[Any], pairs: NDArray[np.int64], order: NDArray[np.int64], view: TimelineView
) -> NDArray[Any]:
    """Return the events that neither repeat an act of the timeline or an earlier event nor are about a removed post.

    `pairs` are (account, post) of the events, `order` sorts them stably: of equals, the first comes first.
    """
    repeats = np.zeros(events.size, np.bool_)
    for i in range(1, events.size):
        repeats[order[i]] = pairs[order[i]] == pairs[order[i - 1]]
    out, n = np.empty_like(events), 0
    for i in range(events.size):
        removed = view.posts[row_of(events[i].post, view)].flags & REMOVED != 0
        if not (repeats[i] or removed or has_reposted(events[i].account, events[i].post, view)):
            out[n] = events[i]
            n += 1
    return out[:n]
