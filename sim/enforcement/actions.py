"""Actions: what enforcement does to an account, how it is taken back, and the record of both.

An order names accounts, an action, its strength in [0, 1], a time, and the route by which it came. It takes effect at
the start of the first step at or after its time. At strength 0 an action changes nothing, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, unique
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.enforcement.challenge import Challenges
from sim.enforcement.removal import Removals
from sim.events.log import ActivityLog
from sim.events.timeline import Timeline
from sim.population.accounts import NEVER, AccountTable, Status

ENFORCEMENT_COLUMNS: dict[str, Any] = {
    "time": np.int32,  # seconds from the start of the run
    "account": np.int32,
    "action": np.uint8,  # an Action
    "route": np.uint8,  # index into `Actions.routes`
    "lifted": np.bool_,  # False: it took effect; True: it was taken back
}
FULL = 255  # a strength of 1, as it is kept


@unique
class Action(IntEnum):
    """What can be done to an account; the names, in small letters, are those of the configuration."""

    NONE = 0
    SUSPEND = 1  # strength: the probability that it is carried out
    CHALLENGE = 2  # the same
    LIMIT = 3  # rank and recommendations of its posts, and what its reposts count for
    LABEL = 4  # the public's probability of reposting its posts
    REMOVE_POSTS = 5  # the share of its posts
    BAR_ADVERTISING = 6  # any strength but 0 bars


HITTING = tuple(action for action in Action if action not in (Action.NONE, Action.BAR_ADVERTISING))


def action_of(action: Action | int | str) -> Action:
    """Return an action by itself, its number or its name."""
    try:
        return Action[action.upper()] if isinstance(action, str) else Action(action)
    except (KeyError, ValueError):
        names = ", ".join(known.name.lower() for known in Action if known)
        raise ConfigError(f"an action must be one of {names}; got {action!r}.") from None


class Actions:
    """Orders that wait for their time, what is in force, and what has been done.

    Attributes
    ----------
    log : sim.events.log.ActivityLog
        `ENFORCEMENT_COLUMNS`: a row for each action that took effect, and one for each that was taken back.
    routes : list of str
        Names of the routes in the log.
    ordered : uint8 (actions, accounts)
        Strength, in 255ths, at which each `Action` is ordered or in force.
    ever : uint8 (accounts,)
        Bit `1 << action`: the action has been in force at some time.
    first, posts_before : int32 (accounts,)
        Seconds from the start of the run to the first action but `BAR_ADVERTISING`, and acts in the run before the
        first suspension; -1 where there was none.
    immune_until : int64 (accounts,)
        Routes leave the account alone until then, seconds from the start of the run.
    """

    def __init__(
        self,
        config: WorldConfig,
        rules: EnforcementConfig,
        accounts: AccountTable,
        timeline: Timeline,
        layer: NDArray[np.uint8],
    ) -> None:
        self._accounts, self._timeline = accounts, timeline
        self._start_epoch = config.scenario.start_epoch
        self._lot = stream(config.seed, Purpose.ACTION)
        self._limit_key = stream(config.seed, Purpose.LIMIT_REPOST)
        n = len(accounts)
        self.log = ActivityLog(ENFORCEMENT_COLUMNS, self._start_epoch)
        self.routes: list[str] = []
        self._orders: list[tuple[int, NDArray[np.int64], Action, int, int]] = []
        self.ordered = np.zeros((len(Action), n), np.uint8)
        self.ever = np.zeros(n, np.uint8)
        self.first, self.posts_before = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
        self.immune_until = np.zeros(n, np.int64)
        self.lifted = 0
        self._to_mark = False  # limits or labels have changed of which the timeline is not told yet
        self.challenges = Challenges(config, rules.challenge, layer)
        self.removals = Removals(config, rules.removal_half_life_hours, timeline, n)
        #: Told of each action that takes effect: (accounts, action, route, time).
        self.on_effect: list[Callable[[NDArray[np.int64], Action, int, int], None]] = []

    def route(self, name: str) -> int:
        """Return the number of a route in the log."""
        if name not in self.routes:
            self.routes.append(name)
        return self.routes.index(name)

    def order(
        self, accounts: NDArray[np.integer], action: Action, strength: float, time: int, route: str, decided: int
    ) -> None:
        """Order an action on accounts.

        Parameters
        ----------
        accounts : int (some,)
            Their numbers.
        action, strength : Action, float
        time, decided : int
            When it is to take effect and when it was decided, seconds from the start of the run. A suspension or
            challenge of strength s is carried out with probability s, by a lot of account and time of decision.
        route : str
        """
        who, level = _distinct(accounts), round(strength * FULL)
        if action in (Action.SUSPEND, Action.CHALLENGE):
            level = FULL
            if strength < 1.0:
                who = who[uniforms(self._lot, who, decided, int(action)) < strength]
        elif action == Action.BAR_ADVERTISING and strength > 0.0:
            level = FULL
        if who.size and level:
            self.ordered[action, who] = np.maximum(self.ordered[action, who], level)
            self._orders.append((time, who, action, level, self.route(route)))

    def step(self, now: int) -> None:
        """Carry out what is due at the start of a step, by time, then in the order in which it was ordered."""
        if self._orders:
            due = sorted((order for order in self._orders if order[0] <= now), key=lambda order: order[0])
            self._orders = [order for order in self._orders if order[0] > now]
            for _, who, action, level, route in due:
                self._carry_out(who, action, level, route, now)
        if self.challenges.open:
            self._end_challenges(now)
        if self._to_mark:  # once a step: it goes through all posts
            self._timeline.mark(self._accounts.limit, self._accounts.label, self._limit_key)
            self._to_mark = False
        self.removals.step(now)

    def lift(self, accounts: NDArray[np.integer], action: Action, route: str, now: int) -> None:
        """Take back an action from accounts, where it is in force; the same action ordered once more is struck."""
        who = _distinct(accounts)
        who = who[self._in_force(who, action) > 0]
        self.ordered[action, who] = 0
        if not who.size:
            return
        self._orders = [
            (time, ordered[~np.isin(ordered, who)] if kind == action else ordered, kind, level, number)
            for time, ordered, kind, level, number in self._orders
        ]
        if action in (Action.SUSPEND, Action.CHALLENGE):
            self._accounts.status[who] = Status.ACTIVE
            self._accounts.suspended_at[who] = NEVER
        else:
            self._set(who, action, 0, now)
        self.lifted += who.size
        self._note(who, action, self.route(route), now, lifted=True)

    def spare(self, who: NDArray[np.int64], until: int) -> None:
        """Have routes leave accounts alone until a time, seconds from the start of the run."""
        self.immune_until[who] = np.maximum(self.immune_until[who], until)

    def _in_force(self, who: NDArray[np.int64], action: Action) -> NDArray[np.uint8]:
        """Return the strength at which an action is in force, in 255ths."""
        if action in (Action.SUSPEND, Action.CHALLENGE):
            wanted = Status.SUSPENDED if action == Action.SUSPEND else Status.CHALLENGED
            return np.where(self._accounts.status[who] == wanted, FULL, 0).astype(np.uint8)
        if action == Action.BAR_ADVERTISING:
            return np.where(self._accounts.advertising_barred[who], FULL, 0).astype(np.uint8)
        columns = {Action.LIMIT: self._accounts.limit, Action.LABEL: self._accounts.label}
        return columns.get(action, self.removals.level)[who]

    def _carry_out(self, who: NDArray[np.int64], action: Action, level: int, route: int, now: int) -> None:
        if action == Action.CHALLENGE:
            fit = self.challenges.fit(who[self._accounts.status[who] == Status.ACTIVE], now)
            self.ordered[action, who[self._accounts.status[who] != Status.CHALLENGED]] = 0  # they may be another time
            self.ordered[action, fit] = FULL
            who = fit
        who = who[self._in_force(who, action) < level]
        if not who.size:
            return
        if action == Action.SUSPEND:
            first = who[self.posts_before[who] < 0]
            self.posts_before[first] = self._timeline.acts_count[first]
            self.ordered[Action.CHALLENGE, who] = 0  # one that is open ends with it
            self._accounts.status[who] = Status.SUSPENDED
            self._accounts.suspended_at[who] = self._start_epoch + now
        elif action == Action.CHALLENGE:
            self._accounts.status[who] = Status.CHALLENGED
            self.challenges.begin(who, route, now)
        else:
            self._set(who, action, level, now)
        if action in HITTING:
            self.first[who[self.first[who] < 0]] = now
        self.ever[who] |= np.uint8(1 << action)
        self._note(who, action, route, now, lifted=False)
        for told in self.on_effect:
            told(who, action, route, now)

    def _set(self, who: NDArray[np.int64], action: Action, level: int, now: int) -> None:
        """Write the strength of an action that is a matter of degree; posts learn of limits and labels in `step`."""
        table = self._accounts
        if action == Action.BAR_ADVERTISING:
            table.advertising_barred[who] = level > 0
        elif action == Action.REMOVE_POSTS:
            self.removals.set(who, level, now)
        else:
            (table.limit if action == Action.LIMIT else table.label)[who] = level
            self._to_mark = True

    def _end_challenges(self, now: int) -> None:
        """Let go whoever has passed, and suspend whoever has run out of time."""
        for passed, who, route in self.challenges.ended(now, self._accounts.status == Status.CHALLENGED):
            if passed:
                self.lift(who, Action.CHALLENGE, self.routes[route], now)
            else:
                self.ordered[Action.SUSPEND, who] = FULL
                self._carry_out(who, Action.SUSPEND, FULL, route, now)

    def _note(self, who: NDArray[np.int64], action: Action, route: int, now: int, *, lifted: bool) -> None:
        same = {"time": now, "action": action, "route": route, "lifted": lifted}
        self.log.append(account=who, **{name: np.full(who.size, value) for name, value in same.items()})


def _distinct(accounts: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.unique(accounts).astype(np.int64)
