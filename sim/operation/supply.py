"""Account supply: where the operation's accounts come from, and what they look like.

The core's accounts are calibrated to the user records of August 2019: mostly bought or repurposed accounts, either
established ones from before 2017, most with thousands of (bought) followers, or registered in bulk from 2017 on, most
with next to none; a third of them on nine days. Amplifiers are registered in waves, most without a follower.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from sim.accounts import Access, AccountTable, Client
from sim.config import WorldConfig
from sim.organic import community_sizes
from sim.rng import Purpose, normals, stream, uniforms

_DAY = 86_400
_MOST = 2**31 - 1  # followers that a column can hold


def _epoch(day: str) -> int:
    date = dt.date.fromisoformat(day)
    return int(dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC).timestamp())


def languages_by_lot(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return language numbers of the organic list, drawn by the operation's shares."""
    names = list(config.organic.languages)
    numbers = np.array([names.index(name) for name in config.operation.languages])
    bounds = np.cumsum(list(config.operation.languages.values()))[:-1]
    return np.asarray(numbers[np.searchsorted(bounds, draw, side="right")])


def fill_core(table: AccountTable, config: WorldConfig) -> None:
    """Fill the rows of the persona core (those after the organic ones), in place."""
    operation, seed = config.operation, config.seed
    first, n = config.scenario.n_organic, config.scenario.n_core
    rows = slice(first, first + n)
    numbers = np.arange(n)
    profile = stream(seed, Purpose.PROFILE)
    established = uniforms(stream(seed, Purpose.ROLE), numbers, 1) < operation.established_share
    table.created[rows] = _core_registrations(config, established)

    followed_share = np.where(established, operation.established_followed_share, operation.bulk_followed_share)
    followers = stream(seed, Purpose.FOLLOWERS)
    followed = uniforms(followers, numbers, 1) < followed_share
    many = operation.followers_log_mean + operation.followers_log_sd * normals(followers, numbers, 2)
    few = operation.few_followers_log_mean + operation.few_followers_log_sd * normals(followers, numbers, 3)
    table.follower_count[rows] = np.minimum(np.exp(np.where(followed, many, few)), _MOST)
    table.following_count[rows] = np.exp(3.6 + 2.0 * normals(followers, numbers, 4))
    table.post_count[rows] = np.exp(6.0 + 1.5 * normals(stream(seed, Purpose.HISTORY), numbers, 1))
    table.language[rows] = languages_by_lot(config, uniforms(stream(seed, Purpose.INTEREST), numbers, 2))
    table.utc_offset[rows] = operation.utc_offset_hours
    table.stance[rows] = 1.0
    table.empty_bio[rows] = uniforms(profile, numbers, 5) < operation.core_empty_bio_share
    table.phone_verified[rows] = uniforms(profile, numbers, 6) < 0.5
    table.client[rows] = Client.WEB
    table.access[rows] = _access(config, uniforms(stream(seed, Purpose.ACCESS), numbers, 1))


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
                high = low + of_core / share
                chosen = kind & (pick >= low) & (pick < high)
                when[chosen] = _epoch(day) + place[chosen] * _DAY
                low = high
    return np.asarray(np.minimum(when, config.scenario.start_epoch - _DAY + place * _DAY), np.int64)


def fill_amplifiers(table: AccountTable, config: WorldConfig) -> NDArray[np.int32]:
    """Fill the rows of the amplifier layer (the last ones), in place.

    Returns
    -------
    int32 (amplifiers,)
        The cell of each: accounts registered one after another are run together.
    """
    operation, seed = config.operation, config.seed
    first, n = config.scenario.n_organic + config.scenario.n_core, config.scenario.n_amplifiers
    rows, numbers = slice(first, first + n), np.arange(n)
    draw = stream(seed, Purpose.REGISTRATION)
    bounds = np.cumsum(operation.wave_weights)[:-1]
    wave = np.searchsorted(bounds, uniforms(draw, numbers, 1), side="right")
    days = np.array(operation.wave_days)[wave] + uniforms(draw, numbers, 2) * operation.wave_spread_hours / 24.0
    table.created[rows] = config.scenario.start_epoch + (days * _DAY).astype(np.int64)

    followers = stream(seed, Purpose.FOLLOWERS)
    followed = uniforms(followers, numbers, 5) < operation.amplifiers_followed_share
    decay = 1.0 - 1.0 / operation.amplifier_followers_mean
    tail = np.log1p(-uniforms(followers, numbers, 6)) / np.log(decay) if decay > 0 else np.zeros(n)
    table.follower_count[rows] = np.where(followed, 1 + np.floor(tail), 0)
    table.following_count[rows] = np.exp(3.0 + 1.0 * normals(followers, numbers, 7))
    table.language[rows] = languages_by_lot(config, uniforms(stream(seed, Purpose.INTEREST), numbers, 3))
    table.utc_offset[rows] = operation.utc_offset_hours
    profile = stream(seed, Purpose.PROFILE)
    table.empty_bio[rows] = uniforms(profile, numbers, 7) < operation.amplifier_empty_bio_share
    table.default_image[rows] = uniforms(profile, numbers, 8) < operation.amplifier_default_image_share
    table.phone_verified[rows] = uniforms(profile, numbers, 9) < 0.1
    table.client[rows] = np.where(uniforms(profile, numbers, 10) < 0.3, Client.AUTOMATION, Client.WEB)
    table.access[rows] = _access(config, uniforms(stream(seed, Purpose.ACCESS), numbers, 2))
    order = np.argsort(table.created[rows], kind="stable")
    cell = np.empty(n, np.int32)
    cell[order] = np.arange(n) // operation.cell_size
    return cell


def _access(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how accounts come in from a country that is blocked: VPNs, proxies, at times unblocked addresses."""
    vpn, mainland = config.operation.vpn_share, config.operation.mainland_share
    return np.select([draw < vpn, draw < vpn + mainland], [Access.VPN, Access.MAINLAND], Access.RESIDENTIAL)


def operation_ties(table: AccountTable, config: WorldConfig) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return who of the organic public follows the operation's accounts.

    Only `authentic_share` of an account's followers are real people of the simulated public; the rest were bought and
    never read. The shown number counts both, on the whole platform (`graph.whole_ratio`).

    Returns
    -------
    followers, followees : int32 (ties,)
    """
    n_organic, n = config.scenario.n_organic, len(table)
    accounts = np.arange(n_organic, n)
    mean = table.follower_count[n_organic:] / config.graph.whole_ratio * config.operation.authentic_share
    draw = stream(config.seed, Purpose.FOLLOW)
    count = np.floor(mean + uniforms(draw, accounts)).astype(np.int64)
    followees = np.repeat(accounts, count)
    nth = np.arange(followees.size) - np.repeat(np.cumsum(count) - count, count)
    # Followers speak the account's language: the organic rows of a language are one contiguous range.
    sizes = community_sizes(config).reshape(-1, 2).sum(axis=1)
    start = np.cumsum(sizes) - sizes
    language = table.language[followees]
    followers = start[language] + np.floor(uniforms(draw, followees, 1 + nth) * sizes[language]).astype(np.int64)
    exists = sizes[language] > 0
    return followers[exists].astype(np.int32), followees[exists].astype(np.int32)
