"""A replay scores as a run does, its times are those of a run, and detectors that misbehave are named."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from detectors import CoRepost, OracleDetector
from detectors.evaluation import measures as evaluate
from detectors.evaluation.history import NEVER, ScoreHistory
from experiments.compare.evaluation import Rows, threshold_outcomes_of
from experiments.compare.evaluation import evaluate as measure_all
from experiments.compare.recording import Recording, record
from experiments.compare.replay import PeakMemory, cadence_steps, replay
from experiments.compare.truth import RunTruth
from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.config.detector import load_detector
from sim.observation import DetectorError, Observation
from sim.population.accounts import NEVER as NOT_SUSPENDED
from sim.population.truth import Layer
from tests.experiments import odd_detectors
from tests.experiments.tiny import TINY

WORLD = load_scenario(
    "hk2019", seed=3, overrides=[*TINY, "scenario.amplifiers=200", "scenario.days=3", "operation=static"]
)
OUTCOME = SimpleNamespace(step_hours=1.0, series={"impressions": np.zeros(3)})
ENFORCEMENT = load_enforcement("enforcement.cadence_hours=12", "enforcement.delay_hours=6.4")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, RunTruth]:
    return record(WORLD, tmp_path_factory.mktemp("replay") / "here")


def played(recorded, detector):
    return replay(
        *recorded, detector, cadence_steps=cadence_steps(ENFORCEMENT, WORLD),
        delay_seconds=round(ENFORCEMENT.delay_hours * 3600), step_seconds=WORLD.scenario.step_seconds,
    )  # fmt: skip


def test_a_replay_gives_the_scores_of_a_run(recorded):
    model = InfluenceModel(WORLD, CoRepost(min_reposts=1), enforcement=load_enforcement("enforcement=never"))
    scores = []
    every = cadence_steps(ENFORCEMENT, WORLD)
    while model.step_number < model.n_steps:
        model.step()
        if model.step_number % every == 0:
            seen = model.platform.detector.score()
            seen[
                ~(model.accounts.created < WORLD.scenario.start_epoch + model.step_number * 3600)[
                    model.platform._internal
                ]
            ] = np.nan
            scores.append(seen)
    history, cost = played(recorded, CoRepost(min_reposts=1))
    assert len(history.times) == len(scores) == 6
    highest = np.where(np.isnan(scores), -1.0, scores).max(axis=0)
    assert (highest > 0).sum() > 10
    assert np.array_equal(np.where(np.isnan(history.peak), -1.0, history.peak), highest)
    assert cost.steps == len(cost.observe_seconds) == WORLD.scenario.n_steps
    assert cost.measures()["cpu_seconds"] > 0.0


def test_the_times_of_a_replay_are_those_at_which_a_run_suspends(recorded):
    """The ceiling's own actions change nothing of what it says, so that loop and replay must agree to the second."""
    model = InfluenceModel(WORLD, OracleDetector(), 0.5, enforcement=ENFORCEMENT)
    model.run()
    reached = played(recorded, OracleDetector())[0].reached(0.5)[model.platform.pseudonyms]
    end = WORLD.scenario.start_epoch + WORLD.scenario.n_steps * 3600
    in_time = np.where(reached < end, reached, NEVER)
    assert np.array_equal(
        in_time, np.where(model.accounts.suspended_at == NOT_SUSPENDED, NEVER, model.accounts.suspended_at)
    )
    assert (in_time < NEVER).sum() > 10


def synthetic_truth(layer: np.ndarray, draw: np.random.Generator, impressions: int = 0) -> RunTruth:
    """Return a truth of registered accounts in which impressions were brought by anybody, or by nobody (-1)."""
    n, nothing = layer.size, np.empty(0, np.int64)
    return RunTruth(
        seed=1, layer=layer.astype(np.uint8), registered=np.ones(n, np.bool_), groups={}, communities=np.full(n, -1),
        acts=np.zeros(n, np.int64), matched=None, first_act=np.full(n, NEVER), act_account=nothing, act_time=nothing,
        impression_time=draw.integers(0, 100, impressions), impression_author=draw.integers(0, n, impressions),
        impression_source=draw.integers(-1, n, impressions), outcome=None,
    )  # fmt: skip


def test_impressions_averted_are_those_read_after_somebody_who_brought_them_fell():
    draw = np.random.Generator(np.random.Philox(key=1))
    truth = synthetic_truth(np.where(np.arange(40) < 30, Layer.ORGANIC, Layer.CORE), draw, impressions=2000)
    history = ScoreHistory(40)
    for time in (20, 40, 60, 80):
        history.add(time, np.where(draw.random(40) < 0.3, np.nan, draw.random(40)))
    outcomes = threshold_outcomes_of(truth, history)
    assert outcomes.n_organic == 30
    for threshold in (0.1, 0.5, 0.9, 1.0):
        fallen = np.append(history.reached(threshold), NEVER)  # the last is nobody
        first = np.minimum(fallen[truth.impression_author], fallen[truth.impression_source])
        left = np.count_nonzero(first > truth.impression_time)
        assert outcomes.impressions([threshold])[0] == left
        assert outcomes.wrongly_hit([threshold])[0] == np.count_nonzero(history.peak[:30] >= threshold)
    assert outcomes.impressions([0.5])[0] < 1900


def test_of_accounts_that_acted_alone_what_is_activity_in_an_area_falls_away():
    """A rule that says no more than who acts: the core all acts, half of the people do, and scores are chance."""
    n = 4000
    draw = np.random.Generator(np.random.Philox(key=4))
    layer = np.where(np.arange(n) < 400, Layer.CORE, Layer.ORGANIC)
    acts = np.where((layer == Layer.CORE) | (np.arange(n) % 2 == 0), 3, 0)
    truth = replace(synthetic_truth(layer, draw), acts=acts)
    history = ScoreHistory(n)
    history.add(1, np.where((acts > 0) & (np.arange(n) // 2 % 4 < 3), draw.random(n), np.nan))
    rows = Rows()
    measure_all(rows, "rule", truth, history, {}, people_hit=(0.001,), prevalences=(0.001,))
    found = {(row["layer"], row["measure"]): row["value"] for row in rows.measures}
    assert found["core", "auc"] > 0.6
    assert found["core", "auc_scored_acted"] == pytest.approx(0.5, abs=0.074)  # 4 standard deviations
    assert found["core", "coverage_acted"] == found["core", "coverage"] == 0.75
    assert found["core", "coverage_organic_acted"] == 0.75
    assert found["core", "coverage_organic"] == 0.375
    assert (found["organic", "accounts"], found["organic", "accounts_acted"]) == (3600, 1800)
    assert (found["core", "accounts"], found["amplifiers", "accounts"]) == (400, 0)
    recall = found["core", "recall_at_0.001_hit"]
    assert found["core", "precision_at_0.001_hit_if_0.001"] == pytest.approx(recall / (recall + 0.999))


def test_matched_controls_alone_are_what_a_ranking_is_judged_against_and_everybody_can_be_hit():
    draw = np.random.Generator(np.random.Philox(key=3))
    layer = np.where(np.arange(40) < 30, Layer.ORGANIC, Layer.CORE)
    truth = replace(synthetic_truth(layer, draw), matched=np.arange(40) < 10, outcome=OUTCOME)
    history = ScoreHistory(40)  # below the matched, above the others
    history.add(1, np.where(layer == Layer.CORE, 0.5, np.where(np.arange(40) < 10, 0.9, 0.1)))
    rows = Rows()
    measure_all(rows, "rule", truth, history, {"some": 0.5}, people_hit=(0.5,), base_rate=0.2)
    found = {(row["layer"], row["measure"]): row["value"] for row in rows.measures}
    assert (found["organic", "accounts"], found["organic", "controls"]) == (30, 10)
    assert found["core", "auc"] == 0.0
    assert found["core", "base_rate"] == found["core", "average_precision"] == 0.2
    assert found["core", "lift"] == 1.0
    assert found["core", "recall_at_0.5_hit"] == 1.0
    assert found["core", "false_positive_rate"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("name", "did"),
    [
        ("WrongShape", r"score\(\) must return shape \(604,\), one score an account; got \(603,\)"),
        ("TooHigh", r"score\(\) must lie in \[0, 1\] or be NaN; got 2"),
        ("Infinite", r"score\(\) must lie in \[0, 1\] or be NaN; got inf"),
        ("NoArray", r"score\(\) must return a float64 array; got list"),
        ("Raises", r"score\(\) raised ZeroDivisionError: nothing to divide by"),
        ("Leaves", r"score\(\) raised SystemExit: 3"),
        ("Mutates", r"observe\(\) raised ValueError: assignment destination is read-only"),
        ("Refuses", r"takes at most 10 accounts; got 604"),
    ],
)
def test_a_detector_that_misbehaves_is_named_with_what_it_did(recorded, name, did):
    with pytest.raises(DetectorError, match=f"detector {name}:? ?{did}"):
        played(recorded, getattr(odd_detectors, name)())


def test_a_comparison_gives_a_gaussian_detector_its_analytic_rates_at_every_threshold(tmp_path):
    """The whole way from recording to curve; the bound is that of Dvoretzky, Kiefer and Wolfowitz at 1e-6."""
    n, d = 120_000, 1.0
    recording = Recording(tmp_path / "synthetic", {"account"})
    for step in range(2):
        recording.add(
            Observation(
                step=step,
                start=step * 3600,
                end=(step + 1) * 3600,
                n_accounts=n,
                columns={"registered": np.ones(n, np.bool_)},
                events={"account": np.empty(0, np.int32)},
            )
        )
    draw = np.random.Generator(np.random.Philox(key=2))
    truth = synthetic_truth(np.where(draw.random(n) < 0.3, Layer.AMPLIFIER, Layer.ORGANIC), draw)
    made = load_detector({"_target_": "tests.experiments.odd_detectors.Gaussian", "d": d, "seed": 9})
    history, _ = replay(recording, truth, made, cadence_steps=1, delay_seconds=0, step_seconds=3600)
    members, organic = truth.members("amplifiers"), truth.members("organic")
    bound = np.sqrt(np.log(2.0 / 1e-6) / (2.0 * members.sum()))
    outcomes = threshold_outcomes_of(truth, history)
    for threshold in np.linspace(0.0, 1.0, 101):
        found = evaluate.at_threshold(history.reached(threshold), members)
        assert found["false_positive_rate"] == pytest.approx(1.0 - threshold, abs=bound)
        assert found["recall"] == pytest.approx(stats.norm.sf(stats.norm.ppf(threshold) - d), abs=bound)
        assert outcomes.wrongly_hit([threshold])[0] == round(found["false_positive_rate"] * organic.sum())
    assert evaluate.ranking(history.peak, members)["auc"] == pytest.approx(stats.norm.cdf(d / np.sqrt(2)), abs=0.01)


def test_the_rise_of_memory_is_what_was_taken_and_is_set_back():
    memory = PeakMemory()
    if np.isnan(memory.risen()):
        pytest.skip("the operating system does not tell")
    block = np.ones(40 * 2**17)  # 40 MB
    assert block.sum() > 0
    del block
    assert 38.0 < memory.risen() < 60.0
    assert PeakMemory().risen() < 20.0
