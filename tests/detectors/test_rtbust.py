"""RTbust: signatures are what they say, one clock is found among many, and too many accounts are refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from detectors.base import DetectorError
from detectors.rtbust import FEATURES, RTbust, signatures
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

HOUR, DAY = 3600, 86_400


def steps(rows: list[tuple[int, int, int, int]], n_accounts: int, hours: int) -> list[Observation]:
    """Return hourly steps of events (time, account, kind, post); the last account wrote all posts."""
    time, account, kind, post = np.array(sorted(rows)).T
    out = []
    for step in range(hours):
        part = time // HOUR == step
        events = {
            "time": time[part], "account": account[part].astype(np.int32), "kind": kind[part].astype(np.int8),
            "post": post[part], "author": np.full(int(part.sum()), n_accounts - 1, np.int32),
        }  # fmt: skip
        out.append(Observation(
            step=step, start=step * HOUR, end=(step + 1) * HOUR, n_accounts=n_accounts, columns={}, events=events
        ))  # fmt: skip
    return out


def people_and_bots(seed: int, people: int = 150, bots: int = 20, reposts: int = 20) -> list[tuple[int, int, int, int]]:
    """Return three days of a post every ten minutes; people each have a way of their own, bots one for all."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    posts = np.arange(0, 3 * DAY, 600)
    author = people + bots
    rows = [(int(time), author, POST, i) for i, time in enumerate(posts)]
    for account in range(people + bots):
        bot = account >= people
        pace, spread = (1.5, 0.1) if bot else (draw.uniform(2.0, 4.5), draw.uniform(0.1, 0.6))
        hour, width = (0.0, 24.0) if bot else (draw.uniform(0, 24), draw.uniform(2, 24))
        awake = np.flatnonzero((posts / HOUR - hour) % 24 < width)
        for i in draw.choice(awake, min(reposts, awake.size), replace=False):
            delay = int(10 ** draw.normal(pace, spread))
            if posts[i] + delay < 3 * DAY:
                rows.append((int(posts[i]) + delay, account, REPOST, int(i)))
    return rows


def test_it_keeps_the_protocol() -> None:
    check(RTbust)
    check(lambda: RTbust(min_reposts=4, min_cluster=3, post_hours=2))


def test_signatures_are_quantiles_and_directions() -> None:
    draw = np.random.Generator(np.random.Philox(key=1))
    start = np.array([0, 5, 9, 40])
    time = np.concatenate([np.sort(draw.integers(0, 9 * DAY, n)) for n in np.diff(start)])
    delay = draw.integers(0, 90_000, 40).astype(float)
    found = signatures(start, time, delay)
    assert found.shape == (3, len(FEATURES))
    for account, (low, high) in enumerate(pairwise(start)):
        gaps = np.log10(1 + np.diff(time[low:high]))
        direction = np.exp(2j * np.pi * time[low:high] / DAY).mean()
        expected = [
            *np.quantile(np.log10(1 + delay[low:high]), [0.1, 0.5, 0.9]), direction.real, direction.imag,
            np.median(gaps), np.quantile(gaps, 0.9) - np.quantile(gaps, 0.1),
        ]  # fmt: skip
        assert found[account] == pytest.approx(expected)


def test_one_clock_among_many_is_found_and_people_are_spared() -> None:
    detector = RTbust()
    scores = scores_of(detector, steps(people_and_bots(2), n_accounts=171, hours=72))
    people, bots = scores[:150], scores[150:170]
    assert np.mean(bots > 0.5) > 0.8
    assert np.nanmean(people > 0.5) < 0.15
    assert np.isnan(scores[170])  # who wrote it all reposts nothing
    bot = 150 + int(np.argmax(bots))
    evidence = detector.explain(bot)
    assert evidence.facts["delay_median"] == pytest.approx(1.5, abs=0.2)
    assert evidence.facts["group_size"] >= 10
    assert "seconds after a post" in evidence.sentence


def test_a_group_of_most_accounts_is_the_public_and_a_small_one_is_not() -> None:
    rows = people_and_bots(3, people=0, bots=80)
    rows += [
        (time + 5 * HOUR, account + 80, kind, post)
        for time, account, kind, post in people_and_bots(4, people=0, bots=15)
        if kind == REPOST and time < 2 * DAY
    ]
    rows = [(time, 95 if kind == POST else account, kind, post) for time, account, kind, post in rows]
    scores = scores_of(RTbust(), steps(rows, n_accounts=96, hours=72))
    assert np.nanmax(scores[:80]) < 0.4
    assert np.nanmedian(scores[80:95]) > 0.7


def test_delays_are_those_since_the_post_and_long_or_unknown_ones_count_as_the_longest() -> None:
    rows = [(10, 1, POST, 5), (3 * HOUR, 1, POST, 6)]
    rows += [(100, 0, REPOST, 5), (3 * HOUR + 7, 0, REPOST, 6), (4 * HOUR, 0, REPOST, 5), (4 * HOUR + 1, 0, REPOST, 77)]
    detector = RTbust(post_hours=3.0)
    for seen in steps(rows, n_accounts=2, hours=5):
        detector.observe(seen)
    assert detector._reposts.items().tolist() == [90, 7, 3 * HOUR, 3 * HOUR]


def test_what_has_left_the_window_does_not_count() -> None:
    seen = steps(people_and_bots(4), n_accounts=171, hours=72)
    assert (~np.isnan(scores_of(RTbust(), seen))).sum() > 100
    assert (~np.isnan(scores_of(RTbust(window_hours=4), seen))).sum() == 0


def test_more_accounts_than_it_can_cluster_are_refused_with_a_message() -> None:
    seen = steps(people_and_bots(5), n_accounts=171, hours=72)
    with pytest.raises(DetectorError, match=r"max_accounts=50 accounts, .* have min_reposts=12 reposts\. Raise"):
        scores_of(RTbust(max_accounts=50), seen)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window_hours": 0}, "window_hours must be above 0 and finite; got 0"),
        ({"min_reposts": 2}, "min_reposts must be at least 3; got 2"),
        ({"min_cluster": 1}, "min_cluster must be at least 2; got 1"),
        ({"max_accounts": 0}, "max_accounts must be at least 1; got 0"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"RTbust.{message}"):
        RTbust(**given)  # type: ignore[arg-type]
