"""The order of a step's events: by time, and at random within one second.

The order within a second is one that a platform's staff see. Were it the order in which the parts of the simulation add
their events, it would tell personas from people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core import compiled  # noqa: F401 - sets Numba up


def in_time_order(events: NDArray[Any], begin: int, seconds: int, draw: NDArray[np.uint32]) -> NDArray[Any]:
    """Return the events of a step in time order, those of one second by their accounts' draws.

    Parameters
    ----------
    events : EVENT (events,)
    begin, seconds : int
        The step is [begin, begin + seconds).
    draw : uint32 (accounts,)
        Acts of one account in one second stay in the order given.
    """
    return events.take(_time_order(events, begin, seconds, draw))  # indexing would copy field by field


@njit(cache=True, no_cfunc_wrapper=True)
def _time_order(events: NDArray[Any], begin: int, seconds: int, draw: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the order of `in_time_order`: that of np.lexsort((draw[account], time)), which is stable.

    One counting sort into parts of a second, as many as hold about one event each, and insertion within a part. It
    takes 0.7 to 0.8 of the time of two counting sorts, by draw and by second (6,000 to 130,000 events of an hour).
    """
    n = events.size
    parts = max(n // seconds, 1)
    key, part = np.empty(n, np.uint64), np.empty(n, np.int32)
    place = np.zeros(parts * seconds + 1, np.int32)
    for i in range(n):
        own = np.uint64(draw[events[i].account])
        key[i] = own << np.uint64(32) | np.uint64(i)
        part[i] = (events[i].time - begin) * parts + np.int64(own * np.uint64(parts) >> np.uint64(32))
        place[part[i] + 1] += 1
    for k in range(place.size - 1):
        place[k + 1] += place[k]
    in_parts = np.empty(n, np.uint64)
    for i in range(n):
        in_parts[place[part[i]]] = key[i]
        place[part[i]] += 1  # in the end, where the next part begins
    order, begins = np.empty(n, np.int64), 0
    for k in range(place.size - 1):
        for i in range(begins, place[k]):
            own, at = in_parts[i], i
            while at > begins and in_parts[at - 1] > own:
                in_parts[at] = in_parts[at - 1]
                at -= 1
            in_parts[at] = own
        for i in range(begins, place[k]):
            order[i] = np.int64(in_parts[i] & np.uint64(0xFFFFFFFF))
        begins = place[k]
    return order
