"""A mark on posts: what limits and labels have in common, a strength that all posts of an account carry."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream
from sim.enforcement.actions.base import Action, Ended, Setting


class MarkOnPosts(Action):
    """An action whose strength is a column of the account table and is copied to the account's posts.

    Posts are updated at most once a step, at its start, because an update goes through all posts.

    Attributes
    ----------
    column : str
        The column of `AccountTable` that holds the strength, in 255ths.
    """

    column: ClassVar[str]

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._key = stream(setting.config.seed, Purpose.LIMIT_REPOST)
        self._changed = False

    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the strength, in 255ths."""
        level: NDArray[np.uint8] = getattr(self.setting.accounts, self.column)
        return level[who]

    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        """Set the strength."""
        getattr(self.setting.accounts, self.column)[who] = level
        self._changed = True

    def lift(self, who: NDArray[np.int64], now: int) -> None:
        """Set the strength to zero."""
        self.apply(who, 0, 0, now)

    def step(self, now: int) -> list[Ended]:
        """Mark the posts where a strength has changed."""
        if self._changed:
            self.setting.timeline.mark(self.setting.accounts.limit, self.setting.accounts.label, self._key)
            self._changed = False
        return []
