"""A figure that a notebook shows by itself, and what stands above it: which runs it shows."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.figure import Figure

from experiments.report.style import literal, seeds_text
from sim.config import WorldConfig


class NotebookFigure(Figure):
    """A Matplotlib figure that needs neither pyplot nor `%matplotlib inline` to be shown."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        # The title goes into the file as well: a picture that is copied out of a notebook still says what it shows.
        self.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Title": self.get_suptitle()})
        return buffer.getvalue()

    def _repr_mimebundle_(self, **_: object) -> dict[str, bytes]:
        """Return the picture: IPython asks here first, before what pyplot has registered for figures."""
        return {"image/png": self._repr_png_()}


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
