"""Suspension: the account cannot act, and its posts are not shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.enforcement.actions.base import FULL, Action, Setting
from sim.population.accounts import NEVER, Status


class Suspend(Action):
    """Suspend an account.

    Attributes
    ----------
    posts_before : int32 (accounts,)
        Acts in the run before the first suspension; -1 where there was none.
    """

    name, number = "suspend", 1
    by_chance, graded, locks = True, False, True
    ends = ("challenge",)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.posts_before = np.full(len(setting.accounts), -1, np.int32)

    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return 255 where an account is suspended."""
        return np.where(self.setting.accounts.status[who] == Status.SUSPENDED, FULL, 0).astype(np.uint8)

    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        """Suspend accounts."""
        accounts = self.setting.accounts
        first = who[self.posts_before[who] < 0]
        self.posts_before[first] = self.setting.timeline.acts_count[first]
        accounts.status[who] = Status.SUSPENDED
        accounts.suspended_at[who] = self.setting.config.scenario.start_epoch + now

    def lift(self, who: NDArray[np.int64], now: int) -> None:
        """Reinstate accounts."""
        self.setting.accounts.status[who] = Status.ACTIVE
        self.setting.accounts.suspended_at[who] = NEVER
