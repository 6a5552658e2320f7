"""The meter: what is counted while a run goes on, and the outcome that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.events.kept import row_of
from sim.events.log import ActivityLog
from sim.events.records import POST, RECOMMENDED, REPOST
from sim.events.timeline import TimelineView
from sim.metrics.locks import locks_of
from sim.metrics.outcome import SERIES, Outcome
from sim.operation.costs import account_days, ledger
from sim.operation.operator import Operator
from sim.operation.promotion import Promotion
from sim.operation.second_platform import SecondPlatform
from sim.platform.platform import Platform
from sim.population.accounts import ACTIVE, NEVER, Status
from sim.population.truth import Layer, Origin
from sim.state import RunState

_CAMPAIGN = int(Origin.CAMPAIGN)
_MOST_POSTS = 2**16 - 1  # of an account that are counted


class Meter:
    """Counts as a run goes along.

    Attributes
    ----------
    impressions, organic_amplification : int
        Of the current step.
    reached : bool (organic,)
    posts : uint16 (organic,)
        That each account has written.
    """

    def __init__(
        self,
        state: RunState,
        platform: Platform,
        operator: Operator,
        promotion: Promotion,
        second_platform: SecondPlatform,
    ) -> None:
        self.state, self._platform, self._operator = state, platform, operator
        self._promotion, self._second_platform = promotion, second_platform
        self.reached = np.zeros(state.config.scenario.n_organic, np.bool_)
        self.posts = np.zeros(self.reached.size, np.uint16)
        self.impressions = self.organic_amplification = self.reach = 0
        layer = state.world.truth.layer
        self._layers = {
            "organic": np.flatnonzero(layer == Layer.ORGANIC),
            "core": np.flatnonzero(layer == Layer.CORE),
            "amplifiers": np.flatnonzero(layer == Layer.AMPLIFIER),
        }
        # Layers are contiguous: a slice counts a million accounts without gathering them.
        self._slices = {
            name: slice(int(rows[0]), int(rows[-1]) + 1) if rows.size else slice(0, 0)
            for name, rows in self._layers.items()
        }

    def step(self) -> None:
        """Count the current step."""
        state = self.state
        readers = state.reads["account"]
        self.impressions = readers.size
        if readers.size:
            new = np.unique(readers[~self.reached[readers]])
            self.reached[new] = True
            self.reach += new.size
        self.organic_amplification = _count_acts(state.events, state.timeline.view(), self.posts)

    def suspended(self, layer: str) -> int:
        """Return the number of accounts of a layer that are suspended."""
        status = self.state.accounts.status[self._slices[layer]]
        if self._platform.actions.locked:  # else an account that is not active is suspended
            return int(np.count_nonzero(status == Status.SUSPENDED))
        return int(np.count_nonzero(status))

    def live_amplifiers(self) -> int:
        """Return the number of amplifiers registered by now, between two steps, and neither suspended nor locked."""
        table, rows = self.state.accounts, self._slices["amplifiers"]
        scenario = self.state.config.scenario
        now = scenario.start_epoch + self.state.now
        return int(np.count_nonzero((table.created[rows] < now) & (table.status[rows] == ACTIVE)))

    def outcome(self, series: Mapping[str, Sequence[float]]) -> Outcome:
        """Return what the run has come to so far; `series` holds the measures of `SERIES`, a value a step."""
        state, table, truth = self.state, self.state.accounts, self.state.world.truth
        scenario = state.config.scenario
        end = scenario.start_epoch + state.now
        existed = {name: int(np.count_nonzero(table.created[rows] < end)) for name, rows in self._slices.items()}
        actions, organic = self._platform.actions, self._slices["organic"]
        kinds = truth.group_kind[organic]
        hit = actions.first[organic] >= 0
        by_group = {}
        for index, name in [(-1, "none"), *enumerate(truth.group_kinds)]:
            by_group[name] = (int(np.count_nonzero(hit & (kinds == index))), int(np.count_nonzero(kinds == index)))
        by_step = {name: np.array(series[name], np.float64) for name in SERIES}
        amplifiers = self._layers["amplifiers"]
        fallen = amplifiers[actions.posts_before[amplifiers] >= 0]
        by_action = {name: actions.ever[actions.number_of(name)][organic] for name in actions if actions[name].counts}
        alive = amplifiers[(table.created[amplifiers] < end) & (table.status[amplifiers] == Status.ACTIVE)]
        # An account of the reserve is only taken up after a suspension, however old it looks.
        first = actions.first[amplifiers]
        since = scenario.start_epoch + int(first[first >= 0].min(initial=2**31 - 1))
        late = (table.created > since) | (state.world.accounts.created == NEVER)
        reader, time = _impressions(state.impressions)
        supplies = self._operator.core_supply, self._operator.amplifier_supply
        locks = locks_of(actions, organic.stop, state.now)
        return Outcome(
            seed=state.config.seed,
            step_hours=scenario.step_minutes / 60.0,
            announced=-1 if scenario.announced_seconds is None else scenario.announced_seconds,
            n_organic=existed["organic"],
            n_core=existed["core"],
            n_amplifiers=existed["amplifiers"],
            impressions=int(by_step["impressions"].sum()),
            organic_amplification=int(by_step["organic_amplification"].sum()),
            organic_impressions=state.organic_impressions,
            reached=np.flatnonzero(self.reached).astype(np.int32),
            impression_reader=reader,
            impression_time=time,
            locked_account=locks.account,
            locked_from=locks.begin,
            locked_until=locks.end,
            reached_by_recommendation=first_by_recommendation(state.impressions, self.reached.size),
            suspended={name: self.suspended(name) for name in self._layers},
            enforced={name: int(np.count_nonzero(actions.first[rows] >= 0)) for name, rows in self._slices.items()},
            enforced_by_group=by_group,
            organic_by_action={name: int(np.count_nonzero(who)) for name, who in by_action.items()},
            people_hit=locks.people,
            people_passed=locks.passed,
            people_reinstated=np.unique(locks.account[locks.reinstated]).size,
            hours_to_reinstatement=(locks.end - locks.begin)[locks.reinstated] / 3600.0,
            posts=self.posts.copy(),
            hours_to_detection={name: self._hours_to_detection(rows) for name, rows in self._layers.items()},
            posts_before_suspension=actions.posts_before[fallen],
            load=self._platform.load(),
            n_replaced=sum(supply.taken for supply in supplies),
            amplifiers_alive=alive.size,
            amplifiers_alive_late=int(np.count_nonzero(late[alive])),
            costs=ledger(state, self._promotion.cost, sum(supply.idle_days() for supply in supplies)),
            account_days=account_days(state),
            promoted_impressions=self._promotion.impressions,
            second_impressions=self._second_platform.impressions,
            second_reached=np.flatnonzero(self._second_platform.reached).astype(np.int32),
            series=by_step,
        )

    def _hours_to_detection(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        hit, first = self._platform.actions.first, self.state.timeline.first_time
        rows = rows[(first[rows] >= 0) & (hit[rows] > first[rows])]
        return np.asarray((hit[rows] - first[rows]) / 3600.0)


@njit(cache=True, no_cfunc_wrapper=True)
def _count_acts(events: NDArray[Any], timeline: TimelineView, posts: NDArray[np.uint16]) -> int:
    """Count the posts of organic accounts, the first `posts.size`; return their reposts of campaign posts."""
    found = 0
    for i in range(events.size):
        account = events[i].account
        if account >= posts.size:
            continue
        if events[i].kind == REPOST:
            row = row_of(events[i].post, timeline)
            found += timeline.posts[row].origin == _CAMPAIGN
        elif events[i].kind == POST and posts[account] < _MOST_POSTS:
            posts[account] += 1
    return found


def _impressions(log: ActivityLog) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return reader and time of each impression, by reader, then by time."""
    keys, at = np.empty(len(log), np.int64), 0
    for part in log.parts():
        keys[at : at + part["time"].size] = part["account"].astype(np.int64) << 32 | part["time"]
        at += part["time"].size
    keys.sort()
    return (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)


def first_by_recommendation(impressions: ActivityLog, n_organic: int) -> int:
    """Return the number of organic accounts whose first impression came with the source `RECOMMENDED`.

    Of impressions in the same second the first is the one that comes first in the log.
    """
    first = np.full(n_organic, np.iinfo(np.int32).max, np.int32)
    recommended = np.zeros(n_organic, np.bool_)
    for part in impressions.parts():  # in the order of steps, but not of time within one
        _note_first(part["account"], part["time"], part["source"], first, recommended)
    return int(np.count_nonzero(recommended))


@njit(cache=True, no_cfunc_wrapper=True)
def _note_first(account: Any, time: Any, source: Any, first: Any, recommended: Any) -> None:
    """Note the time of each account's first impression, and whether it was recommended."""
    for i in range(account.size):
        reader = account[i]
        if time[i] < first[reader]:
            first[reader] = time[i]
            recommended[reader] = source[i] == RECOMMENDED
