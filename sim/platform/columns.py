"""The account columns that the platform's staff see, cached between steps because most values do not change.

The columns of an observation are indexed by pseudonym, zero for accounts that are not registered yet, and backed by
immutable bytes. Building them from scratch needs random access over all accounts. Here only the rows of newly
registered accounts are written, and an unchanged column is returned as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.state import RunState


class ObservedColumns:
    """The observed columns of one run.

    Parameters
    ----------
    state : RunState
    pseudonyms : int64 (accounts,)
        The number by which detectors know each account.
    more : mapping of str to array (accounts,)
        Further columns, not in the table, by internal number.
    """

    def __init__(self, state: RunState, pseudonyms: NDArray[np.int64], more: Mapping[str, NDArray[Any]]) -> None:
        self.state, self._pseudonyms, self._more = state, pseudonyms, more
        self._known = np.zeros(pseudonyms.size, np.bool_)  # registered when last looked, by internal number
        self._columns: dict[str, NDArray[Any]] = {}  # under pseudonyms, to be written to
        self._sealed: dict[str, NDArray[Any]] = {}  # the same, as returned
        self._now = -1

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy takes along: not the sealed columns, which a copy would leave on memory to be written."""
        return {**vars(self), "_sealed": {}}

    def column(self, name: str, now: int) -> NDArray[Any]:
        """Return a column as of `now`, seconds since 1970; times must not run backwards.

        Returns
        -------
        (accounts,)
            On immutable bytes.
        """
        self._advance(now)
        if name not in self._columns:
            self._columns[name] = np.zeros(self._pseudonyms.size, self._source(name).dtype)
            self._write(name, np.flatnonzero(self._known))
        if name not in self._sealed:
            column = self._columns[name]
            self._sealed[name] = np.frombuffer(column.tobytes(), column.dtype)
        return self._sealed[name]

    def _advance(self, now: int) -> None:
        """Take in who has registered since the last look, and who has acted."""
        if now == self._now:
            return
        self._now = now
        registered = self.state.accounts.created < now
        new = np.flatnonzero(registered & ~self._known)
        self._known[new] = True
        if new.size:
            for name in self._columns:
                self._write(name, new)
        if "post_count" in self._columns:
            acted = np.unique(self.state.events["account"])
            self._write("post_count", acted[self._known[acted]])

    def _write(self, name: str, rows: NDArray[np.int64]) -> None:
        """Write a column's rows anew, by internal number."""
        if rows.size:
            self._columns[name][self._pseudonyms[rows]] = self._source(name)[rows]
            self._sealed.pop(name, None)

    def _source(self, name: str) -> NDArray[Any]:
        """Return a column under internal numbers."""
        if name == "registered":
            return self._known
        if name in self._more:
            return self._more[name]
        column: NDArray[Any] = getattr(self.state.accounts, name)
        return column + self.state.timeline.acts_count if name == "post_count" else column
