"""No adaptation: the plan is kept."""

from __future__ import annotations

from sim.config.operation import AdaptationConfig
from sim.operation.tactics.base import CellStatus, Tactics


class Plan:
    """`none`: the plan is kept whatever the losses."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        pass

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Change nothing."""
