"""What a detector is: it observes steps, scores accounts and explains a score."""

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
    "Detector", "DetectorError", "Evidence", "FloatArray", "accounts_of", "check_account", "not_scored",
    "nothing_observed", "validate_scores",
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

    A detector knows of the world what an `Observation` shows it and nothing else. The platform makes one for each run,
    reads before the run what it `requires`, passes it every step in order, and asks for scores at its own cadence. A
    supervised detector has a method `fit(observations, labels)` beside these three.

    Attributes
    ----------
    requires : frozenset of str
        Names of `sim.observation.NAMES` (columns, event fields, tables, static parts) that it reads; it receives no
        others.
    sees_truth : bool
        True only for the ceiling of a comparison, which receives the labels openly.

    Examples
    --------
    A detector of the accounts that were registered last:

    >>> class Newest(Detector):
    ...     requires = frozenset({"created"})
    ...     created = np.empty(0)
    ...     def observe(self, observation):
    ...         self.created = observation.column("created").astype(float)
    ...     def score(self):
    ...         return (self.created >= self.created.max()).astype(float)
    ...     def explain(self, account):
    ...         return Evidence(account, f"Registered at second {self.created[account]:.0f}.")
    >>> newest = Newest()
    >>> columns = {"created": np.array([5, 9])}
    >>> newest.observe(Observation(step=0, start=0, end=60, n_accounts=2, columns=columns, events={}))
    >>> newest.score()
    array([0., 1.])
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


def not_scored(detector: Detector) -> DetectorError:
    """Return the error of a detector that is asked for reasons before its first scoring."""
    return DetectorError(
        f"detector {type(detector).__name__} was asked for reasons before it scored; call score first."
    )


def accounts_of(detector: Detector, before: int, observation: Observation) -> int:
    """Return the step's number of accounts; raise `DetectorError` unless it is that of the steps before (-1: none)."""
    if before not in (-1, observation.n_accounts):
        name, got = type(detector).__name__, f"{observation.n_accounts} after {before}"
        raise DetectorError(f"detector {name}: n_accounts must be the same in every step; got {got}.")
    return observation.n_accounts


def check_account(detector: Detector, account: int, n_accounts: int) -> None:
    """Raise `DetectorError` unless the account is a whole number in [0, n_accounts)."""
    name = type(detector).__name__
    if isinstance(account, bool) or not isinstance(account, int | np.integer):
        got = f"{account!r} ({type(account).__name__})"
        raise DetectorError(f"detector {name}: account must be a whole number in [0, {n_accounts}); got {got}.")
    if not 0 <= account < n_accounts:
        raise DetectorError(f"detector {name}: account must lie in [0, {n_accounts}); got {account}.")
