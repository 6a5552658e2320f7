"""What the amplifier layer adds to the core's reach: next to nothing by the graph, much by ranking and recommending."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import InfluenceModel, load_scenario

SEEDS, DAYS = range(5), 10


@cache
def reach(seed: int, amplifiers: int, *feed: str) -> int:
    overrides = [f"scenario.amplifiers={amplifiers}", f"scenario.days={DAYS}", *feed]
    model = InfluenceModel(load_scenario("hk2019", scale=0.05, seed=seed, overrides=overrides))
    model.run()
    return int(model.outcome().reached.size)


def added(*feed: str) -> np.ndarray:
    """Return what amplifiers add to the reach of the core alone, as a share, by seed; both runs share their draws."""
    return np.array([reach(seed, 200_000, *feed) / reach(seed, 0, *feed) - 1.0 for seed in SEEDS])


@cache
def reached_with_capacity(seed: int, amplifiers: int, feed: str) -> int:
    """Return the people reached in six days in a small world with so many amplifiers alive, each with a capacity."""
    there = ["operation.supply.amplifiers.reserve_share=0", "operation.wave_days=[-30]", "operation.wave_weights=[1]"]
    overrides = [feed, *there, f"scenario.amplifiers={amplifiers}", "scenario.days=6"]
    model = InfluenceModel(load_scenario("hk2019", scale=0.02, seed=seed, overrides=overrides))
    model.run()
    return int(model.outcome().reached.size)


@pytest.mark.slow
def test_with_a_capacity_the_more_amplifiers_are_alive_the_more_people_are_reached() -> None:
    means = [
        np.mean([reached_with_capacity(seed, number, "feed=equal_weights") for seed in (1, 2)])
        for number in (0, 100_000, 500_000)
    ]
    assert means[0] < 0.9 * means[1] < 0.81 * means[2]


@pytest.mark.slow
def test_with_a_capacity_they_reach_next_to_nobody_where_nothing_is_ranked_or_recommended() -> None:
    alone, many = (reached_with_capacity(1, number, "feed=chronological") for number in (0, 500_000))
    assert alone <= many < 1.02 * alone


@pytest.mark.slow
def test_without_ranking_and_recommendations_amplifiers_add_less_than_a_hundredth() -> None:
    assert min(reach(seed, 0, "feed=chronological") for seed in SEEDS) > 100  # one person is then less than a hundredth
    assert added("feed=chronological").mean() < 0.01


@pytest.mark.slow
def test_with_ranking_and_recommendations_amplifiers_add_clearly_more() -> None:
    more = np.log1p(added("feed=equal_weights"))  # of a ratio, which is skewed
    low = stats.t.interval(0.95, more.size - 1, more.mean(), stats.sem(more))[0]
    assert low > np.log(1.01)
