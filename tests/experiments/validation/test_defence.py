"""The command that holds the default defence against the record; what it counts is what the log says."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.validation.defence import BeforeWave, defence_lines, first_times, ladder_lines, main
from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.population.accounts import Status
from tests.experiments.validation.wrong_use import assert_refused

TINY = ["scenario.days=6", "scenario.step_minutes=60"]


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    """Return a run in which everybody who was scored is challenged on the second day."""
    words = ["enforcement.action=challenge", "enforcement.threshold=0.0", "enforcement.challenge.deadline_hours=24"]
    config = load_scenario("hk2019", scale=0.002, seed=1, overrides=TINY)
    made = InfluenceModel(config, "activity", enforcement=load_enforcement(*words))
    made.run()
    return made


def test_the_first_time_of_an_action_is_that_of_the_log(model: InfluenceModel) -> None:
    log, kept = model.platform.actions.log, model.platform.actions
    found = first_times(model, "challenge", route="main")
    rows = (log["action"] == kept.number_of("challenge")) & ~log["lifted"]
    for account in np.unique(log["account"][rows])[:20]:
        assert found[account] == log["time"][rows & (log["account"] == account)].min()
    assert np.isnan(found[np.setdiff1d(np.arange(found.size), log["account"][rows])]).all()
    assert np.isnan(first_times(model, "label")).all()


def test_those_who_fail_are_the_ones_that_were_suspended(model: InfluenceModel) -> None:
    weekly, fail = ladder_lines(model)
    assert 0.0 < weekly.value < 7.0
    ended = np.isfinite(first_times(model, "challenge")) & (model.accounts.status != Status.CHALLENGED)
    suspended = np.isfinite(first_times(model, "suspend"))
    assert fail.value == pytest.approx((suspended & ended).sum() / ended.sum())
    assert 0.0 < fail.value < 1.0


def test_without_a_wave_nobody_is_counted_before_it(model: InfluenceModel) -> None:
    found = {line.quantity: line.value for line in defence_lines(model, BeforeWave())}
    assert np.isnan(found["amplifiers alive just before the wave"])
    assert found["taken by the wave"] == 0
    assert found["people suspended or challenged"] == model.results()["people_hit"]


def test_it_prints_every_seed_beside_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "0.002", "--seeds", "2", *TINY]) == 0
    rows = [line.split("|") for line in capsys.readouterr().out.strip().splitlines()[2:]]
    assert {row[1].strip() for row in rows} == {"–", "14", "15", "16"}
    assert all(row[4].count(",") >= 1 for row in rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "0"], "--seeds must be at least 1; got 0."),
        (["--scale", "0"], "--scale must lie in (0, 1]; got 0."),
        (["enforcement.threshold=x"], "enforcement.threshold"),
        (["operation.cells_per_post=-1"], "operation.cells_per_post must lie in [0, 10000]; got -1.0."),
    ],
)
def test_wrong_use_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert_refused(main, words, message, capsys)
