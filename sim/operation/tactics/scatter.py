"""Scattering: after heavy losses, reposts are spread over a longer time."""

from __future__ import annotations

from sim.config.operation import AdaptationConfig
from sim.operation.tactics.base import CellStatus, Recent, Tactics


class Scatter:
    """`scatter`: after heavy losses all delays are multiplied by a factor for the rest of the run."""

    def __init__(self, config: AdaptationConfig, n_cells: int, seed: int) -> None:
        self.config, self._recent = config, Recent(n_cells)

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Draw delays out from the first time on that losses reach the trigger."""
        if self._recent.share(status)[0] >= self.config.trigger_share:
            tactics.delay[:] = self.config.scatter_factor
