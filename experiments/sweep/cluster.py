"""Units of a sweep on one of Hydra's launchers: which go into one job, and what a job does with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from experiments.store.runs import DamagedRun, read_run, run_path, write_run
from experiments.store.twins import Twins, Worlds
from experiments.sweep.driver import Elsewhere
from experiments.sweep.execute import run_unit
from experiments.sweep.launch import launch
from experiments.sweep.plan import Unit
from experiments.sweep.watch import Watch

# To start a job costs a launcher up to five seconds (SLURM: a Python of its own), so it holds about this much work; but
# there are at least this many jobs where there are so many units.
SECONDS_PER_JOB, MANY_JOBS = 60.0, 8
_PER_STEP, _PER_ACCOUNT = 2e-4, 3e-8  # seconds of a step, and for each account: roughly, on a machine of 2024
_EVERY = 0.5  # seconds between two looks at what has come


def elsewhere(name: str) -> Elsewhere:
    """Return what runs units as jobs of a launcher.

    Parameters
    ----------
    name : str
        Of the launcher, as in `hydra/launcher=NAME`.
    """

    def run(units: Sequence[Unit], folder: Path, watch: Watch, alone: bool) -> dict[str, str]:
        batches = [[unit] for unit in units] if alone else batches_of(units)
        with _watched(units, folder, watch):
            failed = launch(batches, work, folder, name)
        return {
            one.key: reason for number, reason in failed.items() for unit in batches[number] for one in unit.runs
        }  # fmt: skip

    return run


def batches_of(units: Sequence[Unit]) -> list[list[Unit]]:
    """Return units in batches, a job each, in their order."""
    most = max(1, len(units) // MANY_JOBS)
    batches: list[list[Unit]] = []
    seconds = 0.0
    for unit in units:
        if not batches or len(batches[-1]) >= most or seconds >= SECONDS_PER_JOB:
            batches.append([])
            seconds = 0.0
        batches[-1].append(unit)
        scenario = unit.world.scenario
        seconds += (len(unit.runs) + 1) * scenario.n_steps * (_PER_STEP + scenario.n_accounts * _PER_ACCOUNT)
    return batches


def work(unit: Unit, folder: Path) -> None:
    """Run a unit and write its runs' files below a folder: what a job does. Runs that lie there are not run again."""
    missing = tuple(one for one in unit.runs if _failed(run_path(folder, one.key)))
    if missing:
        run_unit(
            replace(unit, runs=missing), lambda record: write_run(folder, record), worlds=Worlds(), twins=Twins()
        )  # fmt: skip


@contextmanager
def _watched(units: Sequence[Unit], folder: Path, watch: Watch) -> Iterator[None]:
    """Count runs as their files come into the folder."""
    waited = {one.key: (one, unit, _written(run_path(folder, one.key))) for unit in units for one in unit.runs}
    twins: set[int] = set()
    ended = threading.Event()

    def look() -> None:
        for key, (one, unit, before) in list(waited.items()):
            path = run_path(folder, key)
            if _written(path) != before:
                del waited[key]
                watch.finished(_failed(path))
                watch.steps(one.world.scenario.n_steps)
                if id(unit.world) not in twins:
                    twins.add(id(unit.world))
                    watch.steps(unit.world.scenario.n_steps)

    def go_on_looking() -> None:
        while not ended.wait(_EVERY):
            look()

    thread = threading.Thread(target=go_on_looking, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        look()


def _failed(path: Path) -> bool:
    """Return whether a run's file is of a run that broke off, or there is none that can be read."""
    try:
        return read_run(path).failed is not None
    except DamagedRun:
        return True


def _written(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
