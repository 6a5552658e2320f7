"""Known accounts: labels that the platform's staff have for a few accounts before the run, some of them wrong.

This is the only truth that detectors get. Methods that spread trust or guilt over the follower graph need seeds, and
platforms have some: accounts that analysts exposed, and vetted accounts, such as verified ones. Only accounts that
existed at the start can be known, and a share of the labels is wrong.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.observation import KNOWN_BAD, KNOWN_GOOD, UNKNOWN
from sim.population.world import World


def draw_known_accounts(config: WorldConfig, world: World) -> NDArray[np.int8]:
    """Draw what is thought known, keyed by account.

    Returns
    -------
    int8 (accounts,)
        `KNOWN_BAD`, `KNOWN_GOOD` or `UNKNOWN` of `sim.observation`, by internal number.
    """
    rules, table, operation = config.known_accounts, world.accounts, world.truth.operation
    key, rows = stream(config.seed, Purpose.KNOWN_ACCOUNTS), np.arange(len(table))
    share = np.where(operation, rules.bad_share, np.where(table.verified, rules.verified_good_share, rules.good_share))
    known = (uniforms(key, rows, 0) < share) & (table.created < config.scenario.start_epoch)
    bad = operation ^ (uniforms(key, rows, 1) < rules.error_share)
    return np.where(known, np.where(bad, KNOWN_BAD, KNOWN_GOOD), UNKNOWN).astype(np.int8)
