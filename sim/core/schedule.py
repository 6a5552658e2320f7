"""What is to happen at a time to come, handed out step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Agenda:
    """Entries that wait for their time: numbers of equal kind, column by column.

    Parameters
    ----------
    step_seconds : int
        Entries are handed out at the first whole step at or after their time.
    columns : int
        Numbers of an entry beside its time.
    """

    def __init__(self, step_seconds: int, columns: int) -> None:
        self._length, self._columns = step_seconds, columns
        self._taken = -1  # the last step handed out
        self._waiting: dict[int, list[NDArray[np.int64]]] = {}
        self._nothing = tuple(np.zeros((columns + 1, 0), np.int64))

    def add(self, time: NDArray[Any], *columns: NDArray[Any] | int) -> None:
        """Note entries, each with its time in seconds from the start of the run; one too late comes next."""
        if not time.size:
            return
        entries = np.stack([np.asarray(time, np.int64), *(np.broadcast_to(c, time.shape) for c in columns)])
        step = np.maximum(-(-entries[0] // self._length), self._taken + 1)
        for key in np.unique(step).tolist():
            self._waiting.setdefault(key, []).append(entries[:, step == key])

    def take(self, now: int) -> tuple[NDArray[np.int64], ...]:
        """Return the entries up to the time `now`, the beginning or end of a step, by time, then by the columns."""
        until = now // self._length
        due = [part for key in range(self._taken + 1, until + 1) for part in self._waiting.pop(key, ())]
        self._taken = max(self._taken, until)
        if not due:
            return self._nothing
        entries = np.concatenate(due, axis=1)
        return tuple(entries[:, np.lexsort(entries[::-1])])
