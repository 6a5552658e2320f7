"""What stands above a figure in a notebook: which runs it shows."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from experiments.report.picture import NotebookFigure as NotebookFigure
from experiments.report.style import literal, seeds_text
from sim.config import WorldConfig


def titled(figure: Figure, world: WorldConfig, seeds: Sequence[int] = ()) -> Figure:
    """Write above a figure which runs it shows, and return it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    world : WorldConfig
        Its scenario and scale are named.
    seeds : sequence of int
        Consecutive; by default that of the world.
    """
    said = f"{world.scenario.name}, scale {world.scenario.scale:g}, {seeds_text(list(seeds) or [world.seed])}"
    figure.suptitle(literal(said), y=1.0, va="bottom", fontsize="medium")  # above whatever is there
    return figure
