"""Removing posts: each post of an account falls some time after it was written, half of them within the half-life."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.core.schedule import Agenda
from sim.events.records import REMOVED
from sim.events.timeline import Timeline

_LONGEST = 10**9  # seconds; any run is shorter


class Removals:
    """Accounts whose posts are removed, and the posts that are to fall.

    Whether and when a post falls is keyed by the post. A longer half-life only puts removals off.

    Attributes
    ----------
    level : uint8 (accounts,)
        Share of the account's posts that fall, in 255ths.
    """

    def __init__(self, config: WorldConfig, half_life_hours: float, timeline: Timeline, n_accounts: int) -> None:
        self._key = stream(config.seed, Purpose.REMOVAL)
        self._mean = half_life_hours * 3600.0 / math.log(2.0)
        self._timeline, self._length = timeline, config.scenario.step_seconds
        self._due = Agenda(config.scenario.step_seconds, 1)  # number of the post
        self._under_way = False
        self.level = np.zeros(n_accounts, np.uint8)

    def set(self, who: NDArray[np.int64], level: int, now: int) -> None:
        """Set the share of the posts of accounts that fall; with 0 those that are not forgotten come back."""
        numbers, author = self._timeline.live()
        mine = np.isin(author, who)
        self.level[who] = level
        if level:
            self._under_way = True
            self._plan(numbers[mine], now)
        else:
            self._timeline.clear_flag(numbers[mine], REMOVED)

    def step(self, now: int) -> None:
        """Remove the posts whose time has come, at the start of a step."""
        if not self._under_way:
            return
        self._plan(self._timeline.written_in(now // self._length - 1)[0], now)
        _, numbers = self._due.take(now)
        numbers = numbers[self._timeline.known(numbers)]
        if numbers.size:
            numbers = numbers[self._falls(numbers)]
            self._timeline.set_flag(numbers, REMOVED)

    def _plan(self, numbers: NDArray[np.int64], now: int) -> None:
        """Settle when posts fall, of those that do."""
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
