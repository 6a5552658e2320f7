"""Idle accounts: registered once, and no longer used. Nobody follows them, and nobody follows them back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms


def idle_accounts(config: WorldConfig, group: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Draw which accounts of the public are idle: bool (organic,). Members of benign groups are not.

    Parameters
    ----------
    config : WorldConfig
    group : int32 (organic,)
        The benign group of each account, or -1.
    """
    draw = uniforms(stream(config.seed, Purpose.IDLE), np.arange(group.size))
    return np.asarray((draw < config.organic.idle_share) & (group < 0))
