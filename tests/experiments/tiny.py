"""A world that runs in less than a second."""

from __future__ import annotations

from tests.worlds import PLAIN_OPERATION

#: Without what an operation does in it, which is the scenario's.
TINY_WORLD = (
    "scenario.scale=1",
    "scenario.organic=400",
    "scenario.core=4",
    "scenario.amplifiers=80",
    "scenario.days=2",
    "scenario.step_minutes=60",
    "graph.neighbourhood=20",
    "graph.mean_following=10",
)

TINY = (*TINY_WORLD, *PLAIN_OPERATION)
