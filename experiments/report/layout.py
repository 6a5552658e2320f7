"""Tables for terminals of any width: a grid where one fits, else a list; a number is never broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table

NAME = 18  # characters of a name that stand on one line: windowed_co_repost
SHORT = 8  # characters of an interval that is left on one line: 4.3–5.1%


@dataclass(frozen=True)
class Line:
    """What is told of one thing: its name, a remark on it, and for each heading a value and what belongs below it."""

    name: str
    remark: str = ""
    cells: Sequence[tuple[str, str]] = field(default_factory=list)
    begins: bool = False  # a group, so that a rule is drawn above


def fitted(title: str, note: str, headings: Sequence[str], lines: Sequence[Line], width: int) -> Table:
    """Return lines as a table of at most `width` columns, down to 40; nothing is left out.

    Parameters
    ----------
    title, note : str
        Above and below; folded between words.
    headings : sequence of str
        Of the names, then of the cells; a line break is where a heading may be broken.
    lines : sequence of Line
    width : int
        Of the terminal.
    """
    drawn = [
        *(_grid(headings, lines, gap, broken) for broken in (False, True) for gap in ((0, 1), (0, 1, 0, 0), (0, 0))),
        *(_list(headings, lines, below) for below in (False, True)),
    ]
    measured = Console(width=10_000)
    table = next((table for table in drawn if measured.measure(table).maximum <= width), drawn[-1])
    table.title, table.caption = title, note
    return table


def _grid(headings: Sequence[str], lines: Sequence[Line], gap: tuple[int, ...], broken: bool) -> Table:
    """Return names down and headings across; `broken`: intervals and sums on two lines."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=gap)  # type: ignore[arg-type]
    drawn.add_column(headings[0], overflow="fold", max_width=NAME)
    for heading in headings[1:]:
        drawn.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        if line.begins:
            drawn.add_section()
        cells = ["\n".join(filter(None, cell)) for cell in line.cells]
        cells = [_broken(text) for text in cells] if broken else cells
        drawn.add_row("\n".join(filter(None, (line.name, line.remark))), *cells)
    return drawn


def _broken(text: str) -> str:
    """Break `410–1,717` and `12.3 ±4.5` between their numbers, where they are long."""
    parts = [part if len(part) <= SHORT else part.replace("–", "–\n").replace(" ±", "\n±") for part in text.split("\n")]
    return "\n".join(parts)


def _list(headings: Sequence[str], lines: Sequence[Line], below: bool) -> Table:
    """Return each name with its values under it; `below`: what belongs to a value is on a line of its own."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0, show_header=False)
    drawn.add_column(overflow="fold", max_width=NAME + 4)
    drawn.add_column(justify="right", no_wrap=True)
    if not below:
        drawn.add_column(justify="right", no_wrap=True)
    for line in lines:
        if line.begins or (line.name and drawn.row_count):
            drawn.add_section()
        if line.name:
            drawn.add_row("\n".join(filter(None, (line.name, line.remark))))
        for heading, (value, more) in zip(headings[1:], line.cells, strict=True):
            heading = heading.replace("-\n", "").replace("\n", " ")
            drawn.add_row(f"  {heading}", *(["\n".join(filter(None, (value, more)))] if below else [value, more]))
    return drawn
