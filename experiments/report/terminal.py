"""What a run or a sweep prints: tables for a terminal, and progress on a terminal.

The command line imports this module before it knows its task: what takes long to import is imported when it is used.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)  # fmt: skip
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from sim import InfluenceModel
    from sim.metrics import Outcome

WIDTH = 80  # of what is printed into a pipe
_EVERY = 0.1  # seconds between two drawings of a progress bar


def run_table(title: str, outcome: Outcome, twin: Outcome, *, parts: Mapping[str, float] | None = None) -> Table:
    """Return one run beside its unenforced twin; see `sim.report.run_table`."""
    from sim.report import run_table

    return run_table(title, outcome, twin, parts=parts)


def sweep_table(table: pd.DataFrame, width: int = WIDTH) -> Table:
    """Return a sweep as a table: detectors and thresholds down, measures across, mean and 95% interval over seeds."""
    from experiments.report.sweep_table import sweep_table

    return sweep_table(table, width)


class _Console(Console):
    """A console that prints texts as they stand, and goes on when its reader leaves.

    Names and paths come from outside: square brackets are no markup, control characters are written out. Where the
    reader leaves, rich would end the program, and with it the other jobs of a --multirun.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to be printed, control characters written out."""
        from sim.core.text import shown_lines

        return super().render_str(shown_lines(text), **options)

    def on_broken_pipe(self) -> None:
        """Go on without a reader."""
        self.quiet = True
        nobody_reads()


def nobody_reads() -> None:
    """Discard standard output once its reader, such as `head`, is gone: the results are in files in any case."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(*, error: bool = False) -> Console:
    """Return a console for tables: as wide as the terminal, 80 columns in a pipe."""
    made = _Console(stderr=error, soft_wrap=False)
    return made if made.is_terminal else _Console(stderr=error, width=WIDTH)


def _shown(text: str) -> str:
    from sim.core.text import shown

    return shown(text)


class _Rate(ProgressColumn):
    """A column with the steps per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f} steps/s")


class Redraw:
    """Draws a bar from time to time, where it is shown; a thread of its own would keep processes from being forked."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._drawn = progress, 0.0

    def __call__(self) -> None:
        """Draw the bar, unless it has just been drawn."""
        now = time.monotonic()
        if self._progress.live.is_started and now - self._drawn >= _EVERY:
            self._drawn = now
            self._progress.refresh()


class StepProgress:
    """Counts steps on a progress bar; the total is set once it is known."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task, self._draw = progress, task, Redraw(progress)

    def plan(self, steps: int) -> None:
        """Set the number of steps to be run."""
        self._progress.update(self._task, total=steps)
        self._draw()

    def stage(self, text: str) -> None:
        """Set the description of the current stage."""
        self._progress.update(self._task, description=_shown(text))
        self._draw()

    def advance(self) -> None:
        """Count a step."""
        self._progress.advance(self._task)
        self._draw()

    def step(self, model: InfluenceModel) -> None:
        """Count a step; for `InfluenceModel.run(on_step=...)`."""
        self.advance()


def shown_on(out: Console, progress: Progress) -> AbstractContextManager[object]:
    """Return a block in which a bar is shown, if its console is a terminal.

    A disabled bar of older versions of rich still prints an empty line: outside a terminal it is never started.
    """
    return progress if out.is_terminal else nullcontext()


@contextmanager
def step_progress(label: str) -> Iterator[StepProgress]:
    """Show steps per second and the time left while the block runs: on standard error if that is a terminal."""
    out = console(error=True)
    progress = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
        _Rate(table_column=Column(no_wrap=True)), TimeRemainingColumn(),
        console=out, transient=True, speed_estimate_period=30.0, auto_refresh=False,
    )  # fmt: skip
    with shown_on(out, progress):
        yield StepProgress(progress, progress.add_task(_shown(label), total=None))
