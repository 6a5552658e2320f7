"""Adaptation: nothing changes while no amplifier is suspended; then each rule does what its name says.

The test suspends a share of the amplifiers at one hour, whatever they did.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import ConfigError, InfluenceModel, load_scenario
from sim.operation.tactics.base import CellStatus, Tactics
from sim.operation.tactics.learn import Learn
from sim.population.accounts import Status
from sim.population.truth import Layer
from tests.sim.operation.test_replacement import same_log
from tests.worlds import PLAIN_OPERATION

HOUR, DAY = 3600, 86_400
SUSPENSION = DAY + 2 * HOUR  # ten o'clock in Hong Kong, on a Tuesday
CELLS = 10
RULES = ["throttle", "scatter", "dormant", "rotate_cells"]


@cache
def run(rule: str, suspended: str = "none", *overrides: str) -> InfluenceModel:
    """Return a run of ten cells of twenty where half of all (`half`) or of two cells (`two`) are suspended at once."""
    basis = ["operation=static", "scenario.scale=1", "scenario.organic=100", "scenario.core=30",
             f"scenario.amplifiers={20 * CELLS}", "scenario.days=4", "scenario.step_minutes=60",
             "operation.amplifier_repost_share=[[0,1],[1,1]]",
             "scenario.start='2019-07-22'",
             "operation.cell_size=20", "operation.wave_days=[-30]",
             "operation.wave_weights=[1]", "operation.acts_per_day_median=6", "operation.cells_per_post=2",
             "operation.camouflage_share=0", "feed.followed_hours=24", f"operation.adaptation.rule={rule}",
             "operation.adaptation.rest_hours=24"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*basis, *PLAIN_OPERATION, *overrides]))
    rows = model.amplifiers.accounts
    hit = {"none": rows[:0], "half": rows[::2], "two": rows[model.world.truth.cell[rows] < 2][::2]}[suspended]
    while model.step_number < model.n_steps:
        if model.step_number * HOUR == SUSPENSION:
            model.accounts.status[hit] = Status.SUSPENDED
            model.accounts.suspended_at[hit] = model.config.scenario.start_epoch + SUSPENSION
        model.step()
    return model


def reposts(model: InfluenceModel, begin: int, end: int) -> dict[str, np.ndarray]:
    """Return the amplifiers' reposts of posts written in a time."""
    log = model.activity
    ours = model.world.truth.layer[log["account"]] == Layer.AMPLIFIER
    ours &= (log["post_time"] >= begin) & (log["post_time"] < end)
    return {name: log[name][ours] for name in log.columns}


@pytest.mark.parametrize("rule", RULES)
def test_with_nobody_suspended_every_rule_is_the_plan_bit_for_bit(rule: str) -> None:
    assert len(run("none").activity) > 1000
    assert same_log(run(rule).activity, run("none").activity)


@pytest.mark.parametrize("rule", RULES)
def test_nothing_changes_before_the_first_suspension(rule: str) -> None:
    before = [
        log["account"][log["time"] < SUSPENSION] for log in (run(rule, "half").activity, run("none", "half").activity)
    ]
    assert before[0].size > 100
    assert np.array_equal(*before)


def test_throttled_cells_send_the_configured_part_of_their_members_for_a_day() -> None:
    plan, throttled = (reposts(run(rule, "half"), SUSPENSION, SUSPENSION + DAY - HOUR) for rule in ("none", "throttle"))
    n, share = plan["time"].size, run("throttle").config.operation.adaptation.throttle_factor
    assert n > 300
    assert throttled["time"].size == pytest.approx(share * n, abs=5 * np.sqrt(share * (1 - share) * n))
    later = [reposts(run(rule, "half"), SUSPENSION + DAY + HOUR, 4 * DAY)["time"] for rule in ("none", "throttle")]
    assert np.array_equal(*later)  # losses older than a day no longer count


def test_scattered_delays_are_longer_by_the_configured_factor() -> None:
    plan, scattered = (reposts(run(rule, "half"), SUSPENSION, 3 * DAY) for rule in ("none", "scatter"))
    factor = run("scatter").config.operation.adaptation.scatter_factor
    delay = {(a, b, c): t - c - 1 for a, b, c, t in zip(*(plan[k].tolist() for k in
             ("account", "author", "post_time", "time")), strict=True)}  # fmt: skip
    both = [(t - c - 1, delay[a, b, c]) for a, b, c, t in zip(*(scattered[k].tolist() for k in
            ("account", "author", "post_time", "time")), strict=True) if (a, b, c) in delay]  # fmt: skip
    assert len(both) > 200
    # Both delays are rounded down to a second.
    assert all(abs(late - factor * soon) <= factor for late, soon in both)


def test_dormant_amplifiers_get_no_orders_until_their_rest_is_over() -> None:
    model = run("dormant", "half")
    assert reposts(model, SUSPENSION, SUSPENSION + DAY)["time"].size == 0
    assert reposts(run("none", "half"), SUSPENSION, SUSPENSION + DAY)["time"].size > 300
    assert reposts(model, SUSPENSION + DAY, 4 * DAY)["time"].size > 100


def test_only_the_cells_that_were_hit_rest_and_the_others_take_over_their_orders() -> None:
    cell = run("rotate_cells", "two").world.truth.cell
    plan, rotated = (reposts(run(rule, "two"), SUSPENSION, SUSPENSION + DAY) for rule in ("none", "rotate_cells"))
    of_plan, of_rotated = (np.bincount(cell[acts["account"]], minlength=CELLS) for acts in (plan, rotated))
    assert (of_rotated[:2] == 0).all()
    assert (of_plan[:2] > 0).any()
    assert of_rotated[2:].sum() > of_plan[2:].sum()


@pytest.mark.parametrize("best", [0, 1, 2])
def test_learn_ends_with_the_tactic_whose_accounts_live_longest(best: int) -> None:
    # Fifty cells of a hundred; losses are Poisson of 0.02 a day for the best tactic and 0.2 for the others.
    config = load_scenario("hk2019").operation.adaptation
    rule, draw = Learn(config, 50, seed=best), np.random.Generator(np.random.Philox(key=best))
    tactics, alive = Tactics.plain(50), np.full(50, 100)
    for step in range(30 * 24):
        hazard = np.where(rule.choice == best, 0.02, 0.2)
        rule.step(CellStatus(step * HOUR, alive, draw.poisson(hazard * 100 / 24.0)), tactics)
    # A tenth of the cells tries any of the three: fifteen in sixteen end with the best, less what chance allows.
    assert np.mean(rule.choice == best) > 0.8


def test_a_users_own_rule_is_named_by_its_path_and_an_unknown_one_is_refused() -> None:
    own = run("sim.operation.tactics.rules.Dormant", "half")
    assert same_log(own.activity, run("dormant", "half").activity)
    with pytest.raises(ConfigError, match=r"operation.adaptation.rule must be one of none, throttle.*; got 'panic'"):
        InfluenceModel(load_scenario("hk2019", scale=0.001, overrides=["operation.adaptation.rule=panic"]))
