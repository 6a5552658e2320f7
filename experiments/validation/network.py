"""The follower graph of the public beside the record: rows 18, 19, 36, 37 and 38."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.validation.line import Line, amount, band, share, unknown
from sim import InfluenceModel
from sim.events.records import REPOST
from sim.graph.measure import clustering, degree_assortativity, random_clustering, reciprocity, transitivity, unreturned

_SAMPLE = 2_000  # accounts whose clustering is measured


def network_lines(model: InfluenceModel) -> list[Line]:
    """Measure the follower graph of the public, without the operation's accounts."""
    n, table = model.config.scenario.n_organic, model.accounts
    graph = model.world.graph.among_first(n)
    followers, log_in = graph.follower_count(), table.session_rate[:n] > 0.0
    median, p96, p99 = np.percentile(followers[log_in], [50, 96, 99])
    sample = np.arange(0, n, max(1, n // _SAMPLE))
    received = _reposts_received(model)
    return [
        Line("18", "followers of people who log in, 96th percentile in medians", amount(16.0, "16"), "{:.1f}",
             float(p96 / median)),
        Line("18", "99th percentile in medians", amount(49.0, "49"), "{:.1f}", float(p99 / median)),
        Line("19", "ties that are mutual", share(0.22, "22%"), "{:.1%}", reciprocity(graph)),
        Line("36", "people followed by none of those whom they follow", band(0.15, 0.68, "15 to 68%"), "{:.1%}",
             unreturned(graph)),
        Line("37", "transitivity", band(0.001, 0.2, "0.001 (a platform) to 0.2 (partisans)"), "{:.4f}",
             transitivity(graph)),
        Line("37", "degree assortativity", band(-0.2, 0.0, "slightly negative"), "{:.3f}",
             degree_assortativity(graph)),
        Line("–", "clustering, in that of a random graph as dense", unknown("well above 1"), "{:.0f}",
             clustering(graph, sample) / random_clustering(graph)),
        Line("38", "followers and reposts received, rank correlation, top tenth by followers", amount(0.12, "0.12"),
             "{:.2f}", top_correlation(followers[log_in], received[log_in], 0.1)),
        Line("38", "the same, top hundredth", amount(0.11, "0.11"), "{:.2f}",
             top_correlation(followers[log_in], received[log_in], 0.01)),
    ]  # fmt: skip


def _reposts_received(model: InfluenceModel) -> NDArray[np.int64]:
    """Return how often the public reposted each of its members: int64 (organic,)."""
    n, log = model.config.scenario.n_organic, model.activity
    chosen = (log["kind"] == REPOST) & (log["account"] < n) & (log["author"] < n)
    return np.bincount(log["author"][chosen], minlength=n)


def top_correlation(followers: NDArray[np.integer], received: NDArray[np.integer], top: float) -> float:
    """Return Spearman's rank correlation among the share `top` of accounts with the most followers.

    Cha et al. (2010) take the most followed tenth and hundredth of the accounts that tweet. NaN for fewer than three.
    """
    most = np.argsort(-followers.astype(np.int64), kind="stable")[: round(top * followers.size)]
    constant = most.size < 3 or np.ptp(followers[most]) == 0 or np.ptp(received[most]) == 0
    return float("nan") if constant else float(stats.spearmanr(followers[most], received[most]).statistic)
