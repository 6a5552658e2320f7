"""Adaptation: how the operator changes its tactics when its amplifiers fall.

A tactic is a few numbers for each cell: whether it is tasked, with what part of its members, and how far their delays
are drawn out. A rule sees the operator's own losses and nothing else, and changes the numbers. `operation.adaptation`
names one of the built-in rules or the dotted path of a class; a new rule is one class with the method `step`.

With `none`, and with any rule as long as nobody falls, the run is that of the plan bit for bit; `learn` alone tries out
what it knows from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.config.classes import class_of
from sim.core.rng import Purpose, stream, uniforms

if TYPE_CHECKING:
    from sim.config.operation import AdaptationConfig

_DAY = 86_400
_WINDOW = 86_400  # losses that count, seconds


@dataclass
class Tactics:
    """What each cell is to do, one number a cell.

    Attributes
    ----------
    tasked : bool (cells,)
    participation, delay : float64 (cells,)
        Factors on the share of members that take part, and on their delays.
    """

    tasked: NDArray[np.bool_]
    participation: NDArray[np.float64]
    delay: NDArray[np.float64]

    @classmethod
    def plain(cls, n_cells: int) -> Tactics:
        """Return the tactics of the plan."""
        return cls(np.ones(n_cells, np.bool_), np.ones(n_cells), np.ones(n_cells))


@dataclass(frozen=True)
class Fate:
    """What the operator sees of its own amplifiers at the start of a step.

    Attributes
    ----------
    now : int
        Seconds from the start of the run.
    alive : int64 (cells,)
        Registered members that are not suspended.
    lost : int64 (cells,)
        Members whose suspension was seen in this step.
    """

    now: int
    alive: NDArray[np.int64]
    lost: NDArray[np.int64]


class Adaptation(Protocol):
    """Changes tactics by what has become of the cells. Made from the configuration, the number of cells, the seed."""

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Change `tactics` in place."""


class Recent:
    """Losses of the last day against those alive then, for all cells together and each."""

    def __init__(self, n_cells: int) -> None:
        self._past: list[tuple[int, NDArray[np.int64]]] = []
        self._n_cells = n_cells

    def share(self, fate: Fate) -> tuple[float, NDArray[np.float64]]:
        """Return the share lost of all amplifiers, and of each cell's, in the last day, this step included."""
        if fate.lost.any():
            self._past.append((fate.now, fate.lost))
        self._past = [(when, lost) for when, lost in self._past if when > fate.now - _WINDOW]
        lost = np.sum([lost for _, lost in self._past], axis=0) if self._past else np.zeros(self._n_cells, np.int64)
        there = lost + fate.alive
        return float(lost.sum()) / max(int(there.sum()), 1), np.asarray(lost / np.maximum(there, 1))


class Plan:
    """`none`: the plan, whatever becomes of it."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        pass

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Change nothing."""


class Throttle:
    """`throttle`: fewer members take part while losses are heavy, by a factor; all of them again afterwards."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent = config, Recent(n_cells)

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Scale participation while the last day's losses reach the trigger."""
        heavy = self._recent.share(fate)[0] >= self.config.trigger_share
        tactics.participation[:] = self.config.throttle_factor if heavy else 1.0


class Scatter:
    """`scatter`: once losses have been heavy, delays are drawn out for good, so that reposts come apart."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent = config, Recent(n_cells)

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Draw delays out from the first time on that losses reach the trigger."""
        if self._recent.share(fate)[0] >= self.config.trigger_share:
            tactics.delay[:] = self.config.scatter_factor


class Dormant:
    """`dormant`: once losses are heavy nobody is tasked for a while."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent, self._until = config, Recent(n_cells), -1

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Begin a rest when losses reach the trigger; go on when it is over."""
        if self._recent.share(fate)[0] >= self.config.trigger_share and fate.now >= self._until:
            self._until = fate.now + round(self.config.rest_hours * 3600.0)
        tactics.tasked[:] = fate.now >= self._until


class RotateCells:
    """`rotate_cells`: a cell that has lost many rests for a while, and the others take over its orders."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent = config, Recent(n_cells)
        self._until = np.full(n_cells, -1, np.int64)

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Rest the cells whose losses reach the trigger."""
        hit = (self._recent.share(fate)[1] >= self.config.trigger_share) & (fate.now >= self._until)
        self._until[hit] = fate.now + round(self.config.rest_hours * 3600.0)
        tactics.tasked[:] = fate.now >= self._until


class Learn:
    """`learn`: cells try the plan, throttling and scattering; every few days all take the one whose accounts last.

    The hazard of a tactic is its losses over the account-days of its cells, with one loss in a day added to each, so
    that one untried is not thought safe. At a review each cell takes the tactic of the least hazard; a share of them,
    by lot, goes on trying the others.
    """

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config = config
        self._draw = stream(seed, Purpose.ADAPTATION)
        self._cells = np.arange(n_cells)
        self._options = np.array([[1.0, 1.0], [config.throttle_factor, 1.0], [1.0, config.scatter_factor]])
        self.choice = self._at_random(0)
        self.lost, self.days = np.zeros(len(self._options)), np.zeros(len(self._options))
        self._before, self._reviews = 0, 0

    def step(self, fate: Fate, tactics: Tactics) -> None:
        """Count losses and account-days by tactic; review the choice when it is time."""
        n = len(self._options)
        self.lost += np.bincount(self.choice, fate.lost, n)
        self.days += np.bincount(self.choice, fate.alive, n) * ((fate.now - self._before) / _DAY)
        self._before = fate.now
        due = int(fate.now // (self.config.review_days * _DAY))
        if due > self._reviews:
            self._reviews = due
            best = int(np.argmin((self.lost + 1.0) / (self.days + 1.0)))
            trying = uniforms(self._draw, self._cells, due, 1) < self.config.explore_share
            self.choice = np.where(trying, self._at_random(due), best)
        tactics.participation[:], tactics.delay[:] = self._options[self.choice].T

    def _at_random(self, review: int) -> NDArray[np.int64]:
        draw = uniforms(self._draw, self._cells, review)
        return np.asarray(np.floor(draw * len(self._options)).astype(np.int64))


RULES: dict[str, type[Adaptation]] = {
    "none": Plan, "throttle": Throttle, "scatter": Scatter, "dormant": Dormant, "rotate_cells": RotateCells,
    "learn": Learn,
}  # fmt: skip


def adaptation_of(config: AdaptationConfig, n_cells: int, seed: int) -> Adaptation:
    """Return the rule that a configuration names.

    Raises
    ------
    ConfigError
        It is neither a built-in rule nor the path of a class.
    """
    kind = RULES.get(config.rule)
    if kind is None:
        kind = class_of("operation.adaptation.rule", config.rule, ("step",), tuple(RULES))
    return kind(config, n_cells, seed)  # type: ignore[call-arg]
