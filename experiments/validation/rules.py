"""How well rules of ten lines find the operation: row 40 and the AUC of the share of reposts.

In the record such rules find little. If one of them does in the simulation, its public is too uniform.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from detectors.activity import Activity
from detectors.base import Detector, FloatArray
from detectors.evaluation.history import ScoreHistory
from detectors.evaluation.measures import SMALL_RATE, ranked
from detectors.evaluation.operating_point import ThresholdOutcomes, within_budget
from detectors.office_hours import OfficeHours
from detectors.repost_share import RepostShare
from experiments.validation.line import Line, band, unknown
from sim import InfluenceModel
from sim.observation import Observation
from sim.population.truth import Layer

_DAY = 86_400
_LEAST, _HALF = 5, 0.5  # acts, and the share of reposts among them, of the accounts of the record
_RULES = {"repost share": RepostShare, "activity": Activity, "office hours": OfficeHours}

BoolArray = NDArray[np.bool_]


def rule_lines(model: InfluenceModel) -> list[Line]:
    """Measure how well the simple rules, scored once a day as detectors are, find the operation."""
    scenario, table = model.config.scenario, model.accounts
    acted = np.bincount(model.activity["account"], minlength=scenario.n_accounts) > 0
    layer = model.world.truth.layer
    people = (layer == Layer.ORGANIC) & (table.created < scenario.start_epoch + scenario.days * _DAY)
    scores = {name: highest_scores(model, rule()) for name, rule in _RULES.items()}
    alike = table.language.astype(np.int64) << 8 | (table.utc_offset.astype(np.int64) + 128)
    whole = highest_scores(model, RepostShare(window_hours=24.0 * scenario.days, min_acts=_LEAST), 1)
    half = (whole >= _HALF) & (people | (layer == Layer.AMPLIFIER))
    layers = {"core": acted & (layer == Layer.CORE), "amplifiers": acted & (layer == Layer.AMPLIFIER)}
    found = []
    for who, members in layers.items():
        office = scores["office hours"]
        among = (members | people) & ~np.isnan(office)  # who acts seldom has no score and would decide the figure
        found += [
            Line("40", f"office hours: AUC of the scored, {who} against people", unknown(), "{:.2f}",
                 area(office[among], members[among])),
            Line("40", f"office hours: AUC of the scored, {who} against people of their language and time zone",
                 unknown(), "{:.2f}", area_within(office[among], members[among], alike[among])),
        ]  # fmt: skip
    return [
        *found,
        Line("32", f"repost share: AUC, amplifiers among accounts with {_LEAST} acts, half of them reposts",
             band(0.6, 0.85, "0.75 (a band of 0.6 to 0.85)"), "{:.2f}", area(whole[half], ~people[half])),
        *(
            Line("–", f"{name}: {who} found where 1% of people are hit", unknown(), "{:.1%}",
                 recall_within(highest, members, people, SMALL_RATE))
            for name, highest in scores.items()
            for who, members in layers.items()
        ),
    ]  # fmt: skip


def highest_scores(model: InfluenceModel, detector: Detector, scorings: int | None = None) -> FloatArray:
    """Return the highest score of each account over a run, under the numbers of the log: float64 (accounts,).

    Parameters
    ----------
    detector : Detector
        New, and one that reads time, account and kind of acts alone.
    scorings : int, optional
        Equally spaced; by default one a day.
    """
    scenario, log = model.config.scenario, model.activity
    n, epoch, end = scenario.n_accounts, scenario.start_epoch, scenario.days * _DAY
    bounds = np.linspace(0, end, (scorings or scenario.days) + 1).astype(np.int64)
    rows = np.searchsorted(log["time"], bounds)
    history = ScoreHistory(n)
    fields = {"time": log["time"].astype(np.int64) + epoch, "account": log["account"], "kind": log["kind"]}
    fields["kind"] = fields["kind"].astype(np.int8)
    for step, (first, last) in enumerate(pairwise(rows)):
        events = {name: column[first:last] for name, column in fields.items() if name in detector.requires}
        start, until = int(bounds[step]) + epoch, int(bounds[step + 1]) + epoch
        detector.observe(Observation(step=step, start=start, end=until, n_accounts=n, columns={}, events=events))
        history.add(until, detector.score())
    return history.peak


def area(scores: FloatArray, positive: BoolArray) -> float:
    """Return the AUC, those without a score ranked below all others; NaN without both kinds of account."""
    both = positive.any() and not positive.all()
    return float(roc_auc_score(positive, ranked(scores))) if both else float("nan")


def area_within(scores: FloatArray, positive: BoolArray, stratum: NDArray[np.integer]) -> float:
    """Return the probability that a positive account has the higher score of two of one stratum, ties counting half.

    A mean over the positive accounts of strata that have both kinds; NaN where none has.
    """
    found, weight = 0.0, 0
    for value in np.unique(stratum[positive]):
        inside = stratum == value
        if not positive[inside].all():
            number = int(np.count_nonzero(positive & inside))
            found, weight = found + number * area(scores[inside], positive[inside]), weight + number
    return found / weight if weight else float("nan")


def recall_within(scores: FloatArray, positive: BoolArray, people: BoolArray, budget: float) -> float:
    """Return the share of the positive that reach the lowest threshold at which a share `budget` of people is hit.

    NaN without positive accounts or without people.
    """
    if not positive.any() or not people.any():
        return float("nan")
    threshold = within_budget([ThresholdOutcomes.of(scores[people], scores[positive], [])], budget)
    return float(np.mean(scores[positive] >= threshold))
