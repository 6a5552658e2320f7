"""A route: from a detector's scores, by a policy, to orders or to cases for the reviewers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError, RouteConfig, WorldConfig
from sim.enforcement.actions.actions import Actions
from sim.enforcement.policy import Measure, Policy, policy_of
from sim.enforcement.review import Cases, ReviewQueue
from sim.population.accounts import AccountTable, Status

_MEASURES = 1 << 8  # of one policy, at most: a case's subject is the route's number times this, plus the measure


class Route:
    """One automatic route.

    Attributes
    ----------
    name : str
    policy : Policy
    cadence : int
        Steps from one scoring to the next.
    scores : float64 (accounts,)
        The last scores, by internal number; NaN before the first scoring.
    """

    def __init__(self, name: str, number: int, rules: RouteConfig, config: WorldConfig, actions: Actions) -> None:
        scenario = config.scenario
        self.name, self._number = name, number
        self.cadence = max(1, round(rules.cadence_hours * 60.0 / scenario.step_minutes))
        days = self.cadence * scenario.step_minutes / 1440.0
        self.policy: Policy = policy_of(rules, days=days, scale=scenario.scale)
        self._own = Measure(rules.action, rules.strength, rules.delay_hours)
        self._actions = actions
        self._before_reviewers = np.zeros(0, np.bool_)
        self._recheck = np.zeros(0, np.int64)
        self.scores = np.full(scenario.n_accounts, np.nan)

    def decide(self, table: AccountTable, internal: NDArray[np.int64], end: int, queue: ReviewQueue) -> None:
        """Act on the last scores.

        Parameters
        ----------
        table : AccountTable
        internal : int64 (accounts,)
            Internal number of each account by its pseudonym: policies see pseudonyms, whose order tells nothing.
        end : int
            Now, the end of the step.
        queue : ReviewQueue
            Where cases go, if the policy has them reviewed.
        """
        measures = getattr(self.policy, "measures", (self._own,))
        open_to = (table.status == Status.ACTIVE) & (self._actions.immune_until <= end)
        open_to &= ~np.logical_and.reduce([self._without_effect(measure, end) for measure in measures])
        reviewed = bool(getattr(self.policy, "reviewed", False))
        if reviewed:
            open_to &= ~self._is_case(end)
        choice = np.zeros(self.scores.size, np.uint8)
        decided = self.policy.decide(np.where(open_to, self.scores, np.nan)[internal])
        choice[internal] = _checked(type(self.policy).__name__, decided, internal.size, len(measures))
        choice[~open_to] = 0
        if reviewed:
            who = internal[choice[internal] > 0]  # by pseudonyms: by internal numbers people would come first
            who = who[np.argsort(-self.scores[who], kind="stable")]  # the highest scores first
            self._before_reviewers[who] = True
            subject = self._number * _MEASURES + choice[who].astype(np.int64)
            queue.enqueue(np.full(who.size, end), who, subject)
            return
        for number in np.unique(choice[choice > 0]).tolist():
            who = np.flatnonzero(choice == number)
            self._order(who[~self._without_effect(measures[number - 1], end)[who]], measures[number - 1], end, end)

    def apply_verdicts(self, cases: Cases, now: int, recheck_seconds: int) -> None:
        """Apply the verdicts on the route's own cases."""
        if not self._before_reviewers.size:
            return
        measures = getattr(self.policy, "measures", (self._own,))
        own = cases.subject // _MEASURES == self._number
        self._before_reviewers[cases.account[own]] = False
        innocent = own & ~cases.guilty
        self._recheck[cases.account[innocent]] = now + recheck_seconds
        for i in np.flatnonzero(own & cases.guilty).tolist():
            measure = measures[int(cases.subject[i] % _MEASURES) - 1]
            self._order(cases.account[i : i + 1], measure, int(cases.time[i]), int(cases.time[i]))

    def _order(self, who: NDArray[np.int64], measure: Measure, time: int, decided: int) -> None:
        due = time + round(measure.delay_hours * 3600.0)
        self._actions.order(who, measure.action, measure.strength, due, self.name, decided)

    def _without_effect(self, measure: Measure, now: int) -> NDArray[np.bool_]:
        """Return where a measure decided now changes nothing (see `Actions.without_effect`)."""
        due = now + round(measure.delay_hours * 3600.0)
        return self._actions.without_effect(measure.action, measure.strength, due)

    def _is_case(self, now: int) -> NDArray[np.bool_]:
        """Return who is before the reviewers, or was found innocent recently."""
        if not self._before_reviewers.size:
            self._before_reviewers = np.zeros(self.scores.size, np.bool_)
            self._recheck = np.zeros(self.scores.size, np.int64)
        return np.asarray(self._before_reviewers | (self._recheck > now))


def _checked(policy: str, decided: NDArray[np.generic], n_accounts: int, n_measures: int) -> NDArray[np.generic]:
    """Return what a policy decided, or raise `ConfigError` where that is no choice of a measure for each account."""
    where = f"policy {policy}: decide()"
    if not isinstance(decided, np.ndarray) or decided.dtype.kind not in "biu" or decided.shape != (n_accounts,):
        got = f"{decided.dtype} {decided.shape}" if isinstance(decided, np.ndarray) else type(decided).__name__
        raise ConfigError(f"{where} must return booleans or whole numbers of shape ({n_accounts},); got {got}.")
    if decided.size and not 0 <= int(decided.min()) <= int(decided.max()) <= n_measures:
        wrong = int(decided.min()) if decided.min() < 0 else int(decided.max())
        raise ConfigError(f"{where} must return numbers of measures in [0, {n_measures}]; got {wrong}.")
    return decided
