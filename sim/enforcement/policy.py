"""Policies: which accounts to act on, given their scores, and which action to take against each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError, EnforcementConfig, RouteConfig
from sim.config.classes import class_of
from sim.config.enforcement import POLICIES
from sim.enforcement.actions.registry import named_actions


@dataclass(frozen=True)
class Measure:
    """The name of an action, its strength in [0, 1], and the time from the decision to its effect."""

    action: str
    strength: float
    delay_hours: float


class Policy(Protocol):
    """Decides which accounts to act on. A new policy is one class with this method, and a file that names it.

    With an attribute `measures`, a sequence of `Measure`, the policy chooses one of them for each account; without it
    the only measure has the configured action, strength and delay. With `reviewed = True` the accounts that it names
    become cases for the reviewers, who decide.
    """

    def decide(self, scores: NDArray[np.float64]) -> NDArray[Any]:
        """Return for each account 0, to leave it alone, or the number of a measure, counted from 1.

        True is 1. `scores` has shape (accounts,), under numbers that say nothing of the account; NaN is an account
        without a score, or one that nothing more can be done about.
        """


class Never:
    """Never acts."""

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return False for everybody."""
        return np.zeros(scores.shape, np.bool_)


class Threshold:
    """Acts on every account whose score is at least the threshold; an unscored account is left alone.

    Parameters
    ----------
    threshold : float
        In [0, 1], or inf, which never acts.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return True where the score reaches the threshold."""
        return np.asarray(scores >= self.threshold)


class TopK:
    """Acts on the highest scores, up to a number a day that a team can handle.

    Parameters
    ----------
    per_day : float
        Long-run rate; a decision may use the whole accounts that have accrued since the last one.
    days : float
        Time between decisions.
    threshold : float
        An account that scores less is never chosen, even if capacity remains.
    """

    def __init__(self, per_day: float, days: float, threshold: float = 0.0) -> None:
        self._each, self.threshold = per_day * days, threshold
        self._decisions = 0

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return True for the highest scores; of equal ones those of lower numbers, which are drawn at random."""
        before = self._each * self._decisions
        self._decisions += 1
        chosen = np.asarray(scores >= self.threshold)
        if math.isinf(self._each):
            return chosen
        places = math.floor(before + self._each + 1e-9) - math.floor(before + 1e-9)
        fit = np.flatnonzero(chosen)
        out = fit[np.argsort(-scores[fit], kind="stable")[places:]]
        chosen[out] = False
        return chosen


class Review(TopK):
    """Sends accounts that reach the threshold to reviewers, highest scores first, up to a number a day."""

    reviewed = True


class Ladder:
    """Takes the action of the highest rung whose threshold the score reaches.

    Parameters
    ----------
    thresholds : float (rungs,)
        Rising.
    measures : Measure (rungs,)
    threshold : float
        An account that scores less is left alone, whatever the lowest rung says.
    """

    def __init__(self, thresholds: list[float], measures: tuple[Measure, ...], threshold: float = 0.0) -> None:
        self._thresholds, self.measures, self.threshold = np.array(thresholds), measures, threshold

    def decide(self, scores: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return the number of the rung, from 1 on; 0 below the lowest one."""
        rung = np.searchsorted(self._thresholds, scores, side="right")
        return np.where(scores >= self.threshold, rung, 0).astype(np.uint8)


def policy_of(config: RouteConfig, *, days: float = 1.0, scale: float = 1.0) -> Policy:
    """Return the policy that a configuration names.

    Parameters
    ----------
    config : RouteConfig
    days : float
        Time between decisions.
    scale : float
        The scenario's; numbers of accounts a day scale with it.

    Raises
    ------
    ConfigError
        A class cannot be found or made.
    """
    if not config.acts:
        return Never()
    if config.policy == "threshold":
        return Threshold(config.threshold)
    if config.policy in ("top_k", "review"):
        return (Review if config.policy == "review" else TopK)(config.per_day * scale, days, config.threshold)
    if config.policy == "ladder":
        measures = tuple(Measure(rung.action, rung.strength, rung.delay_hours) for rung in config.rungs)
        return Ladder([rung.threshold for rung in config.rungs], measures, config.threshold)
    kind = class_of("enforcement.policy", config.policy, ("decide",), POLICIES)
    try:
        made: Policy = kind(**config.options)
    except Exception as error:  # whatever making it raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"enforcement.policy cannot be made from {config.policy}: {reason}") from error
    return made


def check_enforcement(rules: EnforcementConfig) -> None:
    """Raise `ConfigError` unless every policy and action that a configuration names can be made: before a run."""
    named_actions(rules)
    for route in (rules, *rules.routes.values()):
        policy_of(route)
