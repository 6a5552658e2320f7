"""Learning: cells try tactics, and most switch to the one with the lowest hazard of suspension."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config.operation import AdaptationConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.operation.tactics.base import CellStatus, Tactics

_DAY = 86_400


class Learn:
    """`learn`: cells try the plan, throttling and scattering; every few days most take the one with the lowest hazard.

    The hazard of a tactic is its losses divided by the account-days of its cells. One loss and one day are added to
    each, so that an untried tactic does not count as safe. At a review each cell takes the tactic with the lowest
    hazard, except a random share of cells that tries the others.
    """

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config = config
        self._draw = stream(seed, Purpose.ADAPTATION)
        self._cells = np.arange(n_cells)
        self._options = np.array([[1.0, 1.0], [config.throttle_factor, 1.0], [1.0, config.scatter_factor]])
        self.choice = self._at_random(0)
        self.lost, self.days = np.zeros(len(self._options)), np.zeros(len(self._options))
        self._before, self._reviews = 0, 0

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Count losses and account-days by tactic; review the choice when it is time."""
        n = len(self._options)
        self.lost += np.bincount(self.choice, status.lost, n)
        self.days += np.bincount(self.choice, status.alive, n) * ((status.now - self._before) / _DAY)
        self._before = status.now
        due = int(status.now // (self.config.review_days * _DAY))
        if due > self._reviews:
            self._reviews = due
            best = int(np.argmin((self.lost + 1.0) / (self.days + 1.0)))
            trying = uniforms(self._draw, self._cells, due, 1) < self.config.explore_share
            self.choice = np.where(trying, self._at_random(due), best)
        tactics.participation[:], tactics.delay[:] = self._options[self.choice].T

    def _at_random(self, review: int) -> NDArray[np.int64]:
        draw = uniforms(self._draw, self._cells, review)
        return np.asarray(np.floor(draw * len(self._options)).astype(np.int64))
