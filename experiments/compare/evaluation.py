"""Evaluation of a replay against the truth about the run: rows of long tables.

The measures are defined in `detectors.evaluation.measures`; this module says over which accounts they are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.base import FloatArray
from detectors.evaluation import measures
from detectors.evaluation.history import NEVER, ScoreHistory
from detectors.evaluation.operating_point import ThresholdOutcomes
from experiments.compare.replay import REPRODUCIBLE
from experiments.compare.truth import RunTruth

LAYERS = ("core", "amplifiers", "operation")
ALL, PUBLIC = "all", "organic"
RATES = np.unique(
    [0.0, *np.geomspace(1e-5, 1e-2, 31), *np.linspace(0.0, 1.0, 51)]
)  # false-positive rates of the ROC curves
RECALLS = np.concatenate([np.arange(1, 20) / 200.0, np.linspace(0.1, 1.0, 46)])
HOURS = 6  # between two points of the curve of detection


@dataclass
class Rows:
    """Rows of a comparison's long tables. The keys of a row say what its value belongs to.

    Attributes
    ----------
    measures : list of dict
        part (replay, loop), detector, seed, rule, layer, measure, value.
    groups : list of dict
        detector, seed, rule, by, group, accounts, hit, kind. Where `by` is `each_community`, `group` is the number of a
        benign coordinated group of that seed and `kind` its kind.
    curves : list of dict
        detector, seed, layer, curve (roc, precision_recall, detection_RULE), x, y.
    calibration : list of dict
        detector, seed, bin, score, share, accounts.
    timings : list of dict
        As measures; what depends on the machine, and differs each time.
    """

    measures: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    curves: list[dict[str, Any]] = field(default_factory=list)
    calibration: list[dict[str, Any]] = field(default_factory=list)
    timings: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, part: str, keys: Mapping[str, Any], layer: str, found: Mapping[str, float], rule: str = "none"
    ) -> None:
        """Add measures, one row each, under the keys detector and seed."""
        self.measures += _long(part, keys, layer, found, rule)

    def add_cost(self, keys: Mapping[str, Any], found: Mapping[str, float]) -> None:
        """Add what a replay took of the machine (`experiments.compare.replay.Cost.measures`)."""
        same = {name: value for name, value in found.items() if name in REPRODUCIBLE}
        self.measures += _long("replay", keys, ALL, same, "none")
        self.timings += _long("replay", keys, ALL, {k: v for k, v in found.items() if k not in same}, "none")

    def add_curve(self, keys: Mapping[str, Any], layer: str, curve: str, x: Any, y: Any) -> None:
        """Add a curve, one row a point."""
        self.curves += [
            {**keys, "layer": layer, "curve": curve, "x": float(a), "y": float(b)} for a, b in zip(x, y, strict=True)
        ]


def _long(
    part: str, keys: Mapping[str, Any], layer: str, found: Mapping[str, float], rule: str
) -> list[dict[str, Any]]:
    return [
        {"part": part, **keys, "rule": rule, "layer": layer, "measure": name, "value": float(value)}
        for name, value in found.items()
    ]


def threshold_outcomes_of(truth: RunTruth, history: ScoreHistory) -> ThresholdOutcomes:
    """Return the outcomes of each threshold in a recorded run.

    An impression counts as averted if the post's author, or the account that brought it, would have been suspended by
    then. This overstates the effect of a threshold, as nobody replaces a suspended account, and understates it, as
    posts that were recommended because of its reposts still count as read: no account brought them. Only a run in the
    loop shows the effect of both.
    """
    peak = history.peak
    brought = np.maximum(
        history.highest_by(truth.impression_author, truth.impression_time),
        history.highest_by(truth.impression_source, truth.impression_time),
    )
    return ThresholdOutcomes.of(peak[truth.members("organic")], peak[truth.members("operation")], brought)


def evaluate(
    rows: Rows,
    detector: str,
    truth: RunTruth,
    history: ScoreHistory,
    thresholds: Mapping[str, float],
    *,
    top: Sequence[int] = (),
    before_posts: Sequence[int] = (),
    within_days: Sequence[int] = (),
    people_hit: Sequence[float] = (),
    prevalences: Sequence[float] = (),
    base_rate: float | None = None,
) -> None:
    """Add the evaluation of one replay of a detector.

    Parameters
    ----------
    rows : Rows
        To which the results are added.
    detector : str
        Name in the tables.
    thresholds : mapping of str to float
        By the rule that chose them, on other seeds.
    top, before_posts, within_days : sequence of int
        See `detectors.evaluation.measures`.
    people_hit : sequence of float
        Shares of the public at which the share found is taken.
    prevalences : sequence of float
        Shares of all accounts at which precision is taken.
    base_rate : float, optional
        The operation's share of the accounts that a ranking is judged on; by default it is what it is.
    """
    keys = {"detector": detector, "seed": truth.seed}
    peak, organic, controls = history.peak, truth.members("organic"), truth.controls()
    acted = truth.acts > 0
    reached = {rule: history.reached(threshold) for rule, threshold in thresholds.items()}
    acts_before = {rule: truth.acts_before(times) for rule, times in reached.items()}
    for layer in LAYERS:
        members = truth.members(layer)
        compared = members | controls
        scores, positive = peak[compared], members[compared]
        found = measures.ranking(scores, positive, top, base_rate)
        active = acted[compared]
        found |= {f"{name}_acted": x for name, x in measures.areas(scores[active], positive[active]).items()}
        rows.add("replay", keys, layer, found)
        rows.add("replay", keys, layer, _sizes(members, acted))
        rows.add_curve(keys, layer, "roc", RATES, measures.roc_at(scores, positive, RATES))
        rows.add_curve(
            keys, layer, "precision_recall", RECALLS, measures.precision_at_recall(scores, positive, RECALLS)
        )
        compared = members | organic
        scores, positive = peak[compared], members[compared]
        rows.add("replay", keys, layer, _where(scores, positive, people_hit, prevalences))
        for rule, times in reached.items():
            found = measures.at_threshold(times[compared], positive, prevalences)
            found |= measures.timeliness(
                times[members], truth.first_act[members], acts_before[rule][members], before_posts, within_days
            )
            rows.add("replay", keys, layer, found, rule)
            hours, share = _caught_within(truth, layer, times)
            rows.add_curve(keys, layer, f"detection_{rule}", hours, share)
    public = _sizes(organic, acted) | {"controls": float(np.count_nonzero(controls))}
    rows.add("replay", keys, PUBLIC, public)
    operation = truth.members("operation")
    compared = operation | organic
    mean, share, counts = measures.calibration(peak[compared], operation[compared])
    rows.calibration += [
        {**keys, "bin": i, "score": float(m), "share": float(s), "accounts": int(n)}
        for i, (m, s, n) in enumerate(zip(mean, share, counts, strict=True))
    ]
    outcomes = threshold_outcomes_of(truth, history)
    for rule, threshold in thresholds.items():
        left = float(outcomes.impressions([threshold])[0])
        total = outcomes.avertable.size
        averted = 1.0 - left / total if total else float("nan")
        half = _communities_half_hit(truth, reached[rule])
        found = {"threshold": threshold, "impressions_averted": averted, "communities_half_hit": half}
        rows.add("replay", keys, ALL, found, rule)
        _add_groups(rows, keys, rule, truth, reached[rule])


def _sizes(members: Any, acted: Any) -> dict[str, float]:
    """Return how many accounts a layer has, and how many of them posted or reposted."""
    return {
        "accounts": float(np.count_nonzero(members)),
        "accounts_acted": float(np.count_nonzero(members & acted)),
    }


def _where(
    scores: FloatArray, positive: Any, people_hit: Sequence[float], prevalences: Sequence[float]
) -> dict[str, float]:
    """Return the share of a layer found where exactly so many people are hit, and the precision there."""
    found: dict[str, float] = {}
    recalls, hit = measures.recall_where(scores, positive, people_hit)
    for share, recall, rate in zip(people_hit, recalls, hit, strict=True):
        found[f"recall_at_{share:g}_hit"] = float(recall)
        for prevalence in prevalences:
            precision = measures.precision_if(recall, rate, prevalence)
            found[f"precision_at_{share:g}_hit_if_{prevalence:g}"] = float(precision)
    return found


def _caught_within(truth: RunTruth, layer: str, reached: Any) -> tuple[Any, Any]:
    """Return hours since the first act and, of a layer's accounts that acted, the share caught within those hours."""
    members = truth.members(layer)
    acted = int(np.count_nonzero(truth.first_act[members] < NEVER))
    found = np.sort(measures.hours_to_detection(reached[members], truth.first_act[members]))
    span = truth.outcome.step_hours * truth.outcome.series["impressions"].size
    hours = np.arange(0.0, span + HOURS, HOURS)
    caught = np.searchsorted(found, hours, side="right")
    return hours, caught / acted if acted else np.full(hours.size, np.nan)


def _add_groups(rows: Rows, keys: Mapping[str, Any], rule: str, truth: RunTruth, reached: Any) -> None:
    for by, groups in truth.groups.items():
        for name, (hit, accounts) in measures.wrongly_hit(reached, groups).items():
            rows.groups.append(
                {**keys, "rule": rule, "by": by, "group": name, "accounts": accounts, "hit": hit, "kind": ""}
            )
    hit, accounts = _by_community(truth, reached)
    kinds = {
        int(number): kind
        for kind, members in truth.groups.get("community", {}).items()
        for number in np.unique(truth.communities[members & (truth.communities >= 0)])
    }
    rows.groups += [
        {**keys, "rule": rule, "by": "each_community", "group": str(i), "accounts": int(n), "hit": int(h),
         "kind": kinds.get(i, "")}
        for i, (h, n) in enumerate(zip(hit, accounts, strict=True))
        if n
    ]  # fmt: skip


def _by_community(truth: RunTruth, reached: Any) -> tuple[Any, Any]:
    """Return the number of members hit and the number of members of each benign coordinated group."""
    inside = truth.members("organic") & (truth.communities >= 0)
    numbers = truth.communities[inside]
    accounts = np.bincount(numbers)
    return np.bincount(numbers[reached[inside] < NEVER], minlength=accounts.size), accounts


def _communities_half_hit(truth: RunTruth, reached: Any) -> float:
    """Return the share of benign coordinated groups half of whose members, or more, are hit."""
    hit, accounts = _by_community(truth, reached)
    there = accounts > 0
    return float(np.mean(2 * hit[there] >= accounts[there])) if there.any() else float("nan")
