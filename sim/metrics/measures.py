"""The measures of a run beside its unenforced twin.

Definitions are those of the design's table of measures and of docs/glossary.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.metrics.locks import readers_among, remaining
from sim.metrics.outcome import Outcome
from sim.operation.costs import ACCOUNT_ITEMS

#: The measures of `results` that set a run beside its twin.
TWIN_MEASURES = (
    "reach_cut_off", "impressions_cut_off", "reach_cut_off_before", "impressions_cut_off_before",
    "reach_cut_off_after", "impressions_cut_off_after", "collateral", "collateral_share", "posts_lost",
)  # fmt: skip


def _ratio(part: float, whole: float) -> float:
    """Return part / whole, or NaN where the whole is zero: undefined, not zero."""
    return float(part) / float(whole) if whole else float("nan")


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else float("nan")


def results(outcome: Outcome, twin: Outcome) -> dict[str, float]:
    """Return the measures of a run beside its unenforced twin, as a plain dict.

    What is cut off is one less a ratio: of reach or impressions in the run to those in the twin, where reads at times
    when the reader is locked or suspended in the run are left out of both. So to silence a reader cuts nothing off.
    The same measures are given for the reads before the day of the announcement, and for those from its beginning on;
    NaN where there is none within the run, or none yet.

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
    suspended = outcome.organic_by_action.get("suspend", 0)
    people, hours = outcome.people_hit, outcome.hours_to_reinstatement
    posts_lost = int(twin.posts[people].sum(dtype=np.int64)) - int(outcome.posts[people].sum(dtype=np.int64))
    lost_seconds = int((outcome.locked_until - outcome.locked_from).sum(dtype=np.int64))
    cost, accounts = sum(outcome.costs.values()), sum(outcome.costs[name] for name in ACCOUNT_ITEMS)
    measures = {
        "reach": float(outcome.reached.size),
        "share_of_reach_by_recommendation": _ratio(outcome.reached_by_recommendation, outcome.reached.size),
        "impressions": float(outcome.impressions),
        "organic_amplification": float(outcome.organic_amplification),
        **_cut_off(outcome, twin),
        "people_hit": _ratio(people.size, outcome.n_organic),
        "people_hit_per_million": 1e6 * _ratio(people.size, outcome.n_organic),
        "people_hit_count": float(people.size),
        "people_suspended_per_million": 1e6 * _ratio(suspended, outcome.n_organic),
        "people_challenged_passed": _ratio(outcome.people_passed, outcome.n_organic),
        "people_challenged_passed_per_million": 1e6 * _ratio(outcome.people_passed, outcome.n_organic),
        "people_reinstated": _ratio(outcome.people_reinstated, people.size),
        "median_hours_to_reinstatement": _median(hours),
        "person_days_lost": lost_seconds / 86_400.0,
        "posts_lost": float(posts_lost),
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


def _cut_off(outcome: Outcome, twin: Outcome) -> dict[str, float]:
    """Return what is cut off of reach and impressions: of all reads, and of those before and after the announcement."""
    kept, others, day = remaining(outcome, outcome), remaining(twin, outcome), outcome.announced
    if day < 0:  # no read lies before an announcement that is not there, nor after it
        spans = {"_before": (0, 0), "_after": (0, 0)}
    else:
        spans = {"_before": (0, day), "_after": (day, np.iinfo(np.int32).max)}
    measures = {}
    for name, (begin, end) in {"": (0, np.iinfo(np.int32).max), **spans}.items():
        read, in_twin = (
            some & (of.impression_time >= begin) & (of.impression_time < end)
            for of, some in ((outcome, kept), (twin, others))
        )
        measures[f"reach_cut_off{name}"] = 1.0 - _ratio(readers_among(outcome, read), readers_among(twin, in_twin))
        measures[f"impressions_cut_off{name}"] = 1.0 - _ratio(int(read.sum()), int(in_twin.sum()))
    return measures


def own_measures(outcome: Outcome) -> dict[str, float]:
    """Return the measures of a run that need no twin: those of `results` but `TWIN_MEASURES`."""
    return {name: value for name, value in results(outcome, outcome).items() if name not in TWIN_MEASURES}
