"""Appeals: some accounts appeal an action after a while; a reviewer upholds or lifts it.

Whether and when an account appeals is drawn with account and action as key. A reinstated account still has its
followers, since ties are never dropped, and is immune to automatic routes for a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import AppealsConfig, WorldConfig
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.core.schedule import Schedule
from sim.enforcement.actions.actions import Actions
from sim.enforcement.review import Cases, ReviewQueue

ROUTE = "appeal"
APPEAL = 1 << 30  # bit of a case's subject: it is an appeal, and the rest of the subject is the action's number
_LONGEST = 10**9  # seconds; any run is shorter


class Appeals:
    """Appeals: planned, under review, and decided.

    Attributes
    ----------
    filed, upheld, overturned : int
        Numbers of appeals; those neither upheld nor overturned are pending.
    overturned_organic : int
        Appeals of organic accounts that succeeded.
    """

    def __init__(self, config: WorldConfig, rules: AppealsConfig, layer: NDArray[np.uint8], actions: Actions) -> None:
        self._rules, self._layer, self._actions = rules, layer, actions
        self._key = stream(config.seed, Purpose.APPEAL_FILED)
        self._shares = np.array([rules.share[name] for name in ("organic", "core", "amplifiers")])
        self._against = set(rules.actions)
        self._coming = Schedule(config.scenario.step_seconds, 2)  # account, action
        self.filed = self.upheld = self.overturned = self.overturned_organic = 0
        if self._shares.any() and self._against:
            actions.on_action.append(self.on_action)

    def on_action(self, who: NDArray[np.int64], name: str, route: int, now: int) -> None:
        """Draw who of those an action took effect on appeals, and when."""
        if name not in self._against:
            return
        action = self._actions.number_of(name)
        who = who[uniforms(self._key, who, action) < self._shares[self._layer[who]]]
        wait = np.exp(self._rules.wait_sigma * normals(self._key, who, action, 1))
        seconds = np.ceil(np.minimum(self._rules.wait_hours_median * 3600.0 * wait, _LONGEST)).astype(np.int64)
        self._coming.add(now + seconds, who, action)

    def file(self, now: int, queue: ReviewQueue) -> None:
        """Give the appeals that come by now to the reviewers."""
        time, who, action = self._coming.take(now)
        if not who.size:
            return
        self.filed += who.size
        queue.enqueue(time, who, action | APPEAL)

    def apply_verdicts(self, cases: Cases, now: int) -> None:
        """Count verdicts, and take back the actions that were found wrong, at the start of a step."""
        appeal = cases.subject & APPEAL != 0
        for action in np.unique(cases.subject[appeal]).tolist():
            mine = cases.subject == action
            who, right = cases.account[mine], ~cases.guilty[mine]
            self.upheld += int(np.count_nonzero(~right))
            self.overturned += int(np.count_nonzero(right))
            self.overturned_organic += int(np.count_nonzero(self._layer[who[right]] == 0))
            self._actions.lift(who[right], self._actions.name_of(action & ~APPEAL), ROUTE, now)
            self._actions.grant_immunity(who[right], now + round(self._rules.immune_days * 86_400))

    def measures(self) -> dict[str, float]:
        """Return the counts; filed is the sum of the other three."""
        return {
            "appeals_filed": float(self.filed),
            "appeals_upheld": float(self.upheld),
            "appeals_overturned": float(self.overturned),
            "appeals_pending": float(self.filed - self.upheld - self.overturned),
        }
