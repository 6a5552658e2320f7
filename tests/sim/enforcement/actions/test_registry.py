"""Actions by name and by path: the built-in ones, and one of a user's own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sim import ConfigError, InfluenceModel
from sim.config import RungConfig
from sim.enforcement.actions.base import Action
from sim.enforcement.actions.registry import BUILT_IN, action_class
from tests.sim.enforcement.draws import NUMBER, appeals, config, lottery, review, rows, rules, run, world

WATCH = "tests.sim.enforcement.actions.test_registry.Watch"


class Watch(Action):
    """Does nothing to an account but remember it, at a strength."""

    name = "watch"

    def __init__(self, setting) -> None:
        super().__init__(setting)
        self.level = np.zeros(len(setting.accounts), np.uint8)

    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self.level[who]

    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        self.level[who] = level

    def lift(self, who: NDArray[np.int64], now: int) -> None:
        self.level[who] = 0


def test_each_built_in_action_has_a_number_of_its_own_in_the_log() -> None:
    assert NUMBER == {
        "suspend": 1, "challenge": 2, "limit": 3, "label": 4, "remove_posts": 5, "bar_advertising": 6,
    }  # fmt: skip
    assert all(action_class(name) is kind for name, kind in BUILT_IN.items())


@pytest.mark.parametrize("name", ["scold", "os.getcwd", "pathlib.Path", "no.such.thing", "", 3])
def test_what_is_no_action_is_refused_with_what_is(name) -> None:
    with pytest.raises(ConfigError, match=r"enforcement\.action must be one of suspend, .*class with in_force.*; got "):
        action_class(name, "enforcement.action")


def test_a_wrong_action_is_refused_before_a_world_is_drawn() -> None:
    for wrong in (
        rules("scold"),
        rules(policy="ladder", rungs=[RungConfig(threshold=0.1, action="os.getcwd", strength=1.0, delay_hours=0.0)]),
    ):
        with pytest.raises(ConfigError, match=r"action must be one of"):
            InfluenceModel(config(), "oracle", enforcement=wrong)


def test_nobody_can_appeal_against_a_bar_on_advertising() -> None:
    with pytest.raises(ConfigError, match=r"appeals\.actions must hold some of suspend.*; got 'bar_advertising'\."):
        run(rules(appeals=appeals(0.5, actions=["bar_advertising"])), lottery(0.1, 0))


def test_an_action_of_ones_own_is_ordered_recorded_appealed_against_and_counted_like_any_other() -> None:
    model = run(rules(WATCH, 0.5, appeals=appeals(1.0, actions=[WATCH]), review=review(1e4)), lottery(0.1, 0))
    actions = model.platform.actions
    done = [row for row in rows(model) if not row[3]]
    assert done
    assert {action for _, _, action, _ in done} == {actions.number_of(WATCH)} == {7}
    watched = {who for _, who, _, _ in done}
    assert set(np.flatnonzero(actions[WATCH].level)) <= watched
    assert set(actions[WATCH].level[actions[WATCH].level > 0]) == {128}
    assert model.outcome().organic_by_action[WATCH] > 0
    assert model.results()[f"false_positive_rate_by_{WATCH}"] == model.results()["false_positive_rate"] > 0.0
    assert (model.accounts.status == 0).all()


def test_an_action_that_only_remembers_changes_nobody_elses_run() -> None:
    watched, free = run(rules(WATCH), lottery(0.1, 0)), InfluenceModel(config(), world=world())
    free.run()
    assert all(np.array_equal(watched.activity[name], free.activity[name]) for name in free.activity.columns)


@pytest.mark.parametrize("accounts", [[-1], [0, 10**6], [10**12], [0.5]])
def test_an_order_against_no_account_is_refused(accounts) -> None:
    model = InfluenceModel(config(), world=world())
    with pytest.raises(IndexError, match=r"account numbers must be whole numbers in \[0, \d+\]; got"):
        model.platform.apply(np.array(accounts), "suspend", 1.0, 0, "hand")
