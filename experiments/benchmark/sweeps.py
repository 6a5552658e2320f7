"""What a sweep costs beside its simulations, and what a second process is worth."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from experiments.benchmark.measure import Measured, peak_bytes
from experiments.store.runs import kept_runs
from experiments.sweep import grid, run_plan, runs_of
from experiments.sweep.watch import Watch
from sim import load_scenario
from sim.config.composition import load_enforcement


def sweep(overrides: Sequence[str], seeds: int, thresholds: int, workers: int = 1) -> Measured:
    """Run detectors at random over seeds and thresholds, on one process at a time and on several.

    Returns
    -------
    Measured
        Its CPU time is that of everything, children included; amounts: runs, of the simulations the CPU time
        (`simulated`), the growth of the driver's peak memory after a tenth of the runs (`grown_bytes`), and the wall
        time of `workers` processes (`wall_workers`) and of one (`wall_one`).
    """
    config = load_scenario("hk2019", seed=1, overrides=list(overrides))
    levels = {"random": [1.0 - i / (10.0 * thresholds) for i in range(thresholds)]}
    runs = runs_of(config, grid(["random"], levels, range(1, seeds + 1)), load_enforcement())
    walls = {}
    with tempfile.TemporaryDirectory(prefix="takedown_") as scratch:
        for count in dict.fromkeys((1, workers)):  # the first takes the loading of compiled code as well
            run_plan(runs[:thresholds], Path(scratch, f"warm{count}"), workers=count)
            start, cpu = time.perf_counter(), _cpu_seconds()
            memory = _Memory(len(runs))
            folder = Path(scratch, str(count))
            found = run_plan(runs, folder, workers=count, watch=memory)
            walls[count] = time.perf_counter() - start
            spent = _cpu_seconds() - cpu
        timings = [record.timing for _, record in kept_runs(folder) if record is not None]
    if len(found.table) != len(runs) or found.failures:
        raise RuntimeError(f"{len(found.table)} of {len(runs)} runs came back")
    simulated = sum(timing.cpu_seconds for timing in timings if timing is not None)
    simulated *= 1.0 + 1.0 / thresholds  # the twin of a seed costs about as much as a run
    amounts = {
        "runs": len(runs), "simulated": simulated, "grown_bytes": memory.grown, "wall_one": walls[1],
        "wall_workers": walls[workers],
    }  # fmt: skip
    return Measured(spent, walls[workers], peak_bytes(), 1.0, 1.0, amounts)


class _Memory(Watch):
    """Looks at the driver's memory as runs are finished."""

    def __init__(self, runs: int) -> None:
        self._begin, self._done = runs // 10, 0
        self._first = self.grown = 0

    def finished(self, failed: bool) -> None:
        self._done += 1
        if self._done == self._begin:
            self._first = peak_bytes()
        elif self._done > self._begin:
            self.grown = peak_bytes() - self._first


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
