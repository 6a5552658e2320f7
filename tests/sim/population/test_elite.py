"""The elite: most followed in its language, verified, busy, and stratified over the contested topic."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import load_scenario
from sim.population.elite import elite_of, lasting_appeal
from sim.population.organic import reference_items
from sim.population.world import World, build_world

OVERRIDES = ["scenario.core=0", "scenario.amplifiers=0", "scenario.organic=20000", "scenario.scale=1",
             "organic.elite.followers_share=0.1", "organic.elite.contested_share=0.2", "graph.mean_following=20",
             *(f"organic.groups.{kind}.share=0" for kind in ("fans", "activists", "newsrooms", "commercial_spam")),
             ]  # fmt: skip


@cache
def world() -> World:
    return build_world(load_scenario("hk2019", seed=3, overrides=OVERRIDES))


@cache
def elite() -> tuple[np.ndarray, np.ndarray]:
    table, graph = world().accounts, world().graph
    return elite_of(world().config, table.language.astype(np.int64), graph.follower_count())


def test_nobody_of_a_language_has_more_followers_than_its_elite() -> None:
    table, followers = world().accounts, world().graph.follower_count()
    chosen, _ = elite()
    for code in range(len(world().config.organic.languages)):
        of_language = np.flatnonzero(table.language == code)
        members = np.intersect1d(chosen, of_language)
        theirs, all_ties = followers[members].sum(), followers[of_language].sum()
        assert abs(theirs - 0.1 * all_ties) <= followers[members].max() / 2.0
        assert followers[members].min() >= followers[np.setdiff1d(of_language, members)].max()


def test_a_share_of_the_elite_has_the_contested_topic_and_no_run_of_ranks_is_without_it() -> None:
    table = world().accounts
    chosen, contested = elite()
    assert contested.sum() == round(0.2 * chosen.size)
    assert np.diff(np.flatnonzero(contested)).max() <= 5
    assert ((table.interest[chosen] == 0) == contested).all()


def test_the_elite_is_verified_busy_and_reposts_its_own_share() -> None:
    table, rules = world().accounts, world().config.organic.elite
    chosen, _ = elite()
    rate = table.session_rate[chosen]
    reposts = table.repost_propensity[chosen] * reference_items(world().config.organic, rate)
    acts = 30.0 * rate * (table.posts_per_session[chosen] + reposts)
    assert table.verified[chosen].all()
    assert acts.min() >= 0.999 * rules.acts_per_month
    assert reposts / (reposts + table.posts_per_session[chosen]) == pytest.approx(rules.repost_share, rel=1e-4)


def test_an_author_s_lasting_appeal_is_one_on_average() -> None:
    appeal = lasting_appeal(world().config, np.arange(100_000))
    sigma = world().config.organic.elite.appeal_sigma
    assert appeal.mean() == pytest.approx(1.0, abs=6.0 * np.sqrt(np.expm1(sigma**2) / appeal.size))
    assert np.log(appeal).std() == pytest.approx(sigma, rel=0.02)
