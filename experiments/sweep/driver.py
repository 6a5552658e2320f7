"""Sweeps: what is missing is run, on all cores or on a cluster; tables are made of what there is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.store.collect import Collected, collect, write_tables
from experiments.store.folders import TWINS
from experiments.store.runs import DamagedRun, RunRecord, kept_runs, read_run, run_path, write_run
from experiments.store.twins import OnStep, Twins, Worlds
from experiments.sweep.execute import run_unit
from experiments.sweep.plan import Cell, Run, Unit, runs_of, units_of
from experiments.sweep.pool import run_units
from experiments.sweep.process import workers_for
from experiments.sweep.watch import Watch
from sim.config import EnforcementConfig, WorldConfig
from sim.config.checks import auto_or_count
from sim.config.detector import load_detector
from sim.platform.platform import check_protocol

# Runs units as jobs of a launcher, several in one or each alone; brings the files of their runs into the folder, and
# says why some are missing.
Elsewhere = Callable[[Sequence[Unit], Path, Watch, bool], Mapping[str, str]]


@dataclass
class SweepResults:
    """What a sweep came to.

    Attributes
    ----------
    collected : Collected
        All runs that the folder holds; `table` and `days` are its tables.
    failures : list of (Run, str)
        Runs of this sweep that broke off or could not be run, and why.
    reused : int
        Runs of this sweep that lay in the folder already.
    """

    collected: Collected = field(default_factory=Collected)
    failures: list[tuple[Run, str]] = field(default_factory=list)
    reused: int = 0

    @property
    def table(self) -> pd.DataFrame:
        """A row a run."""
        return self.collected.table

    @property
    def days(self) -> pd.DataFrame:
        """A row a run and day."""
        return self.collected.days


def run_sweep(
    config: WorldConfig,
    cells: Sequence[Cell],
    enforcement: EnforcementConfig,
    *,
    detectors: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    workers: int | str | None = None,
    on_step: OnStep | None = None,
) -> SweepResults:
    """Run every cell beside the twin of its seed; a run that fails is noted and the rest goes on.

    Parameters
    ----------
    config : WorldConfig
        The world; a cell's seed takes the place of its own.
    cells : sequence of Cell
        See `grid`.
    enforcement : EnforcementConfig
        Policy, cadence, delay and so on; a cell's threshold takes the place of its own.
    detectors : mapping of str to (str or mapping), optional
        What to make each cell's detector from; by default its name (a file of conf/detector).
    folder : Path, optional
        Where runs are kept, each in a file of its own, and tables are written. Runs that lie there, of the same
        configuration and code, are not run again. By default nothing is kept.
    workers : int or "auto", optional
        Processes; "auto" is one for each core as far as memory reaches. By default everything runs in this process.
    on_step : callable, optional
        Called after each step that is run in this process.

    Raises
    ------
    ConfigError
        A detector cannot be made, or `workers` is not allowed.
    OutputError
        The folder cannot be written.
    """
    if workers is not None:
        auto_or_count("workers", workers)
    runs = runs_of(config, cells, enforcement, detectors)
    if folder is not None:
        return run_plan(runs, folder, workers=workers, on_step=on_step)
    with tempfile.TemporaryDirectory(prefix="takedown_") as scratch:
        return run_plan(runs, Path(scratch), workers=workers, on_step=on_step)


def run_plan(
    runs: Sequence[Run],
    folder: Path,
    *,
    workers: int | str | None = None,
    elsewhere: Elsewhere | None = None,
    watch: Watch | None = None,
    on_step: OnStep | None = None,
) -> SweepResults:
    """Run what of a plan does not lie in a folder yet, and make the folder's tables.

    The tables are made of what there is also where the sweep is broken off.

    Parameters
    ----------
    runs : sequence of Run
    folder : Path
    workers : int or "auto", optional
        As of `run_sweep`.
    elsewhere : callable, optional
        Runs units on other machines (`experiments.sweep.cluster.elsewhere`). Called once more, with a unit for each run
        that is still missing.
    watch : Watch, optional
    on_step : callable, optional
    """
    watch = watch or Watch()
    _check_detectors(runs)
    kept = _kept(folder, watch)
    plan = {run.key: run for run in runs}
    missing = [run for key, run in plan.items() if key not in kept]
    units = units_of(missing)
    worlds, twins = [unit.world for unit in units], Twins(folder / TWINS)
    steps = sum((1 + run.attribute) * run.world.scenario.n_steps for run in missing)
    steps += sum(
        unit.world.scenario.n_steps for unit in units if not unit.runs[0].is_twin and not twins.has(unit.world)
    )  # fmt: skip
    watch.plan(len(plan), len(plan) - len(missing), steps)
    died: list[tuple[Run, str]] = []
    found = SweepResults(reused=len(plan) - len(missing))
    try:
        if elsewhere is not None:
            died = _elsewhere(elsewhere, units, folder, watch)
        elif workers is None:
            _here(units, folder, watch, on_step)
        elif missing:
            processes = workers_for(worlds, workers)
            divided = units if processes <= len(units) else units_of(missing, processes)
            died = run_units(divided, folder, processes, watch)
    finally:
        collected = collect(folder)
        write_tables(collected, folder)
        _fill(found, collected, plan, died)
    return found


def _check_detectors(runs: Sequence[Run]) -> None:
    """Make each detector once: a wrong one shows before the first hour is spent."""
    for settings in {json.dumps(run.settings, sort_keys=True, default=str): run.settings for run in runs}.values():
        check_protocol(load_detector(settings))


def _kept(folder: Path, watch: Watch) -> set[str]:
    """Return the keys of the whole runs that lie in a folder."""
    kept = set()
    for path, record in kept_runs(folder):
        if record is None:
            watch.damaged(path)
        elif record.failed is None:
            kept.add(record.key)
    return kept


def _here(units: Sequence[Unit], folder: Path, watch: Watch, on_step: OnStep | None) -> None:
    """Run units one after another in this process."""
    worlds, twins = Worlds(), Twins(folder / TWINS)

    def write(record: RunRecord) -> None:
        write_run(folder, record)
        watch.finished(record.failed is not None)

    def step(model: Any) -> None:
        watch.steps(1)
        if on_step is not None:
            on_step(model)

    for unit in units:
        run_unit(unit, write, worlds=worlds, twins=twins, on_step=step)


def _elsewhere(elsewhere: Elsewhere, units: Sequence[Unit], folder: Path, watch: Watch) -> list[tuple[Run, str]]:
    """Run units on other machines; what is missing then once more, each run by itself."""
    if not units:
        return []
    reasons = dict(elsewhere(units, folder, watch, False))
    left = [Unit(unit.world, (run,)) for unit in units for run in unit.runs if not _readable(folder, run)]
    if left:
        reasons |= elsewhere(left, folder, watch, True)
    lost = [run for unit in left for run in unit.runs if not _readable(folder, run)]
    return [(run, reasons.get(run.key, "its job ended without a result")) for run in lost]


def _readable(folder: Path, run: Run) -> bool:
    try:
        read_run(run_path(folder, run.key))
    except DamagedRun:
        return False
    return True


def _fill(found: SweepResults, collected: Collected, plan: Mapping[str, Run], died: list[tuple[Run, str]]) -> None:
    found.collected = collected
    if not collected.table.empty:
        broken = collected.table[collected.table["failed"].notna()]
        found.failures = [
            (plan[key], reason) for key, reason in zip(broken["key"], broken["failed"], strict=True) if key in plan
        ]
    found.failures += died
