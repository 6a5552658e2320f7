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

from sim.core.rng import Purpose, lognormals, lowest_draws, normals, stream, uniform, uniforms
from sim.events.records import EVENT, OWN, POST, REPOST
from sim.population.accounts import ACTIVE
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
        numbers = np.arange(self.accounts.size)
        output = stream(seed, Purpose.PERSONA_ACT)
        self.acts_per_day = operation.acts_per_day_median * np.exp(
            operation.acts_per_day_sigma * normals(stream(seed, Purpose.ACTIVITY), self.accounts)
        )
        self.acts_per_day[uniforms(output, numbers, -1) < operation.silent_share] = 0.0
        roles, role = list(operation.roles.values()), state.world.truth.role[self.accounts] - 1
        factor = {
            name: np.array([getattr(r, name) for r in roles] + [1.0])[role] for name in ("output", "campaign", "repost")
        }
        steady = np.array([r.accounts > 0 for r in roles] + [False])[role]
        self.acts_per_day[steady] = operation.acts_per_day_median
        self.acts_per_day *= factor["output"]
        self.repost_share = np.minimum(operation.core_repost_share * factor["repost"], 1.0)
        self.campaign_share = np.minimum(operation.campaign_share * factor["campaign"], 1.0)
        overt = np.isin(self.accounts, state.world.truth.state_media)
        self.by_number = steady | overt  # there are as many of these at any scale
        self.acts_per_day[overt] = operation.promotion.posts_per_day
        self.repost_share[overt], self.campaign_share[overt] = 0.0, operation.promotion.contested_share
        self.rhythm = working_rhythm(operation.hour_weights, operation.utc_offset_hours, config.scenario.step_minutes)
        begins = config.scenario.start_epoch + np.arange(config.scenario.n_steps) * config.scenario.step_seconds
        self._volume = over_time(operation.campaign_volume, begins)
        self._bounds = narrative_bounds(operation.narratives, begins)
        self._has_reserve = config.planned_core < self.accounts.size
        # The campaign's posts, one array a step: author, time and number (-1 if the author is suspended by then).
        # Plans of suspended personas are kept, so that the choices of others do not depend on suspensions.
        self.recent: list[NDArray[np.int64]] = []
        self._act, self._time = output, stream(seed, Purpose.PERSONA_TIME)
        self._kind, self._topic = stream(seed, Purpose.PERSONA_KIND), stream(seed, Purpose.TOPIC)
        self._narrative = stream(seed, Purpose.NARRATIVE)
        self._appeal, self._target = stream(seed, Purpose.APPEAL), stream(seed, Purpose.TARGET)

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
        return np.asarray(self.acts_per_day * self.day_share(step))

    def campaign_posts_per_day(self, step: int) -> NDArray[np.float64]:
        """Return the mean number of campaign posts of each persona on the day of a step: float64 (core,)."""
        share = np.minimum(self.campaign_share * self._volume[step], 1.0)
        return np.asarray(self.acts_per_day * self._day_factor(step) * (1.0 - self.repost_share) * share)

    def step(self) -> NDArray[np.int64]:
        """Write and repost.

        Returns
        -------
        int64 (campaign posts,)
            Numbers of the campaign posts of this step, which the operator may task amplifiers with.
        """
        state = self.state
        config, step = state.config, state.step_number
        length = config.scenario.step_seconds
        mean = self.expected_acts(step)
        if self._has_reserve:  # an account begins in the step after the one in which it was taken up
            mean[state.accounts.created[self.accounts] > config.scenario.start_epoch + step * length] = 0.0
        who, when, nth, writes, campaign = _planned(
            step, length, self.accounts, mean, self.repost_share, self.campaign_share * self._volume[step], self._act,
            self._time, self._kind,
        )  # fmt: skip
        if not who.size:
            return self._note(np.empty((3, 0), np.int64))
        free = state.accounts.status[who] == ACTIVE
        written, reposted = (writes & free).nonzero()[0], (free & ~writes).nonzero()[0]
        numbers = np.full(who.size, -1, np.int64)
        numbers[written] = self._write(who[written], when[written], nth[written], campaign[written])
        self._repost(who[reposted], when[reposted], nth[reposted])
        return self._note(np.stack([who, when, numbers])[:, campaign])

    def _note(self, campaign: NDArray[np.int64]) -> NDArray[np.int64]:
        """Note the campaign posts of this step, and return the numbers of those that were written."""
        self.recent.append(campaign)
        return campaign[2, campaign[2] >= 0]

    def _write(
        self, who: NDArray[np.int64], when: NDArray[np.int64], nth: NDArray[np.int64], campaign: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Write posts, of the campaign or as cover; return their numbers."""
        state, organic, operation = self.state, self.state.config.organic, self.state.config.operation
        step = state.step_number
        events = np.zeros(who.size, EVENT)
        events["time"], events["account"], events["kind"], events["source"] = when, who, POST, OWN
        appeal = lognormals(self._appeal, organic.appeal_sigma, who, step, nth)
        events["appeal"] = appeal * np.where(campaign, operation.campaign_appeal, 1.0)
        events["topic"] = np.where(campaign, 0, cover_topics(uniforms(self._topic, who, step, nth), organic.topics))
        events["stance"] = np.where(campaign, 1.0, 0.0)
        events["language"] = state.accounts.language[who]
        events["origin"] = np.where(campaign, _CAMPAIGN, _COVER)
        said = 1 + np.searchsorted(self._bounds[step], uniforms(self._narrative, who, step, nth), side="right")
        events["narrative"] = np.where(campaign, said, 0)
        events["post"] = -1
        state.timeline.new_posts(events)
        state.add_events(events)
        return events["post"].astype(np.int64)

    def _repost(self, who: NDArray[np.int64], when: NDArray[np.int64], nth: NDArray[np.int64]) -> None:
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
        chosen = lowest_draws(self._target, (who << 32) | self.state.step_number, nth, (authors << 32) | written)
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
