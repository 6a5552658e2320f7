"""The reviewers' queue: Erlang's waits where it is M/M/c, working hours, errors, and the cases of a run."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim import InfluenceModel
from sim.config import WorldConfig
from sim.enforcement.review import ReviewQueue
from sim.population.truth import Layer
from tests.sim.enforcement.draws import NUMBER, config, lottery, review, rows, rules, run, world
from tests.sim.platform.test_platform import HOUR, Scripted

DAY = 24 * HOUR
MEAN = 600.0  # seconds a case


def full_size(seed: int = 1) -> WorldConfig:
    """The small world's configuration at a scale of 1, so that numbers of reviewers are what they are."""
    return replace(config(), seed=seed, scenario=replace(config().scenario, scale=1.0))


def queue_of(reviewers: float, seed: int = 1, scale: float = 1.0, **changes: float) -> ReviewQueue:
    of = full_size(seed)
    of = replace(of, scenario=replace(of.scenario, scale=scale))
    layer = (np.arange(1_000_000) % 2).astype(np.uint8)  # every other account is the operation's
    return ReviewQueue(of, review(reviewers, **changes), reviewers, layer, 0)


def poisson(per_second: float, cases: int, seed: int) -> np.ndarray:
    generator = np.random.Generator(np.random.Philox(key=seed))
    return np.cumsum(generator.exponential(1.0 / per_second, cases)).astype(np.int64)


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that a case has to wait, in M/M/c at `load` = arrivals x mean service time."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


@pytest.mark.parametrize(("servers", "use"), [(1, 0.5), (3, 0.8), (10, 0.9)])
def test_waits_are_erlangs(servers: int, use: float) -> None:
    """Mean wait C / (c mu - lambda) and share that waits C, within five standard errors over seeds."""
    load, cases = servers * use, 4000
    waits, waited = [], []
    for seed in range(1, 21):
        queue = queue_of(servers, seed)
        queue.enqueue(poisson(load / MEAN, cases, seed), np.arange(cases), np.ones(cases, np.int64))
        arrived, began, _ = (part[cases // 4 :] for part in queue.times())  # it began empty
        waits.append((began - arrived).mean())
        waited.append((began > arrived + 1).mean())  # times of arrival are whole seconds
    busy = erlang_c(servers, load)
    for seen, expected in ((waits, busy * MEAN / (servers - load)), (waited, busy)):
        error = np.std(seen, ddof=1) / np.sqrt(len(seen))
        assert abs(np.mean(seen) - expected) < 5 * error + 0.01 * expected
        assert error < 0.15 * expected


def test_cases_are_begun_first_come_first_served_by_no_more_than_there_are() -> None:
    queue = queue_of(3)
    for part in np.split(poisson(4 / MEAN, 3000, 1), 30):  # more than three can do, handed in bit by bit
        queue.enqueue(part, np.arange(part.size), np.ones(part.size, np.int64))
    arrived, began, finished = queue.times()
    assert (np.diff(began) >= 0).all()
    assert (began >= arrived).all()
    at_work = (began[None, :] <= began[:, None]) & (finished[None, :] > began[:, None])
    assert at_work.sum(axis=1).max() == 3
    assert queue.hours(10**9) == pytest.approx((finished - began).sum() / 3600.0)


def test_a_part_of_a_reviewer_does_a_part_of_the_work() -> None:
    """Forty at a scale of 0.01 are two fifths of one, who takes longer over a case, and works as many hours on it."""
    small, one = queue_of(40.0, scale=0.01), queue_of(1.0)
    times = np.arange(50) * 10**6
    for queue in (small, one):
        queue.enqueue(times, np.arange(50), np.ones(50, np.int64))
    slow, fast = ((queue.times()[2] - queue.times()[1]) for queue in (small, one))
    np.testing.assert_allclose(slow, fast / 0.4)
    assert small.hours(10**9) == pytest.approx(one.hours(10**9))


def test_nobody_works_outside_the_working_hours() -> None:
    queue = queue_of(2, hours_per_day=8.0, minutes_per_case=40.0)
    queue.enqueue(np.arange(200) * 1800, np.arange(200), np.ones(200, np.int64))
    _, began, finished = queue.times()
    for times in (began, finished):
        of_day = times % DAY
        assert ((of_day >= 9 * HOUR) & (of_day <= 17 * HOUR)).all()
    for day in range(4):
        assert queue.hours((day + 1) * DAY) - queue.hours(day * DAY) <= 2 * 8.0 + 1e-9
    assert queue.hours(2 * DAY) - queue.hours(DAY) > 15.0


def test_without_reviewers_nothing_is_decided() -> None:
    queue = queue_of(0.0)
    queue.enqueue(np.arange(5), np.arange(5), np.ones(5, np.int64))
    assert queue.decided(10**8).account.size == 0
    assert queue.hours(10**8) == 0.0


def test_reviewers_err_at_their_rates() -> None:
    n = 20_000
    queue = queue_of(100.0, miss_rate=0.3, false_alarm_rate=0.1)
    queue.enqueue(np.arange(n), np.arange(n), np.ones(n, np.int64))
    cases = queue.decided(10**8)
    assert cases.account.size == n
    for kind, expected in ((0, 0.1), (1, 0.7)):
        found = cases.guilty[cases.account % 2 == kind].mean()
        assert abs(found - expected) < 5 * math.sqrt(expected * (1 - expected) / (n / 2))


# In a run.


def reviewed(reviewers: float, **changes: float):
    of = review(reviewers / config().scenario.scale, **changes)
    return run(rules(policy="review", review=of), lottery(0.3, 6 * HOUR))


def test_reviewers_without_error_suspend_the_operations_accounts_alone_and_later_than_at_once() -> None:
    model = reviewed(2.0)
    log = rows(model)
    assert len(log) > 20
    assert all(action == NUMBER["suspend"] and not lifted for _, _, action, lifted in log)
    assert all(model.world.truth.layer[who] != Layer.ORGANIC for _, who, _, _ in log)
    results = model.results()
    assert results["false_positive_rate"] == 0.0
    assert results["review_cases"] > 400  # the innocent ones are cases too, each once
    assert results["mean_wait_hours"] > 1.0
    assert results["reviewer_hours"] == pytest.approx(results["review_cases"] / 6.0, rel=0.2)  # ten minutes each
    assert results["reviewer_hours"] <= 2.0 * 72
    accounts = [who for _, who, _, _ in log]
    assert len(set(accounts)) == len(accounts)


def test_of_equal_scores_nobody_comes_first_by_layer() -> None:
    """Internal numbers go by layer, people first: cases in their order would have amplifiers wait for all people."""
    model = InfluenceModel(
        config(), Scripted(1.0), enforcement=rules(policy="review", review=review(1.0)), world=world()
    )
    handed: list[np.ndarray] = []
    enqueue = model.platform.queue.enqueue
    model.platform.queue.enqueue = lambda time, who, subject: (handed.append(who), enqueue(time, who, subject))
    for _ in range(6):
        model.step()
    (who,) = (cases for cases in handed if cases.size)
    guilty = world().truth.operation[who]
    rank = np.arange(who.size)[guilty].mean() / who.size
    # The mean rank of n of N by lot: one half, with a standard error below 1 / sqrt(12 n); five of them.
    assert guilty.sum() > 50
    assert abs(rank - 0.5) < 5.0 / np.sqrt(12.0 * guilty.sum())


def test_more_reviewers_find_more_sooner() -> None:
    few, many = reviewed(0.5).results(), reviewed(20.0).results()
    assert few["recall"] < many["recall"]
    assert few["mean_wait_hours"] > many["mean_wait_hours"]
    assert few["queue_length"] > many["queue_length"]


def test_false_alarms_hit_people() -> None:
    results = reviewed(20.0, false_alarm_rate=0.5).results()
    assert results["false_positive_rate"] > 0.1
