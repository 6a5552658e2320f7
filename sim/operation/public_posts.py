"""What personas repost of the public: popular posts of their own language, of the contested topic where they care.

Russia's personas reposted one another in one repost of twenty to fifty; the others were of real people, and won them
followers. Offered are the posts that the public reposted in the last hour. An act draws a number for each, and the
lowest has it, in proportion to the reposts of that hour, so that a post that is missing in a run with another policy
changes no other choice.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.rng import Purpose, pair, stream, uniform
from sim.events.records import REMOVED, REPOST
from sim.events.timeline import TimelineView, has_reposted
from sim.population.accounts import ACTIVE
from sim.population.truth import Origin
from sim.state import RunState

_FRESH_SECONDS = 3600


class PublicPosts:
    """The posts of the public that are popular now, as the core sees them."""

    def __init__(self, state: RunState) -> None:
        self.state = state
        self._steps = math.ceil(_FRESH_SECONDS / state.config.scenario.step_seconds)
        self._reposted: list[NDArray[np.int32]] = []  # by the public, a step each: numbers of posts
        self._target = stream(state.config.seed, Purpose.CORE_TARGET)

    def note(self) -> None:
        """Note what the public reposted in the step before; to be called in each step."""
        events, public = self.state.events, self.state.config.scenario.n_organic
        self._reposted.append(events["post"][(events["kind"] == REPOST) & (events["account"] < public)])
        del self._reposted[: max(len(self._reposted) - self._steps, 0)]

    def choose(
        self,
        who: NDArray[np.int64],
        period: NDArray[np.int64],
        nth: NDArray[np.int64],
        contested: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Choose a post for each act, none that the account has reposted; -1 where there is none.

        Parameters
        ----------
        who, period, nth : int64 (acts,)
            The account; with it, what keys the act.
        contested : bool (acts,)
            Whether it looks for the contested topic first.

        Returns
        -------
        numbers, authors : int64 (acts,)
        """
        numbers, weight = np.unique(np.concatenate(self._reposted), return_counts=True)
        known = self.state.timeline.known(numbers)
        numbers, weight = numbers[known].astype(np.int64), weight[known]
        posts = self.state.timeline.posts(numbers)
        fit = (posts["origin"] == Origin.ORGANIC) & (posts["flags"] & REMOVED == 0)
        fit &= self.state.accounts.status[posts["author"]] == ACTIVE
        numbers, weight, posts = numbers[fit], weight[fit], posts[fit]
        chosen = _choose(
            self._target, who, period, nth, contested, self.state.accounts.language[who], numbers,
            weight.astype(np.float64), posts, self.state.timeline.view(),
        )  # fmt: skip
        author = np.full(who.size, -1, np.int64)
        author[chosen >= 0] = posts["author"][chosen[chosen >= 0]]
        return np.where(chosen >= 0, numbers[chosen] if numbers.size else -1, -1), author


@njit(cache=True, no_cfunc_wrapper=True)
def _choose(
    key: np.uint64,
    who: NDArray[np.int64],
    period: NDArray[np.int64],
    nth: NDArray[np.int64],
    contested: NDArray[np.bool_],
    language: NDArray[np.uint8],
    numbers: NDArray[np.int64],
    weight: NDArray[np.float64],
    posts: NDArray[Any],
    timeline: TimelineView,
) -> NDArray[np.int64]:
    """Return for each act the index of its post, or -1.

    Of the contested topic if it asks for it and there is one, else of any. The least of exponential draws with the
    weights as rates has each post in proportion to its weight.
    """
    out = np.full(who.size, -1, np.int64)
    for i in range(who.size):
        for any_topic in range(2):
            if any_topic == 0 and not contested[i]:
                continue
            least = np.inf
            for j in range(numbers.size):
                if posts[j].language != language[i] or (any_topic == 0 and posts[j].topic != 0):
                    continue
                draw = uniform(key, pair(who[i], period[i]), nth[i], pair(posts[j].author, posts[j].time))
                wait = -math.log1p(-draw) / weight[j]
                if wait >= least or has_reposted(who[i], numbers[j], timeline):
                    continue
                if not _taken(out, who, i, j):
                    least, out[i] = wait, j
            if out[i] >= 0:
                break
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _taken(chosen: NDArray[np.int64], who: NDArray[np.int64], i: int, j: int) -> bool:
    """Whether an earlier act of the same account in this step has the post."""
    for other in range(i):
        if chosen[other] == j and who[other] == who[i]:
            return True
    return False
