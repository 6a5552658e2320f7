"""Progress of a sweep on a terminal: runs done, rate, time left, failures.

Drawn when the driver asks for it and not by a thread of its own: processes can be forked safely only from a process
that has one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from experiments.report.terminal import Redraw, console, shown_on
from experiments.sweep.watch import Watch


class _Runs(ProgressColumn):
    """Runs done, of how many, and the failures."""

    def render(self, task: Task) -> Text:
        done, of, failed = (task.fields[name] for name in ("runs", "of", "failed"))
        elapsed = task.elapsed or 0.0
        rate = 3600.0 * task.fields["new"] / elapsed if elapsed > 1.0 and task.fields["new"] else 0.0
        words = [f"{done}/{of} runs", *([f"{rate:,.0f}/h"] if rate else []), *([f"{failed} failed"] if failed else [])]
        return Text(", ".join(words))


class SweepProgress(Watch):
    """A progress bar over all runs of a sweep, and a line for each file that is damaged."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._draw = progress, Redraw(progress)
        self._task = progress.add_task("sweeping", total=None, runs=0, of=0, failed=0, new=0)

    def plan(self, runs: int, kept: int, steps: int) -> None:
        """Show how much is to be done."""
        self._progress.update(self._task, total=steps, runs=kept, of=runs)
        self._draw()

    def damaged(self, path: Path) -> None:
        """Name a file."""
        print(f"takedown: {path} was cut or changed since it was written; its run is made again", file=sys.stderr)

    def steps(self, n: int) -> None:
        """Count steps."""
        self._progress.advance(self._task, n)
        self._draw()

    def finished(self, failed: bool) -> None:
        """Count a run."""
        fields = self._progress.tasks[0].fields
        counts = {"runs": fields["runs"] + 1, "new": fields["new"] + 1, "failed": fields["failed"] + failed}
        self._progress.update(self._task, **counts)
        self._draw()


@contextmanager
def sweep_progress() -> Iterator[SweepProgress]:
    """Show the progress of a sweep while the block runs: on standard error if that is a terminal."""
    out = console(error=True)
    progress = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
        _Runs(table_column=Column(no_wrap=True)), TimeRemainingColumn(),
        console=out, transient=True, speed_estimate_period=30.0, auto_refresh=False,
    )  # fmt: skip
    with shown_on(out, progress):
        yield SweepProgress(progress)
