"""The script: what took effect in one run, to be carried out again in another at the same seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.enforcement.actions.actions import Actions


class Script:
    """The actions on some accounts, as the log of a run has them: same account, same action, same second.

    Parameters
    ----------
    actions : Actions
        Of the run that is replayed.
    who : bool (accounts,)
        The accounts whose actions are replayed.

    Attributes
    ----------
    size : int
        Actions that took effect or were lifted.
    """

    def __init__(self, actions: Actions, who: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(who[actions.log["account"]])
        self._rows = {name: actions.log[name][rows] for name in actions.log.columns}
        self._names = {number: actions.name_of(number) for number in np.unique(self._rows["action"]).tolist()}
        self._routes = list(actions.routes)
        self._at = 0
        self.size = rows.size

    def step(self, now: int, actions: Actions) -> None:
        """Carry out what took effect by now, the beginning of a step, in the order of the log.

        Parameters
        ----------
        now : int
            Seconds from the start of the run.
        actions : Actions
            Of the run in which the script is carried out.
        """
        end = int(np.searchsorted(self._rows["time"], now, side="right"))
        due = {name: column[self._at : end] for name, column in self._rows.items()}
        self._at = end
        same = [np.diff(due[name]) != 0 for name in ("time", "action", "level", "route", "lifted")]
        for rows in np.split(np.arange(due["time"].size), np.flatnonzero(np.logical_or.reduce(same)) + 1):
            if not rows.size:
                continue
            first = rows[0]
            name, route = self._names[int(due["action"][first])], self._routes[int(due["route"][first])]
            accounts = due["account"][rows].astype(np.int64)
            if due["lifted"][first]:
                actions.lift(accounts, name, route, now)
            else:
                actions.carry_out(accounts, name, int(due["level"][first]), route, now)
