"""What an action is: how it takes effect on accounts, and how it is taken back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.config import EnforcementConfig, WorldConfig
from sim.events.timeline import Timeline
from sim.population.accounts import AccountTable

FULL = 255  # a strength of 1, as it is kept


@dataclass(frozen=True)
class Setting:
    """What actions are made from.

    Attributes
    ----------
    config, rules : WorldConfig, EnforcementConfig
    accounts : AccountTable
        Of the run.
    timeline : Timeline
    layer : uint8 (accounts,)
        The truth, which decides who can pass a challenge.
    """

    config: WorldConfig
    rules: EnforcementConfig
    accounts: AccountTable
    timeline: Timeline
    layer: NDArray[np.uint8]


@dataclass(frozen=True)
class Ended:
    """Actions that have run their course.

    Attributes
    ----------
    accounts : int64 (some,)
    route : int
        Number of the route by which the action had come.
    then : str or None
        Name of the action that follows; None where this one is taken back.
    """

    accounts: NDArray[np.int64]
    route: int
    then: str | None


class Action(ABC):
    """One thing that enforcement can do to an account.

    An action of one's own is a subclass that a configuration names by its dotted path.

    Attributes
    ----------
    name : str
        In configurations and results.
    number : int
        In the log and in the keys of draws, from 1 on; 0 has one given, above those of the built-in ones.
    by_chance : bool
        A strength below 1 is the probability that the action is carried out, and not a degree.
    graded : bool
        The strength is a degree; else any strength but 0 is 1.
    counts : bool
        As enforcement against the account: in false positives, recall and time to detection.
    appealable : bool
        Whether one can appeal against it.
    ends : tuple of str
        Actions that end where this one takes effect.
    """

    name: ClassVar[str]
    number: ClassVar[int] = 0
    by_chance: ClassVar[bool] = False
    graded: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    appealable: ClassVar[bool] = True
    ends: ClassVar[tuple[str, ...]] = ()

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @abstractmethod
    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the strength at which the action is in force on accounts, in 255ths."""

    @abstractmethod
    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        """Let it take effect at a strength, in 255ths, now, in seconds from the start of the run."""

    @abstractmethod
    def lift(self, who: NDArray[np.int64], now: int) -> None:
        """Take it back."""

    def eligible(self, who: NDArray[np.int64], now: int) -> NDArray[np.int64]:
        """Return the accounts on which it can take effect now; orders against the others lapse."""
        return who

    def immune(self, time: int) -> NDArray[np.bool_] | None:
        """Return the accounts on which it would not take effect at a time, bool (accounts,); None: there are none."""
        return None

    def step(self, now: int) -> list[Ended]:
        """Do what is due at the start of a step; return what has run its course."""
        return []
