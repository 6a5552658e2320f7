"""Replacement: none without suspensions; a birth-death steady state where hazard and supply are constant."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.core.rng import Purpose, stream, uniforms
from sim.events.log import ActivityLog
from sim.population.accounts import NEVER, Status
from sim.population.supply import operation_ties
from sim.population.truth import Layer, Supply

HOUR, DAY = 3600, 86_400
BASIS = ["operation=static", "scenario.core=12", "scenario.days=4", "scenario.step_minutes=60",
         "operation.amplifier_repost_share=[[0,1],[1,1]]", "operation.cell_size=20",
         "operation.acts_per_day_median=6", "operation.wave_days=[-30,1]", "operation.wave_weights=[0.7,0.3]",
         "organic.acts_per_month_median=20"]  # fmt: skip
HIJACKED = "operation.supply.hijacked_most=1"  # as many as are asked for
HALF = ["scenario.amplifiers=400", "operation.supply.amplifiers.reserve_share=0.5"]  # 200 planned, 200 in reserve


def model_of(*overrides: str, organic: int = 1000, detector: str | None = None) -> InfluenceModel:
    changes = [*BASIS, "scenario.scale=1", f"scenario.organic={organic}", *overrides]
    return InfluenceModel(load_scenario("hk2019", seed=3, overrides=changes), detector, 0.5)


def run(*overrides: str, detector: str | None = None) -> InfluenceModel:
    model = model_of(*overrides, detector=detector)
    model.run()
    return model


@cache
def replaced(*overrides: str) -> InfluenceModel:
    """Return a run in which, from the second day on, half of the amplifiers are suspended each day, at random."""
    supply = ["operation.supply.amplifiers.per_day=0.1", "operation.supply.amplifiers.lag_hours=3"]
    model = model_of(*HALF, *supply, "scenario.start='2019-07-22'", *overrides)
    run_under(model, 0.7, DAY)
    return model


def run_under(model: InfluenceModel, hazard_per_day: float, since: int = 0) -> list[int]:
    """Suspend amplifiers at one hazard, whatever they do, through a run; return the live ones by hour."""
    rows, live = model.amplifiers.accounts, []
    key = stream(7, Purpose.DETECTOR)
    chance = -np.expm1(-hazard_per_day / 24.0)
    while model.step_number < model.n_steps:
        now = model.config.scenario.start_epoch + model.step_number * HOUR
        up = rows[(model.accounts.status[rows] == Status.ACTIVE) & (model.accounts.created[rows] < now)]
        hit = up[uniforms(key, up, model.step_number) < chance]
        if model.step_number * HOUR >= since:
            model.accounts.status[hit] = Status.SUSPENDED
            model.accounts.suspended_at[hit] = now
        model.step()
        live.append(model.meter.live_amplifiers())
    return live


def same_log(one: ActivityLog, other: ActivityLog) -> bool:
    return len(one) == len(other) and all(np.array_equal(one[name], other[name]) for name in one.columns)


@pytest.mark.parametrize("detector", [None, "oracle"])
def test_a_reserve_that_replaces_nobody_is_the_static_operation_bit_for_bit(detector: str | None) -> None:
    static = run("scenario.amplifiers=200", detector=detector)
    idle = run(*HALF, "operation.supply.amplifiers.per_day=0", detector=detector)
    assert len(static.activity) > 1000
    assert same_log(static.activity, idle.activity)
    assert same_log(static.impressions, idle.impressions)
    assert static.outcome().suspended == idle.outcome().suspended


def test_with_nobody_suspended_nobody_is_replaced_whatever_the_budget() -> None:
    static, ready = run("scenario.amplifiers=200"), run(*HALF, "operation.supply.amplifiers.per_day=1")
    assert same_log(static.activity, ready.activity)
    assert ready.results()["replaced"] == 0
    assert ready.outcome().n_amplifiers == static.outcome().n_amplifiers


def test_replacements_keep_to_the_budget_of_each_day_and_take_part_afterwards() -> None:
    model = replaced()
    rows = model.world.truth.accounts(Layer.AMPLIFIER)
    reserve = rows[model.world.accounts.created[rows] == NEVER]
    born = model.accounts.created[reserve] - model.config.scenario.start_epoch
    taken = born < NEVER // 2
    assert 0 < taken.sum() < reserve.size
    by_day = np.bincount(born[taken] // DAY, minlength=4)
    assert by_day.max() == 40  # a tenth of 400
    assert by_day[0] == 0  # nobody is suspended on the first day
    acts = model.timeline.acts_count
    assert acts[reserve[taken]].sum() > 0
    assert acts[reserve[~taken]].sum() == 0


def test_a_replacement_joins_the_cell_of_an_account_that_was_suspended_before_it() -> None:
    model = replaced()
    rows = model.amplifiers.accounts
    cell, planned = model.amplifiers.cell, model.world.truth.cell[rows]
    new = (planned < 0) & (cell >= 0)
    assert new.sum() == model.results()["replaced"]
    suspended = model.accounts.status[rows] == Status.SUSPENDED
    # No cell has more replacements than it has lost members.
    assert (np.bincount(cell[new], minlength=10) <= np.bincount(cell[suspended & (cell >= 0)], minlength=10)).all()


def test_bought_accounts_look_old_and_fresh_ones_are_registered_after_the_first_suspension() -> None:
    model = replaced("operation.supply.amplifiers.kinds={fresh: 0.5, bought: 0.5, hijacked: 0.0}")
    truth, first = model.world.truth, model.config.scenario.n_organic
    rows = truth.accounts(Layer.AMPLIFIER)[200:]
    born = model.accounts.created[rows] - model.config.scenario.start_epoch
    kind = truth.supply[rows - first]
    down = model.accounts.suspended_at.min() - model.config.scenario.start_epoch
    taken = born < NEVER // 2
    assert (born[taken & (kind == Supply.BOUGHT)] < 0).all()
    assert (born[taken & (kind == Supply.FRESH)] >= down).all()
    assert set(kind[taken].tolist()) == {Supply.FRESH, Supply.BOUGHT}


def test_a_hijacked_account_has_a_persons_age_and_followers_all_of_them_real() -> None:
    model = model_of(*HALF, HIJACKED, "operation.supply.amplifiers.kinds={fresh: 0.0, bought: 0.0, hijacked: 1.0}",
                     "graph.whole_ratio=1", "operation.authentic_share=0")  # fmt: skip
    table, world = model.accounts, model.world
    planned = world.truth.accounts(Layer.AMPLIFIER)[:200]
    people = set(zip(table.follower_count[:1000].tolist(), table.following_count[:1000].tolist(),
                     table.language[:1000].tolist(), strict=True))  # fmt: skip
    ours = list(zip(table.follower_count[planned].tolist(), table.following_count[planned].tolist(),
                    table.language[planned].tolist(), strict=True))  # fmt: skip
    assert set(ours) <= people
    assert (table.created[planned] < model.config.scenario.start_epoch).all()
    _, followees = operation_ties(world.accounts, model.config, world.truth.supply)
    assert (np.bincount(followees, minlength=planned[-1] + 1)[planned] == table.follower_count[planned]).all()


def test_no_more_accounts_are_hijacked_than_are_to_be_had_and_bought_ones_stand_in() -> None:
    kinds = "operation.supply.amplifiers.kinds={fresh: 0.2, bought: 0.0, hijacked: 0.8}"
    few, all_of_them = (
        model_of("scenario.amplifiers=400", kinds, f"operation.supply.hijacked_most={most}").world.truth.supply[12:]
        for most in (0.05, 1.0)
    )
    asked = np.flatnonzero(all_of_them == Supply.HIJACKED)
    assert asked.size > 250
    assert np.flatnonzero(few == Supply.HIJACKED).tolist() == asked[:50].tolist()  # of 1000 people
    assert np.flatnonzero(few == Supply.BOUGHT).tolist() == asked[50:].tolist()


def test_what_waits_idle_is_lost_at_its_rate_and_never_taken_up() -> None:
    """Those planned for thirty days before the start, and a reserve registered over forty days before it."""
    rate, lead = 0.02, 40.0
    ahead = (f"operation.supply.idle_loss_per_day={rate}", f"operation.supply.lead_days={lead}")
    model = replaced("operation.wave_days=[-30]", "operation.wave_weights=[1]", "operation.wave_spread_hours=0", *ahead)
    truth, start = model.world.truth, model.config.scenario.start_epoch
    rows = truth.accounts(Layer.AMPLIFIER)
    ends, born = truth.idle_ends[rows - rows[0] + 12], model.accounts.created[rows]
    planned = np.arange(rows.size) < 200
    lost = ends < start
    assert lost[planned].mean() == pytest.approx(1.0 - np.exp(-30.0 * rate), abs=0.15)
    assert lost[~planned].mean() == pytest.approx(1.0 - (1.0 - np.exp(-lead * rate)) / (lead * rate), abs=0.15)
    assert (born[lost] == NEVER).all()
    assert (truth.cell[rows[planned & lost]] == -1).all()
    assert not set(rows[lost].tolist()) & set(model.activity["account"].tolist())
    taken = ~planned & (born != NEVER)
    assert taken.sum() == model.results()["replaced"] > 20
    used = model.operator.amplifier_supply.used_at
    assert (ends[taken] > used[taken]).all()
    assert (born[taken] < start).all()  # registered ahead


def test_nothing_that_waits_is_lost_without_a_rate_and_none_ahead_is_registered_when_used() -> None:
    plain, rated = replaced(), replaced("operation.supply.idle_loss_per_day=0.0", "operation.supply.lead_days=0")
    assert (plain.world.truth.idle_ends == NEVER).all()
    assert same_log(plain.activity, rated.activity)


def live_under(hazard_per_day: float, days: int, *supply: str) -> np.ndarray:
    """Return the live amplifiers of each hour where all are suspended at one hazard, whatever they do."""
    model = model_of(*supply, "scenario.core=0", f"scenario.days={days}", "operation.wave_days=[-30]",
                     "operation.wave_weights=[1]", organic=2)  # fmt: skip
    return np.array(run_under(model, hazard_per_day))


def test_live_amplifiers_under_constant_supply_and_hazard_meet_the_birth_death_steady_state() -> None:
    # Losses exceed the budget of 60 a day, so supply is constant: 60 births a day, a death rate of 0.5 a day. The law
    # is Poisson of mean 60 / 0.5 at births spread over the day; here they come in one hour, with the same daily mean.
    live = live_under(0.5, 60, "scenario.amplifiers=6000", "operation.supply.amplifiers.reserve_share=0.9",
                      "operation.supply.amplifiers.per_day=0.01", "operation.supply.amplifiers.lag_hours=0",
                      )  # fmt: skip
    tail = live[20 * 24 :]
    # Days are correlated over two days: some 20 independent samples of standard deviation 11; four standard errors.
    assert tail.mean() == pytest.approx(60 / 0.5, abs=4 * np.sqrt(120) / np.sqrt(20))


def test_places_that_are_lost_and_refilled_after_a_lag_meet_the_renewal_steady_state() -> None:
    # 400 places, each up for 1 / 0.5 days and down for 1 day on average: two thirds are up at a time.
    live = live_under(0.5, 30, "scenario.amplifiers=8000", "operation.supply.amplifiers.reserve_share=0.95",
                      "operation.supply.amplifiers.per_day=1", "operation.supply.amplifiers.lag_hours=23.5",
                      )  # fmt: skip
    tail = live[6 * 24 :]
    # An hour's grid adds half an hour to the lag. The standard deviation is 9.4, correlated over two
    # thirds of a day.
    assert tail.mean() == pytest.approx(400 * 2 / 3, abs=4 * 9.4 / np.sqrt(18))


@pytest.mark.parametrize("evasion", [0.0, 1.0])
def test_a_replacement_that_does_not_evade_comes_in_by_the_network_of_a_suspended_account(evasion: float) -> None:
    model = replaced(f"operation.supply.amplifiers.evasion={evasion}", "operation.vpn_share=0",
                     "operation.mainland_share=0")  # fmt: skip
    rows = model.amplifiers.accounts
    new = rows[(model.world.truth.cell[rows] < 0) & (model.amplifiers.cell >= 0)]
    suspended = rows[model.accounts.status[rows] == Status.SUSPENDED]
    known = np.isin(model.accounts.network[new], model.accounts.network[np.setdiff1d(suspended, new)])
    assert known.all() if evasion == 0.0 else not known.any()
