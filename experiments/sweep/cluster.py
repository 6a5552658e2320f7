"""Units of a sweep on one of Hydra's launchers: which go into one job, and what a job does with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.store.runs import read_run, run_path, write_run
from experiments.store.twins import Twins, Worlds
from experiments.sweep.driver import Elsewhere, Watch
from experiments.sweep.execute import run_unit
from experiments.sweep.launch import launch
from experiments.sweep.plan import Unit

RUNS_PER_JOB = 20  # at least, where there are so many: a launcher takes up to half a second for a job


def elsewhere(name: str) -> Elsewhere:
    """Return what runs units as jobs of a launcher.

    Parameters
    ----------
    name : str
        Of the launcher, as in `hydra/launcher=NAME`.
    """

    def run(units: Sequence[Unit], folder: Path, watch: Watch) -> dict[str, str]:
        batches = batches_of(units)

        def finished(number: int) -> None:
            for unit in batches[number]:
                for one in unit.runs:
                    path = run_path(folder, one.key)
                    if path.exists():
                        watch.finished(read_run(path).failed is not None)
                        watch.steps(one.world.scenario.n_steps)
                watch.steps(unit.world.scenario.n_steps)

        failed = launch(batches, work, folder, name, finished)
        return {
            one.key: reason for number, reason in failed.items() for unit in batches[number] for one in unit.runs
        }  # fmt: skip

    return run


def batches_of(units: Sequence[Unit], runs: int = RUNS_PER_JOB) -> list[list[Unit]]:
    """Return units in batches, a job each: so many that it holds at least `runs` runs.

    A unit of a single run is a batch by itself where all are such: what is missing is tried once more alone.
    """
    if all(len(unit.runs) == 1 for unit in units) and len({id(unit.world) for unit in units}) < len(units):
        return [[unit] for unit in units]
    batches: list[list[Unit]] = []
    held = runs
    for unit in units:
        if held >= runs:
            batches.append([])
            held = 0
        batches[-1].append(unit)
        held += len(unit.runs)
    return batches


def work(unit: Unit, folder: Path) -> None:
    """Run a unit and write its runs' files below a folder: what a job does."""
    run_unit(unit, lambda record: write_run(folder, record), worlds=Worlds(), twins=Twins())
