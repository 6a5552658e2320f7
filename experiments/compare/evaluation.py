"""From a replay and the truth about the run to the bench's figures: rows of long tables.

The measures themselves are in `detectors.evaluation.measures`; here it is said of which accounts they are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.evaluation import measures as evaluate
from detectors.evaluation.history import NEVER, ScoreHistory
from detectors.evaluation.operating_point import ThresholdOutcomes
from experiments.compare.truth import Scene

LAYERS = ("core", "amplifiers", "operation")
EVERYBODY = "all"
RATES = np.unique([0.0, *np.geomspace(1e-5, 1e-2, 31), *np.linspace(0.0, 1.0, 51)])  # of false positives
RECALLS = np.concatenate([np.arange(1, 20) / 200.0, np.linspace(0.1, 1.0, 46)])
HOURS = 6  # between two points of the curve of time to detection


@dataclass
class Rows:
    """Lines of the bench's tables.

    Attributes
    ----------
    measures : list of dict
        part (replay, loop), detector, seed, rule, layer, measure, value.
    groups : list of dict
        detector, seed, rule, by, group, accounts, hit, kind (of `each_community`: numbers of that seed's groups).
    curves : list of dict
        detector, seed, layer, curve (roc, precision_recall, detection_RULE), x, y.
    calibration : list of dict
        detector, seed, bin, score, share, accounts.
    """

    measures: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    curves: list[dict[str, Any]] = field(default_factory=list)
    calibration: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, part: str, labels: Mapping[str, Any], layer: str, found: Mapping[str, float], rule: str = "none"
    ) -> None:
        """Add measures, a line each."""
        self.measures += [
            {"part": part, **labels, "rule": rule, "layer": layer, "measure": name, "value": float(value)}
            for name, value in found.items()
        ]

    def add_curve(self, labels: Mapping[str, Any], layer: str, curve: str, x: Any, y: Any) -> None:
        """Add a curve, a line a point."""
        self.curves += [
            {**labels, "layer": layer, "curve": curve, "x": float(a), "y": float(b)} for a, b in zip(x, y, strict=True)
        ]


def threshold_outcomes_of(scene: Scene, history: ScoreHistory) -> ThresholdOutcomes:
    """Return what each threshold would have come to in a recorded run.

    An impression counts as averted where the post's author or the account that brought it had been suspended by then.
    Nobody takes their place, which flatters a threshold; and what their reposts had got recommended counts as read, as
    no account brought it, which wrongs it. Only a run in the loop knows what comes of both.
    """
    peak = history.peak
    brought = np.maximum(
        history.highest_by(scene.impression_author, scene.impression_time),
        history.highest_by(scene.impression_source, scene.impression_time),
    )
    return ThresholdOutcomes.of(peak[scene.members("organic")], peak[scene.members("operation")], brought)


def judge(
    rows: Rows,
    detector: str,
    scene: Scene,
    history: ScoreHistory,
    thresholds: Mapping[str, float],
    *,
    top: Sequence[int],
    before_posts: Sequence[int],
) -> None:
    """Add all that a replay shows of a detector.

    Parameters
    ----------
    rows : Rows
        Added to.
    detector : str
        Name in the tables.
    thresholds : mapping of str to float
        By the rule that they were chosen by, on other seeds.
    top, before_posts : sequence of int
        See `detectors.evaluation.measures`.
    """
    labels = {"detector": detector, "seed": scene.seed}
    peak, organic = history.peak, scene.members("organic")
    reached = {rule: history.reached(threshold) for rule, threshold in thresholds.items()}
    acts_before = {rule: scene.acts_before(times) for rule, times in reached.items()}
    for layer in LAYERS:
        members = scene.members(layer)
        judged = members | organic
        scores, positive = peak[judged], members[judged]
        rows.add("replay", labels, layer, evaluate.ranking(scores, positive, top))
        rows.add_curve(labels, layer, "roc", RATES, evaluate.roc_at(scores, positive, RATES))
        rows.add_curve(
            labels, layer, "precision_recall", RECALLS, evaluate.precision_at_recall(scores, positive, RECALLS)
        )
        for rule, times in reached.items():
            found = evaluate.at_threshold(times[judged], positive)
            found |= evaluate.timeliness(
                times[members], scene.first_act[members], acts_before[rule][members], before_posts
            )
            rows.add("replay", labels, layer, found, rule)
            hours, share = _caught_within(scene, layer, times)
            rows.add_curve(labels, layer, f"detection_{rule}", hours, share)
    operation = scene.members("operation")
    judged = operation | organic
    mean, share, counts = evaluate.calibration(peak[judged], operation[judged])
    rows.calibration += [
        {**labels, "bin": i, "score": float(m), "share": float(s), "accounts": int(n)}
        for i, (m, s, n) in enumerate(zip(mean, share, counts, strict=True))
    ]
    outcomes = threshold_outcomes_of(scene, history)
    for rule, threshold in thresholds.items():
        left = float(outcomes.impressions([threshold])[0])
        total = outcomes.avertable.size
        averted = 1.0 - left / total if total else float("nan")
        half = _communities_half_hit(scene, reached[rule])
        found = {"threshold": threshold, "impressions_averted": averted, "communities_half_hit": half}
        rows.add("replay", labels, EVERYBODY, found, rule)
        _add_groups(rows, labels, rule, scene, reached[rule])


def _caught_within(scene: Scene, layer: str, reached: Any) -> tuple[Any, Any]:
    """Return hours since the first act and the share of a layer's accounts that acted which are caught within them."""
    members = scene.members(layer)
    acted = int(np.count_nonzero(scene.first_act[members] < NEVER))
    found = np.sort(evaluate.hours_to_detection(reached[members], scene.first_act[members]))
    span = scene.outcome.step_hours * scene.outcome.series["impressions"].size
    hours = np.arange(0.0, span + HOURS, HOURS)
    caught = np.searchsorted(found, hours, side="right")
    return hours, caught / acted if acted else np.full(hours.size, np.nan)


def _add_groups(rows: Rows, labels: Mapping[str, Any], rule: str, scene: Scene, reached: Any) -> None:
    for by, groups in scene.groups.items():
        for name, (hit, accounts) in evaluate.wrongly_hit(reached, groups).items():
            rows.groups.append(
                {**labels, "rule": rule, "by": by, "group": name, "accounts": accounts, "hit": hit, "kind": ""}
            )
    hit, accounts = _by_community(scene, reached)
    kinds = {
        int(number): kind
        for kind, members in scene.groups.get("community", {}).items()
        for number in np.unique(scene.communities[members & (scene.communities >= 0)])
    }
    rows.groups += [
        {**labels, "rule": rule, "by": "each_community", "group": str(i), "accounts": int(n), "hit": int(h),
         "kind": kinds.get(i, "")}
        for i, (h, n) in enumerate(zip(hit, accounts, strict=True))
        if n
    ]  # fmt: skip


def _by_community(scene: Scene, reached: Any) -> tuple[Any, Any]:
    """Return the members hit and the members of each benign coordinated group."""
    inside = scene.members("organic") & (scene.communities >= 0)
    numbers = scene.communities[inside]
    accounts = np.bincount(numbers)
    return np.bincount(numbers[reached[inside] < NEVER], minlength=accounts.size), accounts


def _communities_half_hit(scene: Scene, reached: Any) -> float:
    """Return the share of benign coordinated groups half of whose members, or more, are hit."""
    hit, accounts = _by_community(scene, reached)
    there = accounts > 0
    return float(np.mean(2 * hit[there] >= accounts[there])) if there.any() else float("nan")
