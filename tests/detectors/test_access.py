"""Network of access: an excess among the new or the busy is found and counted; where all are alike there is none."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma, poisson

from detectors.access import Access
from detectors.testing.check import check, scores_of
from sim.observation import Observation

HOUR, DAY = 3600, 86_400
END = 400 * DAY


def seen(
    created: np.ndarray, acts: np.ndarray | None = None, end: int = END, **signals: np.ndarray
) -> list[Observation]:
    """Return one step of an hour in which account i acts acts[i] times."""
    account = np.repeat(np.arange(created.size), 0 if acts is None else acts).astype(np.int32)
    columns = {"registered": created < end, "created": created, **signals}
    if "access" in columns:
        columns["access"] = columns["access"].astype(np.int64)
    events = {"time": np.full(account.size, end - HOUR), "account": account}
    return [
        Observation(step=0, start=end - HOUR, end=end, n_accounts=created.size, columns=columns, events=events)
    ]  # fmt: skip


def people(seed: int, established: int, new: int) -> tuple[np.random.Generator, np.ndarray]:
    draw = np.random.Generator(np.random.Philox(key=seed))
    return draw, np.concatenate([draw.integers(0, 300 * DAY, established), draw.integers(380 * DAY, END, new)])


def test_it_keeps_the_protocol() -> None:
    check(Access)
    check(lambda: Access(young_days=0.1, busy_acts=17, chance=0.4))  # where the synthetic log has established and busy


def test_where_the_new_and_the_busy_connect_as_the_established_do_hardly_any_account_scores() -> None:
    hit = total = 0
    for seed in range(20):
        draw, created = people(seed, 4000, 600)
        signals = {"access": draw.random(4600) < 0.03, "client": draw.integers(0, 3, 4600)}
        scores = scores_of(Access(signals=["access", "client"]), seen(created, draw.poisson(10, 4600), **signals))
        hit, total = hit + int((scores > 0).sum()), total + int((~np.isnan(scores)).sum())
    # A way of access exceeds its limit by chance with probability 0.001: 240 of them (seed, group, way), so 0.24 are
    # expected, and four or more have a chance below 0.0002. Those are rarely the large ones.
    assert total > 12_000
    assert hit < 0.01 * total


def test_the_score_counts_the_excess_and_leaves_out_ways_that_the_established_use() -> None:
    draw, created = people(1, 20_000, 2000)
    vpn = draw.random(22_000) < 0.03
    vpn[-1000:] |= draw.random(1000) < 0.5  # run from behind a firewall
    scores = scores_of(Access(signals=["access"]), seen(created, access=vpn))
    new = np.arange(22_000) >= 20_000
    assert np.isnan(scores[~new]).all()
    assert (scores[new & ~vpn] == 0).all()
    truly_run = (vpn[-1000:].sum() - 30) / vpn[new].sum()
    assert truly_run - 0.1 < scores[new & vpn][0] <= truly_run  # a lower bound, and a close one


def test_scores_are_those_of_the_definition() -> None:
    draw, created = people(2, 500, 80)
    acts, phone, client = draw.poisson(6, 580), draw.random(580) < 0.6, draw.integers(0, 3, 580)
    client[500:] = np.where(draw.random(80) < 0.9, 2, client[500:])
    signals = {"phone_verified": phone, "client": client}
    scores = scores_of(Access(signals=list(signals), busy_acts=9), seen(created, acts, **signals))
    new, busy = created >= END - 45 * DAY, acts >= 9
    established = ~new & ~busy
    middles = (np.arange(4000) + 0.5) / 4000

    def excess(group: np.ndarray, same: np.ndarray) -> float:
        known, share = (same & established).sum() + 1, group.sum() / established.sum()
        rate = gamma.ppf(middles, known) * share  # of a Poisson count, and not known exactly
        limit = next(q for q in range(1, 1000) if poisson.sf(q, rate).mean() < 0.001)
        return max(0.0, 1.0 - limit / max((same & group).sum(), 1))

    for is_phone in (False, True):
        for which in range(3):
            same = (phone == is_phone) & (client == which)
            of_new, of_busy = excess(new, same), excess(busy, same)
            assert scores[same & new & ~busy] == pytest.approx(of_new, abs=0.03)
            assert scores[same & busy & ~new] == pytest.approx(of_busy, abs=0.03)
            assert scores[same & busy & new] == pytest.approx(max(of_new, of_busy), abs=0.03)
    assert np.isnan(scores[established]).all()
    assert np.nanmax(scores) > 0.2


def test_a_single_newcomer_by_a_way_that_no_other_uses_is_no_excess() -> None:
    created = np.concatenate([np.zeros(1000, np.int64), [399 * DAY]])
    address = np.arange(1001)  # each has one of its own
    assert scores_of(Access(signals=["access"]), seen(created, access=address))[-1] == 0.0


def test_busy_accounts_are_those_that_act_within_the_window_however_time_is_cut() -> None:
    created, columns = np.zeros(30, np.int64), {"registered": np.ones(30, bool), "created": np.zeros(30, np.int64)}
    draw = np.random.Generator(np.random.Philox(key=4))
    time, account = np.sort(draw.integers(0, 10 * HOUR, 3000)), draw.integers(0, 30, 3000).astype(np.int32)

    def run(cuts: list[int]) -> np.ndarray:
        detector = Access(signals=["access"], young_days=0.01, window_hours=3.5, busy_acts=35, chance=0.4)
        for step, (start, end) in enumerate(pairwise(cuts)):
            part = (time >= start) & (time < end)
            detector.observe(Observation(
                step=step, start=start, end=end, n_accounts=created.size,
                columns={**columns, "access": np.arange(30) % 3},
                events={"time": time[part], "account": account[part]},
            ))  # fmt: skip
        return detector.score()

    hourly = run([hour * HOUR for hour in range(11)])
    inside = time >= 6.5 * HOUR
    assert (~np.isnan(hourly) == (np.bincount(account[inside], minlength=30) >= 35)).all()
    assert 0 < (~np.isnan(hourly)).sum() < 30
    assert run([0, 5000, 9000, 30_000, 10 * HOUR]).tobytes() == hourly.tobytes()


def test_the_reason_says_how_many_connect_in_that_way_and_how_many_may_be_innocent() -> None:
    created = np.concatenate([np.zeros(900, np.int64), np.full(100, 399 * DAY)])
    detector = Access(signals=["access"])
    scores = scores_of(detector, seen(created, access=np.isin(np.arange(1000), [*range(27), *range(900, 960)])))
    evidence = detector.explain(900)
    assert evidence.facts["observed"] == 60
    assert evidence.facts["expected"] == pytest.approx(28 * 100 / 900)
    assert evidence.facts["innocent_at_most"] == pytest.approx(1 - scores[900])
    assert "60 new accounts" in evidence.sentence
    assert "nothing to compare" in detector.explain(5).sentence


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"signals": ["layer"]}, "signals must be one or more of registered, .*; got layer"),
        ({"signals": []}, "signals must be one or more of registered, .*; got none"),
        ({"young_days": 0}, "young_days must be above 0 and finite; got 0"),
        ({"busy_acts": 0}, "busy_acts must be at least 1; got 0"),
        ({"chance": 0.0}, r"chance must lie in \(0, 1\); got 0.0"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Access.{message}"):
        Access(**given)
