"""Account supply: where the operation's accounts come from, and which of them are held in reserve.

Accounts are fresh, bought (years old) or hijacked (with the age, profile and followers of a person). The last accounts
of each layer are its reserve: drawn like the others, but registered only when `sim.operation.replacement` uses them, or
ahead (`supply.lead_days`): then they wait, and may be lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.config.operation import SUPPLY_KINDS
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.population.accounts import NEVER, AccountTable
from sim.population.organic import community_sizes
from sim.population.truth import Supply

_DAY = 86_400
_LONGEST = 1e5  # days of a lifetime; any run is shorter
# What a hijacked account takes over of its owner's.
_OWNERS = (
    "created", "language", "utc_offset", "follower_count", "following_count", "post_count", "default_image",
    "empty_bio", "verified", "phone_verified",
)  # fmt: skip


def random_languages(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
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
    supply = np.concatenate(kinds).astype(np.uint8)
    hijacked = np.flatnonzero(supply == Supply.HIJACKED)
    supply[hijacked[round(rules.hijacked_most * scenario.n_organic) :]] = Supply.BOUGHT
    return supply


def idle_ends(config: WorldConfig, registered: NDArray[np.int64], supply: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return when each account of the operation is lost if it still waits to be used then.

    Only a fresh account that is registered ahead waits: lifetimes are exponential, at `supply.idle_loss_per_day`. The
    planned core is in use whatever its age.

    Returns
    -------
    int64 (operation accounts,)
        Seconds since 1970-01-01 UTC; `NEVER` for those that do not wait.
    """
    rate = config.operation.supply.idle_loss_per_day
    ends = np.full(registered.size, NEVER)
    if rate:
        waits = np.flatnonzero((supply == Supply.FRESH) & (registered != NEVER))
        waits = waits[waits >= config.planned_core]
        draw = uniforms(stream(config.seed, Purpose.IDLE_LOSS), config.scenario.n_organic + waits)
        days = np.minimum(-np.log1p(-draw) / rate, _LONGEST)
        ends[waits] = registered[waits] + np.floor(days * _DAY).astype(np.int64)
    return ends


def hold_reserve(
    table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give hijacked accounts what was their owners', and take the reserve's registration out of the table, in place.

    Likewise that of planned accounts which are lost before the start, while they wait.

    Returns
    -------
    registered : int64 (operation accounts,)
        Registration as a profile shows it; `NEVER` for fresh accounts of the reserve that are registered when used.
    ends : int64 (operation accounts,)
        As of `idle_ends`.
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
    fresh, lead = np.flatnonzero(reserve & (supply == Supply.FRESH)), config.operation.supply.lead_days
    ahead = uniforms(stream(config.seed, Purpose.IDLE_LOSS), first + fresh, 1) * lead * _DAY
    registered[fresh] = scenario.start_epoch - np.floor(ahead).astype(np.int64) if lead else NEVER
    ends = idle_ends(config, registered, supply)
    table.created[first:][~reserve & (ends < scenario.start_epoch)] = NEVER
    return registered, ends


def operation_ties(
    table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return who of the organic public follows the operation's accounts.

    Only `authentic_share` of an account's followers are real people of the simulated public; the rest were bought and
    never read. The shown number counts both, on the whole platform (`graph.whole_ratio`). Some people come to follow
    such accounts far more readily than others (lognormal, `organic.susceptibility_sigma`): a few hold most of the ties.
    A hijacked account's followers are all real, and like anybody: they followed its owner. Accounts that never log in
    are not among them.

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
    language, chosen = table.language[followees], uniforms(draw, followees, 1 + nth)
    in_use = (table.session_rate[:n_organic] > 0.0).astype(np.float64)
    sigma = config.organic.susceptibility_sigma
    readily = in_use * np.exp(sigma * normals(stream(config.seed, Purpose.SUSCEPTIBILITY), np.arange(n_organic)))
    followers, exists = random_people(config, language, chosen, readily)
    robbed = np.repeat(supply == Supply.HIJACKED, count)
    if robbed.any():
        followers[robbed], exists[robbed] = random_people(config, language[robbed], chosen[robbed], in_use)
    return followers[exists].astype(np.int32), followees[exists].astype(np.int32)


def random_people(
    config: WorldConfig,
    language: NDArray[np.integer],
    draw: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return an organic account of each language drawn, and whether there is any.

    Parameters
    ----------
    weight : float64 (organic,), optional
        Accounts are drawn in proportion to it; without it all alike.
    """
    # The organic rows of a language are one contiguous range.
    sizes = community_sizes(config).reshape(-1, 2).sum(axis=1)
    end = np.cumsum(sizes)
    start = end - sizes
    if weight is None:
        return start[language] + np.floor(draw * sizes[language]).astype(np.int64), sizes[language] > 0
    passed = np.concatenate([np.zeros(1), np.cumsum(weight)])
    low, high = passed[start[language]], passed[end[language]]
    person = np.searchsorted(passed, low + draw * (high - low), side="right") - 1
    return np.clip(person, start[language], end[language] - 1).astype(np.int64), high > low
