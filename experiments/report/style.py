"""How detectors look in figures and in which order they come; figures without a window system.

Matplotlib is imported when a figure is made: tables need the order too.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from detectors.evaluation.intervals import MIN_SEEDS, TOO_FEW
from experiments.store.against import CEILING as CEILING
from sim.core.text import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, distinguishable to colour-blind readers; markers differ too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", ":", "-.")
FLOOR = "random"
GREY = "#555555"
STYLE = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "takedown",  # the same figure gives the same file
    "svg.fonttype": "none",
    "legend.frameon": False,
}
EMBEDDED = STYLE | {"svg.fonttype": "path"}  # a report looks the same wherever it is opened
DOTS: dict[str, Any] = {"linestyle": "none", "marker": ".", "markersize": 3.5, "alpha": 0.6}  # single seeds


def ordered(names: Iterable[str]) -> list[str]:
    """Return detectors in the order of tables and legends: ceiling first, floor last."""
    rank = {CEILING: -1, FLOOR: 1}
    return sorted(dict.fromkeys(names), key=lambda name: rank.get(name, 0))


def look(name: str, names: list[str]) -> tuple[str, str, str]:
    """Return the colour, marker and dashes of a detector; any two detectors differ in at least one of them."""
    if name == CEILING:
        return "#000000", "*", "-"
    if name == FLOOR:
        return GREY, "x", "-"
    index = [other for other in names if other not in (CEILING, FLOOR)].index(name)
    turn = index // len(COLOURS)
    return COLOURS[index % len(COLOURS)], MARKERS[(index + turn) % len(MARKERS)], DASHES[turn % len(DASHES)]


def literal(text: object) -> str:
    """Return a text from outside as Matplotlib draws it letter by letter: dollar signs would begin a formula."""
    return shown(text).replace("$", r"\$")


def label(name: str) -> str:
    """Return what a detector is called in a figure; a legend would leave out a label that begins with an underscore."""
    text = {CEILING: "oracle (ceiling)", FLOOR: "random (floor)"}.get(name, literal(name))
    return f" {text}" if text.startswith("_") else text


def seeds_text(seeds: Sequence[int]) -> str:
    """Return which seeds; they are consecutive."""
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def over_seeds(seeds: int, shown_as: str = "") -> str:
    """Return what is said of the seeds behind a figure's means and intervals; `shown_as` is how single seeds look."""
    if seeds == 1:
        return "one seed"
    if seeds >= MIN_SEEDS:
        return f"mean and 95% interval over {seeds} seeds"
    return f"mean of {seeds} seeds{f', {shown_as} are single seeds' if shown_as else ''}; {TOO_FEW} for an interval"


def new_figure(rows: int, columns: int, size: tuple[float, float], **options: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure that no window system knows of and that a notebook shows, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from experiments.report.picture import NotebookFigure

    figure = NotebookFigure(layout=ConstrainedLayoutEngine(wspace=0.05), figsize=size)
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False, **options).ravel())


def embedded(figure: Figure, ending: str = "svg") -> str:
    """Return a figure as a data URI; the same figure gives the same text."""
    import matplotlib

    buffer = io.BytesIO()
    kind = {"svg": "svg+xml", "png": "png"}[ending]
    metadata = {"Date": None, "Creator": "Takedown"} if ending == "svg" else {"Software": None}
    with matplotlib.rc_context(EMBEDDED):
        figure.savefig(buffer, format=ending, dpi=120, metadata=metadata, bbox_inches="tight")
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def percent(value: float, _: int = 0) -> str:
    """Return a share in per cent, for an axis."""
    return f"{100 * value:.3g}%"


def thousands(value: float, _: int = 0) -> str:
    """Return a count with its thousands set apart, for an axis."""
    return f"{value:,.0f}"
