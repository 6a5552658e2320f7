"""`takedown task=sweep`: detectors x thresholds x seeds; tables, figures and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from experiments.cli.config import SweepConfig
from experiments.cli.errors import FAILURE, shown
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.report import figures
from experiments.report.terminal import console, step_progress, sweep_table
from experiments.store.arms import days_of_series
from experiments.store.results import check_writable
from experiments.sweep import grid, run_sweep
from sim.config.detector import detector_thresholds, detectors_of


def run(job: Job) -> None:
    """Run detectors x thresholds x seeds; write tables and figures, print the summary."""
    world, folder = job.world, job.folder
    options = job.options(SweepConfig, "sweep")
    seeds = [world.seed + i for i in range(options.seeds)]
    replace(world, seed=seeds[-1])  # may be too large
    own = detectors_of(job.config, job.chosen, options.detectors)
    cells = grid(options.detectors, thresholds_of(options, own), seeds)
    check_writable(folder)
    with step_progress("sweeping") as progress:
        found = run_sweep(
            world, cells, job.enforcement, folder=folder, worlds=job.shared.worlds, twins=job.shared.twins,
            detectors=own, on_plan=progress.plan, on_step=progress.step,
        )  # fmt: skip
    for cell, reason in found.failures:
        job.fail(f"{cell} failed: {reason}", FAILURE)
    if found.table.empty:
        return
    write_origin(job.config, folder, seeds)
    written = figures.save(figures.curve(found.table), folder / "reach_against_false_positives")
    days, arm = days_of_series(found.series), figures.shown_arm(found.table)
    written += figures.save(figures.over_time(days, arm), folder / "operation_over_time")
    out = console()
    out.print(sweep_table(found.table))
    if found.reused:
        out.print(f"{found.reused} of {len(found.table)} runs were in the folder already")
    for path in [*written, folder / "results.parquet"]:
        out.print(shown(path), soft_wrap=True)


def thresholds_of(options: SweepConfig, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the thresholds of each detector of a sweep: those asked for, or else those in the detector's file.

    Parameters
    ----------
    options : SweepConfig
    own : mapping of str to (str or mapping)
        What to take a detector's file from that is not one of the package's, by name.
    """
    return {
        name: asked if (asked := options.thresholds.get(name)) is not None else detector_thresholds(own.get(name, name))
        for name in options.detectors
    }
