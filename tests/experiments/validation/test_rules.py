"""How well simple rules find the operation is measured as for any detector."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from detectors.repost_share import RepostShare
from experiments.compare.recording import record
from experiments.compare.replay import replay
from experiments.validation.rules import area, area_within, highest_scores, recall_within, rule_lines
from sim import InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.population.truth import Layer
from tests.worlds import PLAIN_OPERATION


@pytest.fixture(scope="module")
def config() -> WorldConfig:
    few_and_busy = ["scenario.amplifiers=20000", "scenario.core=4000", "scenario.days=9", *PLAIN_OPERATION]
    return load_scenario("hk2019", scale=0.01, seed=1, overrides=few_and_busy)


@pytest.fixture(scope="module")
def model(config: WorldConfig) -> InfluenceModel:
    made = InfluenceModel(config)
    made.run()
    return made


def test_scores_from_the_log_are_those_of_a_replay(model: InfluenceModel, config: WorldConfig, tmp_path: Path) -> None:
    recording, truth = record(config, tmp_path / "recording", ("time", "account", "kind"))
    history, _ = replay(
        recording, truth, RepostShare(), cadence_steps=72, delay_seconds=0, step_seconds=config.scenario.step_seconds
    )
    found = highest_scores(model, RepostShare())
    assert np.count_nonzero(~np.isnan(found)) > 500
    np.testing.assert_array_equal(found, history.peak[model.platform.pseudonyms])


def test_the_area_against_alike_people_counts_pairs_within_a_stratum() -> None:
    draw = np.random.Generator(np.random.Philox(key=3))
    scores, stratum = np.round(draw.random(60), 1), draw.integers(0, 4, 60)
    positive = draw.random(60) < 0.3
    stratum[positive & (stratum == 3)] = 2  # nobody to be found in the last
    scores[::7] = np.nan
    filled = np.where(np.isnan(scores), -1.0, scores)
    wins = {int(i): [] for i in np.flatnonzero(positive)}
    for i, j in product(np.flatnonzero(positive), np.flatnonzero(~positive)):
        if stratum[i] == stratum[j]:
            wins[int(i)].append((filled[i] > filled[j]) + (filled[i] == filled[j]) / 2)
    assert area_within(scores, positive, stratum) == pytest.approx(np.mean([np.mean(each) for each in wins.values()]))
    assert area_within(scores, positive, np.zeros(60, int)) == pytest.approx(area(scores, positive))
    assert np.isnan(area_within(scores, positive, positive.astype(int)))


def test_recall_is_that_of_the_lowest_threshold_within_the_budget() -> None:
    scores = np.array([0.9, 0.8, 0.8, 0.3, np.nan, *np.linspace(0.5, 0.7, 94), 0.95])
    people = np.arange(100) >= 1
    positive = ~people
    assert recall_within(scores, positive, people, 0.01) == 0.0  # one person has more
    assert recall_within(scores, positive, people, 0.02) == 1.0
    tied = np.where(scores == 0.95, 0.9, scores)
    assert recall_within(tied, positive, people, 0.005) == 0.0  # who shares the score of a person is not hit alone
    assert np.isnan(recall_within(scores, np.zeros(100, bool), people, 0.01))


def test_repost_share_is_measured_among_accounts_of_which_half_is_reposts(model: InfluenceModel) -> None:
    acts, reposts = (np.zeros(model.config.scenario.n_accounts) for _ in range(2))
    for account, kind in zip(model.activity["account"].tolist(), model.activity["kind"].tolist(), strict=True):
        acts[account], reposts[account] = acts[account] + 1, reposts[account] + (kind == 1)
    enough = (acts >= 5) & (reposts >= acts / 2)
    share, layer = reposts[enough] / acts[enough], model.world.truth.layer[enough]
    bots, people = share[layer == Layer.AMPLIFIER], share[layer == Layer.ORGANIC]
    expected = np.mean([(bot > people).mean() + (bot == people).mean() / 2 for bot in bots])
    found = {line.quantity: line.value for line in rule_lines(model)}
    assert bots.size > 50 < people.size
    assert found["repost share: AUC, amplifiers among accounts with 5 acts, half of them reposts"] == pytest.approx(
        expected
    )


def test_without_an_operation_there_is_nothing_to_find() -> None:
    model = InfluenceModel(load_scenario("quiet", scale=0.002, seed=1, overrides=["scenario.days=2"]))
    model.run()
    assert all(np.isnan(line.value) for line in rule_lines(model))
