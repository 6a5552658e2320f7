"""Review: people examine cases, one after another, and decide.

A queue with c servers, first come first served, exponential service times: with Poisson arrivals its waits are those of
M/M/c (Erlang 1917). It runs in continuous time inside the steps. Reviewers stop at the end of the working day and
continue the next morning: the queue runs in working time, `review.hours_per_day` hours a day.
"""

from __future__ import annotations

import heapq
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.config import ReviewConfig, WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.core.schedule import Schedule
from sim.population.truth import Layer

_DAY = 86_400.0
_OPENS = 9.0 * 3600.0  # UTC, where a working day is shorter than a day
_LATEST = 2.0**52  # seconds: a case nobody comes to


class Cases(NamedTuple):
    """Decided cases, in order of the time of the verdict."""

    time: NDArray[np.int64]  # of the verdict, seconds from the start of the run
    account: NDArray[np.int64]
    guilty: NDArray[np.bool_]
    subject: NDArray[np.int64]  # what the case is about, as it was given


class ReviewQueue:
    """A team of reviewers and its queue of cases.

    Cases are added in order of arrival. Since they are served in that order, start and verdict of a case are known as
    soon as it is added.

    Parameters
    ----------
    config : WorldConfig
    rules : ReviewConfig
    reviewers : float
        Number at a scale of 1. A fraction stands for a slower reviewer, so no capacity is lost at a small scale.
    layer : uint8 (accounts,)
        The truth, which reviewers find out except for their errors.
    team : int
        A number in the keys of the draws, different for each team.
    """

    def __init__(
        self, config: WorldConfig, rules: ReviewConfig, reviewers: float, layer: NDArray[np.uint8], team: int
    ) -> None:
        scenario = config.scenario
        self._rules, self._layer, self._team = rules, layer, team
        self._service, self._verdict = stream(config.seed, Purpose.REVIEW), stream(config.seed, Purpose.VERDICT)
        capacity = reviewers * scenario.scale
        self._servers = math.ceil(capacity)
        self._speed = capacity / self._servers if self._servers else 0.0
        self._working = rules.hours_per_day * 3600.0
        self._opens = _OPENS - scenario.start_epoch % _DAY if rules.hours_per_day < 24.0 else 0.0
        self._free = [0.0] * self._servers  # working time at which each reviewer is free, as a heap
        self._decided = Schedule(scenario.step_seconds, 3)  # account, subject, guilty
        self._arrived: list[NDArray[np.float64]] = []
        self._began: list[NDArray[np.float64]] = []
        self._finished: list[NDArray[np.float64]] = []

    def enqueue(self, time: NDArray[np.int64], account: NDArray[np.int64], subject: NDArray[np.int64]) -> None:
        """Add cases, none earlier than the last one.

        Parameters
        ----------
        time : int64 (cases,)
            Rising, seconds from the start of the run.
        account, subject : int64 (cases,)
            `subject`, below 2**31, is given back with the verdict. The time of service and the errors are keyed by
            account, subject and time.
        """
        if not time.size:
            return
        word = (subject << 1) | self._team
        service = -self._rules.minutes_per_case * 60.0 * np.log1p(-uniforms(self._service, account, time, word))
        began, finished = np.full(time.size, _LATEST), np.full(time.size, _LATEST)
        arrived = self._to_working(time.astype(np.float64))
        for i in range(time.size if self._servers else 0):
            begin = max(float(arrived[i]), self._free[0])
            end = begin + float(service[i]) / self._speed
            heapq.heapreplace(self._free, end)
            began[i], finished[i] = begin, end
        began, finished = self._to_clock(began), self._to_clock(finished)
        self._arrived.append(time.astype(np.float64))
        self._began.append(np.maximum(began, time))
        self._finished.append(finished)
        guilty = self._layer[account] != Layer.ORGANIC
        error = np.where(guilty, self._rules.miss_rate, self._rules.false_alarm_rate)
        guilty ^= uniforms(self._verdict, account, time, word) < error
        soon = finished < _LATEST / 2
        verdict = np.ceil(finished[soon]).astype(np.int64)
        self._decided.add(verdict, account[soon], subject[soon], guilty[soon])

    def decided(self, now: int) -> Cases:
        """Return the cases decided by a time at which a step begins or ends, since the last call."""
        time, account, subject, guilty = self._decided.take(now)
        return Cases(time, account, guilty > 0, subject)

    def times(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return when each case came, was begun and was decided, seconds from the start of the run, in their order."""
        arrived, began, finished = (
            np.concatenate([*parts, np.zeros(0)]) for parts in (self._arrived, self._began, self._finished)
        )
        return arrived, began, finished

    def hours(self, now: int) -> float:
        """Return the hours that reviewers have worked on cases up to a time."""
        _, began, finished = self.times()
        begun = began < now
        worked = self._to_working(np.minimum(finished[begun], now)) - self._to_working(began[begun])
        return float(worked.sum()) * self._speed / 3600.0

    def _to_working(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how much working time has passed at times on the clock."""
        if self._working >= _DAY:
            return time
        days = np.floor((time - self._opens) / _DAY)
        within = np.minimum(time - self._opens - days * _DAY, self._working)
        return np.asarray((days + 1.0) * self._working + within)

    def _to_clock(self, worked: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the first time on the clock at which so much working time has passed."""
        if self._working >= _DAY:
            return worked
        days = np.floor(worked / self._working)
        return np.asarray((days - 1.0) * _DAY + self._opens + worked - days * self._working)


def team_measures(queues: list[ReviewQueue], now: int) -> dict[str, float]:
    """Return the load of one or several teams up to a time: cases, queue, waits, hours (see `Platform.load`)."""
    arrived, began, _ = (np.concatenate(parts) for parts in zip(*(queue.times() for queue in queues), strict=True))
    begun, waited = began <= now, np.minimum(began, now) - arrived
    return {
        "review_cases": float(arrived.size),
        "queue_length": float(np.count_nonzero(~begun)),
        "mean_queue_length": float(waited.sum()) / now if now else 0.0,
        "mean_wait_hours": float(waited[begun].mean()) / 3600.0 if begun.any() else math.nan,
        "reviewer_hours": sum(queue.hours(now) for queue in queues),
    }
