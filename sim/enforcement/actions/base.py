"""The interface of actions: how one takes effect on accounts, and how it is lifted."""

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
    """What an action is constructed with.

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
    """Actions that have ended by themselves.

    Attributes
    ----------
    accounts : int64 (some,)
    route : int
        Number of the route that ordered the action.
    then : str or None
        Name of the action that follows; None if this one is simply lifted.
    """

    accounts: NDArray[np.int64]
    route: int
    then: str | None


class Action(ABC):
    """One kind of action against an account.

    A user-defined action is a subclass that a configuration names by its dotted path.

    Attributes
    ----------
    name : str
        In configurations and results.
    number : int
        Its number in the log and in the keys of draws, at least 1. With 0, a number above the built-in ones is
        assigned.
    by_chance : bool
        Whether a strength below 1 is the probability that the action is taken.
    graded : bool
        Whether the strength is a degree; if not, any strength above 0 counts as 1.
    counts : bool
        Whether it counts as enforcement, in false positives, recall and time to detection.
    appealable : bool
        Whether the account can appeal against it.
    locks : bool
        Whether an account on which it is in force cannot log in.
    ends : tuple of str
        Names of actions that end when this one takes effect.
    """

    name: ClassVar[str]
    number: ClassVar[int] = 0
    by_chance: ClassVar[bool] = False
    graded: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    appealable: ClassVar[bool] = True
    locks: ClassVar[bool] = False
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
