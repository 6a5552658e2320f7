"""Replacement: the operator replaces suspended accounts by accounts of its reserve.

Each suspension that the operator sees is a loss. After a lag it may be replaced, first lost, first replaced, within a
daily budget and as long as the reserve lasts; losses beyond the budget wait. A fresh account is registered at a second
of the step in which it starts, or was registered ahead (`supply.lead_days`); a bought or hijacked one keeps its real
age. What was registered ahead is passed over where it was lost while it waited.

If nothing is replaced, the run equals that of the static operation bit for bit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream, uniforms
from sim.core.schedule import Schedule
from sim.population.accounts import NEVER, SUSPENDED
from sim.population.truth import Layer, Supply
from sim.state import RunState

_NOBODY = np.empty(0, np.int64)


class Replacement:
    """The replacements of one layer.

    Attributes
    ----------
    stock : int
        Accounts left in the reserve.
    lost, taken : int
        Suspensions seen, and reserve accounts put to use, so far.
    fallen : int64 (accounts,)
        Accounts whose suspension was seen in the current step.
    used_at : int64 (accounts of the layer,)
        When each was put to use, seconds since 1970-01-01 UTC: planned amplifiers from the start on.
    """

    def __init__(self, state: RunState, layer: Layer) -> None:
        self.state = state
        config, truth = state.config, state.world.truth
        supply = config.operation.supply
        self.rules = supply.core if layer == Layer.CORE else supply.amplifiers
        rows = truth.accounts(layer)
        self._rows = slice(int(rows[0]), int(rows[-1]) + 1) if rows.size else slice(0, 0)
        planned = config.planned_core if layer == Layer.CORE else config.planned_amplifiers
        self._next = self._rows.start + planned
        first = int(np.argmax(truth.operation))  # of the operation's rows
        self._own = slice(self._rows.start - first, self._rows.stop - first)
        self.used_at = np.full(rows.size, NEVER)
        in_use = truth.registered[self._own][:planned]
        self.used_at[:planned] = in_use if layer == Layer.CORE else np.maximum(in_use, config.scenario.start_epoch)
        self.stock = rows.size - planned
        self._per_day = self.rules.per_day * rows.size
        self._today, self._left = -1, 0
        self._seen = np.zeros(rows.size, np.bool_)
        self._schedule = Schedule(config.scenario.step_seconds, 1)  # who fell
        self._waiting = _NOBODY  # suspended accounts whose replacement is due, earliest first
        self.lost = self.taken = 0
        self.fallen = _NOBODY
        self._draw = stream(config.seed, Purpose.REPLACEMENT)

    def step(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Note the losses and replace what is due.

        Returns
        -------
        fresh, fallen : int64 (replaced,)
            The accounts taken up in this step, and those whose places they take.
        """
        self.fallen = self._losses()
        if not self.stock or not self._per_day:
            return _NOBODY, _NOBODY
        now = self.state.now
        if self.fallen.size:
            lag = self.rules.lag_hours * 3600.0 * -np.log1p(-uniforms(self._draw, self.fallen))
            self._schedule.add(now + np.floor(lag).astype(np.int64), self.fallen)
        self._waiting = np.concatenate([self._waiting, self._schedule.take(now)[1]])
        number = min(self._waiting.size, self._budget(now), self.stock) if self._waiting.size else 0
        fresh = self._take_out(number, now) if number else _NOBODY
        if not fresh.size:
            return _NOBODY, _NOBODY
        fallen, self._waiting = self._waiting[: fresh.size], self._waiting[fresh.size :]
        self._take_up(fresh, fallen, now)
        return fresh, fallen

    def idle_days(self) -> float:
        """Return the days that fresh accounts, registered ahead, have waited so far: until used, lost or now."""
        truth, now = self.state.world.truth, self.state.config.scenario.start_epoch + self.state.now
        registered = truth.registered[self._own]
        waited = np.minimum(np.minimum(truth.idle_ends[self._own], self.used_at), now) - registered
        waits = (truth.supply[self._own] == Supply.FRESH) & (registered < self.used_at)
        return float(np.maximum(waited[waits], 0).sum()) / 86_400.0

    def _losses(self) -> NDArray[np.int64]:
        """Return the accounts seen to be suspended for the first time."""
        fallen = ((self.state.accounts.status[self._rows] == SUSPENDED) > self._seen).nonzero()[0]
        if not fallen.size:
            return _NOBODY
        self._seen[fallen] = True
        self.lost += fallen.size
        return fallen + self._rows.start

    def _budget(self, now: int) -> int:
        """Return how many accounts the day's budget still allows; what is left of it at night is gone."""
        day = now // 86_400
        if day != self._today:
            self._today, self._left = day, math.floor(self._per_day * (day + 1)) - math.floor(self._per_day * day)
        return self._left

    def _take_out(self, number: int, now: int) -> NDArray[np.int64]:
        """Take the next accounts out of the reserve, at most so many, without those that were lost waiting."""
        scenario, rest = self.state.config.scenario, np.arange(self._next, self._rows.stop)
        kept = self.state.world.truth.idle_ends[rest - scenario.n_organic] > scenario.start_epoch + now
        fresh = rest[kept][:number]
        self._next = int(fresh[-1]) + 1 if fresh.size == number else self._rows.stop
        self.stock = self._rows.stop - self._next
        return fresh

    def _take_up(self, fresh: NDArray[np.int64], fallen: NDArray[np.int64], now: int) -> None:
        """Register accounts of the reserve, or show their age, in place of suspended ones.

        Some come in by the network of the one that fell: who looks for ban evasion can find them by it.
        """
        scenario, truth = self.state.config.scenario, self.state.world.truth
        shown = truth.registered[fresh - scenario.n_organic]
        second = now + np.floor(uniforms(self._draw, fresh, 1) * scenario.step_seconds).astype(np.int64)
        accounts = self.state.accounts
        same = uniforms(self._draw, fresh, 2) >= self.rules.evasion
        for column in (accounts.network, accounts.access):
            column[fresh[same]] = column[fallen[same]]
        accounts.created[fresh] = np.where(shown == NEVER, scenario.start_epoch + second, shown)
        self.used_at[fresh - self._rows.start] = scenario.start_epoch + now
        self.taken += fresh.size
        self._left -= fresh.size
