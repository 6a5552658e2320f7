"""The persona core's accounts: registration, profile and followers.

They are calibrated to the user records of August 2019: mostly bought or repurposed accounts. Established ones
date from before 2017, most with thousands of (bought) followers. The others were registered in bulk from 2017 on, a
third of them on nine days, and most have almost no followers.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.population.access import blocked_access, claimed_offsets
from sim.population.accounts import AccountTable, Client
from sim.population.core_following import joint_following
from sim.population.core_output import languages_by_output
from sim.population.roles import assign_roles
from sim.population.supply import random_languages
from sim.population.truth import Supply

_DAY = 86_400
_MOST = 2**31 - 1  # followers that a column can hold


def fill_core(table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fill the rows of the persona core (those after the organic ones), in place; `supply` as of `supply_of`.

    Returns
    -------
    uint8 (core,)
        The role of each, as of `sim.population.roles.assign_roles`.
    """
    operation, seed = config.operation, config.seed
    first, n = config.scenario.n_organic, config.scenario.n_core
    rows = slice(first, first + n)
    numbers = np.arange(n)
    profile = stream(seed, Purpose.PROFILE)
    established = uniforms(stream(seed, Purpose.ROLE), numbers, 1) < operation.established_share
    table.created[rows] = _core_registrations(config, established)

    followed_share = np.where(established, operation.established_followed_share, operation.bulk_followed_share)
    followers = stream(seed, Purpose.FOLLOWERS)
    followed = (uniforms(followers, numbers, 1) < followed_share) & (supply[:n] != Supply.FRESH)
    many = operation.followers_log_mean + operation.followers_log_sd * normals(followers, numbers, 2)
    few = operation.few_followers_log_mean + operation.few_followers_log_sd * normals(followers, numbers, 3)
    table.follower_count[rows] = np.minimum(np.exp(np.where(followed, many, few)), _MOST)
    table.following_count[rows] = (
        np.exp(3.6 + 2.0 * normals(followers, numbers, 4))
        if operation.core_following is None
        else joint_following(config, table.follower_count[rows])
    )
    history = normals(stream(seed, Purpose.HISTORY), numbers, 1)
    posts = np.exp(operation.posts_before_log_mean + operation.posts_before_log_sd * history)
    table.post_count[rows] = np.minimum(posts, _MOST)
    table.language[rows] = random_languages(config, uniforms(stream(seed, Purpose.INTEREST), numbers, 2))
    table.stance[rows] = 1.0
    table.empty_bio[rows] = uniforms(profile, numbers, 5) < operation.core_empty_bio_share
    table.phone_verified[rows] = uniforms(profile, numbers, 6) < 0.5
    table.client[rows] = np.where(uniforms(profile, numbers, 11) < operation.core_phone_share, Client.PHONE, Client.WEB)
    table.access[rows] = blocked_access(config, uniforms(stream(seed, Purpose.ACCESS), numbers, 1))
    role = assign_roles(table, config, established, followed)
    if operation.days is not None:
        table.language[rows] = languages_by_output(config, role, table.created[rows], table.language[rows])
    table.utc_offset[rows] = claimed_offsets(config, table.language[rows], first + numbers)
    return role


def _core_registrations(config: WorldConfig, established: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return when each account of the core was registered, seconds since 1970: int64 (core,).

    The batches are shares of the whole core, whichever kind of account each consists of; the rest of a kind is spread
    over its dates, evenly between one and the next. Nothing is registered after the start: later dates become the day
    before it.
    """
    operation, numbers, draw = config.operation, np.arange(established.size), stream(config.seed, Purpose.CREATED)
    place, pick = uniforms(draw, numbers, 1), uniforms(draw, numbers, 2)
    when = np.empty(established.size)
    for kind, share, dates in (
        (established, operation.established_share, operation.established_created),
        (~established, 1.0 - operation.established_share, operation.bulk_created),
    ):
        bounds = [float(_epoch(day)) for day in dates]
        when[kind] = np.interp(place[kind] * (len(bounds) - 1), np.arange(len(bounds)), bounds)
        low = 0.0
        for day, of_core in operation.core_batches.items():
            if operation.is_established(day) == (kind is established):
                high = low + (of_core / share if share > 0.0 else 0.0)
                chosen = kind & (pick >= low) & (pick < high)
                when[chosen] = _epoch(day) + place[chosen] * _DAY
                low = high
    return np.asarray(np.minimum(when, config.scenario.start_epoch - _DAY + place * _DAY), np.int64)


def _epoch(day: str) -> int:
    date = dt.date.fromisoformat(day)
    return int(dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC).timestamp())
