"""Throttling: fewer members take part while losses are heavy."""

from __future__ import annotations

from sim.config.operation import AdaptationConfig
from sim.operation.tactics.base import CellStatus, Recent, Tactics


class Throttle:
    """`throttle`: participation is multiplied by a factor while losses are heavy."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent = config, Recent(n_cells)

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Scale participation while the last day's losses reach the trigger."""
        heavy = self._recent.share(status)[0] >= self.config.trigger_share
        tactics.participation[:] = self.config.throttle_factor if heavy else 1.0
