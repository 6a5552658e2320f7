"""What the platform knows of an account that reposts, and what its repost therefore weighs in the recommendations.

Three signs say that somebody real may be behind an account: it is not new, it has followers, it has a verified
telephone. For each that is missing a repost weighs `feed.missing_sign_factor` as much. Platforms say that they do so,
and by how much none has said.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core import compiled  # noqa: F401 - sets Numba up
from sim.population.accounts import AccountTable

_DAY = 86_400.0


class Signs(NamedTuple):
    """The three signs of every account, and the rule, for compiled loops.

    Attributes
    ----------
    created : int64 (accounts,)
        Registration, seconds since 1970-01-01 UTC.
    followers : int32 (accounts,)
    phone : bool (accounts,)
        Whether it has a verified telephone.
    start : int
        Start of the run, seconds since 1970-01-01 UTC.
    age : float
        From which an account counts as not new, seconds.
    least : int
        Followers from which an account counts as followed.
    factor : float
        In [0, 1], on the weight, for each sign that is missing.
    """

    created: NDArray[np.int64]
    followers: NDArray[np.int32]
    phone: NDArray[np.bool_]
    start: int
    age: float
    least: int
    factor: float

    @classmethod
    def of(cls, config: WorldConfig, table: AccountTable) -> Signs:
        """Return the signs of a run's accounts; of replacements the time of registration is written during the run."""
        feed = config.feed
        return cls(
            table.created, table.follower_count, table.phone_verified, config.scenario.start_epoch,
            feed.known_age_days * _DAY, feed.known_followers, feed.missing_sign_factor,
        )  # fmt: skip


@njit(cache=True, no_cfunc_wrapper=True)
def weight_of_repost(account: int, time: int, signs: Signs) -> float:
    """Return what a repost by an account weighs, in [0, 1], `time` seconds after the start of the run."""
    missing = 0
    missing += signs.start + time - signs.created[account] < signs.age
    missing += signs.followers[account] < signs.least
    missing += not signs.phone[account]
    return float(signs.factor**missing)


@njit(cache=True, no_cfunc_wrapper=True)
def weights_at_start(accounts: int, signs: Signs) -> NDArray[np.float64]:
    """Return what a repost at the start of the run weighs of each of the first accounts: float64 (accounts,)."""
    out = np.empty(accounts)
    for account in range(accounts):
        out[account] = weight_of_repost(account, 0, signs)
    return out
