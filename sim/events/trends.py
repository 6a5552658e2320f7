"""The recommendations: which posts the platform shows to people who do not follow their authors.

A post that is reposted in a step enters the list of its language with a probability that rises with its velocity, its
reposts in the step against what is usual for the language at that hour: 1 - exp(-c v / usual). So a language whose
reposts come at the usual rate has `feed.entries_per_hour` entries an hour, shared out among posts as its reposts are;
there is no least number of reposts, and the scale of a run cancels out. This is a race without a fixed number of
places: each post has a draw of its own, so that no post keeps another out.

The simulated public is a part of the platform, the operation is simulated whole: a repost by the public stands for
`graph.whole_ratio` reposts, one by the operation for itself. Each weighs by what the platform knows of the account
(`sim.events.signs`), in the velocity and in what is usual: by default all the same.

A post enters once. `sim.public.feed` decides which entries a reader is offered, and when.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniform
from sim.events.kept import row_of
from sim.events.records import REPOST, TRENDED
from sim.events.signs import Signs, weight_of_repost, weights_at_start
from sim.events.timeline import Timeline, TimelineView
from sim.population.accounts import AccountTable
from sim.population.organic import reference_items
from sim.population.rhythm import rhythm_of, weekly_rhythm

_LEAST_USUAL = 1e-9  # reposts in a step, where nobody is expected to repost


class Trends:
    """The recommended posts of each language, in the order in which they entered.

    Parameters
    ----------
    config : WorldConfig
    table : AccountTable
        What is usual follows from the public's log-ins and propensities, as they are before the run.

    Attributes
    ----------
    post : int32 (languages, capacity)
        Numbers of the posts that entered.
    begin : int32 (languages, steps + 1)
        Number of entries of each language before each step.
    """

    def __init__(self, config: WorldConfig, table: AccountTable) -> None:
        scenario, languages = config.scenario, len(config.organic.languages)
        self._config = config
        self.post = np.full((languages, 64), -1, np.int32)
        self.begin = np.zeros((languages, scenario.n_steps + 1), np.int32)
        self._public, self._weight = scenario.n_organic, config.graph.whole_ratio
        self._oldest = config.feed.followed_hours * 3600.0
        self._enter, self._limit = stream(config.seed, Purpose.TREND), stream(config.seed, Purpose.LIMIT_RECOMMEND)
        on = config.feed.entries_per_hour if config.feed.recommended_share > 0.0 else 0.0
        usual = usual_reposts(config, table)
        entries = on * scenario.step_minutes / 60.0
        self._rate = entries / np.maximum(
            self._weight * usual, _LEAST_USUAL
        )  # of entry, per repost; (languages, steps)

    def step(self, step: int, now: int, timeline: Timeline, events: NDArray[Any], table: AccountTable) -> None:
        """Let posts that were reposted in this step enter their language's list; `now` is the end of the step."""
        rate = np.ascontiguousarray(self._rate[:, step % self._rate.shape[1]])
        self.begin[:, step + 1] = self.begin[:, step]
        if not rate.any():
            return
        limit = timeline.limit
        signs, view = Signs.of(self._config, table), timeline.view()
        velocity = _velocities(events, view, self._public, self._weight, signs, limit, timeline.limit_key)
        numbers = _entering(velocity, view, rate, step, now, self._oldest, table.status, self._enter, self._limit)
        if not numbers.size:
            return
        posts = timeline.posts(numbers)
        for row in np.lexsort((posts["author"], posts["time"])):  # the order never depends on how posts are numbered
            code = posts["language"][row]
            place = self.begin[code, step + 1]
            if place == self.post.shape[1]:
                self.post = np.concatenate([self.post, np.full_like(self.post, -1)], axis=1)
            self.post[code, place] = numbers[row]
            self.begin[code, step + 1] += 1
        timeline.set_flag(numbers, TRENDED)


def usual_reposts(config: WorldConfig, table: AccountTable) -> NDArray[np.float64]:
    """Return what the reposts of a language's public weigh in each step of a week: float64 (languages, steps).

    It is the number that their accounts are drawn to make, by the rhythm of the week, each by its account's weight as
    the run begins.
    """
    n, organic = config.scenario.n_organic, config.organic
    rate = table.session_rate[:n].astype(np.float64)
    per_day = rate * table.repost_propensity[:n] * reference_items(organic, rate)
    per_day *= weights_at_start(n, Signs.of(config, table))
    rhythm, languages = weekly_rhythm(config), len(organic.languages)
    row = rhythm_of(config, table.language[:n], table.at_work[:n])
    of_row = np.bincount(row, weights=per_day, minlength=2 * languages)[:, None] * rhythm * 7.0 / rhythm.shape[1]
    return np.asarray(of_row[:languages] + of_row[languages:])


@njit(cache=True, no_cfunc_wrapper=True)
def _velocities(
    events: NDArray[Any],
    timeline: TimelineView,
    n_public: int,
    weight: float,
    signs: Signs,
    limit: NDArray[np.uint8],
    limit_key: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the posts that events repost, in rising order, and the weight of their reposts.

    A repost by an account under a limit counts by the draw of `sim.events.timeline`.
    """
    found, weighs, n = np.empty(events.size, np.int64), np.empty(events.size), 0
    for i in range(events.size):
        if events[i].kind != REPOST:
            continue
        account = events[i].account
        if limit.size > 0 and limit[account] > 0:
            post = timeline.posts[row_of(events[i].post, timeline)]
            if uniform(limit_key, account, post.author, post.time) < limit[account] / 255.0:
                continue
        found[n] = np.int64(events[i].post) * 2 + (account < n_public)
        weighs[n] = weight_of_repost(account, events[i].time, signs) * (weight if account < n_public else 1.0)
        n += 1
    numbers, velocity, size = np.empty(n, np.int64), np.zeros(n), 0
    for i in np.argsort(found[:n], kind="mergesort"):  # in one order, whatever it is that is added up
        if size == 0 or numbers[size - 1] != found[i] >> 1:
            numbers[size] = found[i] >> 1
            size += 1
        velocity[size - 1] += weighs[i]
    return numbers[:size], velocity[:size]


@njit(cache=True, no_cfunc_wrapper=True)
def _entering(
    reposted: tuple[NDArray[np.int64], NDArray[np.float64]],
    timeline: TimelineView,
    rate: NDArray[np.float64],
    step: int,
    now: int,
    oldest: float,
    status: NDArray[np.uint8],
    key: np.uint64,
    limit_key: np.uint64,
) -> NDArray[np.int64]:
    """Return the posts that enter: by a draw of post and step, of an active author, unflagged, not too old.

    That of an author under a limit may enter with the probability that the limit leaves.
    """
    numbers, velocity = reposted
    out, n = np.empty(numbers.size, np.int64), 0
    for i in range(numbers.size):
        post = timeline.posts[row_of(numbers[i], timeline)]
        if post.flags != 0 or status[post.author] != 0 or now - post.time > oldest:
            continue
        if uniform(key, post.author, post.time, step) >= -math.expm1(-rate[post.language] * velocity[i]):
            continue
        if post.limit == 0 or uniform(limit_key, post.author, post.time, 0) >= post.limit / 255.0:
            out[n] = numbers[i]
            n += 1
    return out[:n]
