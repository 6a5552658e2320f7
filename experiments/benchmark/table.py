"""The table: on the terminal, as Markdown or as JSON, with the machine that it was made on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from experiments.benchmark.ceiling import ARRAY_BYTES
from experiments.benchmark.parts import THREADS
from experiments.benchmark.plan import Row

HEADINGS = ("what", "measured", "must", "met", "ceiling", "reached")
SMALLER = "smaller sizes than the requirements are stated for (--quick): no requirement applies"


def cells(row: Row, compared: bool) -> tuple[str, ...]:
    """Return a line of the table as text, one entry per heading; `compared` says whether the requirement applies.

    Examples
    --------
    >>> cells(Row("graph", 1.234, "s", must=5.0, ceiling=0.1), compared=True)
    ('graph', '1.23 s', '≤ 5 s', 'yes', '0.1 s', '8%')
    """
    must = met = ""
    if row.must is not None:
        must = f"{'≥' if row.more_is_better else '≤'} {row.must:g} {row.unit}"
        met = "–" if not compared else "yes" if row.met else "NO"
    ceiling = "" if row.ceiling is None else _number(row.ceiling, row.unit)
    reached = "" if row.of_ceiling is None else f"{100.0 * row.of_ceiling:.0f}%"
    return row.what, _number(row.measured, row.unit), must, met, ceiling, reached


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 1000.0 else f"{value:.3g} {unit}"


def legend(reads_per_second: Sequence[float]) -> str:
    """Say what the columns mean, and what rate of random reads the ceilings rest on."""
    low, high = (f"{value / 1e6:.0f}" for value in (min(reads_per_second), max(reads_per_second)))
    rate = low if low == high else f"{low} to {high}"
    return (
        f"s and ms are CPU time, user and system, on at most {THREADS} threads; GB is 10^9 bytes, the peak of the "
        "process; M/s is millions a CPU second. The ceiling is what would be measured if nothing were done but to "
        "fetch the lines of memory that are fetched from random places (at a log-in the reader, the row of those it "
        "follows, each of them that acted recently, each post read; one for each tie of a graph; one for each repost), "
        f"at the rate measured in the same process: {rate} million a second, {ARRAY_BYTES // 2**20} MB. Reached is how "
        "near the figure comes to it."
    )


def rich_table(rows: Sequence[Row], compared: bool) -> Table:
    """Return the table for a terminal; it fits 80 columns."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title="What runs cost")
    drawn.add_column(HEADINGS[0])
    for heading in HEADINGS[1:]:
        drawn.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        drawn.add_row(*cells(row, compared))
    return drawn


def markdown(rows: Sequence[Row], compared: bool, notes: Sequence[str]) -> str:
    """Return the table as Markdown, the notes below it."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "| --- | ---: | ---: | --- | ---: | ---: |"]
    for row in rows:
        what, *others = cells(row, compared)
        lines.append("| " + " | ".join([what.replace("  ", "– "), *others]) + " |")
    return "\n".join([*lines, "", *(f"{note}\n" for note in notes)])


def as_json(rows: Sequence[Row], compared: bool) -> list[dict[str, Any]]:
    """Return the lines as plain values; `met` is None where no requirement applies."""
    return [
        {**asdict(row), "what": row.what.strip(), "met": row.met if compared else None, "reached": row.of_ceiling}
        for row in rows
    ]


def machine() -> str:
    """Return processor, cores, memory and system in one line."""
    name = platform.processor() or platform.machine()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = ""
    with suppress(ValueError, OSError):
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"
    return f"{name}, {cores} cores{memory}, {platform.system()} {platform.release()}"
