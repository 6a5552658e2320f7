"""A sliding window of traces: who did what, and when, in the last hours.

Examples
--------
>>> window = TraceWindow(hours=1.0)
>>> window.add(1800, np.array([100, 1700]), np.array([3, 4]), np.array([7, 8]))
>>> window.add(5400, np.array([5000]), np.array([5]), np.array([8]))
>>> window.accounts()  # what is older than an hour at second 5400 is left out
array([5], dtype=int32)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class TraceWindow:
    """The traces of the last hours, exact to the second however time is cut into steps; 20 bytes a trace.

    Parameters
    ----------
    hours : float
        Traces older than this at the end of the last step are left out; above 0.
    """

    def __init__(self, hours: float) -> None:
        self._seconds, self._end = 3600.0 * hours, 0
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]] = []  # of a step each

    def add(self, end: int, time: NDArray[Any], account: NDArray[Any], item: NDArray[Any]) -> None:
        """Take in a step's traces, in time order; forget the steps that have left the window at `end`, seconds."""
        self._end = end
        if time.size:
            self._parts.append((time.astype(np.int64), account.astype(np.int32), item.astype(np.int64)))
        while self._parts and self._parts[0][0][-1] < self._oldest:
            del self._parts[0]

    @property
    def n_kept(self) -> int:
        """Traces in memory: those of the window, and the rest of its oldest step."""
        return sum(time.size for time, _, _ in self._parts)

    @property
    def n_traces(self) -> int:
        """Traces in the window."""
        return self.n_kept - self._n_old

    def times(self) -> NDArray[np.int64]:
        """Return the times of the window's traces, seconds, rising."""
        return np.concatenate([np.empty(0, np.int64), *(part[0] for part in self._parts)])[self._n_old :]

    def accounts(self) -> NDArray[np.int32]:
        """Return the accounts of the window's traces, in time order."""
        return np.concatenate([np.empty(0, np.int32), *(part[1] for part in self._parts)])[self._n_old :]

    def items(self) -> NDArray[np.int64]:
        """Return the items of the window's traces, in time order."""
        return np.concatenate([np.empty(0, np.int64), *(part[2] for part in self._parts)])[self._n_old :]

    @property
    def _oldest(self) -> float:
        return self._end - self._seconds

    @property
    def _n_old(self) -> int:
        """Traces in memory that have left the window: of the oldest step alone, as steps come in order."""
        return int(np.searchsorted(self._parts[0][0], self._oldest)) if self._parts else 0
