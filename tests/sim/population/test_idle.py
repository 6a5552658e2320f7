"""Idle accounts: nobody follows them, nobody follows them back, and they never act."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.graph.measure import reciprocity
from sim.population.idle import idle_accounts

PEOPLE = 12_000
OVERRIDES = [f"scenario.organic={PEOPLE}", "scenario.core=10", "scenario.amplifiers=100", "scenario.days=3",
             "scenario.step_minutes=60", "graph.mean_following=20", "organic.idle_share=0.3"]  # fmt: skip


@cache
def model() -> InfluenceModel:
    one = InfluenceModel(load_scenario("hk2019", scale=1.0, seed=3, overrides=OVERRIDES))
    one.run()
    return one


@cache
def idle() -> np.ndarray:
    return np.flatnonzero(idle_accounts(model().config, model().world.truth.group[:PEOPLE]))


def test_the_share_of_accounts_outside_benign_groups_is_the_one_configured() -> None:
    outside = np.count_nonzero(model().world.truth.group[:PEOPLE] < 0)
    assert idle().size / outside == pytest.approx(0.3, abs=0.03)


def test_next_to_nobody_follows_an_idle_account() -> None:
    # In the smallest communities of a small world some follow so many that no account in use is left.
    followers = model().world.graph.among_first(PEOPLE).follower_count()
    assert followers[idle()].sum() < 0.002 * followers.sum()


def test_idle_accounts_follow_others_nevertheless() -> None:
    assert model().world.graph.following_count()[idle()].mean() > 10


def test_the_share_of_mutual_ties_stays_the_one_configured() -> None:
    graph = model().world.graph.among_first(PEOPLE)
    assert reciprocity(graph) == pytest.approx(model().config.graph.reciprocity, abs=0.03)


def test_an_idle_account_never_logs_in_and_so_neither_acts_nor_reads() -> None:
    assert not model().accounts.session_rate[idle()].any()
    assert not np.isin(model().activity["account"], idle()).any()
    assert not np.isin(model().impressions["account"], idle()).any()
    assert len(model().impressions) > 0


def test_no_idle_account_follows_the_operation_s_for_what_they_post() -> None:
    graph = model().world.graph
    core = np.arange(PEOPLE, PEOPLE + 10)
    tied = np.repeat(np.arange(graph.indptr.size - 1), np.diff(graph.indptr))[np.isin(graph.indices, core)]
    assert tied.size > 0
    assert not np.isin(tied, idle()).any()
