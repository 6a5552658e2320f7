"""The default defence in hk2019 has the outcome of 2019; without an operation all its actions are mistakes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from experiments.validation.defence import BeforeWave
from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.population.accounts import Status
from sim.population.truth import Layer


@cache
def defended(scenario: str, scale: float, *overrides: str) -> tuple[InfluenceModel, BeforeWave]:
    """Return a run of the default defence, and what was alive just before its wave, if it had one."""
    config = load_scenario(scenario, scale=scale, seed=1, overrides=list(overrides))
    model = InfluenceModel(config, "co_repost", enforcement=load_enforcement("enforcement=defence"))
    before = BeforeWave()
    model.run(before.note)
    return model, before


def hit_by(model: InfluenceModel, route: str, layer: Layer) -> int:
    """Return how many accounts of a layer a route suspended or challenged, by the enforcement log."""
    actions = model.platform.actions
    log, locking = actions.log, [actions.number_of(name) for name in ("suspend", "challenge")]
    first = ~log["lifted"] & (log["route"] == actions.routes.index(route)) & np.isin(log["action"], locking)
    return int(np.unique(log["account"][first & (model.world.truth.layer[log["account"]] == layer)]).size)


@pytest.mark.slow
def test_nine_in_ten_suspended_amplifiers_had_posted_at_most_once() -> None:
    outcome = defended("hk2019", 0.05)[0].outcome()
    assert outcome.posts_before_suspension.size > 5000
    assert (outcome.posts_before_suspension <= 1).mean() >= 0.9


@pytest.mark.slow
def test_most_amplifiers_alive_just_before_the_wave_came_after_the_first_suspensions() -> None:
    before = defended("hk2019", 0.05)[1]
    assert before.alive is not None
    assert before.alive > 500
    assert before.late > 0.6 * before.alive


@pytest.mark.slow
def test_the_core_outlives_the_automatic_routes_and_falls_in_the_wave() -> None:
    model, _ = defended("hk2019", 0.05)
    core = model.world.truth.accounts(Layer.CORE)
    acted = core[model.timeline.first_time[core] >= 0]
    assert 10 <= acted.size < 0.6 * core.size  # a third of the 47 personas acts: the others cannot be found, nor reach
    wave = hit_by(model, "investigation", Layer.CORE)
    assert hit_by(model, "main", Layer.CORE) + hit_by(model, "fast", Layer.CORE) <= 0.1 * acted.size
    assert wave >= 0.5 * acted.size
    report, scenario = model.platform.investigation.report, model.config.scenario
    assert report.wave is not None
    assert report.wave < scenario.announced_seconds


@pytest.mark.slow
def test_at_most_one_person_in_a_thousand_is_suspended_or_challenged() -> None:
    outcome = defended("hk2019", 0.05)[0].outcome()
    assert 0 < outcome.people_hit.size <= 0.001 * outcome.n_organic
    assert 0 < outcome.people_passed < outcome.people_hit.size


@pytest.mark.slow
def test_the_attribution_is_sure_enough_to_be_acted_upon() -> None:
    report = defended("hk2019", 0.05)[0].platform.investigation.report
    assert report.confidence > 0.95
    assert report.tipped_second_platform
    assert report.advertising_barred


@pytest.mark.slow
def test_without_an_operation_every_action_is_a_false_positive() -> None:
    model, _ = defended("spam_only", 0.05)
    found, log = model.results(), model.platform.actions.log
    by_hand = {
        account for account, lifted in zip(log["account"].tolist(), log["lifted"].tolist(), strict=True) if not lifted
    }
    assert by_hand
    assert found["organic_enforced"] == len(by_hand)
    existed = int((model.accounts.created < model.config.scenario.start_epoch + 30 * 86_400).sum())
    assert found["false_positive_rate"] == len(by_hand) / existed
    assert found["precision"] == 0.0
    still = {account for account in by_hand if model.accounts.status[account] == Status.SUSPENDED}
    assert found["organic_suspended"] == len(still)
