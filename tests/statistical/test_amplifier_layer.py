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


@pytest.mark.slow
def test_without_ranking_and_recommendations_amplifiers_add_less_than_a_hundredth() -> None:
    assert min(reach(seed, 0, "feed=chronological") for seed in SEEDS) > 100  # one person is then less than a hundredth
    assert added("feed=chronological").mean() < 0.01


@pytest.mark.slow
def test_with_ranking_and_recommendations_amplifiers_add_clearly_more() -> None:
    more = np.log1p(added("feed=engagement"))  # of a ratio, which is skewed: a campaign that takes off reaches sixfold
    low = stats.t.interval(0.95, more.size - 1, more.mean(), stats.sem(more))[0]
    assert low > np.log(1.01)
