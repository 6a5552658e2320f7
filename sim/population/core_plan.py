"""The core's plan: what every persona is to do in a run, whatever befalls it, in sittings and at the times of desks.

A persona sits down a few times a day and acts two or three times at a sitting. Several personas are run from one desk:
their sittings begin at times that the desk has on that day, together with others. So the core's acts come in batches
of several accounts, and each account's in batches of its own. With one of the two alone they do not.

Draws are keyed by (persona, day, act) and by (desk, day): the plan is one and the same whatever a platform does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.population.core_output import CoreOutput, begins_of, core_output, daily_acts, local_days
from sim.population.roles import over_time

_DAY = 86_400
_MOST = 256  # acts of a sitting
_NONE = -1


@dataclass(frozen=True)
class CorePlan:
    """The planned acts of the core in a run, in order of time: arrays of shape (acts,).

    Attributes
    ----------
    time : int64
        Seconds from the start of the run; no persona acts twice in a second.
    who, day, nth : int64
        The account; the operator's day, days since 1970; the act's number on it, which with them is its key.
    writes, campaign : bool
        Whether it is a post, and one of the campaign.
    batch : int64
        What is sent together from a desk has one number; -1: by itself.
    """

    time: NDArray[np.int64]
    who: NDArray[np.int64]
    day: NDArray[np.int64]
    nth: NDArray[np.int64]
    writes: NDArray[np.bool_]
    campaign: NDArray[np.bool_]
    batch: NDArray[np.int64]
    _identity: NDArray[np.int64]  # author and time, rising, and the rows in that order
    _rows: NDArray[np.int64]

    def within(self, begin: int, end: int) -> slice:
        """Return the rows of the acts in [begin, end), seconds from the start of the run."""
        first, last = np.searchsorted(self.time, [begin, end])
        return slice(int(first), int(last))

    def batch_of(self, author: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the batch of each post, known by its author and second, -1 where it is in none: int64 (posts,)."""
        if not self._identity.size:
            return np.full(author.size, _NONE, np.int64)
        identity = author << 32 | time
        place = np.minimum(np.searchsorted(self._identity, identity), self._identity.size - 1)
        return np.where(self._identity[place] == identity, self.batch[self._rows[place]], _NONE)


def plan_of(
    config: WorldConfig,
    role: NDArray[np.uint8],
    overt: NDArray[np.bool_],
    created: NDArray[np.int64],
    language: NDArray[np.integer],
) -> CorePlan | None:
    """Draw the plan of the core; None where it has neither sittings nor desks.

    Parameters
    ----------
    role, overt, created, language : (core,)
        As of `core_output`; registration, seconds since 1970; index of the language.
    """
    operation, scenario, seed = config.operation, config.scenario, config.seed
    if operation.sittings is None and operation.desks is None:
        return None
    output = core_output(config, role, overt)
    mean = daily_acts(config, output, created)
    size = np.where(overt, 1.0, operation.sittings.acts if operation.sittings is not None else 1.0)
    accounts, days = scenario.n_organic + np.arange(role.size), local_days(config)
    sitting = stream(seed, Purpose.SITTING)
    row, column = (part.ravel() for part in np.indices(mean.shape))
    wanted = mean[row, column] / size[row] + uniforms(sitting, accounts[row], days[column])
    sittings = np.minimum(wanted.astype(np.int64), _DAY)

    desk = desks_of(config, language, overt)
    every = np.repeat(np.arange(row.size), sittings)  # a row for each sitting from here on
    nth = np.arange(every.size) - np.repeat(np.cumsum(sittings) - sittings, sittings)
    who, day, place = accounts[row[every]], days[column[every]], row[every]
    second, batch = _begins(config, desk[place], who, day, nth, _sittings_of_desks(config, desk, sittings, mean.shape))
    acts = np.minimum((size[place] + uniforms(sitting, who, day, 4 * nth + 1)).astype(np.int64), _MOST)

    each = np.repeat(np.arange(every.size), acts)  # and for each act
    within = np.arange(each.size) - np.repeat(np.cumsum(acts) - acts, acts)
    who, day, place, key = who[each], day[each], place[each], _MOST * nth[each] + within
    time = second[each] + _gaps(config, who, day, key, within)
    batch = np.where(within == 0, batch[each], _NONE)
    writes, campaign = _kinds(config, output, place, who, day, key, batch, time)
    return _ordered(time, who, day, key, writes, campaign, batch, scenario.n_steps * scenario.step_seconds)


def desks_of(config: WorldConfig, language: NDArray[np.integer], overt: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the desk of each account of the core, -1 of state media and where there are no desks: int64 (core,).

    In each language accounts come to the desks in the order in which they are taken into use, so that those of a desk
    are in use at the same time.
    """
    desk, rules = np.full(language.size, _NONE, np.int64), config.operation.desks
    if rules is None:
        return desk
    begins, first = begins_of(config, language.size), 0
    for code in np.unique(language):
        ours = np.flatnonzero((language == code) & ~overt)
        ours = ours[np.argsort(begins[ours], kind="stable")]
        desk[ours] = first + np.arange(ours.size) // rules.accounts
        first += -(-ours.size // rules.accounts)
    return desk


def _sittings_of_desks(
    config: WorldConfig, desk: NDArray[np.int64], sittings: NDArray[np.int64], shape: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return how many sittings each desk has on each day, without those of the reserve: int64 (desks, days)."""
    found = np.zeros((int(desk.max(initial=_NONE)) + 1, shape[1]), np.int64)
    ours = np.flatnonzero(desk[: config.planned_core] >= 0)
    np.add.at(found, desk[ours], sittings.reshape(shape)[ours])
    return found


def _begins(
    config: WorldConfig,
    desk: NDArray[np.int64],
    who: NDArray[np.int64],
    day: NDArray[np.int64],
    nth: NDArray[np.int64],
    busy: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when each sitting begins, seconds from the start of the run, and its batch: int64 (sittings,) each.

    By the hours of the operator's day. At a desk it is one of the desk's times, of which there are as many as its
    sittings of that day divided by `together`.
    """
    rules, seed = config.operation.desks, config.seed
    sitting = stream(seed, Purpose.SITTING)
    draw, at_desk = uniforms(sitting, who, day, 4 * nth + 2), desk >= 0
    begin, batch = np.empty(who.size, np.int64), np.full(who.size, _NONE, np.int64)
    alone = np.flatnonzero(~at_desk)
    begin[alone] = _seconds(config, draw[alone])
    if rules is not None:
        ours = np.flatnonzero(at_desk)
        of_day = busy[desk[ours], day[ours] - local_days(config)[0]]
        times = np.maximum(np.floor(of_day / rules.together + 0.5), 1.0)
        chosen = np.floor(draw[ours] * times).astype(np.int64)
        begin[ours] = _seconds(config, uniforms(stream(seed, Purpose.DESK), desk[ours], day[ours], chosen))
        later = uniforms(sitting, who[ours], day[ours], 4 * nth[ours] + 3) * rules.within_seconds
        begin[ours] += later.astype(np.int64)
        batch[ours] = (desk[ours] << 40) | (day[ours] << 20) | chosen
    midnight = day * _DAY - 3600 * config.operation.utc_offset_hours - config.scenario.start_epoch
    return midnight + begin, batch


def _seconds(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the second of the operator's day for draws in [0, 1), as its hours have their shares of the day."""
    weights = config.operation.hour_weights
    passed = np.concatenate([np.zeros(1), np.cumsum(weights)])
    at = draw * passed[-1]
    hour = np.clip(np.searchsorted(passed, at, side="right") - 1, 0, 23)
    part = (at - passed[hour]) / np.array(weights)[hour]
    return np.asarray(3600 * hour + np.minimum(part * 3600.0, 3599.0).astype(np.int64))


def _gaps(
    config: WorldConfig,
    who: NDArray[np.int64],
    day: NDArray[np.int64],
    key: NDArray[np.int64],
    within: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return how long after the beginning of its sitting each act comes, seconds: int64 (acts,)."""
    rules = config.operation.sittings
    if rules is None:
        return np.zeros(who.size, np.int64)
    draw = uniforms(stream(config.seed, Purpose.SITTING_GAP), who, day, key)
    gap = np.where(within > 0, 1 + (-np.log1p(-draw) * rules.gap_seconds).astype(np.int64), 0)
    passed = np.cumsum(gap)
    begin = np.flatnonzero(within == 0)
    return np.asarray(passed - np.repeat(passed[begin], np.diff(np.append(begin, within.size))))


def _kinds(
    config: WorldConfig,
    output: CoreOutput,
    place: NDArray[np.int64],
    who: NDArray[np.int64],
    day: NDArray[np.int64],
    key: NDArray[np.int64],
    batch: NDArray[np.int64],
    time: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which acts are posts, and which of the campaign. What is sent together shares the draws."""
    scenario, draws = config.scenario, []
    kind, of_desk = stream(config.seed, Purpose.PERSONA_KIND), stream(config.seed, Purpose.DESK_KIND)
    for question in (0, 1):
        own, shared = uniforms(kind, who, day, 2 * key + question), uniforms(of_desk, batch, question)
        draws.append(np.where(batch >= 0, shared, own))
    begin = time // scenario.step_seconds * scenario.step_seconds
    volume = over_time(config.operation.campaign_volume, scenario.start_epoch + begin)
    writes = draws[0] >= output.repost_share[place]
    return writes, writes & (draws[1] < output.campaign_share[place] * volume)


def _ordered(
    time: NDArray[np.int64],
    who: NDArray[np.int64],
    day: NDArray[np.int64],
    key: NDArray[np.int64],
    writes: NDArray[np.bool_],
    campaign: NDArray[np.bool_],
    batch: NDArray[np.int64],
    end: int,
) -> CorePlan:
    """Return the plan of these acts, each at a second of its own, without those outside the run."""
    by_persona = np.lexsort([key, day, time, who])
    time = time.copy()
    time[by_persona] = _apart(time[by_persona], who[by_persona])
    kept = np.flatnonzero((time >= 0) & (time < end))
    kept = kept[np.lexsort([who[kept], time[kept]])]
    identity = who[kept] << 32 | time[kept]
    order = np.argsort(identity, kind="stable")
    return CorePlan(
        time[kept], who[kept], day[kept], key[kept], writes[kept], campaign[kept], batch[kept], identity[order], order
    )


@njit(cache=True, no_cfunc_wrapper=True)
def _apart(time: NDArray[np.int64], who: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rising times of one persona after another, each at least a second after the one before."""
    out = time.copy()
    for i in range(1, time.size):
        if who[i] == who[i - 1] and out[i] <= out[i - 1]:
            out[i] = out[i - 1] + 1
    return out
