"""The run table: the measures of one run that say most, beside those of its unenforced twin.

The choice and the order of the measures are data (`HEADLINES`), so that whatever prints a run prints the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH = 80


@dataclass(frozen=True)
class Headline:
    """One row of the run table.

    Attributes
    ----------
    key : str
        Of `sim.metrics.results`.
    label : str
        What the reader reads; indented where it explains the row above.
    unit : str
        `count`, `share` (shown in per cent), `hours`, `dollars` or `number`.
    """

    key: str
    label: str
    unit: str


HEADLINES = (
    Headline("reach", "people reached", "count"),
    Headline("reach_by_recommendation", "  first by a recommendation", "share"),
    Headline("impressions", "impressions", "count"),
    Headline("organic_amplification", "reposts by the public", "count"),
    Headline("reach_cut_off", "reach cut off", "share"),
    Headline("impressions_cut_off", "impressions cut off", "share"),
    Headline("false_positive_rate", "false-positive rate", "share"),
    Headline("organic_enforced", "  people acted upon", "count"),
    Headline("precision", "precision", "share"),
    Headline("recall_core", "personas caught", "share"),
    Headline("recall_amplifiers", "amplifiers caught", "share"),
    Headline("amplifiers_suspended_with_at_most_one_post", "  suspended after one post at most", "share"),
    Headline("median_hours_to_detection_amplifiers", "  median hours to their detection", "hours"),
    Headline("live_amplifiers", "amplifiers live at the end", "count"),
    Headline("replaced", "accounts replaced", "count"),
    Headline("cost_per_reached_person", "operator's cost of a person reached", "dollars"),
)
_FORMATS = {"count": "{:,.0f}", "hours": "{:.1f}", "dollars": "${:,.2f}", "number": "{:,.4g}"}


def shown(value: float, unit: str) -> str:
    """Return a value as the table shows it; – where it is undefined.

    Examples
    --------
    >>> shown(0.0123, "share"), shown(1234.0, "count"), shown(float("nan"), "hours")
    ('1.23%', '1,234', '–')
    """
    if math.isnan(value):
        return "–"
    return f"{100 * value:.2f}%" if unit == "share" else _FORMATS[unit].format(value)


def rows(own: Mapping[str, float], twin: Mapping[str, float], *, all: bool = False) -> list[tuple[str, str, str]]:
    """Return the rows of the run table: label, this run, unenforced twin.

    Parameters
    ----------
    own, twin : mapping of str to float
        `sim.metrics.results` of the run, and of its twin beside itself. Measures that they lack are left out.
    all : bool
        Every other measure too, under its own name.
    """
    lines = [line for line in HEADLINES if line.key in own]
    if all:
        known = {line.key for line in lines}
        lines += [Headline(key, key.replace("_", " "), "number") for key in own if key not in known]
    return [(line.label, shown(own[line.key], line.unit), shown(twin[line.key], line.unit)) for line in lines]


def plain(text: str) -> str:
    r"""Return foreign text as markup that shows it as it is: brackets are text, and what would move a cursor a code.

    Examples
    --------
    >>> print(plain("[red]a[/]" + chr(27)))
    \[red]a\[/]\x1b
    """
    return escape("".join(char if char.isprintable() else ascii(char)[1:-1] for char in text))


def run_table(title: str, own: Mapping[str, float], twin: Mapping[str, float], *, all: bool = False) -> Table:
    """Return the run table; `title` is text, not markup (see `rows`)."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=plain(title))
    table.add_column("measure", overflow="fold")
    table.add_column("this run", justify="right", no_wrap=True)
    table.add_column("unenforced", justify="right", no_wrap=True)
    for row in rows(own, twin, all=all):
        table.add_row(*row)
    return table


def print_table(table: Table) -> None:
    """Print a table on standard output, at most 80 columns wide."""
    console = Console(highlight=False)
    console.print(table, width=min(console.width, WIDTH))
