"""What a run or a sweep prints: a table that fits 80 columns, and progress on a terminal."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from rich import box
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
from scipy import stats

from experiments.report.layout import Line, fitted
from sim import InfluenceModel
from sim.metrics import Outcome, results

WIDTH = 80
SHARES = ("false_positive_rate", "reach_cut_off", "impressions_cut_off", "recall_amplifiers")


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and its 95% interval (Student's t); the interval is NaN for fewer than two seeds."""

    mean: float
    half: float

    @classmethod
    def of(cls, values: ArrayLike) -> Interval:
        """Return the interval of one measure's values, one per seed; NaN, an undefined value, is left out."""
        sample = np.asarray(values, np.float64)
        sample = sample[~np.isnan(sample)]
        if sample.size == 0:
            return cls(math.nan, math.nan)
        if sample.size == 1:
            return cls(float(sample[0]), math.nan)
        spread = float(sample.std(ddof=1)) / math.sqrt(sample.size)
        return cls(float(sample.mean()), float(stats.t.ppf(0.975, sample.size - 1)) * spread)

    def percent(self) -> str:
        """Return the interval in per cent, for a table."""
        if math.isnan(self.mean):
            return "–"
        digits = 1 if abs(self.mean) >= 0.1 or self.mean == 0.0 else 2
        text = f"{100 * self.mean:.{digits}f}"
        return text if math.isnan(self.half) else f"{text} ±{100 * self.half:.{digits}f}"


def summarise(table: pd.DataFrame, measures: tuple[str, ...] = SHARES) -> pd.DataFrame:
    """Return mean and half-interval over seeds of each detector and threshold.

    Returns
    -------
    pandas.DataFrame
        Columns detector, threshold, seeds, and for each measure `m` the columns `m` and `m_half`; detectors in the
        order of `table`, thresholds rising.
    """
    rows = []
    for name in dict.fromkeys(table["detector"]):
        for threshold, part in table[table["detector"] == name].groupby("threshold"):
            row: dict[str, object] = {"detector": name, "threshold": threshold, "seeds": len(part)}
            for measure in measures:
                interval = Interval.of(part[measure])
                row |= {measure: interval.mean, f"{measure}_half": interval.half}
            rows.append(row)
    return pd.DataFrame(rows)


def sweep_table(table: pd.DataFrame, width: int = WIDTH) -> Table:
    """Return a sweep as a table: detectors and thresholds down, measures across, mean and 95% interval over seeds.

    Where `width` is small it is a list; down to 40 columns nothing is left out.
    """
    seeds = table["seed"].nunique()
    note = f"per cent, mean ± 95% interval over {seeds} seeds" if seeds > 1 else "per cent, one seed"
    headings = [
        "detector",
        "thres-\nhold",
        "false\npositives",
        "reach\ncut off",
        "impressions\ncut off",
        "amplifiers\ncaught",
    ]
    lines: list[Line] = []
    last = None
    for _, row in summarise(table).iterrows():
        cells = [Interval(row[measure], row[f"{measure}_half"]).percent() for measure in SHARES]
        first = row["detector"] != last
        name = str(row["detector"]) if first else ""
        lines.append(
            Line(name, "", [(f"{row['threshold']:g}", ""), *((text, "") for text in cells)], bool(lines) and first)
        )
        last = row["detector"]
    return fitted("Reach cut off against people hit", note, headings, lines, width)


RUN_LINES = (
    ("reach", "people reached", "count"),
    ("impressions", "impressions", "count"),
    ("organic_amplification", "reposts by the public", "count"),
    ("reach_cut_off", "reach cut off", "share"),
    ("impressions_cut_off", "impressions cut off", "share"),
    ("false_positive_rate", "false-positive rate", "share"),
    ("precision", "precision", "share"),
    ("recall_core", "personas caught", "share"),
    ("recall_amplifiers", "amplifiers caught", "share"),
    ("amplifiers_suspended_with_at_most_one_post", "  of them after one post at most", "share"),
    ("median_hours_to_detection_amplifiers", "  median hours to their detection", "hours"),
)


def run_table(title: str, outcome: Outcome, twin: Outcome) -> Table:
    """Return one run beside its unenforced twin as a table."""
    own, other = results(outcome, twin), results(twin, twin)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    drawn.add_column("measure", overflow="fold")
    drawn.add_column("this run", justify="right", no_wrap=True)
    drawn.add_column("unenforced", justify="right", no_wrap=True)
    for name, label, kind in RUN_LINES:
        drawn.add_row(label, _number(own[name], kind), _number(other[name], kind))
    return drawn


def _number(value: float, kind: str) -> str:
    if math.isnan(value):
        return "–"
    return {"count": f"{value:,.0f}", "share": f"{100 * value:.2f}%", "hours": f"{value:.1f}"}[kind]


class _Console(Console):
    """A console whose reader may leave: rich ends the program there, and with it the other jobs of a --multirun."""

    def on_broken_pipe(self) -> None:
        """Go on without a reader."""
        self.quiet = True
        nobody_reads()


def nobody_reads() -> None:
    """Let standard output go nowhere once its reader, such as `head`, is gone: the results are files all the same."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(*, error: bool = False) -> Console:
    """Return a console for tables: as wide as the terminal, 80 columns in a pipe."""
    made = _Console(stderr=error, highlight=False, soft_wrap=False)
    return made if made.is_terminal else _Console(stderr=error, highlight=False, width=WIDTH)


class _Rate(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f} steps/s")


class StepProgress:
    """Counts steps on a progress bar; the whole is set once it is known."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def plan(self, steps: int) -> None:
        """Set the number of steps to be run."""
        self._progress.update(self._task, total=steps)

    def stage(self, text: str) -> None:
        """Say what is done now."""
        self._progress.update(self._task, description=text)

    def advance(self) -> None:
        """Count a step."""
        self._progress.advance(self._task)

    def step(self, model: InfluenceModel) -> None:
        """Count a step; for `InfluenceModel.run(on_step=...)`."""
        self._progress.advance(self._task)


@contextmanager
def step_progress(label: str) -> Iterator[StepProgress]:
    """Show steps a second and the time left while the block runs: on a terminal, on standard error; else nothing."""
    shown = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(),
        console=shown, transient=True, speed_estimate_period=30.0,
    )  # fmt: skip
    # A disabled bar of older versions of rich still ends with an empty line: outside a terminal it is never started.
    with progress if shown.is_terminal else nullcontext():
        yield StepProgress(progress, progress.add_task(label, total=None))
