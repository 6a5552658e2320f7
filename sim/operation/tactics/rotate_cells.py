"""Rotation: cells that have lost many members rest, and the others take over."""

from __future__ import annotations

import numpy as np

from sim.config.operation import AdaptationConfig
from sim.operation.tactics.base import CellStatus, Recent, Tactics


class RotateCells:
    """`rotate_cells`: a cell with heavy losses rests for a while, and the others take over its posts."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent = config, Recent(n_cells)
        self._until = np.full(n_cells, -1, np.int64)

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Rest the cells whose losses reach the trigger."""
        hit = (self._recent.share(status)[1] >= self.config.trigger_share) & (status.now >= self._until)
        self._until[hit] = status.now + round(self.config.rest_hours * 3600.0)
        tactics.tasked[:] = status.now >= self._until
