"""`takedown task=compare`: compares detectors, prints its tables, writes its tables and the report."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from experiments.cli.errors import FAILURE, shown
from experiments.cli.interrupts import INTERRUPTED
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.compare.config import CompareConfig, compare_from
from experiments.compare.run import Interrupted, run_compare
from experiments.report.comparison_table import tables
from experiments.report.html import html_report
from experiments.report.terminal import console, step_progress
from experiments.store.comparison import Comparison
from experiments.store.results import check_writable, provenance
from sim.config.detector import detectors_of
from sim.core.files import write_whole

REPORT = "report.html"


def run(job: Job) -> None:
    """Compare detectors; write and print what came of it, also of a comparison that is broken off."""
    world = job.world
    options = compare_from(job.config)
    own = detectors_of(job.config, job.chosen, options.detectors)
    check_writable(job.folder)
    stopped = None
    try:
        with step_progress("comparing") as progress:
            found = run_compare(
                world, options, job.enforcement, detectors=own, folder=job.folder, worlds=job.shared.worlds,
                steps=progress,
            )  # fmt: skip
    except Interrupted as error:
        found, stopped = error.found, error
    if not found.measures.empty or stopped is not None:
        _write(found, options, job.config, job.folder, world.scenario.name)
    for name, reason in found.failures:
        job.fail(f"{name} could not be evaluated: {reason}", FAILURE)
    if not found.measures.empty:
        console().print(shown(job.folder / REPORT), soft_wrap=True)
    if stopped is not None:
        seeds = f"{len(found.report_seeds)} of the {found.stopped_of} seeds to be reported on"
        job.fail(f"what was evaluated so far, on {seeds}, is in {shown(job.folder)}", INTERRUPTED)
        raise stopped


def _write(found: Comparison, options: CompareConfig, config: DictConfig, folder: Path, scenario: str) -> None:
    """Write what a comparison came to and was made of, and print it."""
    seeds = [*found.choose_seeds, *found.report_seeds]
    write_origin(config, folder, seeds)
    write_whole(folder / REPORT, html_report(found, options, scenario, provenance(seeds)).encode())
    out = console()
    for table in tables(found, found.summary(), "budget" if options.loop == "none" else options.loop):
        out.print(table)
