"""Which acts and posts are kept, and where: recent ones in order of number, and before them what is kept of older ones.

Most posts are forgotten after a day. A post that was recommended lives on for as long as it may still be shown to
somebody (`feed.kept_hours`), and with it the acts on it, as nobody reposts a post twice. So both arrays begin with some
old rows, and the recent ones follow without a gap. Old rows of posts are found by a search for their number. Acts need
no search: each holds the row of its account's act before it, and rows are renumbered where some are dropped. With ten
million accounts this takes a third less memory than to keep all acts and posts for as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core import compiled  # noqa: F401 - sets Numba up
from sim.events.records import TRENDED, move_up


@njit(cache=True, _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def row_of(number: int, timeline: Any) -> int:
    """Return the row of a post, by its number, in a `sim.events.timeline.TimelineView`, or -1 if it is gone."""
    old = timeline.old_posts
    if number >= timeline.first_post:
        return number - timeline.first_post + old.size
    place = np.searchsorted(old, number)
    return int(place) if place < old.size and old[place] == number else -1


def rows_of(numbers: NDArray[np.integer], first: int, old: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows of posts, all of them there: int64, shape of `numbers`.

    `first` is the number of the first recent post, `old` are those of the posts in the rows before it, ascending.
    """
    return np.where(numbers >= first, numbers - first + old.size, np.searchsorted(old, numbers))


def among(numbers: NDArray[np.integer], ascending: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return whether each number is one of the ascending ones. `np.isin` does not know that they are, and is slower."""
    if not ascending.size:
        return np.zeros(numbers.size, np.bool_)
    place = np.minimum(np.searchsorted(ascending, numbers), ascending.size - 1)
    return np.asarray(ascending[place] == numbers)


def drop_posts(
    posts: NDArray[Any], n: int, first: int, old: NDArray[np.int32], oldest: int, oldest_listed: int
) -> tuple[int, NDArray[np.int32]]:
    """Drop the posts below number `oldest`, but for recommended ones from number `oldest_listed` on, in place.

    Returns
    -------
    int
        The rows that are left, of `n`.
    int32 (old rows,)
        Numbers of the posts that are kept nevertheless.
    """
    end = old.size + oldest - first
    numbers = np.concatenate([old, np.arange(first, oldest, dtype=np.int32)])
    stay = np.flatnonzero((posts["flags"][:end] & TRENDED != 0) & (numbers >= oldest_listed))
    posts[: stay.size] = posts[:end].take(stay)
    move_up(posts[stay.size :], end - stay.size, n - stay.size)
    return n - end + stay.size, numbers[stay]


@njit(cache=True, no_cfunc_wrapper=True)
def drop_acts(timeline: Any, end: int, oldest_listed: int) -> tuple[int, int]:
    """Drop the acts before row `end`, but for those on posts that live on, in place.

    Parameters
    ----------
    timeline : TimelineView
        Before any of the posts in question are dropped. Its acts and each account's last row are changed.
    end, oldest_listed : int
        The first recent row, and the number of the first post that may live on.

    Returns
    -------
    int, int
        The rows that are left, and how many of them come before the recent ones.
    """
    acts, last_row = timeline.acts, timeline.last_row
    link, size, before_end = np.empty(acts.size, np.int32), 0, 0  # link: where what pointed to a row is to point
    for row in range(acts.size):
        before = acts[row].before
        if before >= 0:
            before = link[before]
        stays = row >= end
        if not stays and acts[row].post >= oldest_listed:
            of = row_of(acts[row].post, timeline)
            stays = of >= 0 and timeline.posts[of].flags & TRENDED != 0
        link[row] = before
        if stays:
            acts[size].time, acts[size].post, acts[size].before = acts[row].time, acts[row].post, before
            link[row] = size
            size += 1
            before_end += row < end
    for account in range(last_row.size):
        if last_row[account] >= 0:
            last_row[account] = link[last_row[account]]
    return size, before_end
