"""The measures: reach, impressions, false positives, recall, time to detection, collateral.

`Outcome` is all that is measured of one run; `results` sets it beside the outcome of the unenforced twin. Definitions
are those of the design's table of measures and of docs/glossary.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.events.log import ActivityLog
from sim.events.records import RECOMMENDED, REPOST
from sim.events.timeline import TimelineView
from sim.operation.costs import ACCOUNT_ITEMS, account_days, ledger
from sim.operation.operator import Operator
from sim.operation.promotion import Promotion
from sim.operation.second_platform import SecondPlatform
from sim.platform.platform import Platform
from sim.population.accounts import ACTIVE, NEVER, Status
from sim.population.truth import Layer, Origin
from sim.state import RunState

_CAMPAIGN = int(Origin.CAMPAIGN)
SERIES = (
    "impressions", "reach", "organic_amplification", "live_amplifiers",
    "suspended_organic", "suspended_core", "suspended_amplifiers",
)  # fmt: skip
#: The measures of `results` that set a run beside its twin.
TWIN_MEASURES = ("reach_cut_off", "impressions_cut_off", "collateral", "collateral_share")


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes
    ----------
    seed : int
    step_hours : float
    n_organic, n_core, n_amplifiers : int
        Accounts of each layer that existed at some time of the run.
    impressions : int
        Reads of operation content by organic accounts.
    organic_amplification : int
        Reposts of operation content by organic accounts.
    organic_impressions : int
        Reads of organic content by organic accounts.
    reached : int32 (reach,)
        The organic accounts with an impression, in rising order.
    reached_by_recommendation : int
        Of them, those whose first impression was of a post that the platform recommended.
    suspended : dict of layer name to int
        Accounts that are suspended at the end.
    enforced : dict of layer name to int
        Accounts ever acted upon, by any action but a bar from advertising; also those reinstated.
    enforced_by_group : dict of str to (acted upon, accounts)
        Per kind of benign coordinated group, and `none` for the rest of the public.
    organic_by_action : dict of action name to int
        Organic accounts on which the action ever took effect.
    hours_to_detection : dict of layer name to float64 (accounts acted upon after they had acted,)
        From first action to first enforcement.
    posts_before_suspension : int32 (amplifiers ever suspended,)
        Acts before the first suspension.
    load : dict of str to float
        What enforcement asked of the platform's people, and what was taken back: keys of `results`.
    n_replaced : int
        Accounts of the operation's reserve that were taken up.
    amplifiers_alive, amplifiers_alive_late : int
        Amplifiers registered and not suspended at the end; of them those registered after the first suspension of an
        amplifier, or bought or hijacked then.
    costs : dict of str to float
        What the operator spent, US dollars, by item of `sim.operation.costs.ITEMS`.
    account_days : float
        Days that accounts of the operation were there and not suspended.
    promoted_impressions : int
        Of `impressions`, those that were paid for.
    second_impressions : int
        Posts of the operation's pages, groups and accounts on the second platform seen by organic people.
    second_reached : int32 (second platform's reach,)
        Those people, in rising order.
    series : dict of str to float64 (steps,)
        The measures of `SERIES` at the end of each step: impressions and organic amplification of that step, the
        others as they stand.
    """

    seed: int
    step_hours: float
    n_organic: int
    n_core: int
    n_amplifiers: int
    impressions: int
    organic_amplification: int
    organic_impressions: int
    reached: NDArray[np.int32]
    reached_by_recommendation: int
    suspended: dict[str, int]
    enforced: dict[str, int]
    enforced_by_group: dict[str, tuple[int, int]]
    organic_by_action: dict[str, int]
    hours_to_detection: dict[str, NDArray[np.float64]]
    posts_before_suspension: NDArray[np.int32]
    load: dict[str, float]
    n_replaced: int
    amplifiers_alive: int
    amplifiers_alive_late: int
    costs: dict[str, float]
    account_days: float
    promoted_impressions: int
    second_impressions: int
    second_reached: NDArray[np.int32]
    series: dict[str, NDArray[np.float64]]


class Meter:
    """Counts as a run goes along.

    Attributes
    ----------
    impressions, organic_amplification : int
        Of the current step.
    reached : bool (organic,)
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
        n_organic = self._slices["organic"].stop  # the first rows
        self.organic_amplification = _campaign_reposts(state.events, state.timeline.view(), n_organic)

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
        return Outcome(
            seed=state.config.seed,
            step_hours=scenario.step_minutes / 60.0,
            n_organic=existed["organic"],
            n_core=existed["core"],
            n_amplifiers=existed["amplifiers"],
            impressions=int(by_step["impressions"].sum()),
            organic_amplification=int(by_step["organic_amplification"].sum()),
            organic_impressions=state.organic_impressions,
            reached=np.flatnonzero(self.reached).astype(np.int32),
            reached_by_recommendation=first_by_recommendation(state.impressions, self.reached.size),
            suspended={name: self.suspended(name) for name in self._layers},
            enforced={name: int(np.count_nonzero(actions.first[rows] >= 0)) for name, rows in self._slices.items()},
            enforced_by_group=by_group,
            organic_by_action={name: int(np.count_nonzero(who)) for name, who in by_action.items()},
            hours_to_detection={name: self._hours_to_detection(rows) for name, rows in self._layers.items()},
            posts_before_suspension=actions.posts_before[fallen],
            load=self._platform.load(),
            n_replaced=self._operator.core_supply.taken + self._operator.amplifier_supply.taken,
            amplifiers_alive=alive.size,
            amplifiers_alive_late=int(np.count_nonzero(late[alive])),
            costs=ledger(state, self._promotion.cost),
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
def _campaign_reposts(events: NDArray[Any], timeline: TimelineView, n_organic: int) -> int:
    """Return the number of reposts of campaign posts by the accounts below `n_organic`."""
    found = 0
    for i in range(events.size):
        if events[i].account < n_organic and events[i].kind == REPOST:
            found += timeline.posts[events[i].post - timeline.first_post].origin == _CAMPAIGN
    return found


def _ratio(part: float, whole: float) -> float:
    """Return part / whole, or NaN where the whole is zero: undefined, not zero."""
    return float(part) / float(whole) if whole else float("nan")


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


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else float("nan")


def results(outcome: Outcome, twin: Outcome) -> dict[str, float]:
    """Return the measures of a run beside its unenforced twin, as a plain dict.

    Parameters
    ----------
    outcome, twin : Outcome
        Of one seed; the twin's policy never acts.

    Returns
    -------
    dict of str to float
        NaN where a measure is undefined (a share of nothing).
    """
    hit = outcome.enforced
    operation_hit = hit["core"] + hit["amplifiers"]
    posts = outcome.posts_before_suspension
    days = outcome.series["impressions"].size * outcome.step_hours / 24.0
    cost, accounts = sum(outcome.costs.values()), sum(outcome.costs[name] for name in ACCOUNT_ITEMS)
    measures = {
        "reach": float(outcome.reached.size),
        "share_of_reach_by_recommendation": _ratio(outcome.reached_by_recommendation, outcome.reached.size),
        "impressions": float(outcome.impressions),
        "organic_amplification": float(outcome.organic_amplification),
        "reach_cut_off": 1.0 - _ratio(outcome.reached.size, twin.reached.size),
        "impressions_cut_off": 1.0 - _ratio(outcome.impressions, twin.impressions),
        "false_positive_rate": _ratio(hit["organic"], outcome.n_organic),
        "false_positive_rate_per_day": _ratio(_ratio(hit["organic"], outcome.n_organic), days),
        "organic_suspended": float(outcome.suspended["organic"]),
        "organic_enforced": float(hit["organic"]),
        "operation_enforced": float(operation_hit),
        "recall": _ratio(operation_hit, outcome.n_core + outcome.n_amplifiers),
        "recall_core": _ratio(hit["core"], outcome.n_core),
        "recall_amplifiers": _ratio(hit["amplifiers"], outcome.n_amplifiers),
        "precision": _ratio(operation_hit, operation_hit + hit["organic"]),
        "median_hours_to_detection_core": _median(outcome.hours_to_detection["core"]),
        "median_hours_to_detection_amplifiers": _median(outcome.hours_to_detection["amplifiers"]),
        "amplifiers_suspended_with_at_most_one_post": _ratio(int(np.count_nonzero(posts <= 1)), posts.size),
        "replaced": float(outcome.n_replaced),
        "live_amplifiers": float(outcome.amplifiers_alive),
        "live_amplifiers_registered_after_first_suspension": _ratio(
            outcome.amplifiers_alive_late, outcome.amplifiers_alive
        ),
        "cost": cost,
        "cost_per_reached_person": _ratio(cost, outcome.reached.size),
        "cost_per_impression": _ratio(cost, outcome.impressions),
        "cost_per_account_day": _ratio(accounts, outcome.account_days),
        "collateral": float(twin.organic_impressions - outcome.organic_impressions),
        "collateral_share": 1.0 - _ratio(outcome.organic_impressions, twin.organic_impressions),
        "promoted_impressions": float(outcome.promoted_impressions),
        "second_platform_impressions": float(outcome.second_impressions),
        "second_platform_reach": float(outcome.second_reached.size),
        "reach_anywhere": float(np.union1d(outcome.reached, outcome.second_reached).size),
    }
    for item, spent in outcome.costs.items():
        measures[f"cost_{item}"] = spent
    for name, (some, members) in outcome.enforced_by_group.items():
        measures[f"false_positive_rate_{name}"] = _ratio(some, members)
    for name, some in outcome.organic_by_action.items():
        measures[f"false_positive_rate_by_{name}"] = _ratio(some, outcome.n_organic)
    decided = outcome.load["appeals_upheld"] + outcome.load["appeals_overturned"]
    return measures | outcome.load | {"overturn_rate": _ratio(outcome.load["appeals_overturned"], decided)}


def own_measures(outcome: Outcome) -> dict[str, float]:
    """Return the measures of a run that need no twin: those of `results` but `TWIN_MEASURES`."""
    return {name: value for name, value in results(outcome, outcome).items() if name not in TWIN_MEASURES}
