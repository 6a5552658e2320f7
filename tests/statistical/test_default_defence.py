"""The default defence in hk2019 has the outcome of 2019; without an operation all its actions are mistakes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.population.accounts import Status
from sim.population.truth import Layer


@cache
def defended(scenario: str, scale: float, *overrides: str) -> InfluenceModel:
    config = load_scenario(scenario, scale=scale, seed=1, overrides=list(overrides))
    model = InfluenceModel(config, "co_repost", enforcement=load_enforcement("enforcement=defence"))
    model.run()
    return model


def hit_by(model: InfluenceModel, route: str, layer: Layer) -> int:
    """Return how many accounts of a layer a route was the first to suspend, by the enforcement log."""
    actions = model.platform.actions
    log, number = actions.log, actions.routes.index(route)
    first = ~log["lifted"] & (log["route"] == number)
    return int(np.unique(log["account"][first & (model.world.truth.layer[log["account"]] == layer)]).size)


@pytest.mark.slow
def test_nine_in_ten_suspended_amplifiers_had_posted_at_most_once() -> None:
    outcome = defended("hk2019", 0.05).outcome()
    assert outcome.posts_before_suspension.size > 5000
    assert (outcome.posts_before_suspension <= 1).mean() >= 0.9


@pytest.mark.slow
def test_most_amplifiers_alive_at_the_end_came_after_the_first_suspensions() -> None:
    outcome = defended("hk2019", 0.05).outcome()
    assert outcome.amplifiers_alive > 50
    assert outcome.amplifiers_alive_late > 0.5 * outcome.amplifiers_alive


@pytest.mark.slow
def test_the_core_mostly_survives_the_automatic_routes_and_falls_in_the_wave() -> None:
    model = defended("hk2019", 0.05)
    core = model.world.truth.accounts(Layer.CORE)
    automatic = hit_by(model, "main", Layer.CORE) + hit_by(model, "fast", Layer.CORE)
    wave = hit_by(model, "investigation", Layer.CORE)
    assert automatic < 0.4 * core.size
    assert wave > automatic
    assert automatic + wave > 0.5 * core.size


@pytest.mark.slow
def test_without_an_operation_every_action_is_a_false_positive() -> None:
    model = defended("spam_only", 0.05)
    found, log = model.results(), model.platform.actions.log
    by_hand = {
        account for account, lifted in zip(log["account"].tolist(), log["lifted"].tolist(), strict=True) if not lifted
    }
    assert len(by_hand) > 50
    assert found["organic_enforced"] == len(by_hand)
    existed = int((model.accounts.created < model.config.scenario.start_epoch + 30 * 86_400).sum())
    assert found["false_positive_rate"] == len(by_hand) / existed
    assert found["precision"] == 0.0
    still = {account for account in by_hand if model.accounts.status[account] == Status.SUSPENDED}
    assert found["organic_suspended"] == len(still)
