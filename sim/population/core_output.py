"""How much each persona of the core does: its output, its shares of reposts and campaign posts, and its days of use.

Output is lognormal over personas, times the role's factor. Where a record says how much the core did on each day
(`operation.days`), the day's acts are divided in proportion to output among the personas in use on it
(`operation.spans`). So the whole is the record's, however busy they are.

Accounts of roles by number are as many at any scale, so at a twentieth of the size each does a twentieth of what it
does at full size. Otherwise the two outlets would write most of what a small core writes.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, normals, stream, uniforms

_DAY = 86_400
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class CoreOutput:
    """What each account of the core does: arrays of shape (core,).

    Attributes
    ----------
    acts_per_day : float64
        On a working day, where no record of days is given; else in proportion to it.
    repost_share, campaign_share : float64
        Of the acts; of the posts, before `campaign_volume`.
    by_number : bool
        State media, and the accounts of roles by number: there are as many of these at any scale. Of the latter the
        output goes with the scale.
    overt : bool
        State media.
    """

    acts_per_day: NDArray[np.float64]
    repost_share: NDArray[np.float64]
    campaign_share: NDArray[np.float64]
    by_number: NDArray[np.bool_]
    overt: NDArray[np.bool_]


def core_output(config: WorldConfig, role: NDArray[np.uint8], overt: NDArray[np.bool_]) -> CoreOutput:
    """Draw what each account of the core does.

    Parameters
    ----------
    config : WorldConfig
    role : uint8 (core,)
        1 + index into `operation.roles`; one more for state media.
    overt : bool (core,)
        State media.
    """
    operation, seed = config.operation, config.seed
    numbers = np.arange(role.size)
    busy = normals(stream(seed, Purpose.ACTIVITY), config.scenario.n_organic + numbers)
    acts = operation.acts_per_day_median * np.exp(operation.acts_per_day_sigma * busy)
    acts[uniforms(stream(seed, Purpose.PERSONA_ACT), numbers, -1) < operation.silent_share] = 0.0
    roles, place = list(operation.roles.values()), role - 1
    factor = {
        name: np.array([getattr(r, name) for r in roles] + [1.0])[place] for name in ("output", "campaign", "repost")
    }
    steady = np.array([r.accounts > 0 for r in roles] + [False])[place]
    acts[steady] = operation.acts_per_day_median * min(config.scenario.scale, 1.0)
    acts *= factor["output"]
    repost = np.minimum(operation.core_repost_share * factor["repost"], 1.0)
    campaign = np.minimum(operation.campaign_share * factor["campaign"], 1.0)
    if operation.core_repost_shares is not None:
        repost = np.where(steady, repost, _repost_shares(config, busy))
    acts[overt] = operation.promotion.posts_per_day
    repost[overt], campaign[overt] = 0.0, operation.promotion.contested_share
    return CoreOutput(acts, repost, campaign, steady | overt, overt)


def _repost_shares(config: WorldConfig, busy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a quantile of the record for each persona, a high one for a busy persona by the correlation given."""
    rules = config.operation.core_repost_shares
    assert rules is not None
    numbers = config.scenario.n_organic + np.arange(busy.size)
    other = normals(stream(config.seed, Purpose.CORE_REPOST_SHARE), numbers)
    normal = rules.with_output * busy + math.sqrt(1.0 - rules.with_output**2) * other
    rank = [0.5 + 0.5 * math.erf(x / math.sqrt(2.0)) for x in normal.tolist()]
    at, share = np.array(rules.quantiles).T
    return np.interp(rank, at, share)


def local_days(config: WorldConfig) -> NDArray[np.int64]:
    """Return the days of the operator's calendar that a run touches, in days since 1970: int64 (days,)."""
    scenario = config.scenario
    begin = scenario.start_epoch + 3600 * config.operation.utc_offset_hours
    return np.arange(begin // _DAY, (begin + scenario.n_steps * scenario.step_seconds - 1) // _DAY + 1)


def begins_of(config: WorldConfig, accounts: int) -> NDArray[np.float64]:
    """Return the first day of use of each account of the core, days since 1970; without spans a draw in [0, 1).

    Returns
    -------
    float64 (core,)
    """
    numbers = config.scenario.n_organic + np.arange(accounts)
    draw, spans = uniforms(stream(config.seed, Purpose.SPAN), numbers), config.operation.spans
    if spans is None:
        return draw
    dates = [float((dt.date.fromisoformat(day) - _EPOCH).days) for day in spans.begins]
    return np.interp(draw * (len(dates) - 1), np.arange(len(dates)), dates)


def in_use(config: WorldConfig, output: CoreOutput, created: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return on which of `local_days` each account is in use: bool (core, days).

    Roles by number, state media and the reserve, which is put to use when somebody falls, always are. The others not
    before the day on which they are registered.

    Parameters
    ----------
    created : int64 (core,)
        Registration, seconds since 1970.
    """
    days, spans = local_days(config), config.operation.spans
    if spans is None:
        return np.ones((created.size, days.size), np.bool_)
    at, length = np.array(spans.days).T
    numbers = config.scenario.n_organic + np.arange(created.size)
    lasts = np.interp(uniforms(stream(config.seed, Purpose.SPAN), numbers, 1), at, length)
    born = (created + 3600 * config.operation.utc_offset_hours) // _DAY
    begin = np.maximum(np.floor(begins_of(config, created.size)), born)
    end = begin + np.maximum(np.floor(lasts), 1.0)
    used = (days >= begin[:, None]) & (days < end[:, None])
    return np.asarray(used | (output.by_number | (numbers >= _reserve_from(config)))[:, None])


def daily_acts(config: WorldConfig, output: CoreOutput, created: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean number of acts of each account of the core on each of `local_days`: float64 (core, days).

    Without a record of days it is `acts_per_day`, less on weekends, on the days of use.
    """
    operation, days = config.operation, local_days(config)
    dates = [_EPOCH + dt.timedelta(days=int(day)) for day in days]
    lower = np.array([operation.weekend_factor if date.weekday() >= 5 else 1.0 for date in dates])
    share = output.acts_per_day[:, None] * in_use(config, output, created)
    if operation.days is None:
        return np.asarray(share * lower)
    whole = np.array([operation.days.on(date, operation.weekend_factor) for date in dates])
    whole *= config.planned_core / operation.days.accounts
    # Those by number are part of the record, state media are not; the reserve acts in the place of those who fell.
    recorded = ~output.overt & (config.scenario.n_organic + np.arange(created.size) < _reserve_from(config))
    total = share[recorded].sum(axis=0)
    acts = share * np.divide(whole, total, out=np.zeros_like(whole), where=total > 0.0)
    acts[output.overt] = share[output.overt] * lower
    return np.asarray(acts)


def _reserve_from(config: WorldConfig) -> int:
    """Return the number of the first account of the core's reserve."""
    return config.scenario.n_organic + config.planned_core


def languages_by_output(
    config: WorldConfig, role: NDArray[np.uint8], created: NDArray[np.int64], language: NDArray[np.integer]
) -> NDArray[np.integer]:
    """Return languages of personas such that `operation.languages` are shares of what is done in the run: int (core,).

    Personas draw one after another, the busiest first, each a language in proportion to what that still lacks. Drawn
    freely, the ten busiest, who write two fifths of all, would decide. Accounts of roles by number keep theirs.

    Parameters
    ----------
    role, created, language : (core,)
        As of `core_output` and `daily_acts`; index of the language.
    """
    operation, names = config.operation, list(config.organic.languages)
    output = core_output(config, role, np.zeros(role.size, np.bool_))
    amounts = daily_acts(config, output, created).sum(axis=1)
    codes = [names.index(name) for name in operation.languages]
    lacks = np.array(list(operation.languages.values())) * amounts.sum()
    for code, amount in zip(language[output.by_number], amounts[output.by_number], strict=True):
        if int(code) in codes:
            lacks[codes.index(int(code))] -= amount
    found = language.copy()
    draw = uniforms(stream(config.seed, Purpose.CORE_LANGUAGE), np.arange(role.size))
    for row in np.lexsort([draw, -amounts]):
        if output.by_number[row]:
            continue
        room = np.maximum(lacks, 0.0)
        room = room if room.sum() > 0.0 else np.array(list(operation.languages.values()))
        chosen = min(int(np.searchsorted(np.cumsum(room), draw[row] * room.sum(), side="right")), room.size - 1)
        found[row] = codes[chosen]
        lacks[chosen] -= amounts[row]
    return found
