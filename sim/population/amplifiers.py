"""The amplifiers' accounts: registered in waves, most without followers, operated in cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.population.access import blocked_access, claimed_offsets, operation_networks
from sim.population.accounts import AccountTable, Client
from sim.population.supply import random_languages
from sim.population.truth import Supply

_DAY = 86_400
_YEAR = 365.25 * _DAY


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
    table.language[rows] = random_languages(config, uniforms(stream(seed, Purpose.INTEREST), numbers, 3))
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
    table.access[rows] = blocked_access(config, uniforms(stream(seed, Purpose.ACCESS), numbers, 2))
    planned = config.planned_amplifiers
    order = np.argsort(table.created[rows][:planned], kind="stable")
    cell = np.full(n, -1, np.int32)
    cell[order] = np.arange(planned) // operation.cell_size
    of_cell = np.concatenate([np.full(config.scenario.n_core, -1, np.int32), cell])
    ours = slice(config.scenario.n_organic, None)
    table.network[ours] = operation_networks(config, table.access[ours], of_cell, config.scenario.n_organic)
    return cell
