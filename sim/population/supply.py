"""Account supply: where the operation's accounts come from, and what they look like.

The core's accounts are calibrated to the user records of August 2019: mostly bought or repurposed accounts, either
established ones from before 2017, most with thousands of (bought) followers, or registered in bulk from 2017 on, most
with next to none; a third of them on nine days. Amplifiers are registered in waves, most without a follower.

The last accounts of either layer are its reserve: drawn like the others, but registered only in a run, when
`sim.operation.replacement` takes one up. Accounts are fresh, bought (years old) or hijacked, which have the age, the
profile and the followers of a person.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.config.operation import SUPPLY_KINDS
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.population.access import claimed_offsets, operation_networks
from sim.population.accounts import NEVER, Access, AccountTable, Client
from sim.population.organic import community_sizes
from sim.population.roles import assign_roles
from sim.population.truth import Supply

_DAY = 86_400
_YEAR = 365.25 * _DAY
_MOST = 2**31 - 1  # followers that a column can hold
# What a hijacked account takes over of its owner's.
_OWNERS = (
    "created", "language", "utc_offset", "follower_count", "following_count", "post_count", "default_image",
    "empty_bio", "verified", "phone_verified",
)  # fmt: skip


def _epoch(day: str) -> int:
    date = dt.date.fromisoformat(day)
    return int(dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC).timestamp())


def languages_by_lot(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return language numbers of the organic list, drawn by the operation's shares."""
    names = list(config.organic.languages)
    numbers = np.array([names.index(name) for name in config.operation.languages])
    bounds = np.cumsum(list(config.operation.languages.values()))[:-1]
    return np.asarray(numbers[np.searchsorted(bounds, draw, side="right")])


def supply_of(config: WorldConfig) -> NDArray[np.uint8]:
    """Return where each account of the operation comes from, a `Supply`: uint8 (operation accounts,)."""
    scenario, rules = config.scenario, config.operation.supply
    first, n_core = scenario.n_organic, scenario.n_core
    draw = uniforms(stream(config.seed, Purpose.SUPPLY), np.arange(first, scenario.n_accounts))
    kinds = [
        np.searchsorted(np.cumsum([layer.kinds.get(kind, 0.0) for kind in SUPPLY_KINDS])[:-1], part, side="right")
        for layer, part in ((rules.core, draw[:n_core]), (rules.amplifiers, draw[n_core:]))
    ]
    # The planned core is calibrated to the record as a whole: mostly bought accounts, whatever their age.
    kinds[0][: config.planned_core] = Supply.BOUGHT
    return np.concatenate(kinds).astype(np.uint8)


def hold_reserve(table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Give hijacked accounts what was their owners', and take the reserve's registration out of the table, in place.

    Returns
    -------
    int64 (operation accounts,)
        Registration as a profile shows it; `NEVER` for fresh accounts of the reserve.
    """
    scenario = config.scenario
    first = scenario.n_organic
    hijacked = first + np.flatnonzero(supply == Supply.HIJACKED)
    victims = np.floor(uniforms(stream(config.seed, Purpose.SUPPLY), hijacked, 1) * first).astype(np.int64)
    for name in _OWNERS:
        column = getattr(table, name)
        column[hijacked] = column[victims]
    # Someone who joins after the start cannot have been robbed before it.
    table.created[hijacked] = np.minimum(table.created[hijacked], scenario.start_epoch - _DAY)
    registered = table.created[first:].copy()
    reserve = np.zeros(registered.size, np.bool_)
    reserve[config.planned_core : scenario.n_core] = True
    reserve[scenario.n_core + config.planned_amplifiers :] = True
    table.created[first:][reserve] = NEVER
    registered[reserve & (supply == Supply.FRESH)] = NEVER
    return registered


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
    table.following_count[rows] = np.exp(3.6 + 2.0 * normals(followers, numbers, 4))
    history = normals(stream(seed, Purpose.HISTORY), numbers, 1)
    posts = np.exp(operation.posts_before_log_mean + operation.posts_before_log_sd * history)
    table.post_count[rows] = np.minimum(posts, _MOST)
    table.language[rows] = languages_by_lot(config, uniforms(stream(seed, Purpose.INTEREST), numbers, 2))
    table.stance[rows] = 1.0
    table.empty_bio[rows] = uniforms(profile, numbers, 5) < operation.core_empty_bio_share
    table.phone_verified[rows] = uniforms(profile, numbers, 6) < 0.5
    table.client[rows] = np.where(uniforms(profile, numbers, 11) < operation.core_phone_share, Client.PHONE, Client.WEB)
    table.access[rows] = _access(config, uniforms(stream(seed, Purpose.ACCESS), numbers, 1))
    role = assign_roles(table, config, established, followed)
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


def fill_amplifiers(table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Fill the rows of the amplifier layer (the last ones), in place; `supply` as of `supply_of`.

    Returns
    -------
    int32 (amplifiers,)
        The cell of each: accounts registered one after another are run together. -1 for the reserve.

    The networks of both layers are filled here, as cells share them.
    """
    operation, seed = config.operation, config.seed
    first, n = config.scenario.n_organic + config.scenario.n_core, config.scenario.n_amplifiers
    rows, numbers = slice(first, first + n), np.arange(n)
    draw = stream(seed, Purpose.REGISTRATION)
    bounds = np.cumsum(operation.wave_weights)[:-1]
    wave = np.searchsorted(bounds, uniforms(draw, numbers, 1), side="right")
    days = np.array(operation.wave_days)[wave] + uniforms(draw, numbers, 2) * operation.wave_spread_hours / 24.0
    years = uniforms(draw, numbers, 3) * operation.supply.bought_age_years
    since = np.where(supply[config.scenario.n_core :] == Supply.BOUGHT, -_YEAR * years - 1.0, days * _DAY)
    table.created[rows] = config.scenario.start_epoch + since.astype(np.int64)

    followers = stream(seed, Purpose.FOLLOWERS)
    followed = uniforms(followers, numbers, 5) < operation.amplifiers_followed_share
    decay = 1.0 - 1.0 / operation.amplifier_followers_mean
    tail = np.log1p(-uniforms(followers, numbers, 6)) / np.log(decay) if decay > 0 else np.zeros(n)
    table.follower_count[rows] = np.where(followed, 1 + np.floor(tail), 0)
    table.following_count[rows] = np.exp(3.0 + 1.0 * normals(followers, numbers, 7))
    table.language[rows] = languages_by_lot(config, uniforms(stream(seed, Purpose.INTEREST), numbers, 3))
    table.utc_offset[rows] = claimed_offsets(config, table.language[rows], first + numbers)
    profile = stream(seed, Purpose.PROFILE)
    table.empty_bio[rows] = uniforms(profile, numbers, 7) < operation.amplifier_empty_bio_share
    table.default_image[rows] = uniforms(profile, numbers, 8) < operation.amplifier_default_image_share
    table.phone_verified[rows] = uniforms(profile, numbers, 9) < 0.1
    client, automated = uniforms(profile, numbers, 10), operation.amplifier_automation_share
    table.client[rows] = np.select(
        [client < automated, client < automated + operation.amplifier_phone_share],
        [Client.AUTOMATION, Client.PHONE], Client.WEB,
    )  # fmt: skip
    table.access[rows] = _access(config, uniforms(stream(seed, Purpose.ACCESS), numbers, 2))
    planned = config.planned_amplifiers
    order = np.argsort(table.created[rows][:planned], kind="stable")
    cell = np.full(n, -1, np.int32)
    cell[order] = np.arange(planned) // operation.cell_size
    of_cell = np.concatenate([np.full(config.scenario.n_core, -1, np.int32), cell])
    ours = slice(config.scenario.n_organic, None)
    table.network[ours] = operation_networks(config, table.access[ours], of_cell, config.scenario.n_organic)
    return cell


def _access(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how accounts come in from a country that is blocked: VPNs, proxies, at times unblocked addresses."""
    vpn, mainland = config.operation.vpn_share, config.operation.mainland_share
    return np.select([draw < vpn, draw < vpn + mainland], [Access.VPN, Access.MAINLAND], Access.RESIDENTIAL)


def operation_ties(
    table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return who of the organic public follows the operation's accounts.

    Only `authentic_share` of an account's followers are real people of the simulated public; the rest were bought and
    never read. The shown number counts both, on the whole platform (`graph.whole_ratio`). A hijacked account's are all
    real: they followed its owner.

    Returns
    -------
    followers, followees : int32 (ties,)
    """
    n_organic, n = config.scenario.n_organic, len(table)
    accounts = np.arange(n_organic, n)
    authentic = np.where(supply == Supply.HIJACKED, 1.0, config.operation.authentic_share)
    mean = table.follower_count[n_organic:] / config.graph.whole_ratio * authentic
    draw = stream(config.seed, Purpose.FOLLOW)
    count = np.floor(mean + uniforms(draw, accounts)).astype(np.int64)
    followees = np.repeat(accounts, count)
    nth = np.arange(followees.size) - np.repeat(np.cumsum(count) - count, count)
    # Followers speak the account's language.
    followers, exists = people_by_lot(config, table.language[followees], uniforms(draw, followees, 1 + nth))
    return followers[exists].astype(np.int32), followees[exists].astype(np.int32)


def people_by_lot(
    config: WorldConfig, language: NDArray[np.integer], draw: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return an organic account of each language drawn, all alike, and whether there is any."""
    # The organic rows of a language are one contiguous range.
    sizes = community_sizes(config).reshape(-1, 2).sum(axis=1)
    start = np.cumsum(sizes) - sizes
    return start[language] + np.floor(draw * sizes[language]).astype(np.int64), sizes[language] > 0
