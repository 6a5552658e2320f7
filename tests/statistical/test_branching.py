"""Cascades meet the theory of branching processes where its conditions hold.

On a directed random graph with everybody online, unlimited attention and one repost probability p for all, a repost
reaches on average R/p followers and causes R reposts: below R = 1 the mean cascade, with its source, has 1/(1 - R) acts
(Harris 1963). A cascade of a few among thousands meets itself too seldom to matter.
"""

from __future__ import annotations

import math
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from scipy.stats import chi2

from sim import InfluenceModel, load_scenario
from sim.events.records import POST
from sim.graph.csr import FollowerGraph
from sim.graph.io import write_edge_list

PEOPLE, FOLLOWED, HOURS_OF_WRITING, SEEDS = 3000, 10, 48, 20
CONDITIONS = [
    "feed=chronological", "feed.attention=1000", "feed.candidates=1000", "feed.acts_per_account=64",
    "feed.followed_hours=1000", "scenario.scale=1", f"scenario.organic={PEOPLE}", "scenario.core=0",
    "scenario.amplifiers=0",
    "scenario.days=5", "organic.acts_per_month_sigma=0", "organic.sessions_per_day_at_daily_act=25",
    "organic.sessions_exponent=0", "organic.sessions_per_day_max=1000", "organic.night_floor=1",
    "organic.never_repost_share=0", "organic.repost_share=[[0,0.5],[1,0.5]]", "organic.elite.followers_share=0",
    "organic.repost_reference_items=0.1", "organic.repost_reference_exponent=0", "organic.repost_probability_max=1",
    "organic.appeal_sigma=0", "organic.interest_match=1", "organic.interest_mismatch=1", "organic.foreign_language=1",
    "organic.secondhand=1", "organic.agreement_weight=0", "organic.social_proof=0",
    "organic.novelty_half_life_hours=inf", "organic.newcomer_share=0", "organic.idle_share=0", "organic.office_share=0",
    "organic.news_days_per_month=0",
    *(f"organic.groups.{kind}.share=0" for kind in ("fans", "activists", "newsrooms", "commercial_spam")),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("acts_per_month", "about"), [(4.5, 0.3), (10.5, 0.7)])
def test_the_mean_cascade_is_that_of_the_branching_process(tmp_path: Path, acts_per_month: float, about: float) -> None:
    sizes, expected = [], []
    for seed in range(SEEDS):
        drawn = nx.fast_gnp_random_graph(PEOPLE, FOLLOWED / PEOPLE, seed=seed, directed=True)
        graph = FollowerGraph.from_networkx(drawn)
        write_edge_list(graph, tmp_path / f"{seed}.parquet")
        overrides = [
            f"graph.edge_list={tmp_path / f'{seed}.parquet'}",
            f"organic.acts_per_month_median={acts_per_month}",
        ]
        model = InfluenceModel(load_scenario("hk2019", seed=seed, overrides=[*CONDITIONS, *overrides]))
        model.run()
        ratio = float(model.accounts.repost_propensity[0]) * graph.n_ties / graph.n
        assert ratio == pytest.approx(about, abs=0.03)
        expected.append(1.0 / (1.0 - ratio))
        log = model.activity
        post = log["author"].astype(np.int64) << 32 | log["post_time"]
        early = log["post_time"] < HOURS_OF_WRITING * 3600
        _, size = np.unique(post[early], return_counts=True)
        assert size.size == np.count_nonzero(early & (log["kind"] == POST))
        sizes.append(size)
    joined = np.concatenate(sizes)
    error = joined.std() / math.sqrt(joined.size)
    assert error < 0.025 * np.mean(expected)  # otherwise the next lines could not fail
    assert abs(joined.mean() - np.mean(expected)) < 2.0 * error
    # Seed by seed the misses are as large as standard errors are: their squares add up to a draw of chi-squared.
    misses = [
        (size.mean() - mean) / size.std() * math.sqrt(size.size) for size, mean in zip(sizes, expected, strict=True)
    ]
    low, high = chi2.ppf([0.001, 0.999], SEEDS)
    assert low < np.square(misses).sum() < high
