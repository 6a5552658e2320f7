"""Where there is no operation every account hit is hit by mistake: the true false-positive rate of each detector."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.base import FloatArray
from experiments.compare.evaluation import LAYERS, Rows, evaluate
from experiments.compare.recording import Recording, record
from experiments.compare.replay import fit, is_supervised, replay
from experiments.compare.truth import RunTruth
from sim import load_scenario
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from sim.observation import Observation
from tests.experiments.tiny import TINY

NO_OPERATION = [
    "scenario.scale=1",
    "scenario.organic=3000",
    "scenario.days=4",
    "graph.neighbourhood=20",
    "graph.mean_following=10",
]
CADENCE = 12  # steps
DETECTORS = [name for name in available("detector") if name != "oracle"]
SILENT = {
    "access",
    "fast_repost",
    "null_model",
    "rtbust",
    "windowed_co_repost",
}  # may score no account above 0: the world is small


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("without")


@cache
def recorded(scenario: str, folder: Path) -> tuple[Recording, RunTruth]:
    overrides = list(TINY) if scenario == "hk2019" else NO_OPERATION
    return record(load_scenario(scenario, seed=4, overrides=overrides), folder / scenario)


class Listener:
    """Passes steps to a detector and keeps its scores of the registered accounts at each scoring."""

    def __init__(self, detector: Any) -> None:
        self.detector, self.requires = detector, detector.requires | {"registered"}
        self.scorings: list[dict[int, float]] = []
        self.registered: set[int] = set()

    def observe(self, observation: Observation) -> None:
        self.registered = set(np.flatnonzero(observation.column("registered")).tolist())
        self.detector.observe(observation)

    def score(self) -> FloatArray:
        scores = self.detector.score()
        self.scorings.append({account: float(scores[account]) for account in self.registered})
        return scores


@pytest.mark.parametrize("name", DETECTORS)
def test_the_false_positive_rate_is_the_share_of_the_whole_public_that_is_hit(name: str, folder: Path) -> None:
    recording, truth = recorded("spam_only", folder)
    listener = Listener(load_detector(name, seed=1))
    if is_supervised(listener.detector):
        fit(listener.detector, *recorded("hk2019", folder))
    history, _ = replay(recording, truth, listener, cadence_steps=CADENCE, delay_seconds=0, step_seconds=3600)

    public = listener.registered
    assert len(public) == truth.registered.sum() > 2500
    assert len(listener.scorings) == recording.n_steps // CADENCE
    levels = sorted({score for scoring in listener.scorings for score in scoring.values() if score == score})
    some = levels[:: max(len(levels) // 7, 1)]
    thresholds = {f"at {threshold:g}": threshold for threshold in {0.0, 0.5, 1.0, float("inf"), *some, *levels[-1:]}}
    rows = Rows()
    evaluate(rows, name, truth, history, thresholds, top=(10,), before_posts=(1,))
    measures = {(row["layer"], row["rule"], row["measure"]): row["value"] for row in rows.measures}
    for rule, threshold in thresholds.items():
        hit = {account for scoring in listener.scorings for account, score in scoring.items() if score >= threshold}
        for layer in LAYERS:
            assert measures[layer, rule, "false_positive_rate"] == len(hit) / len(public)
            assert np.isnan(measures[layer, rule, "recall"])
            precision = measures[layer, rule, "precision"]
            assert precision == 0.0 if hit else np.isnan(precision)
        for by in ("language", "activity", "community"):
            groups = [row for row in rows.groups if (row["rule"], row["by"]) == (rule, by)]
            assert sum(row["accounts"] for row in groups) == len(public)
            assert sum(row["hit"] for row in groups) == len(hit)
    assert name in SILENT or levels[-1] > 0.0  # or the rates would all be of nothing
    for layer in LAYERS:
        assert measures[layer, "none", "base_rate"] == measures[layer, "none", "precision_at_10"] == 0.0
        assert np.isnan(measures[layer, "none", "auc"])
        assert np.isnan(measures[layer, "none", "average_precision"])


@pytest.mark.parametrize("scenario", ["quiet", "spam_only"])
def test_no_account_is_the_operations_and_random_scores_hit_one_minus_the_threshold(
    scenario: str, folder: Path
) -> None:
    """2500 accounts and more: 4 standard deviations of a share of 0.2 are 0.032."""
    recording, truth = recorded(scenario, folder)
    assert not truth.operation.any()
    assert truth.act_account.size == truth.impression_time.size == 0
    listener = Listener(load_detector("random", seed=1))
    history, _ = replay(recording, truth, listener, cadence_steps=CADENCE, delay_seconds=0, step_seconds=3600)
    rows = Rows()
    evaluate(rows, "random", truth, history, {"some": 0.8}, top=(), before_posts=())
    rates = [row["value"] for row in rows.measures if row["measure"] == "false_positive_rate"]
    assert rates == [pytest.approx(0.2, abs=0.032)] * len(LAYERS)
