"""Matched controls: the people who used a link or a sequence of hashtags that the operation used on the same day.

Published data sets of operations come with such controls: accounts that posted with the operation's hashtags or links
in the days in which it did [1]_ [2]_. They are a harder comparison than the whole public, which mostly does something
else or nothing at all.

References
----------
.. [1] A. C. Nwala, A. Flammini, F. Menczer (2023). A language framework for modeling social media account behavior. EPJ
   Data Science 12, 33.
.. [2] O. C. Seckin et al. (2025). Labeled datasets for research on information operations. ICWSM 19, 2567-2574.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim import InfluenceModel
from sim.events.content import NONE

FIELDS = ("url", "hashtags")
DAY = 86_400  # seconds


class MatchedControls:
    """Collects, day by day, who used what the operation used; the memory is that of a day's acts.

    Parameters
    ----------
    operation : bool (accounts,)
        True for the operation's accounts, by the world's numbers.

    Attributes
    ----------
    matched : bool (accounts,)
        Organic accounts found so far; call `close` after the last step.
    """

    def __init__(self, operation: NDArray[np.bool_]) -> None:
        self._operation = operation
        self.matched = np.zeros(operation.size, np.bool_)
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int64], dict[str, NDArray[np.int64]]]] = []
        self._day = -1

    def take(self, model: InfluenceModel) -> None:
        """Take in a step's acts, posts and reposts alike: a repost has the links and hashtags of its post."""
        events = model.events
        if not events.size:
            return
        day = (events["time"].astype(np.int64) + model.config.scenario.start_epoch) // DAY
        used = model.platform.content.columns(events, model.timeline, FIELDS)
        self.add(day, events["account"].astype(np.int64), used)

    def add(self, day: NDArray[np.int64], account: NDArray[np.int64], used: dict[str, NDArray[np.int64]]) -> None:
        """Take in acts in the order of their days.

        Parameters
        ----------
        day, account : int64 (acts,)
            The UTC day, and who acts, by the world's number.
        used : dict of str to int64 (acts,)
            The link and the hashtags of each act's post, `NONE` where it has none.
        """
        if self._parts and int(day.min()) > self._day:
            self.close()
        self._day = max(self._day, int(day.max()))
        self._parts.append((day, account, used))

    def close(self) -> None:
        """Judge the days that are complete."""
        parts, self._parts = self._parts, []
        if not parts:
            return
        days, accounts = (np.concatenate([part[i] for part in parts]) for i in range(2))
        theirs = self._operation[accounts]
        for name in FIELDS:
            values = np.concatenate([part[2][name] for part in parts])
            for day in np.unique(days):
                there = (days == day) & (values != NONE)
                common = np.isin(values[there & ~theirs], np.unique(values[there & theirs]))
                self.matched[accounts[there & ~theirs][common]] = True
