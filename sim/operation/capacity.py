"""Capacity: how much each amplifier is good for, and so how many reposts the amplifiers that are alive can give.

An amplifier does so many acts in thirty days, lognormal between accounts, whatever the scale, the scenario and the
core's output. A cell is assigned `capacity.orders_per_day` of the posts that the living core is expected to write that
day, and each member takes part as often as its capacity allows, `participation` at most. So orders go out in proportion
to the capacity that is alive: a post has the more reposts the more amplifiers there are, and the fewer the more posts.
Cover counts as acts: an account that writes much reposts the less. In some weeks an amplifier takes a break.

Without a limit every member takes part with `participation`, and a post is assigned to `cells_per_post` cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config.operation import OperationConfig
from sim.core.rng import Purpose, normals, stream, uniform
from sim.population.accounts import ACTIVE, AccountTable

MONTH_DAYS = 30.0
MOST_COVER = 60  # posts that an amplifier writes for one repost
_WEEK = 7 * 86_400


def acts_per_day(operation: OperationConfig, seed: int, accounts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the acts a day that each amplifier is good for, breaks included: float64 (accounts,)."""
    rules = operation.capacity
    drawn = normals(stream(seed, Purpose.CAPACITY), accounts)
    return np.asarray(rules.acts_per_month_median / MONTH_DAYS * np.exp(rules.acts_per_month_sigma * drawn))


def shares_taking_part(
    operation: OperationConfig, seed: int, accounts: NDArray[np.int64], repost_share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return with which probability each amplifier carries out an order that its cell gets, when it takes no break.

    Parameters
    ----------
    operation : OperationConfig
    seed : int
    accounts : int64 (amplifiers,)
        Their numbers, which key the draws.
    repost_share : float64 (amplifiers,)
        Share of reposts in each one's acts.

    Returns
    -------
    float64 (amplifiers,)
        In [0, `operation.participation`].
    """
    rules, most = operation.capacity, operation.participation
    if not rules.limited:
        return np.full(accounts.size, most)
    reposts = acts_per_day(operation, seed, accounts) * np.maximum(repost_share, 1.0 / (1.0 + MOST_COVER))
    return np.asarray(np.minimum(most, reposts / (rules.orders_per_day * (1.0 - rules.break_share))))


@njit(cache=True, no_cfunc_wrapper=True)
def takes_a_break(account: int, time: int, share: float, key: np.uint64) -> bool:
    """Return whether an amplifier does nothing in the week of a time (seconds from the start of the run)."""
    return bool(share > 0.0 and uniform(key, account, time // _WEEK, 0) < share)


def chance_of_orders(
    operation: OperationConfig, weight: NDArray[np.float64], expected: NDArray[np.float64], alive: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return with which probability a cell is assigned a post of each persona, where capacity is limited.

    Parameters
    ----------
    operation : OperationConfig
    weight : float64 (core,)
        What a post of each persona has of the orders: 1, of state media the scale.
    expected : float64 (core,)
        Campaign posts that each would write on the day.
    alive : bool (core,)
        Whether it is there to write them.

    Returns
    -------
    float64 (core,)
    """
    posts = float((weight * expected)[alive].sum())
    return np.minimum(weight * operation.capacity.orders_per_day / max(posts, 1e-9), 1.0)


def living(table: AccountTable, accounts: NDArray[np.int64], now: int) -> NDArray[np.bool_]:
    """Return which accounts are registered by `now`, seconds since 1970-01-01 UTC, and active: bool (accounts,)."""
    return np.asarray((table.status[accounts] == ACTIVE) & (table.created[accounts] <= now))
