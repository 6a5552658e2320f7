"""Tactics: none is the static operation bit for bit; a plan is what its values written out are; answers change orders.

The tests of answers suspend a share of the amplifiers at one hour, whatever they did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.operation import OperationConfig
from sim.operation.tactics.base import CellOrders, CellStatus, Tactic
from sim.operation.tactics.named import TACTICS
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer, Supply
from tests.sim.operation.test_replacement import same_log
from tests.worlds import PLAIN_OPERATION

HOUR, DAY = 3600, 86_400
SUSPENSION = DAY + 2 * HOUR  # ten o'clock in Hong Kong, on a Tuesday
CELLS = 10
HERE = __name__
#: What `spread_registrations` comes to, written out.
SPREAD = ("operation.wave_days=[-60]", "operation.wave_weights=[1]", "operation.wave_spread_hours=1680",
          "operation.supply.lead_days=60")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Rest(Tactic):
    """A tactic of one's own: a cell that has lost members gets no posts in the same hour."""

    late: float = 1.0

    def respond(self, status: CellStatus, orders: CellOrders) -> None:
        orders.tasked &= status.lost == 0
        orders.delay *= self.late


class More(Tactic):
    """A plan that is another each time."""

    def plan(self, operation: OperationConfig) -> OperationConfig:
        return replace(operation, cell_size=operation.cell_size + 1)


class Few(Tactic):
    """A plan of one value."""

    def plan(self, operation: OperationConfig) -> OperationConfig:
        return replace(operation, wave_spread_hours=5.0)


@cache
def run(suspended: str, *overrides: str) -> InfluenceModel:
    """Return a run of ten cells of twenty where `no`body or half of all (`half`) are suspended at once."""
    basis = ["operation=static", "scenario.scale=1", "scenario.organic=100", "scenario.core=30",
             f"scenario.amplifiers={20 * CELLS}", "scenario.days=4", "scenario.step_minutes=60",
             "operation.amplifier_repost_share=[[0,1],[1,1]]",
             "scenario.start='2019-07-22'",
             "operation.cell_size=20", "operation.wave_days=[-30]",
             "operation.wave_weights=[1]", "operation.acts_per_day_median=6", "operation.cells_per_post=2",
             "operation.camouflage_share=0", "feed.followed_hours=24"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*basis, *PLAIN_OPERATION, *overrides]))
    rows = model.amplifiers.accounts
    hit = rows[::2] if suspended == "half" else rows[:0]
    while model.step_number < model.n_steps:
        if model.step_number * HOUR == SUSPENSION:
            model.accounts.status[hit] = Status.SUSPENDED
            model.accounts.suspended_at[hit] = model.config.scenario.start_epoch + SUSPENSION
        model.step()
    return model


def reposts(model: InfluenceModel, begin: int, end: int) -> np.ndarray:
    """Return when the amplifiers reposted posts written in a time."""
    log = model.activity
    ours = model.world.truth.layer[log["account"]] == Layer.AMPLIFIER
    ours &= (log["post_time"] >= begin) & (log["post_time"] < end)
    return log["time"][ours]


def test_a_tactic_that_does_nothing_is_the_static_operation_bit_for_bit() -> None:
    idle = run("half", f"operation.tactics=[{Tactic.__module__}.Tactic]")
    assert len(idle.activity) > 1000
    assert same_log(idle.activity, run("half").activity)


def test_an_answer_changes_nothing_before_losses_and_then_what_it_says() -> None:
    plan, own = run("half"), run("half", f"operation.tactics=[{HERE}.Rest]")
    assert same_log(run("no", f"operation.tactics=[{HERE}.Rest]").activity, run("no").activity)
    before = [model.activity["account"][model.activity["time"] < SUSPENSION] for model in (plan, own)]
    assert before[0].size > 100
    assert np.array_equal(*before)
    hours = (SUSPENSION, SUSPENSION + HOUR)
    assert reposts(plan, *hours).size > 0
    assert reposts(own, *hours).size == 0  # all cells have lost members in this step, and rest for it
    later = SUSPENSION + HOUR, 4 * DAY
    assert np.array_equal(reposts(own, *later), reposts(plan, *later))  # each step begins with the plan


def test_a_tactic_of_ones_own_has_its_values_from_the_options() -> None:
    late = run("no", f"operation.tactics=[{HERE}.Rest]", f"+operation.tactic_options={{{HERE}.Rest: {{late: 1e6}}}}")
    assert reposts(run("no"), 0, DAY).size > 100
    assert reposts(late, 0, DAY).size < 5


@cache
def spread(*overrides: str) -> InfluenceModel:
    model = InfluenceModel(
        load_scenario("hk2019", scale=0.02, seed=2, overrides=["scenario.days=2", "scenario.organic=5000", *overrides])
    )
    model.run()
    return model


def test_registrations_are_spread_as_the_values_written_out_would_have_it() -> None:
    named, written = spread("operation.tactics=[spread_registrations]"), spread(*SPREAD)
    assert same_log(named.activity, written.activity)
    assert named.config == replace(
        written.config, operation=replace(written.config.operation, tactics=["spread_registrations"])
    )


def test_planned_accounts_and_the_reserve_are_registered_evenly() -> None:
    world = spread("operation.tactics=[spread_registrations]").world
    first = world.config.scenario.n_organic
    amplifiers = world.truth.accounts(Layer.AMPLIFIER)
    fresh = world.truth.supply[amplifiers - first] == Supply.FRESH
    days = (world.truth.registered[amplifiers - first] - world.config.scenario.start_epoch) / DAY
    planned = world.truth.cell[amplifiers] >= 0
    for rows, begin, length in ((planned & fresh, -60.0, 70.0), (~planned & fresh, -60.0, 60.0)):
        assert rows.sum() > 500
        assert stats.kstest(days[rows], stats.uniform(begin, length).cdf).pvalue > 1e-6
    assert (world.accounts.created[amplifiers[~planned]] == NEVER).all()  # they wait


def test_tactics_are_combined_in_their_order_and_a_plan_made_twice_is_the_same() -> None:
    config = spread(f"operation.tactics=[spread_registrations,{HERE}.Few]").config
    assert (config.operation.wave_days, config.operation.wave_spread_hours) == ([-60.0], 5.0)
    with pytest.raises(ConfigError, match=r"operation.tactics must plan the same when they plan twice; got .*More"):
        spread(f"operation.tactics=[{HERE}.More]")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("operation.tactics=[panic]", "operation.tactics must be one of spread_registrations, or the dotted path"),
        ("+operation.tactic_options.panic={a: 1}", "operation.tactic_options must be of spread_registrations; got pa"),
        (f"operation.tactics=[{HERE}.Rest,{HERE}.Rest]", "operation.tactics must hold each value once"),
    ],
)
def test_what_is_no_tactic_is_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        spread(override)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("{lead_days: -1, days: 3}", "operation.tactic_options.spread_registrations.lead_days must lie in"),
        ("{lead_days: 1, days: 3, weeks: 2}", "operation.tactics cannot make spread_registrations .*weeks"),
    ],
)
def test_values_that_are_not_allowed_are_refused_by_their_key(values: str, message: str) -> None:
    options = {"spread_registrations": dict(part.split(": ") for part in values.strip("{}").split(", "))}
    config = load_scenario("hk2019", scale=0.001)
    operation = replace(config.operation, tactics=["spread_registrations"])
    operation = replace(
        operation,
        tactic_options={name: {key: float(one) for key, one in of.items()} for name, of in options.items()},
    )
    with pytest.raises(ConfigError, match=message):
        InfluenceModel(replace(config, operation=operation))


def test_every_shipped_tactic_has_its_values_in_the_configuration() -> None:
    assert set(TACTICS) == set(load_scenario("hk2019").operation.tactic_options)
