"""A world that runs in less than a second."""

from __future__ import annotations

TINY = (
    "scenario.scale=1",
    "scenario.organic=400",
    "scenario.core=4",
    "scenario.amplifiers=80",
    "scenario.days=2",
    "scenario.step_minutes=60",
    "graph.neighbourhood=20",
    "graph.mean_following=10",
)
