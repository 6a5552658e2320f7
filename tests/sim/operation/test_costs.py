"""What the operation cost, beside a count by hand from the log and the table of accounts."""

from __future__ import annotations

import pytest

from sim.population.accounts import Status
from sim.population.truth import Layer, Supply
from tests.sim.operation.test_replacement import DAY, HIJACKED, replaced


@pytest.mark.parametrize("limited", ["false", "true"])
def test_the_ledger_is_the_sum_by_hand_over_accounts_and_acts(limited: str) -> None:
    kinds = "operation.supply.amplifiers.kinds={fresh: 0.5, bought: 0.3, hijacked: 0.2}"
    waits = ("operation.supply.lead_days=20", "operation.supply.idle_loss_per_day=0.02", "operation.costs.upkeep=0.01")
    model = replaced(kinds, HIJACKED, f"operation.capacity.limited={limited}", *(waits if limited == "true" else ()))
    prices, truth, scenario = model.config.operation.costs, model.world.truth, model.config.scenario
    end = scenario.start_epoch + scenario.days * DAY
    price = [prices.fresh, prices.bought, prices.hijacked]
    paid, alive, idle, n_lost = [0.0, 0.0, 0.0], 0.0, 0.0, 0
    for number in range(scenario.n_organic, scenario.n_accounts):
        account = model.accounts[number]
        kind = int(truth.supply[number - scenario.n_organic])
        registered = int(truth.registered[number - scenario.n_organic])
        ahead = truth.layer[number] == Layer.AMPLIFIER and kind == Supply.FRESH and registered < scenario.start_epoch
        if account.created < end or ahead:
            paid[kind] += price[kind]
        if ahead:
            lost = int(truth.idle_ends[number - scenario.n_organic])
            used = model.operator.amplifier_supply.used_at[number - scenario.n_organic - scenario.n_core]
            idle += max(0, min(lost, int(used), end) - registered) / DAY
            n_lost += lost < end and account.created > end
        if account.created < end:
            until = account.suspended_at if account.status == Status.SUSPENDED else end
            alive += max(0, until - max(account.created, scenario.start_epoch)) / DAY
    acts = sum(truth.layer[number] == Layer.CORE for number in model.activity["account"].tolist())
    hours = acts / prices.acts_per_hour * prices.operator_hour
    seen = model.results()
    assert [seen[f"cost_{kind}_accounts"] for kind in ("fresh", "bought", "hijacked")] == pytest.approx(paid)
    assert min(paid) > 0
    assert seen["cost_upkeep"] == pytest.approx(idle * prices.upkeep)
    assert (n_lost > 0) == (limited == "true")
    assert idle > 1000.0
    assert seen["cost_operator_hours"] == pytest.approx(hours)
    assert seen["cost"] == pytest.approx(sum(paid) + idle * prices.upkeep + hours + seen["cost_promotion"])
    assert seen["cost_per_reached_person"] == pytest.approx(seen["cost"] / seen["reach"])
    assert seen["cost_per_account_day"] == pytest.approx(sum(paid) / alive)
