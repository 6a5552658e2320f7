"""The measures: reach, impressions, false positives, recall, time to detection, collateral.

`Outcome` is all that is measured of one run; `results` sets it beside the outcome of the unenforced twin. Definitions
are those of the design's table of measures and of docs/glossary.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.accounts import Status
from sim.timeline import REPOST
from sim.truth import Layer, Origin

if TYPE_CHECKING:
    from sim.model import InfluenceModel

SERIES = (
    "impressions", "reach", "organic_amplification", "live_amplifiers",
    "suspended_organic", "suspended_core", "suspended_amplifiers",
)  # fmt: skip


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
    suspended : dict of layer name to int
    suspended_by_group : dict of str to (suspended, accounts)
        Per kind of benign coordinated group, and `none` for the rest of the public.
    hours_to_detection : dict of layer name to float64 (suspended accounts that ever acted,)
        From first action to suspension.
    posts_before_suspension : int32 (suspended amplifiers,)
    promoted_impressions : int
        Of `impressions`, those that were paid for.
    promotion_cost : float
        US dollars.
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
    suspended: dict[str, int]
    suspended_by_group: dict[str, tuple[int, int]]
    hours_to_detection: dict[str, NDArray[np.float64]]
    posts_before_suspension: NDArray[np.int32]
    promoted_impressions: int
    promotion_cost: float
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

    def __init__(self, model: InfluenceModel) -> None:
        self.model = model
        self.reached = np.zeros(model.config.scenario.n_organic, np.bool_)
        self.impressions = self.organic_amplification = self.reach = 0
        self.organic_impressions = 0
        layer = model.world.truth.layer
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
        model = self.model
        readers = model.reads["account"]
        self.impressions = readers.size
        if readers.size:
            fresh = np.unique(readers[~self.reached[readers]])
            self.reached[fresh] = True
            self.reach += fresh.size
        events = model.events
        organic = events["account"] < self._slices["organic"].stop  # the first rows
        reposted = events["post"][organic & (events["kind"] == REPOST)]
        self.organic_amplification = int(np.count_nonzero(model.timeline.posts(reposted)["origin"] == Origin.CAMPAIGN))

    def suspended(self, layer: str) -> int:
        """Return the number of accounts of a layer that are suspended."""
        return int(np.count_nonzero(self.model.accounts.status[self._slices[layer]]))

    def live_amplifiers(self) -> int:
        """Return the number of amplifiers registered by the end of the step and not suspended."""
        table, rows = self.model.accounts, self._slices["amplifiers"]
        scenario = self.model.config.scenario
        now = scenario.start_epoch + (self.model.step_number + 1) * scenario.step_seconds
        return int(np.count_nonzero((table.created[rows] < now) & (table.status[rows] == Status.ACTIVE)))

    def outcome(self) -> Outcome:
        """Return what the run has come to so far."""
        model, table, truth = self.model, self.model.accounts, self.model.world.truth
        scenario = model.config.scenario
        end = scenario.start_epoch + model.step_number * scenario.step_seconds
        existed = {name: int(np.count_nonzero(table.created[rows] < end)) for name, rows in self._slices.items()}
        kinds = truth.group_kind[self._slices["organic"]]
        hit = table.status[self._slices["organic"]] != Status.ACTIVE
        by_group = {}
        for index, name in [(-1, "none"), *enumerate(truth.group_kinds)]:
            by_group[name] = (int(np.count_nonzero(hit & (kinds == index))), int(np.count_nonzero(kinds == index)))
        series = {name: np.array(model.datacollector.model_vars[name], np.float64) for name in SERIES}
        amplifiers = self._layers["amplifiers"]
        fallen = amplifiers[table.status[amplifiers] != Status.ACTIVE]
        return Outcome(
            seed=model.config.seed,
            step_hours=scenario.step_minutes / 60.0,
            n_organic=existed["organic"],
            n_core=existed["core"],
            n_amplifiers=existed["amplifiers"],
            impressions=int(series["impressions"].sum()),
            organic_amplification=int(series["organic_amplification"].sum()),
            organic_impressions=self.organic_impressions,
            reached=np.flatnonzero(self.reached).astype(np.int32),
            suspended={name: self.suspended(name) for name in self._layers},
            suspended_by_group=by_group,
            hours_to_detection={name: self._hours_to_detection(rows) for name, rows in self._layers.items()},
            posts_before_suspension=model.timeline.acts_count[fallen],
            promoted_impressions=model.promotion.impressions,
            promotion_cost=model.promotion.cost,
            second_impressions=model.second_platform.impressions,
            second_reached=np.flatnonzero(model.second_platform.reached).astype(np.int32),
            series=series,
        )

    def _hours_to_detection(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        table, first = self.model.accounts, self.model.timeline.first_time
        rows = rows[(table.status[rows] != Status.ACTIVE) & (first[rows] >= 0)]
        seconds = table.suspended_at[rows] - self.model.config.scenario.start_epoch - first[rows]
        return np.asarray(seconds / 3600.0)


def _ratio(part: float, whole: float) -> float:
    """Return part / whole, or NaN where the whole is zero: undefined, not nought."""
    return float(part) / float(whole) if whole else float("nan")


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
    hit = outcome.suspended
    operation_hit = hit["core"] + hit["amplifiers"]
    posts = outcome.posts_before_suspension
    days = outcome.series["impressions"].size * outcome.step_hours / 24.0
    measures = {
        "reach": float(outcome.reached.size),
        "impressions": float(outcome.impressions),
        "organic_amplification": float(outcome.organic_amplification),
        "reach_cut_off": 1.0 - _ratio(outcome.reached.size, twin.reached.size),
        "impressions_cut_off": 1.0 - _ratio(outcome.impressions, twin.impressions),
        "false_positive_rate": _ratio(hit["organic"], outcome.n_organic),
        "false_positive_rate_per_day": _ratio(_ratio(hit["organic"], outcome.n_organic), days),
        "organic_suspended": float(hit["organic"]),
        "recall": _ratio(operation_hit, outcome.n_core + outcome.n_amplifiers),
        "recall_core": _ratio(hit["core"], outcome.n_core),
        "recall_amplifiers": _ratio(hit["amplifiers"], outcome.n_amplifiers),
        "precision": _ratio(operation_hit, operation_hit + hit["organic"]),
        "median_hours_to_detection_core": _median(outcome.hours_to_detection["core"]),
        "median_hours_to_detection_amplifiers": _median(outcome.hours_to_detection["amplifiers"]),
        "amplifiers_suspended_with_at_most_one_post": _ratio(int(np.count_nonzero(posts <= 1)), posts.size),
        "collateral": float(twin.organic_impressions - outcome.organic_impressions),
        "collateral_share": 1.0 - _ratio(outcome.organic_impressions, twin.organic_impressions),
        "promoted_impressions": float(outcome.promoted_impressions),
        "promotion_cost": outcome.promotion_cost,
        "second_platform_impressions": float(outcome.second_impressions),
        "second_platform_reach": float(outcome.second_reached.size),
        "reach_anywhere": float(np.union1d(outcome.reached, outcome.second_reached).size),
    }
    for name, (suspended, accounts) in outcome.suspended_by_group.items():
        measures[f"false_positive_rate_{name}"] = _ratio(suspended, accounts)
    return measures
