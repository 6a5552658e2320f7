"""A log as the steps that a detector observes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.score.log import Log
from sim.observation import EVENTS, POST, Observation

_MOST_EVENTS = 2_000_000  # of a step, where nothing says how long it is
_DAY = 86_400
_OLDEST = 30 * _DAY  # before the log begins: reposts of older posts are late by any rule


class Steps:
    """The observations of a log: one that holds it all, cut only for memory, or one for each span of time.

    Parameters
    ----------
    log : Log
    names : collection of str
        Columns and event fields that are shown.
    step_seconds : int, optional
        Of a step; by default steps are as long as they have some millions of events.
    originals : bool
        Whether the posts that were reposted are shown as well where the log lacks them and their ids hold their time.
        Where their author is not known, one further account has written them.
    """

    def __init__(
        self, log: Log, names: Collection[str], step_seconds: int | None = None, originals: bool = False
    ) -> None:
        self.n_accounts, self.start, self.end = log.n_accounts, log.start, log.end
        self._step = step_seconds
        language = np.zeros(log.n_accounts, np.int64) if log.language is None else log.language
        events: dict[str, NDArray[Any]] = {
            "time": log.time, "account": log.account, "kind": log.kind, "post": log.post, "author": log.author,
            **log.traces,
        }  # fmt: skip
        written = log.originals() if originals else None
        if written is not None and written[0].size:
            events, nobody = _with_originals(events, written, self.start, log.n_accounts)
            if nobody:
                self.n_accounts += 1
                language = np.append(language, 0)
            self.start = int(events["time"][0])
        self._columns = {"registered": np.ones(self.n_accounts, np.bool_), "language": language}
        self._columns = {name: column for name, column in self._columns.items() if name in names}
        # An observation takes what rests on bytes as it is: steps share the memory of the log.
        self._events = {
            name: (values.tobytes(), values.dtype)
            for name, values in events.items()
            if name in names and name in EVENTS
        }
        self._time = events["time"]

    def __iter__(self) -> Iterator[Observation]:
        """Yield the steps in order."""
        for number, (begin, end, first, last) in enumerate(self._cuts()):
            yield Observation(
                step=number, start=begin, end=end, n_accounts=self.n_accounts, columns=self._columns,
                events={
                    name: np.frombuffer(data, kind, last - first, first * kind.itemsize) if last > first
                    else np.empty(0, kind)
                    for name, (data, kind) in self._events.items()
                },
            )  # fmt: skip

    def _cuts(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield of each step its first second, the second after it, and the same of its events."""
        if self._step is not None:
            edges = [
                *range(self.start, self.end, self._step),
                self.start + -(-(self.end - self.start) // self._step) * self._step,
            ]
        else:
            places = np.arange(_MOST_EVENTS, self._time.size, _MOST_EVENTS)
            edges = [self.start, *np.unique(self._time[places]).tolist(), self.end]
            edges = sorted({*edges})
        at = np.searchsorted(self._time, edges)
        at[0] = 0
        for begin, end, first, last in zip(edges[:-1], edges[1:], at[:-1], at[1:], strict=True):
            yield int(begin), int(end), int(first), int(last)


def _with_originals(
    events: dict[str, NDArray[Any]], written: tuple[NDArray[Any], ...], start: int, n_accounts: int
) -> tuple[dict[str, NDArray[Any]], bool]:
    """Return events with the posts that were reposted, in time order, and whether some are of an unknown author."""
    label, seconds, author = (part[written[1] >= start - _OLDEST] for part in written)
    unknown = author < 0
    more = {
        "time": seconds, "account": np.where(unknown, n_accounts, author).astype(np.int32),
        "kind": np.full(label.size, POST, np.int8), "post": label, "author": author,
    }  # fmt: skip
    # A post comes before its reposts, also where both are of one second.
    together = {
        name: np.concatenate([more.get(name, np.zeros(label.size, values.dtype)), values]).astype(values.dtype)
        for name, values in events.items()
    }
    order = np.argsort(together["time"], kind="stable")
    return {name: values[order] for name, values in together.items()}, bool(unknown.any())
