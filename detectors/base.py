"""What a detector is: it observes steps, scores accounts and explains a score.

A detector knows of the world what an `Observation` shows it and nothing else. The platform makes one for each run,
asks before the run what it `requires`, hands it every step in order, and asks for scores at its own cadence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.observation import DetectorError, Observation, validate_scores

__all__ = [
    "Detector", "DetectorError", "Evidence", "FloatArray", "check_account", "nothing_observed", "validate_scores",
]  # fmt: skip

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Why an account has its score, for a reviewer.

    Attributes
    ----------
    account : int
        The account, under the numbers of the observations.
    sentence : str
        One sentence that a person can act upon.
    facts : mapping of str to number
        The few numbers that made the score; read-only.
    """

    account: int
    sentence: str
    facts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))


class Detector(ABC):
    """Scores accounts by what a platform can see of them.

    Attributes
    ----------
    requires : frozenset of str
        Names of `sim.observation.COLUMNS`, `EVENTS` and `STATIC` that it reads; it is handed no others.
    sees_truth : bool
        True only for the ceiling of a comparison, which is told the labels openly.
    """

    requires: frozenset[str]
    sees_truth: ClassVar[bool] = False

    @abstractmethod
    def observe(self, observation: Observation) -> None:
        """Take in the next step: O(events), never O(accounts²)."""

    @abstractmethod
    def score(self) -> FloatArray:
        """Return suspicion as of the last step observed.

        Returns
        -------
        float64 (accounts,)
            In [0, 1], higher is more suspect; NaN where there is too little to say.

        Raises
        ------
        DetectorError
            Nothing has been observed yet.
        """

    @abstractmethod
    def explain(self, account: int) -> Evidence:
        """Return the few facts that made the account's last score."""


def nothing_observed(detector: Detector) -> DetectorError:
    """Return the error of a detector that is asked before its first step."""
    return DetectorError(f"detector {type(detector).__name__} was asked before it observed a step; call observe first.")


def check_account(detector: Detector, account: int, n_accounts: int) -> None:
    """Raise `DetectorError` unless the account's number is in [0, n_accounts)."""
    if not 0 <= account < n_accounts:
        name = type(detector).__name__
        raise DetectorError(f"detector {name}: account must lie in [0, {n_accounts}); got {account}.")
