"""Access, network, client and time zone are shared by the public and the operation, at their configured shares.

Counts of independent draws are binomial; each test has a chance of a false alarm of 10**-6 (`CHANCE`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

from sim import load_scenario
from sim.population.accounts import Access, Client
from sim.population.truth import Layer
from sim.population.world import World, build_world

CHANCE = 1e-6


@cache
def world() -> World:
    # English personas in a public of which half writes English; many travellers, so that each block has some.
    overrides = ["scenario.scale=1", "scenario.organic=40000", "scenario.core=2000", "scenario.amplifiers=20000",
                 "graph.mean_following=3",
                 "operation.languages={zh: 0.5, en: 0.5}", "organic.mainland_share=0.02"]  # fmt: skip
    return build_world(load_scenario("hk2019", scale=1.0, seed=4, overrides=overrides))


def is_share(hits: np.ndarray, share: float) -> bool:
    return bool(stats.binomtest(int(hits.sum()), hits.size, share).pvalue > CHANCE)


def test_the_public_has_its_shares_of_every_way_in_and_every_client() -> None:
    table, rules = world().accounts, world().config.organic
    people = slice(0, world().config.scenario.n_organic)
    assert is_share(table.access[people] == Access.VPN, rules.vpn_share)
    assert is_share(table.access[people] == Access.MAINLAND, rules.mainland_share)
    assert is_share(table.client[people] == Client.AUTOMATION, rules.automation_share)
    assert is_share(table.client[people] == Client.WEB, rules.web_share)


def test_the_claimed_time_zone_tells_nothing_of_the_layer_within_a_language() -> None:
    table, truth = world().accounts, world().truth
    for language in np.unique(table.language[truth.accounts(Layer.CORE)]):
        of_language = table.language == language
        offsets, layers = table.utc_offset[of_language], truth.layer[of_language]
        counts = [[np.count_nonzero((offsets == hour) & (layers == layer)) for hour in np.unique(offsets)]
                  for layer in Layer]  # fmt: skip
        assert len(counts[0]) > 3  # there is noise
        assert stats.chi2_contingency(counts).pvalue > CHANCE


def test_the_number_of_a_network_tells_nothing_of_the_layer() -> None:
    table, truth = world().accounts, world().truth
    own = table.access == Access.RESIDENTIAL  # each has its own: the numbers are independent
    auc = roc_auc_score(truth.operation[own], table.network[own])
    ours, others = np.count_nonzero(truth.operation[own]), np.count_nonzero(~truth.operation[own])
    error = np.sqrt((ours + others + 1) / (12 * ours * others))
    assert abs(auc - 0.5) < 5 * error
    assert np.unique(table.network[own]).size > own.sum() - 5  # of 2 * 10**9 / 2 pairs one in two billion by chance


def test_operators_share_few_networks_and_innocent_people_come_in_by_the_same_ones() -> None:
    table, truth = world().accounts, world().truth
    for kind in (Access.VPN, Access.MAINLAND):
        ours = set(table.network[truth.operation & (table.access == kind)].tolist())
        people = table.network[~truth.operation & (table.access == kind)]
        accounts = np.count_nonzero(truth.operation & (table.access == kind))
        assert len(ours) <= np.ceil(accounts / world().config.operation.accounts_per_exit) + 1
        assert 0 < np.isin(people, list(ours)).sum() < people.size


def test_members_of_a_cell_come_in_by_at_most_three_exits() -> None:
    table, truth = world().accounts, world().truth
    for cell in range(5):
        inside = (truth.cell == cell) & (table.access == Access.VPN)
        assert np.count_nonzero(inside) > 50
        assert np.unique(table.network[inside]).size <= 3
