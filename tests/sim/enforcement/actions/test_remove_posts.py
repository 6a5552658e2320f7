"""Removed posts are neither read nor reposted; the half-life says how soon they go."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel
from tests.sim.enforcement.draws import config, lottery, rules, run, world
from tests.sim.platform.scripted import HOUR


def test_half_of_the_posts_are_gone_within_a_half_life_and_nobody_reads_or_reposts_them_after() -> None:
    model = InfluenceModel(
        config(), lottery(1.0, 0), enforcement=rules("remove_posts", cadence_hours=1.0, removal_half_life_hours=2.0),
        world=world(),
    )  # fmt: skip
    gone: dict[tuple[int, int], int] = {}
    ages = []
    while model.step_number < model.n_steps:
        start = model.step_number * HOUR
        model.step()
        posts = model.timeline._posts[: model.timeline._n_posts]
        for author, time, flags in zip(*(posts[name].tolist() for name in ("author", "time", "flags")), strict=True):
            if flags & 2:
                gone.setdefault((author, time), start)
            if start - HOUR <= time + 2 * HOUR < start and start > 12 * HOUR:
                ages.append(bool(flags & 2))
    assert abs(np.mean(ages) - 0.55) < 0.05  # a half-life later, and on average half a step
    for log in (model.activity, model.impressions):
        for author, written, time in zip(*(log[n].tolist() for n in ("author", "post_time", "time")), strict=True):
            assert time < gone.get((author, written), 2**40)
    assert len(model.impressions) > 30


@pytest.mark.slow
def test_a_longer_half_life_never_lowers_prevalence_in_the_mean() -> None:
    means = []
    for hours in (0.0, 0.5, 2.0, 8.0, 1e6):
        enforcement = rules("remove_posts", cadence_hours=1.0, removal_half_life_hours=hours)
        means.append(np.mean([run(enforcement, lottery(1.0, 0), world(seed)).outcome().impressions
                              for seed in range(1, 5)]))  # fmt: skip
    assert means == sorted(means)
    assert means[0] < 0.5 * means[-1]


def test_posts_come_back_when_the_removal_is_lifted() -> None:
    model = InfluenceModel(config(), world=world())
    everybody = np.arange(config().scenario.n_accounts)
    model.platform.apply(everybody, "remove_posts", 1.0, 3 * HOUR, "hand")
    model.platform.actions["remove_posts"]._mean = 0.0
    for _ in range(4):
        model.step()
    flags = model.timeline._posts["flags"][: model.timeline._n_posts]
    assert (flags & 2).any()
    model.platform.actions.lift(everybody, "remove_posts", "hand", 4 * HOUR)
    assert not (model.timeline._posts["flags"][: model.timeline._n_posts] & 2).any()
    reads = len(model.impressions)
    for _ in range(10):
        model.step()
    assert len(model.impressions) > reads
