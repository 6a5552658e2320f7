"""Amplifiers with a capacity: each acts so often, whatever the core writes; the more live, the more reposts a post has.

`CHANCE` is the chance of a false alarm of each statistical test.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim import InfluenceModel, load_scenario
from sim.core.rng import Purpose, stream
from sim.operation.capacity import acts_per_day, chance_of_orders, shares_taking_part, takes_a_break
from sim.population.accounts import Status
from tests.sim.operation.test_amplifiers import CELLS, OLD, PROMPT, keys, reposts, run

CHANCE = 1e-6
LIMITED = "operation.capacity.limited=true"
UNBOUND = ["operation.capacity.acts_per_month_median=1e5", "operation.capacity.acts_per_month_sigma=0",
           "operation.capacity.break_share=0"]  # fmt: skip
WEEKS = 5
MONTH = [*OLD, PROMPT, LIMITED, "scenario.days=30", "scenario.organic=200"]


def test_a_capacity_that_binds_nobody_gives_the_orders_of_the_rule_without_one() -> None:
    """Where the cells' orders are as many as 0.6 cells a post come to, and no persona falls."""
    before = run(*OLD, "operation.cells_per_post=0.6")
    expected = before.core.campaign_posts_per_day(0).sum()
    after = run(*OLD, LIMITED, *UNBOUND, f"operation.capacity.orders_per_day={0.6 / CELLS * float(expected)!r}")
    assert reposts(before)["time"].size > 500
    for name in before.activity.columns:
        assert after.activity[name].tolist() == before.activity[name].tolist()


def test_acts_a_month_are_lognormal_between_accounts() -> None:
    operation = load_scenario("hk2019").operation
    month = 30.0 * acts_per_day(operation, 1, np.arange(20_000))
    law = stats.norm(np.log(6.0), 1.0)  # the configured median and log-sd
    assert stats.kstest(np.log(month), law.cdf).pvalue > CHANCE


def test_an_account_that_writes_cover_reposts_the_less_and_none_takes_part_more_than_the_plan_says() -> None:
    operation = load_scenario("hk2019").operation
    accounts = np.arange(5000)
    only, half = (shares_taking_part(operation, 1, accounts, np.full(5000, share)) for share in (1.0, 0.5))
    assert only.max() == operation.participation
    free = only < operation.participation
    assert half[free] == pytest.approx(only[free] / 2.0)


def test_an_amplifier_acts_as_often_as_in_the_record_whatever_the_core_writes() -> None:
    """Row 12 of the record: 4 to 15 acts in thirty days."""
    few, many = (run(*MONTH, f"scenario.core={personas}", "operation.acts_per_day_median=3") for personas in (15, 60))
    acts = [one.timeline.acts_count[one.amplifiers.accounts].mean() for one in (few, many)]
    assert len(set(many.campaign)) > 2 * len(set(few.campaign))
    assert all(4.0 < mean < 15.0 for mean in acts)
    assert acts[1] == pytest.approx(acts[0], rel=0.3)  # a cell's orders in a month scatter by a fifth


def test_a_post_has_the_more_reposts_the_more_amplifiers_are_alive() -> None:
    many = run(*MONTH)
    few = InfluenceModel(many.config, world=many.world)
    fallen = few.amplifiers.accounts[::2]
    few.accounts.status[fallen] = Status.SUSPENDED
    few.run()
    assert set(keys(reposts(few))) < set(keys(reposts(many)))
    assert len(keys(reposts(few))) / len(keys(reposts(many))) == pytest.approx(0.5, abs=0.08)


def test_what_a_fallen_persona_would_have_written_leaves_its_orders_to_the_others() -> None:
    operation = load_scenario("hk2019").operation
    weight, expected = np.array([1.0, 1.0, 0.05]), np.array([4.0, 2.0, 20.0])
    for alive in ([True, True, True], [False, True, True], [True, False, False]):
        there = np.array(alive)
        chance = chance_of_orders(operation, weight, expected, there)
        assert (chance * expected)[there].sum() == pytest.approx(operation.capacity.orders_per_day)
    assert chance_of_orders(operation, weight, expected / 1e3, there).max() == 1.0  # a post is assigned to a cell once


def test_an_amplifier_takes_a_break_in_the_configured_share_of_weeks() -> None:
    key = stream(1, Purpose.BREAK)
    weeks = np.array(
        [[takes_a_break(who, week * 7 * 86_400 + 5, 0.2, key) for week in range(WEEKS)] for who in range(2000)]
    )
    assert stats.binomtest(int(weeks.sum()), weeks.size, 0.2).pvalue > CHANCE
    off = np.bincount(weeks.sum(axis=1), minlength=WEEKS + 1)  # each week by itself
    law = stats.binom(WEEKS, 0.2).pmf(np.arange(WEEKS + 1)) * 2000
    assert stats.chisquare(np.append(off[:3], off[3:].sum()), np.append(law[:3], law[3:].sum())).pvalue > CHANCE
    assert takes_a_break(7, 0, 0.2, key) == takes_a_break(7, 6 * 86_400, 0.2, key)
    assert not takes_a_break(7, 0, 0.0, key)


def test_in_a_week_off_an_amplifier_does_nothing() -> None:
    model = run(*OLD, LIMITED, "operation.capacity.break_share=0.5", "operation.capacity.orders_per_day=20")
    acted = np.unique(reposts(model)["account"])
    off = [takes_a_break(int(who), 0, 0.5, stream(1, Purpose.BREAK)) for who in model.amplifiers.accounts]
    assert 100 < sum(off) < 300
    assert acted.size > 50
    assert not set(model.amplifiers.accounts[off].tolist()) & set(acted.tolist())


@pytest.mark.parametrize("limited", ["true", "false"])
def test_below_full_size_a_post_of_an_outlet_has_the_orders_of_any_other_and_state_medias_the_scales_part(
    limited: str,
) -> None:
    """Outlets write the less the smaller the scale; state media write as much, and there are as many of them."""
    overrides = ["scenario.organic=5000", f"operation.capacity.limited={limited}"]
    model = InfluenceModel(load_scenario("hk2019", scale=0.1, seed=1, overrides=overrides))
    core, chances = model.core.accounts, model.operator._chances(model.amplifiers.n_cells)
    truth = model.world.truth
    outlets, media = np.isin(truth.role[core], [1, 2]), np.isin(core, truth.state_media)
    others = chances[~outlets & ~media]
    assert others.min() == others.max() > 0.0
    assert chances[outlets] == pytest.approx(others[:2])
    assert chances[media] == pytest.approx(0.1 * others[:3])
