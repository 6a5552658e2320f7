"""Actions: what enforcement does to an account, and the record of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.accounts import AccountTable, Status


class Suspensions:
    """Suspensions that wait for their time, and those carried out.

    A suspended account neither acts nor is read. It takes effect at the start of the first step at or after its time.

    Attributes
    ----------
    pending : bool (accounts,)
        Decided upon and not yet carried out, or carried out: such an account is not decided upon again.
    """

    def __init__(self, accounts: AccountTable, start_epoch: int) -> None:
        self._accounts = accounts
        self._start_epoch = start_epoch
        self._queue: list[tuple[int, NDArray[np.int64]]] = []
        self.pending = np.zeros(len(accounts), np.bool_)

    def decide(self, who: NDArray[np.int64], time: int) -> None:
        """Order the suspension of `who` at `time` (seconds from the start of the run)."""
        who = who[~self.pending[who]]
        if who.size:
            self.pending[who] = True
            self._queue.append((time, who))

    def carry_out(self, now: int) -> NDArray[np.int64]:
        """Suspend everybody whose time has come; return them."""
        due = [who for time, who in self._queue if time <= now]
        self._queue = [(time, who) for time, who in self._queue if time > now]
        if not due:
            return np.empty(0, np.int64)
        who = np.concatenate(due)
        self._accounts.status[who] = Status.SUSPENDED
        self._accounts.suspended_at[who] = self._start_epoch + now
        return who
