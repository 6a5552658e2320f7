"""The recommendations: a post enters by its velocity against what is usual, whatever the scale."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.events.records import EVENT, POST, REPOST, TRENDED
from sim.events.timeline import Timeline
from sim.events.trends import Trends, usual_reposts
from sim.population.world import build_world

PEOPLE, POSTS = 2000, 4000
BASIS = ["scenario.scale=1", f"scenario.organic={PEOPLE}", "scenario.core=0", "scenario.amplifiers=100",
         "organic.languages={en: 1.0, ja: 0, es: 0, zh: 0, ar: 0}", "graph.mean_following=2",
         "operation.languages={en: 1.0, zh: 0}", "feed.missing_sign_factor=1"]  # fmt: skip


def entered(reposter: int, velocity: int, *overrides: str, limit: int = 0) -> float:
    """Return the share of posts that enter, each reposted by as many accounts from `reposter` on in one step."""
    config = load_scenario("hk2019", seed=1, overrides=[*BASIS, *overrides])
    world = build_world(config)
    trends = Trends(config, world.accounts)
    timeline = Timeline(len(world.accounts), 10, 8, 1e6, 1e6, 1e6, 1200)
    posts = np.zeros(POSTS, EVENT)
    posts["time"], posts["account"], posts["kind"], posts["post"] = np.arange(POSTS) // 4, 0, POST, -1
    posts["account"] = np.arange(POSTS) % PEOPLE
    timeline.new_posts(posts)
    timeline.append(posts)
    reposts = np.zeros(POSTS * velocity, EVENT)
    reposts["time"], reposts["kind"], reposts["account"] = 1500, REPOST, reposter
    reposts["post"] = np.repeat(np.arange(POSTS), velocity)
    strengths = np.full(len(world.accounts), limit, np.uint8)
    timeline.mark(strengths, strengths, np.uint64(1))
    timeline.append(reposts)
    trends.step(0, 1200, timeline, reposts[:0], world.accounts)
    trends.step(1, 2400, timeline, reposts, world.accounts)
    assert trends.begin[0, 1] == 0
    listed = trends.post[0, : trends.begin[0, 2]]
    assert np.unique(listed).size == listed.size
    assert (timeline.posts(listed)["flags"] == TRENDED).all()
    return listed.size / POSTS


def expected(velocity: float, entries_per_hour: float, *overrides: str) -> float:
    config = load_scenario("hk2019", seed=1, overrides=[*BASIS, *overrides])
    usual = usual_reposts(config, build_world(config).accounts)[0, 1]
    return 1.0 - np.exp(-entries_per_hour / 3.0 * velocity / usual)


@pytest.mark.parametrize(("velocity", "rate"), [(1, 0.5), (4, 0.5), (4, 5.0)])
def test_a_post_enters_with_the_probability_of_its_velocity_against_what_is_usual(velocity: int, rate: float) -> None:
    share, law = entered(0, velocity, f"feed.entries_per_hour={rate}"), expected(velocity, rate)
    assert share == pytest.approx(law, abs=5.0 * np.sqrt(law * (1 - law) / POSTS))


def test_a_repost_by_the_operation_counts_once_and_one_by_the_public_for_the_part_that_is_not_simulated() -> None:
    high = "feed.entries_per_hour=5"
    one, other = entered(PEOPLE, 10, high, "graph.whole_ratio=5"), entered(0, 2, high, "graph.whole_ratio=5")
    assert one == other > 0.05


def test_twice_the_people_have_twice_what_is_usual() -> None:
    alike = [*BASIS, "organic.acts_per_month_sigma=0", "organic.elite.followers_share=0"]
    sizes = [f"scenario.organic={people}" for people in (PEOPLE, 2 * PEOPLE)]
    worlds = [load_scenario("hk2019", seed=1, overrides=[*alike, size]) for size in sizes]
    one, two = (usual_reposts(each, build_world(each).accounts).sum() for each in worlds)
    assert two / one == pytest.approx(2.0, rel=0.1)  # shares are drawn for each account


def test_nothing_enters_where_nothing_is_recommended_nor_by_reposts_under_a_full_limit() -> None:
    assert entered(0, 4, "feed=chronological") == 0.0
    assert entered(0, 4, "feed.entries_per_hour=5", limit=255) == 0.0


def test_a_reader_is_recommended_a_post_once_and_some_posts_days_after_they_entered() -> None:
    often = ["scenario.days=9", "feed.entries_per_hour=40"]
    model = InfluenceModel(load_scenario("hk2019", scale=0.008, seed=3, overrides=often))
    model.run()
    seen = model.impressions
    recommended = seen["source"] == -2
    rows = np.stack([seen[name][recommended] for name in ("account", "author", "post_time")])
    assert rows.shape[1] > 50
    assert np.unique(rows, axis=1).shape[1] == rows.shape[1]
    age = (seen["time"] - seen["post_time"])[recommended] / 3600.0
    assert age.max() > 100.0
    assert np.median(age) > 5.0


@pytest.mark.parametrize(("factor", "missing"), [(1.0, 3), (0.5, 3), (0.5, 2), (0.5, 0), (0.0, 1)])
def test_a_repost_weighs_less_by_a_factor_for_each_sign_that_its_account_lacks(factor: float, missing: int) -> None:
    rules = ["feed.entries_per_hour=20", f"feed.missing_sign_factor={factor}"]
    config = load_scenario("hk2019", seed=1, overrides=[*BASIS, *rules])
    table = build_world(config).accounts
    young = config.scenario.start_epoch - table.created < 90 * 86_400
    lacks = young.astype(int) + (table.follower_count < 10) + ~table.phone_verified
    reposter = int(np.flatnonzero(lacks == missing)[-1])  # of the operation, if there is one
    of_the_whole = 1.0 if reposter < PEOPLE else 1.0 / config.graph.whole_ratio
    share, law = entered(reposter, 10, *rules), expected(10 * of_the_whole * factor**missing, 20.0, *rules)
    assert share == pytest.approx(law, abs=5.0 * np.sqrt(law * (1 - law) / POSTS))
    assert (share == 0.0) == (factor == 0.0)


def test_what_is_usual_weighs_as_the_reposts_that_it_is_made_of() -> None:
    """So a language has as many entries, whatever a missing sign is held to be worth."""
    config = load_scenario(
        "hk2019", seed=1, overrides=[*BASIS, "feed.missing_sign_factor=0.5", "feed.known_followers=0"]
    )
    table = build_world(config).accounts
    whole = usual_reposts(load_scenario("hk2019", seed=1, overrides=BASIS), table).sum()
    table.phone_verified.flags.writeable = table.created.flags.writeable = True
    table.phone_verified[:], table.created[:] = False, 0
    assert usual_reposts(config, table).sum() == pytest.approx(whole / 2.0)
