"""The challenge: an account is locked until it has answered a call to a telephone.

Who can pass is a matter of truth (people mostly can, amplifiers mostly cannot, personas sometimes) and a property of
the account: the same in every run of a seed and at every challenge.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.config import ChallengeConfig, WorldConfig
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.core.schedule import Agenda

_LONGEST = 10**9  # seconds; any run is shorter


class Challenges:
    """Challenges that are open, and who is not to be challenged again yet.

    Attributes
    ----------
    open : int
        Number of challenges whose end is to come; of those suspended meanwhile too.
    immune_until : int64 (accounts,)
        Whoever has passed is not challenged again until then, seconds from the start of the run.
    """

    def __init__(self, config: WorldConfig, rules: ChallengeConfig, layer: NDArray[np.uint8]) -> None:
        self._rules, self._layer = rules, layer
        self._key = stream(config.seed, Purpose.CHALLENGE)
        self._shares = np.array([rules.pass_share[name] for name in ("organic", "core", "amplifiers")])
        self._ends = Agenda(config.scenario.step_seconds, 4)  # account, beginning, passed, route
        self._began = np.zeros(layer.size, np.int64)  # of the last challenge, seconds from the start of the run
        self.immune_until = np.zeros(layer.size, np.int64)
        self.open = 0

    def fit(self, who: NDArray[np.int64], now: int) -> NDArray[np.int64]:
        """Return those who have not passed a challenge lately."""
        return who[self.immune_until[who] <= now]

    def begin(self, who: NDArray[np.int64], route: int, now: int) -> None:
        """Open challenges, and settle when and how they end."""
        deadline = self._rules.deadline_hours * 3600.0
        wait = self._rules.wait_hours_median * 3600.0 * np.exp(self._rules.wait_sigma * normals(self._key, who, 1))
        passes = (uniforms(self._key, who) < self._shares[self._layer[who]]) & (wait <= deadline)
        ends = now + np.ceil(np.minimum(np.where(passes, wait, deadline), _LONGEST)).astype(np.int64)
        self._ends.add(ends, who, now, passes, route)
        self._began[who] = now
        self.open += who.size

    def ended(self, now: int, locked: NDArray[np.bool_]) -> Iterator[tuple[bool, NDArray[np.int64], int]]:
        """Yield the challenges that end by now: whether they were passed, by whom, and the route.

        Those of accounts that are not locked any more, or by a later challenge, have ended by a suspension.
        """
        _, who, began, passed, route = self._ends.take(now)
        self.open -= who.size
        still = locked[who] & (self._began[who] == began)
        who, passed, route = who[still], passed[still], route[still]
        self.immune_until[who[passed > 0]] = now + round(self._rules.immune_days * 86_400)
        for group in np.unique(route).tolist():
            for good in (True, False):
                some = who[(route == group) & ((passed > 0) == good)]
                if some.size:
                    yield good, some, group
