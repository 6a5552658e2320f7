"""What a tactic is: it changes the plan before the run, or answers losses in each step, or both.

`operation.tactics` lists tactics, by name or by the dotted path of a class that derives from `Tactic`; none is the
static operation. They are combined in the order of the list, a later one changing what an earlier one has left.

A plan is the configuration of the operation, so that what a tactic makes of it can be written as overrides as well, and
what it costs is counted as any operation's is. An answer is three numbers per cell: whether it gets posts, a factor on
participation, and a factor on delays. It sees only the operator's own losses. As long as no amplifier is suspended, a
tactic that only answers should change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.operation import OperationConfig


@dataclass
class CellOrders:
    """What differs from the plan in the orders of each cell, as arrays over cells.

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
    def plain(cls, n_cells: int) -> CellOrders:
        """Return the orders of the plan."""
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


class Tactic:
    """A tactic that does nothing: a class of its own overrides `plan`, `respond`, or both.

    It is made anew for each run, from its values in `operation.tactic_options`.
    """

    def plan(self, operation: OperationConfig) -> OperationConfig:
        """Return the operation with another plan. To do it twice must come to the same as once."""
        return operation

    def respond(self, status: CellStatus, orders: CellOrders) -> None:
        """Change the orders of a step in place; each step begins with those of the plan."""
