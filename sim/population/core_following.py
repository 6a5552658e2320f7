"""How many accounts a core account follows, by how many follow it: a joint table of a record.

Rows of the table are pairs of bins with a number of accounts. An account takes a row of its own bin of followers, or of
the nearest that the table has, in proportion to the numbers; within the bin of followees it is drawn evenly on a
logarithmic scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms


def joint_following(config: WorldConfig, followers: NDArray[np.integer]) -> NDArray[np.int64]:
    """Draw the followees of each account of the core: int64 (core,).

    Parameters
    ----------
    config : WorldConfig
        Whose `operation.core_following` is not null.
    followers : int (core,)
    """
    low, _, first, end, weight = np.array(config.operation.core_following).T
    key, numbers = stream(config.seed, Purpose.CORE_FOLLOWING), np.arange(followers.size)
    pick, place = uniforms(key, numbers, 0), uniforms(key, numbers, 1)
    found = np.zeros(followers.size, np.int64)
    bins = np.unique(low[weight > 0.0])
    of = np.clip(np.searchsorted(bins, followers, side="right") - 1, 0, bins.size - 1)
    for number, begin in enumerate(bins):
        ours = np.flatnonzero(of == number)
        rows = np.flatnonzero((low == begin) & (weight > 0.0))
        passed = np.cumsum(weight[rows])
        row = rows[np.searchsorted(passed, pick[ours] * passed[-1], side="right")]
        least = np.maximum(first[row], 0.5)  # of the bin that begins at 0, no logarithm of 0
        drawn = least * np.power(end[row] / least, place[ours])
        found[ours] = np.clip(np.floor(drawn), first[row], end[row] - 1.0)
    return found
