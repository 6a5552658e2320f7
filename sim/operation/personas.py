"""The persona core: accounts that a state's operators run by hand, in working hours.

Each persona has a lognormal daily output, spread over the operator's day by the hourly weights of the real archive and
damped at weekends. An act is a repost, a campaign post or cover content, in shares that depend on the persona's role.
"""

from __future__ import annotations

import math
from typing import Any

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.rng import Purpose, lognormals, lowest_draws, stream, uniform, uniforms
from sim.events.records import EVENT, OWN, POST, REPOST
from sim.operation.public_posts import PublicPosts
from sim.population.accounts import ACTIVE
from sim.population.core_output import core_output, daily_acts, local_days
from sim.population.roles import narrative_bounds, over_time
from sim.population.truth import Layer, Origin
from sim.state import RunState

_CAMPAIGN, _COVER = int(Origin.CAMPAIGN), int(Origin.COVER)
_FRESH_HOURS = 24.0  # how far back a persona looks for something to repost


def working_rhythm(hour_weights: list[float], utc_offset_hours: int, step_minutes: int) -> NDArray[np.float64]:
    """Return the share of a working day's output that falls in each step of the UTC day: float64 (steps of a day,)."""
    minutes = np.arange(1440) + 60 * utc_offset_hours
    per_minute = np.array(hour_weights)[minutes // 60 % 24] / (60.0 * sum(hour_weights))
    return np.asarray(per_minute.reshape(-1, step_minutes).sum(axis=1))


class PersonaCore(mesa.Agent):  # type: ignore[misc]
    """The persona core as one Mesa agent."""

    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.state = state
        config = state.config
        operation, seed = config.operation, config.seed
        self.accounts = state.world.truth.accounts(Layer.CORE)
        truth = state.world.truth
        drawn = core_output(config, truth.role[self.accounts], np.isin(self.accounts, truth.state_media))
        self.acts_per_day, self.overt = drawn.acts_per_day, drawn.overt
        self.repost_share, self.campaign_share = drawn.repost_share, drawn.campaign_share
        self._by_day: NDArray[np.float64] | None = None  # acts of each persona on each day, where days differ
        if operation.days is not None or operation.spans is not None:
            self._by_day = daily_acts(config, drawn, state.world.accounts.created[self.accounts])
            self._first_day = int(local_days(config)[0])
        self.plan = truth.plan
        self.rhythm = working_rhythm(operation.hour_weights, operation.utc_offset_hours, config.scenario.step_minutes)
        begins = config.scenario.start_epoch + np.arange(config.scenario.n_steps) * config.scenario.step_seconds
        self._volume = over_time(operation.campaign_volume, begins)
        self._bounds = narrative_bounds(operation.narratives, begins)
        self._has_reserve = config.planned_core < self.accounts.size
        # The campaign's posts, one array a step: author, time and number (-1 if the author is suspended by then).
        # Plans of suspended personas are kept, so that the choices of others do not depend on suspensions.
        self.recent: list[NDArray[np.int64]] = []
        self._act, self._time = stream(seed, Purpose.PERSONA_ACT), stream(seed, Purpose.PERSONA_TIME)
        self._kind, self._topic = stream(seed, Purpose.PERSONA_KIND), stream(seed, Purpose.TOPIC)
        self._narrative = stream(seed, Purpose.NARRATIVE)
        self._appeal, self._target = stream(seed, Purpose.APPEAL), stream(seed, Purpose.TARGET)
        self._inside = stream(seed, Purpose.CORE_REPOST)
        self.public = PublicPosts(state) if operation.core_repost_inside_share is not None else None

    def day_share(self, step: int) -> float:
        """Return the share of a working day's output that falls in a step, less on Saturday and Sunday."""
        return float(self.rhythm[step % self.rhythm.size] * self._day_factor(step))

    def _day_factor(self, step: int) -> float:
        """Return the output of a step's day as a share of a working day's."""
        scenario, operation = self.state.config.scenario, self.state.config.operation
        local_day = (scenario.start_epoch + step * scenario.step_seconds) // 3600 + operation.utc_offset_hours
        weekday = (local_day // 24 + 3) % 7  # 1970-01-01 was a Thursday
        return operation.weekend_factor if weekday >= 5 else 1.0

    def expected_acts(self, step: int) -> NDArray[np.float64]:
        """Return the mean number of acts of each persona in a step: float64 (core,)."""
        if self._by_day is None:
            return np.asarray(self.acts_per_day * self.day_share(step))
        return np.asarray(self._acts_of_day(step) * self.rhythm[step % self.rhythm.size])

    def _acts_of_day(self, step: int) -> NDArray[np.float64]:
        """Return the mean number of acts of each persona on the day of a step: float64 (core,)."""
        if self._by_day is None:
            return np.asarray(self.acts_per_day * self._day_factor(step))
        scenario, operation = self.state.config.scenario, self.state.config.operation
        day = (scenario.start_epoch + step * scenario.step_seconds + 3600 * operation.utc_offset_hours) // 86_400
        return np.asarray(self._by_day[:, day - self._first_day])

    def campaign_posts_per_day(self, step: int) -> NDArray[np.float64]:
        """Return the mean number of campaign posts of each persona on the day of a step: float64 (core,)."""
        share = np.minimum(self.campaign_share * self._volume[step], 1.0)
        return np.asarray(self._acts_of_day(step) * (1.0 - self.repost_share) * share)

    def step(self) -> NDArray[np.int64]:
        """Write and repost.

        Returns
        -------
        int64 (campaign posts,)
            Numbers of the campaign posts of this step, which the operator may task amplifiers with.
        """
        state = self.state
        if self.public is not None:
            self.public.note()
        who, when, period, nth, writes, campaign = self._due()
        if not who.size:
            return self._note(np.empty((3, 0), np.int64))
        free = state.accounts.status[who] == ACTIVE
        written, reposted = (writes & free).nonzero()[0], (free & ~writes).nonzero()[0]
        numbers = np.full(who.size, -1, np.int64)
        numbers[written] = self._write(who[written], when[written], period[written], nth[written], campaign[written])
        self._pass_on(who[reposted], when[reposted], period[reposted], nth[reposted])
        return self._note(np.stack([who, when, numbers])[:, campaign])

    def _due(self) -> tuple[NDArray[Any], ...]:
        """Return who acts in this step, when, two words that key the act, whether it is a post, and of the campaign."""
        state, step = self.state, self.state.step_number
        scenario = state.config.scenario
        length, now = scenario.step_seconds, scenario.start_epoch + state.now
        if self.plan is not None:
            rows = self.plan.within(state.now, state.end)
            due = [getattr(self.plan, name)[rows] for name in ("who", "time", "day", "nth", "writes", "campaign")]
            by_persona = np.argsort(due[0], kind="stable")  # the order in which orders are given, as without a plan
            kept = by_persona[state.accounts.created[due[0][by_persona]] <= now]
            return tuple(part[kept] for part in due)
        mean = self.expected_acts(step)
        if self._has_reserve:  # an account begins in the step after the one in which it was taken up
            mean[state.accounts.created[self.accounts] > now] = 0.0
        who, when, nth, writes, campaign = _planned(
            step, length, self.accounts, mean, self.repost_share, self.campaign_share * self._volume[step], self._act,
            self._time, self._kind,
        )  # fmt: skip
        return who, when, np.full(who.size, step, np.int64), nth, writes, campaign

    def _note(self, campaign: NDArray[np.int64]) -> NDArray[np.int64]:
        """Note the campaign posts of this step, and return the numbers of those that were written."""
        self.recent.append(campaign)
        return campaign[2, campaign[2] >= 0]

    def _write(
        self,
        who: NDArray[np.int64],
        when: NDArray[np.int64],
        period: NDArray[np.int64],
        nth: NDArray[np.int64],
        campaign: NDArray[np.bool_],
    ) -> NDArray[np.int64]:
        """Write posts, of the campaign or as cover; return their numbers."""
        state, organic, operation = self.state, self.state.config.organic, self.state.config.operation
        step = state.step_number
        events = np.zeros(who.size, EVENT)
        events["time"], events["account"], events["kind"], events["source"] = when, who, POST, OWN
        appeal = lognormals(self._appeal, organic.appeal_sigma, who, period, nth)
        events["appeal"] = appeal * np.where(campaign, operation.campaign_appeal, 1.0)
        events["topic"] = np.where(campaign, 0, cover_topics(uniforms(self._topic, who, period, nth), organic.topics))
        events["stance"] = np.where(campaign, 1.0, 0.0)
        events["language"] = state.accounts.language[who]
        events["origin"] = np.where(campaign, _CAMPAIGN, _COVER)
        said = 1 + np.searchsorted(self._bounds[step], uniforms(self._narrative, who, period, nth), side="right")
        events["narrative"] = np.where(campaign, said, 0)
        events["post"] = -1
        state.timeline.new_posts(events)
        state.add_events(events)
        return events["post"].astype(np.int64)

    def _pass_on(
        self, who: NDArray[np.int64], when: NDArray[np.int64], period: NDArray[np.int64], nth: NDArray[np.int64]
    ) -> None:
        """Repost the campaign, or the public, as a draw of the act says."""
        operation, state = self.state.config.operation, self.state
        if self.public is None or operation.core_repost_inside_share is None:
            return self._repost(who, when, period, nth)
        inside = uniforms(self._inside, who, period, 2 * nth) < operation.core_repost_inside_share
        self._repost(who[inside], when[inside], period[inside], nth[inside])
        outside = np.flatnonzero(~inside)
        if not outside.size:
            return None
        who, when, period, nth = who[outside], when[outside], period[outside], nth[outside]
        share = self.campaign_share[who - self.accounts[0]] * self._volume[state.step_number]
        contested = uniforms(self._inside, who, period, 2 * nth + 1) < share
        number, author = self.public.choose(who, period, nth, contested)
        found = number >= 0
        state.add_events(repost_events(who[found], when[found], number[found], author[found]))
        return None

    def _repost(
        self, who: NDArray[np.int64], when: NDArray[np.int64], period: NDArray[np.int64], nth: NDArray[np.int64]
    ) -> None:
        """Repost a campaign post of the last day, each at most once per persona; nothing where there is none.

        Each act draws a number for each post and takes the post with the lowest; where that is one that its author was
        suspended too early to write, the act is lost. So suspending more can only take reposts away: chosen among those
        that were written, a post would win a repost where another is missing.
        """
        config = self.state.config
        steps = math.ceil(_FRESH_HOURS * 3600.0 / config.scenario.step_seconds)  # so long no post is forgotten
        del self.recent[: max(len(self.recent) - steps, 0)]  # this step's are not noted yet
        if not who.size or not self.recent:
            return
        authors, written, numbers = np.concatenate(self.recent, axis=1)
        if not numbers.size:
            return
        chosen = lowest_draws(self._target, (who << 32) | period, nth, (authors << 32) | written)
        author, number = authors[chosen], numbers[chosen]
        fit = (number >= 0) & (author != who) & (self.state.accounts.status[author] == ACTIVE)
        events = repost_events(who[fit], when[fit], number[fit], author[fit])
        self.state.add_events(self.state.timeline.first_times(events))


@njit(cache=True, no_cfunc_wrapper=True)
def _planned(
    step: int,
    length: int,
    accounts: NDArray[np.int64],
    mean: NDArray[np.float64],
    repost_share: NDArray[np.float64],
    campaign_share: NDArray[np.float64],
    act_key: np.uint64,
    time_key: np.uint64,
    kind_key: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the acts of a step, whose number is `mean` on average.

    Each has who acts, when, its index among the persona's acts in the step, whether it is a post (else a repost),
    and whether that is one of the campaign.
    """
    count, size = np.empty(accounts.size, np.int64), 0
    for i in range(accounts.size):
        count[i] = min(int(mean[i] + uniform(act_key, accounts[i], step, 0)), length)
        size += count[i]
    who, when, nth = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    writes, campaign, n = np.empty(size, np.bool_), np.empty(size, np.bool_), 0
    for i in range(accounts.size):
        for j in range(count[i]):
            slot = length // count[i]
            who[n], nth[n] = accounts[i], j
            when[n] = step * length + j * slot + int(uniform(time_key, accounts[i], step, j) * slot)
            writes[n] = uniform(kind_key, accounts[i], step, j) >= repost_share[i]
            campaign[n] = writes[n] and uniform(kind_key, accounts[i], step, j + length) < campaign_share[i]
            n += 1
    return who, when, nth, writes, campaign


def cover_topics(draw: NDArray[np.float64], topics: int) -> NDArray[np.uint8]:
    """Return topics other than the contested one, at random by draws in [0, 1); where there is no other, that one."""
    return np.minimum(1 + draw * (topics - 1), topics - 1).astype(np.uint8)


def repost_events(
    who: NDArray[np.integer],
    when: NDArray[np.integer],
    numbers: NDArray[np.integer],
    source: NDArray[np.integer],
) -> NDArray[Any]:
    """Return the events of reposts by `who` at `when` of the posts `numbers`, which came through `source`."""
    events = np.zeros(who.size, EVENT)
    events["time"], events["account"], events["kind"] = when, who, REPOST
    events["post"], events["source"] = numbers, source
    return events
