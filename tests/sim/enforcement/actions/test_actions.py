"""What all actions have in common: strength, orders and the record of what was done."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel
from sim.config import RungConfig
from sim.events.records import RECOMMENDED
from sim.events.timeline import Timeline
from sim.population.accounts import Status
from sim.population.truth import Layer
from tests.sim.enforcement.draws import ACTIONS, NUMBER, config, hit, is_twin, lottery, rows, rules, run, twin, world
from tests.sim.platform.scripted import HOUR


@pytest.mark.parametrize("action", ACTIONS)
def test_strength_zero_is_the_unenforced_run_bit_for_bit(action: str) -> None:
    model = run(rules(action, 0.0))
    assert is_twin(model)
    assert rows(model) == []
    assert model.results()["false_positive_rate"] == 0.0


@pytest.mark.parametrize("action", [name for name in ACTIONS if name != "bar_advertising"])
def test_strength_one_is_another_run(action: str) -> None:
    """Otherwise the test above would show nothing."""
    model = run(rules(action))
    assert not is_twin(model)
    named = np.unique([account for _, account, number, _ in rows(model) if number == NUMBER[action]])
    assert set(np.flatnonzero(hit())) <= set(named)


def test_a_ladder_of_strength_zero_is_the_unenforced_run() -> None:
    rungs = [
        RungConfig(threshold=i / 10, action=name, strength=0.0, delay_hours=1.0) for i, name in enumerate(ACTIONS, 1)
    ]
    assert is_twin(run(rules(policy="ladder", threshold=0.0, rungs=rungs)))


def test_the_orders_of_one_step_reach_the_posts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, passes = InfluenceModel(config(), world=world()), []
    mark = Timeline.mark
    monkeypatch.setattr(Timeline, "mark", lambda self, *given: (passes.append(model.step_number), mark(self, *given)))
    who = np.flatnonzero(hit())
    strengths = (0.2, 0.4, 0.9)
    for number, strength in enumerate(strengths):
        model.platform.apply(who[number::3], "limit", strength, 2 * HOUR, "hand")
    model.platform.apply(who[1::3], "label", 0.6, 3 * HOUR, "hand")
    for _ in range(4):
        model.step()
    assert passes == [2, 3]
    posts = model.timeline._posts[: model.timeline._n_posts]
    for number, strength in enumerate(strengths):
        mine = posts[np.isin(posts["author"], who[number::3])]
        assert set(mine["limit"]) == {round(strength * 255)}
        assert set(mine["label"]) == {round(0.6 * 255) if number == 1 else 0}


def test_a_lifted_action_does_not_come_back_by_an_older_order() -> None:
    model = InfluenceModel(config(), world=world())
    model.step()
    actions, who = model.platform.actions, np.array([5])
    actions.order(np.array([5, 6]), "suspend", 1.0, 6 * HOUR, "main", HOUR)
    model.platform.apply(who, "suspend", 1.0, HOUR, "hand")
    model.step()
    assert model.accounts.status[who] == Status.SUSPENDED
    actions.lift(who, "suspend", "hand", 2 * HOUR)
    model.run()
    assert model.accounts.status[[5, 6]].tolist() == [Status.ACTIVE, Status.SUSPENDED]


def test_false_positives_are_counted_by_hand_from_the_log() -> None:
    rungs = [
        RungConfig(threshold=0.3, action="limit", strength=0.5, delay_hours=0.0),
        RungConfig(threshold=0.6, action="suspend", strength=1.0, delay_hours=3.0),
    ]
    n = config().scenario.n_accounts
    detector = lottery(1.0, 0)
    detector.scores = np.random.Generator(np.random.Philox(key=5)).random(n)
    model = run(rules(policy="ladder", threshold=0.0, rungs=rungs), detector)
    people = model.world.truth.layer == Layer.ORGANIC
    found = {name: {who for _, who, action, lifted in rows(model) if people[who] and action == NUMBER[name]}
             for name in ("limit", "suspend")}  # fmt: skip
    results = model.results()
    assert min(map(len, found.values())) > 100
    assert results["false_positive_rate"] == len(found["limit"] | found["suspend"]) / model.outcome().n_organic
    for name, who in found.items():
        assert results[f"false_positive_rate_by_{name}"] == len(who) / model.outcome().n_organic
    assert results["false_positive_rate_by_label"] == 0.0
    assert set(model.platform.actions.routes) == {"main"}


def test_recommended_posts_are_read_in_this_world() -> None:
    assert (twin().impressions["source"] == RECOMMENDED).sum() > 10
