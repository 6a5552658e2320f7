"""The follower graph of the public is measured over those who log in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.validation.network import network_lines, top_correlation
from sim import InfluenceModel, load_scenario
from sim.events.records import REPOST


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    made = InfluenceModel(load_scenario("hk2019", scale=0.004, seed=1, overrides=["scenario.days=3"]))
    made.run()
    return made


def by_name(model: InfluenceModel) -> dict[str, float]:
    return {line.quantity: line.value for line in network_lines(model)}


def test_followers_and_reposts_received_are_those_of_people_who_log_in(
    model: InfluenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    n, log = model.config.scenario.n_organic, model.activity
    rate = model.accounts.session_rate.copy()
    rate[:n:2] = 0.0  # every second one is idle
    monkeypatch.setattr(model.accounts, "session_rate", rate)
    followers = np.zeros(n, int)
    for account in range(n):
        followed = model.world.graph.following(account)
        followers[followed[followed < n]] += 1
    received = np.zeros(n, int)
    for kind, account, author in zip(*(log[name].tolist() for name in ("kind", "account", "author")), strict=True):
        if kind == REPOST and account < n and author < n:
            received[author] += 1
    awake = np.flatnonzero(rate[:n] > 0.0)
    found = by_name(model)
    assert found["followers of people who log in, 96th percentile in medians"] == pytest.approx(
        np.percentile(followers[awake], 96) / np.median(followers[awake])
    )
    most = awake[np.argsort(-followers[awake], kind="stable")[: round(awake.size / 10)]]
    assert found["followers and reposts received, rank correlation, top tenth by followers"] == pytest.approx(
        stats.spearmanr(followers[most], received[most]).statistic
    )


def test_the_rank_correlation_is_of_the_most_followed_alone() -> None:
    followers = np.array([100, 90, 80, 70, *range(36)])
    received = np.array([1, 2, 3, 4, *range(36)])
    assert top_correlation(followers, received, 0.1) == pytest.approx(-1.0)
    assert top_correlation(followers, received, 1.0) > 0.5
    assert np.isnan(top_correlation(followers, received, 0.05))  # two accounts
    assert np.isnan(top_correlation(followers, np.zeros(40, int), 0.1))
