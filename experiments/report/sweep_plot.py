"""The figure of a sweep: a measure against a varied column or another measure, a colour for each value of a third."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.curve import (
    MOST_LABELS,
    Look,
    Points,
    axis_format,
    draw_curve,
    half_widths,
    label_points,
    set_limits,
    wide_means,
)
from experiments.report.style import COLOURS, DOTS, GREY, MARKERS, STYLE, label, literal, look, new_figure, ordered
from experiments.report.sweep_layout import Layout, choose
from experiments.report.words import called, on_axis, whole_seeds
from experiments.store.arms import (
    arm_columns,
    in_order,
    is_number,
    measure_columns,
    nobody_acted_upon,
    tidy,
    value_text,
    values_of,
    whole,
)
from experiments.store.summary import is_share
from sim.config import ConfigError

MOST_NAMED = 24  # entries of a legend
MOST_PANELS = 6
CHARACTER = 0.07  # width of a title's character, inches
TICK_TEXT = 90  # characters below an axis as wide as the figure
WIDE_SPAN = 100.0  # largest over smallest value from which an axis is logarithmic


def plot(
    table: pd.DataFrame,
    x: str | None = None,
    y: str | None = None,
    hue: str | None = None,
    held: Mapping[str, Any] | None = None,
    *,
    cut: bool = False,
    about: str = "",
) -> Figure:
    """Draw a sweep.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table, a row a run. Runs that broke off are left out and counted in the title.
    x, y, hue : str, optional
        `y` is a measure, drawn as the mean over seeds with its 95% interval, or with the seeds as dots where they are
        too few. `x` is a varied column or another measure. `hue`, a varied column, gives the colours. Left out, they
        are chosen: detectors with thresholds of their own are drawn against the people that they hit.
    held : mapping of str to value, optional
        Columns that were held, stated in the title.
    cut : bool
        Where there would be more than six panels, draw the first six and say so, rather than refuse.
    about : str
        Scenario and scale, for the title.

    Returns
    -------
    matplotlib.figure.Figure
        Columns that are neither `x` nor `hue` and still vary have an axis for each value.

    Raises
    ------
    ConfigError
        There is no such column or measure; or there would be more than six panels.
    """
    if table.empty:
        raise ConfigError("there is no run to draw.")
    table = tidy(table)
    chosen = choose(table, x, y, hue)
    groups = [table]
    if chosen.panels:
        groups = [rows for _, rows in in_order(table, chosen.panels).groupby(chosen.panels, sort=False, dropna=False)]
    if len(groups) > MOST_PANELS and not cut:
        raise ConfigError(
            f"{' and '.join(chosen.panels)} would make {len(groups)} panels, and {MOST_PANELS} fit into a figure. Hold "
            f"one of them: " + "; ".join(
                f"{name} = {' or '.join(map(value_text, values_of(table, name)[:4]))}" for name in chosen.panels
            ) + "."
        )  # fmt: skip
    note = f"; the first {MOST_PANELS} of {len(groups)} panels" if len(groups) > MOST_PANELS else ""
    groups = groups[:MOST_PANELS]
    looks = _looks(table, chosen)
    with matplotlib.rc_context(STYLE):
        figure, axes = _axes(len(groups), len(looks))
        measured = chosen.x in measure_columns(table)
        drawn: list[Points] = []
        for ax, rows in zip(axes, groups, strict=True):
            if measured:
                drawn.append(draw_curve(ax, rows, (chosen.x, chosen.y), looks, chosen.hue, chosen.along))
            else:
                _draw_column(ax, rows, chosen, looks, values_of(table, chosen.x), TICK_TEXT // _columns(len(groups)))
            if chosen.panels:
                ax.set_title(_pairs({name: rows[name].iloc[0] for name in chosen.panels}, "\n"), fontsize=8)
        if measured:
            set_limits(drawn, chosen.x, chosen.y)
        labelled = chosen.along is not None and sum(len(points.at) for points in drawn) <= MOST_LABELS
        note = (f"; {_at_points(table, chosen.along)}" if chosen.along and labelled else "") + note
        _words(figure, axes, table, chosen, held or {}, (about, note), looks)
        if labelled:
            label_points(figure, drawn, 7.0 if len(groups) == 1 else 6.0)
    return figure


def _looks(table: pd.DataFrame, chosen: Layout) -> dict[Any, Look]:
    """Return how each value of the hue is drawn; what goes with it stands in the legend."""
    looks = _looks_of(table, chosen.hue)
    for value, one in looks.items() if chosen.determined else ():
        row = table[table[chosen.hue] == value].iloc[0]
        names = [name for name in chosen.determined if name != "threshold" or np.isfinite(row[name])]
        more = ", ".join(f"{literal(name)} {literal(value_text(row[name]))}" for name in names)
        looks[value] = replace(one, label=f"{one.label}\n{more}" if more else one.label)
    return looks


def _looks_of(table: pd.DataFrame, hue: str | None) -> dict[Any, Look]:
    """Return how each value of the hue is drawn: detectors as everywhere, numbers from dark to light."""
    if hue is None:
        return {None: Look(COLOURS[0], MARKERS[0], "-", "")}
    values = values_of(table, hue)
    if hue == "detector":
        names = ordered(values)
        return {name: Look(*look(name, names), label(name)) for name in names}
    if is_number(table[hue]):
        colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.85, len(values)))
        return {
            value: Look(matplotlib.colors.to_hex(colour), MARKERS[i % len(MARKERS)], "-", value_text(value))
            for i, (value, colour) in enumerate(zip(values, colours, strict=True))
        }
    texts = [f"{value_text(value)}" for value in values]
    return {value: Look(*look(text, texts), label(text)) for value, text in zip(values, texts, strict=True)}


def _axes(panels: int, colours: int) -> tuple[Figure, list[Axes]]:
    """Return a figure for so many panels and legend entries, and its axes."""
    columns = _columns(panels)
    rows = -(-panels // columns)
    size = (8.2, 4.6) if panels == 1 else (1.9 + 2.8 * columns, 0.9 + 2.7 * rows)
    figure, axes = new_figure(
        rows, columns, (size[0], max(size[1], 0.9 + 0.19 * min(colours, MOST_NAMED))), sharex=True, sharey=True
    )
    for ax in axes[panels:]:
        ax.set_visible(False)
    for ax in axes[max(0, panels - columns) : panels]:  # below some of them is none
        ax.tick_params(labelbottom=True)
    return figure, axes[:panels]


def _columns(panels: int) -> int:
    """Return the number of panels beside each other."""
    return 2 if panels in (2, 4) else min(3, panels)


def _draw_column(
    ax: Axes, table: pd.DataFrame, chosen: Layout, looks: Mapping[Any, Look], values: list[Any], characters: int
) -> None:
    """Draw a measure over the values of a column: a line over numbers, points side by side over anything else."""
    x, y = chosen.x, chosen.y
    numeric = is_number(table[x]) and bool(np.isfinite(np.asarray(values, np.float64)).all())
    shown = [value for value in looks if chosen.hue is None or bool((table[chosen.hue] == value).any())]
    for i, value in enumerate(shown):
        rows = table if chosen.hue is None else table[table[chosen.hue] == value]
        means, one = wide_means(rows, [x], [y]), looks[value]
        aside = i - (len(shown) - 1) / 2.0
        place = dict(zip(values, _places(values, aside, len(shown), numeric=numeric), strict=True))
        ax.errorbar(
            [place[one] for one in means[x]], means[y], yerr=half_widths(means, y), color=one.colour,
            marker=one.marker, linestyle=one.dashes if numeric else "none", markersize=4.5, linewidth=1.4,
            elinewidth=0.9, capsize=1.5, label=one.label, zorder=3,
        )  # fmt: skip
        few = means[means[f"{y}_low"].isna() & (means["seeds"] > 1)]
        seeds = whole(rows[rows[x].isin(few[x])])
        ax.plot([place[one] for one in seeds[x]], seeds[y], **DOTS, color=one.colour)
    _ticks(ax, values, numeric=numeric, characters=characters)
    low, high = ax.get_ylim()
    if low < 0.0 < high:
        ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
    if is_share(y) and high > 1.0:
        ax.set_ylim(top=min(high, 1.05))
    ax.yaxis.set_major_formatter(axis_format(y))


def _places(values: list[Any], aside: float, hues: int, *, numeric: bool) -> list[float]:
    """Return where values are drawn, a little apart for each hue: one interval must not hide another."""
    if not numeric:
        return [i + aside * 0.7 / hues for i in range(len(values))]
    places = np.asarray(values, np.float64)
    shift = aside * min(0.006, 0.05 / hues)
    if _logarithmic(places):
        return list(places * (places.max() / places.min()) ** shift)
    return list(places + shift * (places.max() - places.min()))


def _logarithmic(places: NDArray[np.float64]) -> bool:
    """Return whether an axis with these values is logarithmic."""
    return bool(places.min() > 0.0 and places.max() > WIDE_SPAN * places.min())


def _ticks(ax: Axes, values: list[Any], characters: int, *, numeric: bool) -> None:
    """Put a tick at each value where they fit."""
    texts = [literal(value_text(value)) for value in values]
    if not numeric:
        turned = (max(map(len, texts)) + 2) * len(texts) > characters
        ax.set_xticks(range(len(values)), texts, rotation=35 if turned else 0, ha="right" if turned else "center")
        ax.set_xlim(-0.6, len(values) - 0.4)
        return
    places = np.asarray(values, np.float64)
    if _logarithmic(places):
        ax.set_xscale("log")
        places = np.log(places)
    span = places.max() - places.min()
    if len(values) > 1 and np.diff(places).min() >= 0.05 * span:
        ax.set_xticks(values, texts)
        ax.set_xticks([], minor=True)


def _words(
    figure: Figure,
    axes: Sequence[Axes],
    table: pd.DataFrame,
    chosen: Layout,
    held: Mapping[str, Any],
    notes: tuple[str, str],
    looks: Mapping[Any, Look],
) -> None:
    """Write the title, the axes' names and the legend; `notes` stand before and after what the title says."""
    about, note = notes
    seeds = whole_seeds(table, "dots")
    lost = len(table) - len(whole(table))
    broke = f"; {lost} of {len(table)} runs broke off and are left out" if lost else ""
    always = {name: table[name].iloc[0] for name in ("detector", "threshold") if name in table and name not in held}
    always = {name: value for name, value in always.items() if table[name].nunique(dropna=False) == 1}
    if "threshold" in always and nobody_acted_upon(table):
        fixed = ", ".join([*([_pairs(held)] if held else []), "nobody acted upon"])
    else:
        fixed = _pairs(dict(held) | always)
    what = f"{called(chosen.y)} by {literal(chosen.x) if chosen.x in arm_columns(table) else called(chosen.x)}"
    if (chosen.x, chosen.y) == ("false_positive_rate", "reach_cut_off"):
        what = "reach cut off and people hit"
    what = f"{literal(about)}: {what}" if about else what[0].upper() + what[1:]
    titles = (f"{what}{f', {fixed}' if fixed else ''}", f"({seeds}{note}{broke})")
    texts = [chosen.hue or "", *(line for one in looks.values() for line in one.label.splitlines())]
    beside = max(map(len, texts)) + 6 if chosen.hue else 0
    width = int((figure.get_figwidth() - 1.0) / CHARACTER) - beside
    parts = [" ".join(titles)] if len(" ".join(titles)) <= width else titles
    lines = "\n".join(textwrap.fill(part, max(width, 30), break_long_words=False) for part in parts)
    if chosen.panels:
        figure.suptitle(lines, fontsize=9)
        figure.supxlabel(_x_text(table, chosen), fontsize=9)
        figure.supylabel(on_axis(chosen.y), fontsize=9)
    else:
        axes[0].set_title(lines, fontsize=9)
        axes[0].set_xlabel(_x_text(table, chosen))
        axes[0].set_ylabel(on_axis(chosen.y))
    if chosen.hue is not None:
        found: dict[str, Any] = {}
        for ax in axes:
            for handle, text in zip(*ax.get_legend_handles_labels(), strict=True):
                found.setdefault(text, handle)
        names = [one.label for one in looks.values() if one.label in found]
        names = names[:: -(-len(names) // MOST_NAMED)]  # of very many, some
        figure.legend(
            [found[name] for name in names], names, title=None if chosen.hue == "detector" else literal(chosen.hue),
            loc="outside right center" if chosen.panels else "outside right upper",
        )  # fmt: skip


def _x_text(table: pd.DataFrame, chosen: Layout) -> str:
    return literal(chosen.x) if chosen.x in arm_columns(table) else on_axis(chosen.x)


def _at_points(table: pd.DataFrame, along: str) -> str:
    """Return what is written beside points."""
    kind = "numbers" if is_number(table[along]) else "texts"
    return f"{kind} are {'thresholds' if along == 'threshold' else f'values of {literal(along)}'}"


def _pairs(values: Mapping[str, Any], between: str = ", ") -> str:
    return between.join(f"{literal(name)} = {literal(value_text(value))}" for name, value in values.items())
