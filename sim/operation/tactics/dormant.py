"""Dormancy: after heavy losses no cell is assigned posts for a while."""

from __future__ import annotations

from sim.config.operation import AdaptationConfig
from sim.operation.tactics.base import CellStatus, Recent, Tactics


class Dormant:
    """`dormant`: after heavy losses no cell is assigned posts for a while."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent, self._until = config, Recent(n_cells), -1

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Begin a rest when losses reach the trigger; go on when it is over."""
        if self._recent.share(status)[0] >= self.config.trigger_share and status.now >= self._until:
            self._until = status.now + round(self.config.rest_hours * 3600.0)
        tactics.tasked[:] = status.now >= self._until
