"""The recommendations: which posts the platform shows to people who do not follow their authors.

The posts that gathered most reposts enter the list of their language once, some a step, and stay there for a post's
lifetime. What each reader is offered from it is decided in `sim.public.feed`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import FeedConfig
from sim.core.rng import uniform
from sim.events.records import REPOST, TRENDED
from sim.events.timeline import Timeline, TimelineView

_LN2 = math.log(2.0)


class Trends:
    """The recommendations: per language, the posts that entered, newest first.

    Parameters
    ----------
    config : FeedConfig
    n_languages : int
    step_hours : float
        Entries older than a post's lifetime fall out.
    key : numpy.uint64
        Of the draws that decide whether posts of accounts under a limit may enter.
    """

    def __init__(self, config: FeedConfig, n_languages: int, step_hours: float, key: np.uint64) -> None:
        self.config, self._key = config, key
        size = config.trends_per_step * math.ceil(config.post_lifetime_hours / step_hours)
        if config.recommended_share == 0.0:
            size = 0
        self.post = np.full((n_languages, size), -1, np.int32)  # numbers
        self.step_of = np.full((n_languages, size), -1, np.int32)

    def step(self, step: int, now: int, timeline: Timeline, events: NDArray[Any], status: NDArray[np.uint8]) -> None:
        """Let the posts that gathered most reposts, of those reposted in this step, enter their language's list."""
        if not self.post.size:
            return
        numbers = np.sort(_reposted(events, timeline.view(), self.config.trend_minimum_reposts, now, timeline.lifetime,
                                    status, self._key))  # fmt: skip
        if not numbers.size:
            return
        numbers = numbers[np.append(True, numbers[1:] != numbers[:-1])]
        posts = timeline.posts(numbers)
        time = posts["time"]
        heat = posts["reposts"] * np.exp(-_LN2 * (now - time) / (self.config.recency_half_life_hours * 3600.0))
        # Hotter first; of equals the younger, then by author: never by how posts happen to be numbered.
        order = np.lexsort((posts["author"], -time, -heat))
        language = posts["language"][order]
        entered = _enter(numbers[order], language, step, self.config.trends_per_step, self.post, self.step_of)
        timeline.set_flag(entered, TRENDED)


@njit(cache=True, no_cfunc_wrapper=True)
def _reposted(
    events: NDArray[Any],
    timeline: TimelineView,
    least: int,
    now: int,
    lifetime: float,
    status: NDArray[np.uint8],
    limit_key: np.uint64,
) -> NDArray[np.int64]:
    """Return the posts that events repost and that may enter, each as often as that.

    They have `least` reposts by now, no flag, an active author and some of their lifetime left; that of an author under
    a limit enters with the probability that the limit leaves.
    """
    out, n = np.empty(events.size, np.int64), 0
    for i in range(events.size):
        if events[i].kind != REPOST:
            continue
        post = timeline.posts[events[i].post - timeline.first_post]
        if post.reposts < least or post.flags != 0 or status[post.author] != 0 or now - post.time > lifetime:
            continue
        if post.limit == 0 or uniform(limit_key, post.author, post.time, 0) >= post.limit / 255.0:
            out[n] = events[i].post
            n += 1
    return out[:n]


@njit(cache=True, no_cfunc_wrapper=True)
def _enter(
    numbers: NDArray[np.int64],
    language: NDArray[np.uint8],
    step: int,
    most: int,
    post: NDArray[np.int32],
    step_of: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Put the first posts of each language, `most` at most, before its list; return those that entered."""
    taken = np.zeros(post.shape[0], np.int64)
    out, n = np.empty(numbers.size, np.int64), 0
    for i in range(numbers.size):
        taken[language[i]] += taken[language[i]] < most
    for code in range(post.shape[0]):
        for place in range(post.shape[1] - 1, taken[code] - 1, -1):
            post[code, place] = post[code, place - taken[code]]
            step_of[code, place] = step_of[code, place - taken[code]]
    taken[:] = 0
    for i in range(numbers.size):
        code = language[i]
        if taken[code] < most:
            post[code, taken[code]], step_of[code, taken[code]] = numbers[i], step
            out[n] = numbers[i]
            taken[code] += 1
            n += 1
    return out[:n]
