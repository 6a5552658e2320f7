"""The second platform: the record's numbers, views by the binomial law, and silence after a tip.

Whether a follower sees a post is a draw of its own, so counts are binomial; `CHANCE` is the chance of a false alarm of
each statistical test.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import InfluenceModel, load_scenario
from sim.operation.second_platform import KINDS
from tests.worlds import PLAIN_OPERATION

CHANCE = 1e-6
HOUR = 3600


@cache
def run(*overrides: str, tip_at: int | None = None) -> InfluenceModel:
    """Return a run of five working days from a Monday, with many followers and the tip at a given step."""
    basis = ["scenario.scale=1", "scenario.organic=4000", "scenario.core=5", "scenario.amplifiers=20",
             "scenario.days=5",
             "scenario.start='2019-07-22'", "graph.whole_ratio=1", "operation.second_platform.overlap=0.1",
             "operation.second_platform.posts_per_day=20"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*PLAIN_OPERATION, *basis, *overrides]))
    while model.step_number < model.n_steps:
        if model.step_number == tip_at:
            model.second_platform.tip(tip_at * HOUR)
        model.step()
    return model


def test_there_are_as_many_pages_groups_and_accounts_and_followers_as_were_announced() -> None:
    there = run().second_platform
    assert {name: np.count_nonzero(there.kind == kind) for kind, name in enumerate(KINDS)} == {
        "page": 7, "group": 3, "account": 5,
    }  # fmt: skip
    # A tenth of 15,500, 2,200 and 500 are drawn. A person drawn twice counts once: of n among N at most n² / 2N.
    speakers = 0.12 * 4000  # of Chinese, the smaller group
    for kind, n in enumerate((1550, 220, 50)):
        of_kind = there.audience[there.kind[there.entity] == kind]
        assert np.unique(of_kind).size == of_kind.size  # each follows one page, one group or one account
        assert max(n - n * n / (2 * speakers), n / 2) < of_kind.size <= n


def test_followers_speak_the_operations_languages() -> None:
    model = run()
    names = list(model.config.organic.languages)
    assert {names[code] for code in model.accounts.language[model.second_platform.audience]} == {"zh", "en"}


def test_posts_and_views_are_as_many_as_the_law_says() -> None:
    model = run()
    there, rules = model.second_platform, model.config.operation.second_platform
    # Random rounding adds at most the variance of a coin in each step.
    assert abs(there.posts - 5 * rules.posts_per_day).max() < 6 * np.sqrt(120 / 4)
    shown = int((there.posts * np.bincount(there.entity, minlength=there.kind.size)).sum())
    assert stats.binomtest(there.impressions, shown, rules.view_probability).pvalue > CHANCE


def test_the_people_reached_are_as_many_as_independent_views_give() -> None:
    there, p = run().second_platform, run().config.operation.second_platform.view_probability
    posts = np.bincount(there.audience, weights=there.posts[there.entity], minlength=4000)  # offered to each person
    chance = 1.0 - (1.0 - p) ** posts
    error = np.sqrt((chance * (1.0 - chance)).sum())
    assert abs(there.reached.sum() - chance.sum()) < 5.5 * error
    assert set(np.flatnonzero(there.reached).tolist()) == set(there.views["account"].tolist())


def test_nothing_is_left_after_a_tip_and_the_delay_and_nothing_differs_before() -> None:
    late = "operation.second_platform.removal_delay_hours=7.4"  # within a step, and within working hours
    free, tipped = run(late), run(late, tip_at=44)
    until = 44 * HOUR + round(free.config.operation.second_platform.removal_delay_hours * HOUR)
    before = free.second_platform.views["time"] < until
    assert 0 < np.count_nonzero(before) < before.size
    for name in free.second_platform.views.columns:
        assert np.array_equal(free.second_platform.views[name][before], tipped.second_platform.views[name])


def test_a_second_tip_changes_nothing() -> None:
    there = InfluenceModel(run().config).second_platform
    there.tip(10)
    first = there.removed_at
    there.tip(1000)
    assert there.removed_at == first


@pytest.mark.parametrize("tip_at", [None, 40])
def test_what_happens_there_changes_nothing_on_the_platform(tip_at: int | None) -> None:
    gone = [f"operation.second_platform.{name}=0" for name in ("pages", "groups", "accounts")]
    free, without = run(tip_at=tip_at), run(*gone)
    for name in free.activity.columns:
        assert np.array_equal(free.activity[name], without.activity[name])
    assert free.results()["second_platform_reach"] > 0 == without.results()["second_platform_reach"]


def test_reach_anywhere_counts_a_person_once() -> None:
    model = run()
    read, seen = set(model.impressions["account"].tolist()), set(model.second_platform.views["account"].tolist())
    assert read & seen
    assert model.results()["reach_anywhere"] == len(read | seen)
    assert model.results()["second_platform_impressions"] == len(model.second_platform.views)


def test_without_an_operation_there_is_none() -> None:
    model = InfluenceModel(load_scenario("quiet", scale=0.001, seed=1, overrides=["scenario.days=1"]))
    model.run()
    assert model.second_platform.kind.size == model.second_platform.impressions == 0
