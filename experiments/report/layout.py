"""Tables for a terminal: in 80 columns no number is broken; in fewer, texts are folded and nothing is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.table import Table
from rich.text import Text

from sim.core.text import shown, shown_lines

NAME = 18  # longest name that stays on one line: windowed_co_repost
SHORT = 8  # longest interval that stays on one line, in a table of seven columns: 4.3–5.1%


@dataclass(frozen=True)
class Line:
    """A row of a table: its name, a remark below it, and for each heading a value and what is written below that."""

    name: str
    remark: str = ""
    cells: Sequence[tuple[str, str]] = field(default_factory=list)
    begins: bool = False  # a group of rows: a rule is drawn above


def grid(title: str, note: str, headings: Sequence[str], lines: Sequence[Line], short: int = SHORT) -> Table:
    """Return lines as a table: names down, headings across.

    Parameters
    ----------
    title, note : str
        Above and below; folded between words.
    headings : sequence of str
        Of the names, then of the cells; a heading may hold a line break.
    lines : sequence of Line
    short : int
        Characters of an interval that stays on one line; a longer one is split between its numbers.
    """
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=text(title, "table.title"))
    drawn.caption = text(note, "table.caption")
    drawn.add_column(text(headings[0]), overflow="fold", max_width=NAME)
    for heading in headings[1:]:
        drawn.add_column(text(heading), justify="right", overflow="fold")
    for line in lines:
        if line.begins:
            drawn.add_section()
        name = "\n".join(filter(None, (shown(line.name), shown_lines(line.remark))))
        drawn.add_row(
            text(name), *(text("\n".join(filter(None, (cell[0], _split(cell[1], short))))) for cell in line.cells)
        )
    return drawn


def text(content: object, style: str = "") -> Text:
    """Return a text as it stands: square brackets are no markup, control characters are written out."""
    return Text(shown_lines(content), style)


def _split(interval: str, short: int) -> str:
    """Split a long interval, `410–1,717`, between its numbers."""
    return "\n".join(part if len(part) <= short else part.replace("–", "–\n", 1) for part in interval.split("\n"))
