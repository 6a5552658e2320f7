"""How the operator changes its tactics when its amplifiers are suspended.

A tactic is three numbers per cell: whether it gets posts, a factor on participation, and a factor on delays. A rule
sees only the operator's own losses, and changes these numbers. `operation.adaptation`
names one of the built-in rules or the dotted path of a class; a new rule is one class with the method `step`.

With `none`, and with any rule except `learn` as long as no amplifier is suspended, the run equals that of the plan bit
for bit; `learn` tries its tactics from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_WINDOW = 86_400  # losses that count, seconds


@dataclass
class Tactics:
    """The tactic of each cell, as arrays over cells.

    Attributes
    ----------
    tasked : bool (cells,)
        Whether the cell is assigned posts.
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
class CellStatus:
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
    """A rule that changes tactics by the cells' losses. Made from the configuration, the number of cells, the seed."""

    def step(self, status: CellStatus, tactics: Tactics) -> None:
        """Change `tactics` in place."""


class Recent:
    """Losses of the last day as a share of the amplifiers alive then, in total and per cell."""

    def __init__(self, n_cells: int) -> None:
        self._past: list[tuple[int, NDArray[np.int64]]] = []
        self._n_cells = n_cells

    def share(self, status: CellStatus) -> tuple[float, NDArray[np.float64]]:
        """Return the share lost of all amplifiers, and of each cell's, in the last day, this step included."""
        if status.lost.any():
            self._past.append((status.now, status.lost))
        self._past = [(when, lost) for when, lost in self._past if when > status.now - _WINDOW]
        lost = np.sum([lost for _, lost in self._past], axis=0) if self._past else np.zeros(self._n_cells, np.int64)
        there = lost + status.alive
        return float(lost.sum()) / max(int(there.sum()), 1), np.asarray(lost / np.maximum(there, 1))
