"""News: days on which a topic is everybody's."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.events.records import REPOST
from sim.population.news import news_days

SMALL = ["scenario.organic=3000", "scenario.core=0", "scenario.amplifiers=0", "scenario.days=6",
         "scenario.step_minutes=60", "graph.mean_following=20"]  # fmt: skip


@pytest.mark.parametrize("rate", [1.0, 4.0, 7.3])
def test_each_stretch_of_a_topic_has_one_day(rate: float) -> None:
    config = load_scenario("hk2019", overrides=["scenario.days=120", f"organic.news_days_per_month={rate}"])
    length = 30.0 / rate
    for topic in news_days(config).T:
        days = np.flatnonzero(topic)
        assert days.size <= 120 / length + 1
        # A stretch may begin or end within a day, which it then has in common with its neighbour.
        assert all(np.any((days + 1 > nth * length) & (days < (nth + 1) * length)) for nth in range(int(120 / length)))


def test_topics_have_days_of_their_own_and_so_have_seeds() -> None:
    one, other = (news_days(load_scenario("hk2019", seed=seed)) for seed in (1, 2))
    assert len({tuple(topic) for topic in one.T}) > 1
    assert (one != other).any()


def test_the_days_of_a_short_run_are_those_of_a_longer_one() -> None:
    short, long = (news_days(load_scenario("hk2019", overrides=[f"scenario.days={days}"])) for days in (10, 60))
    assert (short == long[:10]).all()


def test_without_news_there_are_no_days() -> None:
    assert not news_days(load_scenario("hk2019", overrides=["organic.news_days_per_month=0"])).any()


def test_people_of_other_interests_repost_a_topic_more_where_it_is_in_the_news() -> None:
    config = load_scenario("hk2019", scale=1.0, seed=2, overrides=[*SMALL, "organic.news_days_per_month=10",
                           "organic.interest_match=6"])  # fmt: skip
    model = InfluenceModel(config)
    model.run()
    log, news = model.activity, news_days(config)
    reposts = log["kind"] == REPOST
    topic = log["topic"][reposts]
    elsewhere = model.accounts.interest[log["account"][reposts]] != topic
    in_the_news = news[log["post_time"][reposts] // 86_400, topic]
    odds = [share / (1.0 - share) for share in (elsewhere[in_the_news].mean(), elsewhere[~in_the_news].mean())]
    assert odds[0] > 2.0 * odds[1]
