"""How much of what an account does is reposting: its own share, drawn from measured quantiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream, uniforms


def repost_shares(
    quantiles: list[list[float]], never: float, seed: int, accounts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Draw the share of reposts in each account's acts.

    Parameters
    ----------
    quantiles : list of [probability, share]
        Of the accounts that repost at all, with straight lines between.
    never : float
        Share of accounts that never repost.
    accounts : int64 (some,)
        Their numbers, which key the draws.

    Returns
    -------
    float64 (some,)
    """
    draw = stream(seed, Purpose.REPOST_SHARE)
    at, share = np.array(quantiles).T
    drawn = np.interp(uniforms(draw, accounts, 1), at, share)
    return np.where(uniforms(draw, accounts, 0) < never, 0.0, drawn)
