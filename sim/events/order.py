"""The order of a step's events: by time, and within one second by lot.

The order within a second is one that a platform's staff see. Were it that in which the parts of the simulation hand in
their events, it would tell personas from people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core import compiled  # noqa: F401 - sets Numba up


def in_time_order(events: NDArray[Any], begin: int, seconds: int, lot: NDArray[np.uint32]) -> NDArray[Any]:
    """Return the events of a step in time order, those of one second by their accounts' lots.

    Parameters
    ----------
    events : EVENT (events,)
    begin, seconds : int
        The step is [begin, begin + seconds).
    lot : uint32 (accounts,)
        Acts of one account in one second stay in the order given.
    """
    return events.take(_time_order(events, begin, seconds, lot))  # indexing would copy field by field


@njit(cache=True)
def _time_order(events: NDArray[Any], begin: int, seconds: int, lot: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the order of `in_time_order`."""
    order = np.arange(events.size)
    key = np.empty(events.size, np.int64)
    if events.size > 2 * seconds:  # else the few of one second are put right at the end, one by one
        for i in range(events.size):
            key[i] = lot[events[i].account] >> np.uint32(20)  # 12 bits of it
        order = _counted(order, key, 4096)
    for i in range(events.size):
        key[i] = events[i].time - begin
    order = _counted(order, key, seconds)
    for i in range(1, order.size):
        k = i
        while k > 0 and key[order[k - 1]] == key[order[k]]:
            if lot[events[order[k - 1]].account] <= lot[events[order[k]].account]:
                break
            order[k], order[k - 1] = order[k - 1], order[k]
            k -= 1
    return order


@njit(cache=True)
def _counted(order: NDArray[np.int64], key: NDArray[np.int64], keys: int) -> NDArray[np.int64]:
    """Return the order by key in [0, keys), of equals as given: a counting sort."""
    place = np.zeros(keys + 1, np.int64)
    for i in range(order.size):
        place[key[i] + 1] += 1
    place = np.cumsum(place)
    out = np.empty_like(order)
    for i in order:
        out[place[key[i]]] = i
        place[key[i]] += 1
    return out
