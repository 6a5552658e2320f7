"""What is to happen at a later time, handed out step by step."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Schedule:
    """Entries that wait for their time: whole numbers of one kind, column by column.

    Parameters
    ----------
    step_seconds : int
    columns : int
        Numbers of an entry beside its time.
    within_step : bool
        When an entry is handed out. By default at the beginning of the first step that begins at or after its time;
        if true, at the beginning of the step in which its time lies.

    Examples
    --------
    >>> schedule = Schedule(step_seconds=3600, columns=1)
    >>> schedule.add(np.array([5400, 10]), np.array([7, 8]))
    >>> [column.tolist() for column in schedule.take(3600)]
    [[10], [8]]
    """

    def __init__(self, step_seconds: int, columns: int, *, within_step: bool = False) -> None:
        self._length, self._within = step_seconds, within_step
        self._taken = -1  # the last step handed out
        self._waiting: dict[int, list[NDArray[np.int64]]] = {}
        self._nothing = np.zeros((columns + 1, 0), np.int64)

    def add(self, time: NDArray[Any] | int, *columns: NDArray[Any] | int) -> None:
        """Add entries, each with its time in seconds from the start of the run; one that is late comes next."""
        entries = np.stack([np.asarray(part, np.int64) for part in np.broadcast_arrays(np.atleast_1d(time), *columns)])
        if not entries.shape[1]:
            return
        first = entries[0] // self._length if self._within else -(-entries[0] // self._length)
        step = np.maximum(first, self._taken + 1)
        order = np.argsort(step, kind="stable")
        entries, step = entries[:, order], step[order]
        bounds = [0, *(np.flatnonzero(np.diff(step)) + 1).tolist(), step.size]
        for begin, end in pairwise(bounds):
            self._waiting.setdefault(int(step[begin]), []).append(entries[:, begin:end])

    def take(self, now: int, *, by_time: bool = True) -> tuple[NDArray[np.int64], ...]:
        """Return what is due at `now`, the beginning or end of a step, and has not been handed out.

        Returns
        -------
        time, columns : int64 (entries,) each
            By time, then by the columns; without `by_time` in the order in which they were added.
        """
        until = now // self._length
        due = [part for key in range(self._taken + 1, until + 1) for part in self._waiting.pop(key, ())]
        self._taken = max(self._taken, until)
        if not due:
            return tuple(self._nothing)
        entries = np.concatenate(due, axis=1)
        return tuple(entries[:, np.lexsort(entries[::-1])] if by_time else entries)

    def discard(self, unwanted: Callable[..., NDArray[np.bool_]]) -> None:
        """Drop the waiting entries for which `unwanted(time, *columns)` is true."""
        self._waiting = {
            key: [part[:, ~unwanted(*part)] for part in parts] for key, parts in self._waiting.items()
        }  # fmt: skip

    def __len__(self) -> int:
        """Return the number of waiting entries."""
        return sum(part.shape[1] for parts in self._waiting.values() for part in parts)
