"""Orders against accounts: pending orders, actions in force, and the log.

An order names accounts, an action, its strength in [0, 1], a time, and the route that ordered it. It takes effect at
the start of the first step at or after its time. At strength 0 an action changes nothing, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.core.schedule import Schedule
from sim.enforcement.actions.base import FULL, Action, Setting
from sim.enforcement.actions.challenge import Challenge
from sim.enforcement.actions.registry import BUILT_IN, named_actions
from sim.enforcement.actions.suspend import Suspend
from sim.events.log import ActivityLog
from sim.events.timeline import Timeline
from sim.population.accounts import AccountTable

ENFORCEMENT_COLUMNS: dict[str, Any] = {
    "time": np.int32,  # seconds from the start of the run
    "account": np.int32,
    "action": np.uint8,  # number of the action: `Actions.name_of`
    "level": np.uint8,  # its strength in 255ths; 0 where it is lifted
    "route": np.uint8,  # index into `Actions.routes`
    "lifted": np.bool_,  # False: it took effect; True: it was taken back
}
OnAction = Callable[[NDArray[np.int64], str, int, int], None]


class Actions:
    """Pending orders, actions in force, and the log of actions.

    Parameters
    ----------
    config : WorldConfig
    rules : EnforcementConfig
        Names the actions that are used besides the built-in ones.
    accounts, timeline : AccountTable, Timeline
        Of the run.
    layer : uint8 (accounts,)

    Attributes
    ----------
    log : sim.events.log.ActivityLog
        `ENFORCEMENT_COLUMNS`: a row for each action that took effect, and one for each that was lifted.
    routes : list of str
        Names of the routes in the log.
    ordered : uint8 (1 + actions, accounts)
        Strength, in 255ths, at which each action, by number, is ordered or in force.
    ever : bool (1 + actions, accounts)
        Whether each action, by number, has been in force at some time.
    first : int32 (accounts,)
        Seconds from the start of the run to the first action that counts as enforcement; -1 where there was none.
    immune_until : int64 (accounts,)
        Routes leave the account alone until then, seconds from the start of the run.
    on_action : list of callable
        Called with accounts, name of the action, number of the route and time whenever an action takes effect.
    """

    def __init__(
        self,
        config: WorldConfig,
        rules: EnforcementConfig,
        accounts: AccountTable,
        timeline: Timeline,
        layer: NDArray[np.uint8],
    ) -> None:
        self._draw = stream(config.seed, Purpose.ACTION)
        setting, n = Setting(config, rules, accounts, timeline, layer), len(accounts)
        self._actions: dict[str, Action] = {name: kind(setting) for name, kind in named_actions(rules).items()}
        others = [name for name in self._actions if name not in BUILT_IN]
        self._numbers = {name: kind.number for name, kind in BUILT_IN.items()}
        self._numbers |= {name: i for i, name in enumerate(others, 1 + len(BUILT_IN))}
        self.log = ActivityLog(ENFORCEMENT_COLUMNS, config.scenario.start_epoch)
        self.routes: list[str] = []
        self._orders = Schedule(config.scenario.step_seconds, 5)  # order, account, action, level, route
        self._n_orders = 0
        self.ordered = np.zeros((1 + len(self._actions), n), np.uint8)
        self.ever = np.zeros((1 + len(self._actions), n), np.bool_)
        self.first = np.full(n, -1, np.int32)
        self.immune_until = np.zeros(n, np.int64)
        self.lifted = 0
        self.on_action: list[OnAction] = []

    def __getitem__(self, name: str) -> Action:
        """Return an action by its name.

        Raises
        ------
        ConfigError
            No action of that name is used in this run.
        """
        if name not in self._actions:
            raise ConfigError(f"an action must be one of {', '.join(self._actions)}; got {name!r}.")
        return self._actions[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all actions, in the order of their numbers."""
        return iter(self._actions)

    def number_of(self, name: str) -> int:
        """Return the number of an action in the log."""
        self[name]
        return self._numbers[name]

    def name_of(self, number: int) -> str:
        """Return the name of an action by its number in the log."""
        return next(name for name, known in self._numbers.items() if known == number)

    @property
    def locked(self) -> bool:
        """Whether some account may be locked by a challenge."""
        challenge = self._actions["challenge"]
        assert isinstance(challenge, Challenge)
        return challenge.open > 0

    @property
    def posts_before(self) -> NDArray[np.int32]:
        """Acts of each account in the run before its first suspension, -1 where there was none: (accounts,)."""
        suspend = self._actions["suspend"]
        assert isinstance(suspend, Suspend)
        return suspend.posts_before

    def route(self, name: str) -> int:
        """Return the number of a route in the log."""
        if name not in self.routes:
            self.routes.append(name)
        return self.routes.index(name)

    def order(
        self, accounts: NDArray[np.integer], name: str, strength: float, time: int, route: str, decided: int
    ) -> None:
        """Order an action on accounts.

        Parameters
        ----------
        accounts : int (some,)
            Their numbers.
        name, strength : str, float
            Of the action; one that is taken by chance (`Action.by_chance`) is carried out with the probability
            `strength`, drawn by account and time of decision.
        time, decided : int
            When it is to take effect and when it was decided, seconds from the start of the run.
        route : str

        Raises
        ------
        IndexError
            There is no such account.
        """
        action, number = self[name], self._numbers[name]
        who, level = _distinct(accounts, self.first.size), round(strength * FULL)
        if action.by_chance:
            level = FULL
            if strength < 1.0:
                who = who[uniforms(self._draw, who, decided, number) < strength]
        elif not action.graded and strength > 0.0:
            level = FULL
        if who.size and level:
            self.ordered[number, who] = np.maximum(self.ordered[number, who], level)
            self._orders.add(time, self._n_orders, who, number, level, self.route(route))
            self._n_orders += 1

    def step(self, now: int) -> None:
        """Carry out what is due at the start of a step, by time, then in the order in which it was ordered."""
        _, order, who, number, level, route = self._orders.take(now)
        for rows in np.split(np.arange(order.size), np.flatnonzero(np.diff(order)) + 1) if order.size else ():
            first = rows[0]
            name = self.name_of(number[first])
            self.carry_out(who[rows], name, int(level[first]), self.routes[route[first]], now)
        for name, action in self._actions.items():
            for ended in action.step(now):
                if ended.then is None:
                    self.lift(ended.accounts, name, self.routes[ended.route], now)
                else:
                    self.ordered[self._numbers[ended.then], ended.accounts] = FULL
                    self.carry_out(ended.accounts, ended.then, FULL, self.routes[ended.route], now)

    def lift(self, accounts: NDArray[np.integer], name: str, route: str, now: int) -> None:
        """Take back an action from accounts, where it is in force; the same action ordered once more is struck."""
        action, number, who = self[name], self._numbers[name], _distinct(accounts, self.first.size)
        who = who[action.in_force(who) > 0]
        self.ordered[number, who] = 0
        if not who.size:
            return
        self._orders.discard(lambda _t, _o, account, kind, _l, _r: (kind == number) & np.isin(account, who))
        action.lift(who, now)
        self.lifted += who.size
        self._record(who, number, 0, self.route(route), now, lifted=True)

    def grant_immunity(self, who: NDArray[np.int64], until: int) -> None:
        """Have routes leave accounts alone until a time, seconds from the start of the run."""
        self.immune_until[who] = np.maximum(self.immune_until[who], until)

    def without_effect(self, name: str, strength: float, time: int) -> NDArray[np.bool_]:
        """Return where an order for a time would change nothing: bool (accounts,).

        The action or a stronger one of its kind is ordered or in force, or the account is immune against it.
        """
        action = self[name]
        level = max(1, round(FULL * strength)) if action.graded else FULL
        idle = self.ordered[self._numbers[name]] >= level
        immune = action.immune(time)
        return np.asarray(idle if immune is None else idle | immune)

    def carry_out(self, who: NDArray[np.int64], name: str, level: int, route: str, now: int) -> None:
        """Let an action take effect at once on those accounts on which it can.

        Parameters
        ----------
        who : int64 (some,)
            Each once, in rising order.
        name, level : str, int
            Of the action; the strength in 255ths.
        route : str
            Its name in the log.
        now : int
            The beginning of a step, seconds from the start of the run.
        """
        action, number = self._actions[name], self._numbers[name]
        fit = action.eligible(who, now)
        if fit.size < who.size:  # the order against the others lapses: they may be ordered another time
            self.ordered[number, who[action.in_force(who) == 0]] = 0
        self.ordered[number, fit] = np.maximum(self.ordered[number, fit], level)
        who = fit[action.in_force(fit) < level]
        if not who.size:
            return
        for other in action.ends:
            self.ordered[self._numbers[other], who] = 0
        route_number = self.route(route)
        action.apply(who, level, route_number, now)
        if action.counts:
            self.first[who[self.first[who] < 0]] = now
        self.ever[number, who] = True
        self._record(who, number, level, route_number, now, lifted=False)
        for listener in self.on_action:
            listener(who, name, route_number, now)

    def _record(self, who: NDArray[np.int64], number: int, level: int, route: int, now: int, *, lifted: bool) -> None:
        same = {"time": now, "action": number, "level": level, "route": route, "lifted": lifted}
        self.log.append(account=who, **{name: np.full(who.size, value) for name, value in same.items()})


def _distinct(accounts: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """Return account numbers, each once, in rising order; `IndexError` where one is no number of an account."""
    who = np.unique(accounts)
    if who.size and (who.dtype.kind not in "iu" or who[0] < 0 or who[-1] >= n):
        wrong = who[0] if who.dtype.kind not in "iu" or who[0] < 0 else who[-1]
        raise IndexError(f"account numbers must be whole numbers in [0, {n - 1}]; got {wrong}.")
    return who.astype(np.int64)
