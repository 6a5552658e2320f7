"""The challenge: an account is locked until it has been verified by telephone.

Whether an account can pass depends on its true layer (people mostly can, amplifiers mostly cannot, personas sometimes).
It is a property of the account: the same in every run of a seed and at every challenge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.rng import Purpose, normals, stream, uniforms
from sim.core.schedule import Schedule
from sim.enforcement.actions.base import FULL, Action, Ended, Setting
from sim.population.accounts import NEVER, Status

_LONGEST = 10**9  # seconds; any run is shorter


class Challenge(Action):
    """Lock an account until it passes the check, or is suspended at the deadline.

    Attributes
    ----------
    open : int
        Number of challenges that have not ended, including those of accounts suspended in the meantime.
    immune_until : int64 (accounts,)
        Seconds from the start of the run until which an account that passed is not challenged again.
    """

    name, number = "challenge", 2
    by_chance, graded, locks = True, False, True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._rules = setting.rules.challenge
        self._key = stream(setting.config.seed, Purpose.CHALLENGE)
        self._shares = np.array([self._rules.pass_share[name] for name in ("organic", "core", "amplifiers")])
        self._ends = Schedule(setting.config.scenario.step_seconds, 4)  # account, beginning, passed, route
        self._began = np.zeros(setting.layer.size, np.int64)  # of the last challenge, seconds from the start
        self.immune_until = np.zeros(setting.layer.size, np.int64)
        self.open = 0

    @property
    def passed(self) -> NDArray[np.bool_]:
        """Whether each account has passed a challenge: bool (accounts,)."""
        return self.immune_until > 0

    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return 255 where an account is locked."""
        return np.where(self.setting.accounts.status[who] == Status.CHALLENGED, FULL, 0).astype(np.uint8)

    def eligible(self, who: NDArray[np.int64], now: int) -> NDArray[np.int64]:
        """Return the active accounts that have not passed a challenge recently."""
        who = who[self.setting.accounts.status[who] == Status.ACTIVE]
        return who[self.immune_until[who] <= now]

    def immune(self, time: int) -> NDArray[np.bool_]:
        """Return the accounts that have passed one recently: it would cost a place in a top_k, or reviewers time."""
        return self.immune_until > time

    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        """Lock accounts, and draw when and how their challenges end."""
        self.setting.accounts.status[who] = Status.CHALLENGED
        deadline = self._rules.deadline_hours * 3600.0
        wait = self._rules.wait_hours_median * 3600.0 * np.exp(self._rules.wait_sigma * normals(self._key, who, 1))
        passes = (uniforms(self._key, who) < self._shares[self.setting.layer[who]]) & (wait <= deadline)
        ends = now + np.ceil(np.minimum(np.where(passes, wait, deadline), _LONGEST)).astype(np.int64)
        self._ends.add(ends, who, now, passes, route)
        self._began[who] = now
        self.open += who.size

    def lift(self, who: NDArray[np.int64], now: int) -> None:
        """Unlock accounts."""
        self.setting.accounts.status[who] = Status.ACTIVE
        self.setting.accounts.suspended_at[who] = NEVER

    def step(self, now: int) -> list[Ended]:
        """Return the challenges that end now: passed, or followed by a suspension.

        Those of accounts that are not locked any more, or by a later challenge, have ended by a suspension.
        """
        if not self.open:
            return []
        _, who, began, passed, route = self._ends.take(now)
        self.open -= who.size
        still = (self.setting.accounts.status[who] == Status.CHALLENGED) & (self._began[who] == began)
        who, passed, route = who[still], passed[still], route[still]
        self.immune_until[who[passed > 0]] = now + round(self._rules.immune_days * 86_400)
        ended = []
        for group in np.unique(route).tolist():
            for then, some in ((None, passed > 0), ("suspend", passed == 0)):
                accounts = who[(route == group) & some]
                if accounts.size:
                    ended.append(Ended(accounts, group, then))
        return ended
