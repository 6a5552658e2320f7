"""`takedown task=collect`: the tables, the figure and the report of a sweep's folder, made again from its runs."""

from __future__ import annotations

from experiments.cli.errors import FAILURE, shown
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.report import figures
from experiments.report.terminal import console, sweep_table
from experiments.store.collect import DAYS, RESULTS, collect, write_tables


def run(job: Job) -> None:
    """Make the tables again, and name the files that are damaged."""
    found = collect(job.folder)
    for path in found.damaged:
        job.fail(f"{shown(path)} was cut or changed since it was written; its sweep's command runs it again", FAILURE)
    write_tables(found, job.folder)
    show(job, [])


def show(job: Job, seeds: list[int], *, reused: int = 0) -> None:
    """Write the figure and the report of a folder's tables, and print what they come to."""
    found = collect(job.folder)
    if found.table.empty:
        return
    folder = job.folder
    if seeds:
        write_origin(job.config, folder, seeds)
    written = figures.save(figures.curve(found.table), folder / "reach_against_false_positives")
    out = console()
    out.print(sweep_table(found.table))
    if reused:
        out.print(f"{reused} of {len(found.table)} runs were in the folder already")
    if found.other_code:
        out.print(f"{found.other_code} runs of other code are in the folder, and left out of the tables")
    for path in [*written, folder / RESULTS, folder / DAYS]:
        out.print(shown(path), soft_wrap=True)
