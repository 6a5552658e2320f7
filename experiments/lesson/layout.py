"""Where accounts are drawn: personas in the middle, amplifiers by cell around them, people outside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.population.truth import Layer

TURN = 2.0 * np.pi
GOLDEN = np.pi * (3.0 - np.sqrt(5.0))  # angle between neighbours of a sunflower


def places(
    layer: NDArray[np.uint8], cell: NDArray[np.int32], ties: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates of accounts in [-1, 1], to three digits: the same for the same accounts and ties.

    Parameters
    ----------
    layer : uint8 (accounts,)
    cell : int32 (accounts,)
        Of amplifiers; -1: none.
    ties : sequence of (int, int)
        From who brought a post to who read it.
    """
    angle, radius = np.zeros(layer.size), np.zeros(layer.size)
    x, y = np.zeros(layer.size), np.zeros(layer.size)
    core, amplifiers = np.flatnonzero(layer == Layer.CORE), np.flatnonzero(layer == Layer.AMPLIFIER)
    for i, account in enumerate(core):
        x[account], y[account] = _on_circle(TURN * i / core.size, 0.16)
    cells, group = np.unique(cell[amplifiers], return_inverse=True)
    for number in range(cells.size):
        members = amplifiers[group == number]
        middle = TURN * number / cells.size
        cx, cy = _on_circle(middle, 0.47)
        for i, account in enumerate(members):
            step = 0.024 * np.sqrt(i + 0.5) * min(1.0, 6.0 / np.sqrt(members.size))
            dx, dy = _on_circle(GOLDEN * i, step)
            x[account], y[account] = cx + dx, cy + dy
    angle[core], angle[amplifiers] = np.arctan2(y[core], x[core]), np.arctan2(y[amplifiers], x[amplifiers])
    people = np.flatnonzero(layer == Layer.ORGANIC)
    source = {reader: by for by, reader in reversed(ties)}
    near = np.array([angle[source[one]] if source.get(int(one), one) != one else 0.0 for one in people.tolist()])
    order = people[np.argsort(near, kind="stable")]
    for i, account in enumerate(order):
        radius[account] = 0.74 + 0.11 * (i % 3)
        x[account], y[account] = _on_circle(TURN * i / max(order.size, 1) - np.pi, radius[account])
    return np.round(x, 3), np.round(y, 3)


def _on_circle(angle: float, radius: float) -> tuple[float, float]:
    return float(radius * np.cos(angle)), float(radius * np.sin(angle))
