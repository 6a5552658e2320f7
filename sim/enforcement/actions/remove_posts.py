"""Removing posts: an account's posts are removed some time after they were written, half within the half-life."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream, uniforms
from sim.core.schedule import Schedule
from sim.enforcement.actions.base import Action, Ended, Setting
from sim.events.records import REMOVED

_LONGEST = 10**9  # seconds; any run is shorter


class RemovePosts(Action):
    """Remove a share of the posts of an account, existing and future ones.

    Whether and when a post is removed is drawn with the post as key. A longer half-life only delays removals.

    Attributes
    ----------
    level : uint8 (accounts,)
        Share of the account's posts that are removed, in 255ths.
    """

    name, number = "remove_posts", 5

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._key = stream(setting.config.seed, Purpose.REMOVAL)
        self._mean = setting.rules.removal_half_life_hours * 3600.0 / math.log(2.0)
        self._timeline, self._length = setting.timeline, setting.config.scenario.step_seconds
        self._due = Schedule(self._length, 1)  # number of the post
        self._under_way = False
        self.level = np.zeros(len(setting.accounts), np.uint8)

    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the share of the posts that fall, in 255ths."""
        return self.level[who]

    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        """Set the share of the posts of accounts that fall."""
        self._under_way = True
        self.level[who] = level
        self._plan(self._posts_of(who), now)

    def lift(self, who: NDArray[np.int64], now: int) -> None:
        """Bring back the posts that are not forgotten."""
        self.level[who] = 0
        self._timeline.clear_flag(self._posts_of(who), REMOVED)

    def step(self, now: int) -> list[Ended]:
        """Remove the posts whose time has come."""
        if self._under_way:
            self._plan(self._timeline.written_in(now // self._length - 1)[0], now)
            _, numbers = self._due.take(now)
            numbers = numbers[self._timeline.known(numbers)]
            if numbers.size:
                self._timeline.set_flag(numbers[self._falls(numbers)], REMOVED)
        return []

    def _posts_of(self, who: NDArray[np.int64]) -> NDArray[np.int64]:
        numbers, author = self._timeline.live()
        return numbers[np.isin(author, who)]

    def _plan(self, numbers: NDArray[np.int64], now: int) -> None:
        """Draw when posts fall, of those that do."""
        if not numbers.size:
            return
        numbers = numbers[self._falls(numbers)]
        posts = self._timeline.posts(numbers)
        draw = uniforms(self._key, posts["author"], posts["time"], 1)
        wait = np.minimum(-np.log1p(-draw) * self._mean if self._mean else 0.0 * draw, _LONGEST)
        self._due.add(np.maximum(posts["time"] + np.ceil(wait).astype(np.int64), now), numbers)

    def _falls(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        posts = self._timeline.posts(numbers)
        share = self.level[posts["author"]] / 255.0
        return np.asarray(uniforms(self._key, posts["author"], posts["time"]) < share)
