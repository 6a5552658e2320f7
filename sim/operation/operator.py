"""The operator: plans the campaign, directs the personas and tasks the amplifiers' cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.operation.amplifiers import AmplifierLayer
from sim.operation.personas import PersonaCore
from sim.operation.replacement import Replacement
from sim.rng import Purpose, stream, uniforms
from sim.truth import Layer

if TYPE_CHECKING:
    from sim.model import InfluenceModel


class Operator(mesa.Agent):  # type: ignore[misc]
    """The operator as one Mesa agent: its step is the operation's part of a step."""

    model: InfluenceModel

    def __init__(self, model: InfluenceModel, core: PersonaCore, amplifiers: AmplifierLayer) -> None:
        super().__init__(model)
        self.core, self.amplifiers = core, amplifiers
        self.core_supply = Replacement(model, Layer.CORE)
        self.amplifier_supply = Replacement(model, Layer.AMPLIFIER)
        self._tasking = stream(model.config.seed, Purpose.TASKING)

    def step(self) -> None:
        """Replace the fallen, let the personas act, task cells with their posts, and have what is due carried out."""
        self.core_supply.step()
        self.amplifiers.join(*self.amplifier_supply.step())
        fresh = self.core.step()
        self.amplifiers.task(*self.plan(fresh))
        self.amplifiers.step()

    def plan(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Choose the cells for each post: every cell with the same probability, drawn by (cell, post).

        Returns
        -------
        numbers, cells : int64 (orders,)
        """
        n_cells = self.amplifiers.n_cells
        if not n_cells or not numbers.size:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        probability = min(self.model.config.operation.cells_per_post / n_cells, 1.0)
        posts = self.model.timeline.posts(numbers)
        cells = np.tile(np.arange(n_cells), numbers.size)
        draw = uniforms(
            self._tasking, cells, np.repeat(posts["author"].astype(np.int64), n_cells),
            np.repeat(posts["time"].astype(np.int64), n_cells),
        )  # fmt: skip
        chosen = draw < probability
        return np.repeat(numbers, n_cells)[chosen], cells[chosen]
