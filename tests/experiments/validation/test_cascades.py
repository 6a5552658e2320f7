"""Reposts and reads of posts are those counted one by one."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from experiments.validation.cascades import campaign_lines, cascade_lines, half_lives
from sim import InfluenceModel, load_scenario
from sim.events.records import PROMOTED, RECOMMENDED, REPOST


@pytest.fixture(scope="module")
def model() -> InfluenceModel:
    made = InfluenceModel(load_scenario("hk2019", scale=0.01, seed=1, overrides=["scenario.days=4"]))
    made.run()
    return made


def test_cascades_are_those_counted_one_by_one(model: InfluenceModel) -> None:
    n, log = model.config.scenario.n_organic, model.activity
    reposts: dict[tuple[int, int], int] = {}
    soon = straight = 0
    rows = zip(*(log[name].tolist() for name in log.columns), strict=True)
    for time, account, kind, author, post_time, source, *_ in rows:
        if account < n and author < n:
            reposts.setdefault((author, post_time), 0)
            if kind == REPOST:
                reposts[author, post_time] += 1
                soon += time - post_time < 3600
                straight += source in (author, RECOMMENDED, PROMOTED)
    found = {line.quantity: line.value for line in cascade_lines(model)}
    count = np.array(list(reposts.values()))
    assert found["posts never reposted"] == pytest.approx(np.mean(count == 0))
    assert found["posts with 100 reposts or more"] == pytest.approx(np.mean(count >= 100))
    assert found["reposts within an hour of the post"] == pytest.approx(soon / count.sum())
    assert found["reposts straight from the author or a recommendation of the post"] == pytest.approx(
        straight / count.sum()
    )


def test_the_half_life_is_a_posts_own_and_only_of_posts_with_enough_reads() -> None:
    post = np.array([1] * 4 + [2] * 5 + [3] * 3 + [4] * 400)
    delay = np.array([40, 10, 20, 30, 5, 1, 2, 3, 4, 9, 9, 9] + [1000] * 400)
    assert half_lives(post, delay, 4).tolist() == [20, 3, 1000]
    assert half_lives(post, delay, 3).tolist() == [20, 3, 9, 1000]
    assert half_lives(post[:0], delay[:0], 1).size == 0


def test_the_half_life_of_a_run_is_the_median_over_posts_whose_reads_are_complete(model: InfluenceModel) -> None:
    reads = defaultdict(list)
    seen = model.impressions
    for author, written, time in zip(*(seen[name].tolist() for name in ("author", "post_time", "time")), strict=True):
        if written <= 2 * 86_400:  # half of the run
            reads[author, written].append(time - written)
    half = [sorted(delays)[(len(delays) - 1) // 2] / 60 for delays in reads.values()]
    assert len(half) > 5
    found = {line.quantity: line.value for line in campaign_lines(model)}
    (name,) = (name for name in found if name.startswith("half of a campaign post's reads"))
    assert name.endswith("with 1 or more")  # ten at full size
    assert found[name] == pytest.approx(np.median(half))
    together = found["half of the reads of all campaign posts together have come, minutes"]
    assert together == pytest.approx(np.median(seen["time"] - seen["post_time"]) / 60)


def test_exposures_in_network_are_those_that_an_account_brought(model: InfluenceModel) -> None:
    n, seen = model.config.scenario.n_organic, model.impressions
    in_network, all_kinds = [0] * n, [0] * n
    for account, source in zip(seen["account"].tolist(), seen["source"].tolist(), strict=True):
        all_kinds[account] += 1
        in_network[account] += source not in (RECOMMENDED, PROMOTED)
    found = {line.quantity: line.value for line in campaign_lines(model)}
    for name, counts in (("exposures in network", in_network), ("exposures of every kind", all_kinds)):
        top = sum(sorted(counts)[-(n // 100) :])
        assert found[f"{name}, share of the most exposed 1% of people"] == pytest.approx(top / sum(counts))
    assert 0 < sum(in_network) < sum(all_kinds)
