"""`takedown task=sweep` and `takedown --multirun`: all runs of what varies, their tables, a figure, a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from experiments.cli.collect import show
from experiments.cli.config import MetricsConfig, SweepConfig
from experiments.cli.errors import FAILURE, shown
from experiments.cli.job import Job, chosen_detector
from experiments.cli.points import runs_of_points
from experiments.cli.resume import go_on
from experiments.cli.vary import axes_of, combinations
from experiments.report.progress import sweep_progress
from experiments.store.arms import find_column
from experiments.store.results import check_writable
from experiments.sweep import Cell, Run, grid, run_plan, runs_of
from experiments.sweep.driver import Elsewhere
from experiments.sweep.engines import BASIC, check_engine, chosen
from sim.config import ConfigError
from sim.config.composition import enforcement_from, world_from
from sim.config.detector import detector_settings, detector_thresholds, detectors_of
from sim.core.interruption import undisguised
from sim.graph.own import sized

_GRID = {"detector": "sweep.detectors", "enforcement.threshold": "sweep.thresholds", "task": "one task"}


def run(job: Job) -> None:
    """Run all that varies; write tables, figure and report, print the summary."""
    runs = planned(job)
    if (hue := job.options(SweepConfig, "sweep").figure.hue) is not None:
        find_column(hue, list(runs[0].arms), "sweep.figure.hue =")
    check_writable(job.folder)
    try:
        with undisguised(), sweep_progress() as progress:
            found = run_plan(runs, job.folder, workers=job.workers, watch=progress, elsewhere=_elsewhere())
    except KeyboardInterrupt:
        print_kept(job, runs)
        raise
    for one, reason in found.failures:
        job.fail(f"{one} failed: {reason}", FAILURE)
    show(job, found.collected, sorted({one.world.seed for one in runs}), reused=found.reused)


def _elsewhere() -> Elsewhere | None:
    """Return what runs units on the launcher that was chosen; None for Hydra's own, whose place processes take."""
    name = chosen()
    if name == BASIC:
        return None
    from experiments.sweep.cluster import elsewhere

    check_engine(name)
    return elsewhere(name)


def planned(job: Job) -> list[Run]:
    """Return the runs of a command.

    Raises
    ------
    ConfigError
        A combination is not allowed.
    """
    options, attribute = job.options(SweepConfig, "sweep"), job.options(MetricsConfig, "metrics").attribute
    as_sweep = job.config.task == "sweep"
    axes = axes_of(job.varied or (), options.vary if as_sweep else {})
    for axis in axes:
        if axis.key == "task" or as_sweep and axis.key in _GRID:
            raise ConfigError(f"{axis.key} cannot be varied by a sweep: {_GRID[axis.key]} says what is tried.")
        if as_sweep and options.headline:
            raise ConfigError(f"sweep.headline is of one configuration; got several of {axis.key}.")
    state = HydraConfig.get()
    words = [str(word) for word in OmegaConf.to_container(state.overrides.task) or ()]
    groups = {str(name): str(file) for name, file in state.runtime.choices.items() if "hydra" not in str(name)}
    seeded = any(axis.key == "seed" for axis in axes)
    runs: list[Run] = []
    for values, config, files, own_words in combinations(job.config, axes, words):
        world, enforcement = sized(world_from(config)), enforcement_from(config)
        choices = {**groups, **files}
        name = chosen_detector(choices)
        arms = {column: value for column, value in values.items() if column != "seed"}
        if not as_sweep:
            arms = {"detector": name, "threshold": enforcement.threshold} | arms
            runs.append(Run(arms, world, enforcement, detector_settings(config), choices, attribute))
            continue
        seeds = [world.seed] if seeded else [world.seed + i for i in range(options.seeds)]
        replace(world, seed=seeds[-1])  # may be too large
        own = detectors_of(config, name, options.detectors)
        alone = options.points and not options.detectors
        cells: Sequence[Cell] = [] if alone else grid(options.detectors, thresholds_of(options, own), seeds)
        runs += runs_of(world, cells, enforcement, own, arms=arms, choices=choices, attribute=attribute)
        runs += runs_of_points(
            options.points, own_words, world, seeds, choices, taken=options.detectors, attribute=attribute,
            varied=[axis.key for axis in axes], arms=arms,
        )  # fmt: skip
    return runs


def print_kept(job: Job, runs: Sequence[Run]) -> None:
    """Say what a sweep that is broken off has kept, and how it goes on."""
    from experiments.store.runs import run_path

    done = sum(run_path(job.folder, one.key).exists() for one in runs)
    job.fail(f"{done} of {len(runs)} runs are kept in {shown(job.folder)}; {go_on(job.folder)}", 0)


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
