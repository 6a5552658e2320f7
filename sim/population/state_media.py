"""State media: accounts of the core that openly declare their owner.

Like personas they post in the operator's working hours, partly on the contested topic, and buy promotion for
these posts (`sim.operation.promotion`). They are not part of the record that the core is calibrated to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.population.accounts import AccountTable
from sim.population.truth import Supply

_DAY = 86_400


def fill_state_media(
    table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8], role: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Turn some accounts of the core into state media, in place; return their numbers, in rising order.

    Verified, with a filled profile, eight to ten years old. As many as `promotion.advertisers` says of each language
    that the public speaks, out of the planned accounts of the last role, which has those that are left. Their `supply`
    becomes their own registration and their `role` the one after the last.
    """
    rules, scenario = config.operation.promotion, config.scenario
    names = list(config.organic.languages)
    languages = [names.index(name) for name, n in rules.advertisers.items() if name in names for _ in range(int(n))]
    left = np.flatnonzero(role[: config.planned_core] == len(config.operation.roles))[: len(languages)]
    languages, rows = languages[: left.size], scenario.n_organic + left
    supply[left], role[left] = Supply.FRESH, len(config.operation.roles) + 1
    age = 8.0 + 2.0 * uniforms(stream(config.seed, Purpose.PROMOTION), rows, -1)
    table.created[rows] = scenario.start_epoch - (age * 365.25 * _DAY).astype(np.int64)
    table.language[rows] = languages
    table.follower_count[rows] = 0  # shown once ties are drawn: their followers are no part of the simulated public
    table.post_count[rows] = (rules.posts_per_day * age * 365.25).astype(np.int64)
    table.verified[rows] = table.phone_verified[rows] = True
    table.empty_bio[rows] = table.default_image[rows] = False
    return rows
