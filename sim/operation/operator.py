"""The operator: plans the campaign, directs the personas and assigns posts to the cells of amplifiers."""

from __future__ import annotations

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream, uniforms
from sim.operation.amplifiers import AmplifierLayer
from sim.operation.capacity import chance_of_orders, living
from sim.operation.personas import PersonaCore
from sim.operation.replacement import Replacement
from sim.operation.tactics.base import CellOrders, Tactic
from sim.operation.tactics.named import tactics_of
from sim.population.truth import Layer
from sim.state import RunState


class Operator(mesa.Agent):  # type: ignore[misc]
    """The operator as one Mesa agent: its step is the operation's part of a step."""

    def __init__(self, state: RunState, core: PersonaCore, amplifiers: AmplifierLayer) -> None:
        super().__init__(state)
        self.state = state
        self.core, self.amplifiers = core, amplifiers
        self.core_supply = Replacement(state, Layer.CORE)
        self.amplifier_supply = Replacement(state, Layer.AMPLIFIER)
        self.tactics = tactics_of(state.config.operation)
        self._answers = any(type(one).respond is not Tactic.respond for one in self.tactics) and amplifiers.n_cells > 0
        self._tasking = stream(state.config.seed, Purpose.TASKING)

    def step(self) -> None:
        """Replace suspended accounts, act as personas, assign their posts to cells, and make due reposts."""
        self.core_supply.step()
        self.amplifiers.join(*self.amplifier_supply.step())
        if self._answers:
            self._respond()
        fresh = self.core.step()
        self.amplifiers.task(*self.plan(fresh))
        self.amplifiers.step()

    def _respond(self) -> None:
        """Let each tactic change the orders of the step by what the operator has lost."""
        status = self.amplifiers.cell_status(self.amplifier_supply.fallen)
        self.amplifiers.cell_orders = orders = CellOrders.plain(self.amplifiers.n_cells)
        for tactic in self.tactics:
            tactic.respond(status, orders)

    def plan(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Choose the cells for each post: every cell that is tasked at all with one probability, drawn by (cell, post).

        State media, which write as much at any scale, have a part of the orders that goes with it.
        Where amplifiers have a capacity, the posts of a persona that has fallen leave their orders to the others.

        Returns
        -------
        numbers, cells : int64 (orders,)
        """
        n_cells, tasked = self.amplifiers.n_cells, self.amplifiers.cell_orders.tasked
        able = int(np.count_nonzero(tasked))
        if not able or not numbers.size:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        posts = self.state.timeline.posts(numbers)
        author, written = (np.repeat(posts[name], n_cells) for name in ("author", "time"))
        probability = self._chances(able)[author - self.core.accounts[0]]
        draw = uniforms(self._tasking, np.tile(np.arange(n_cells), numbers.size), author, written)
        chosen = (draw < probability).reshape(-1, n_cells) & tasked
        post, cells = np.nonzero(chosen)
        return numbers[post], np.ascontiguousarray(cells)  # NumPy's has gaps, for which loops would be compiled again

    def _chances(self, able: int) -> NDArray[np.float64]:
        """Return with which probability each of `able` cells is assigned a post of each persona: float64 (core,)."""
        state, operation, core = self.state, self.state.config.operation, self.core
        weight = np.where(core.overt, min(state.config.scenario.scale, 1.0), 1.0)
        if not operation.capacity.limited:
            return np.asarray(min(operation.cells_per_post / able, 1.0) * weight)
        alive = living(state.accounts, core.accounts, state.config.scenario.start_epoch + state.now)
        return chance_of_orders(operation, weight, core.campaign_posts_per_day(state.step_number), alive)
