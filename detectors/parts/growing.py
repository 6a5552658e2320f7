"""Arrays that grow as a compiled loop finds more than they hold."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, no_cfunc_wrapper=True)
def with_room(values, filled, more):  # type: ignore[no-untyped-def]
    """Return an array with room for `more` entries behind the first `filled`: the same, or a copy of twice the length.

    Examples
    --------
    >>> with_room(np.array([1, 2, 3]), 3, 1)[:3], with_room(np.array([1, 2, 3]), 3, 1).size
    (array([1, 2, 3]), 6)
    """
    if filled + more <= values.size:
        return values
    out = np.empty(max(filled + more, 2 * values.size), values.dtype)
    out[:filled] = values[:filled]
    return out
