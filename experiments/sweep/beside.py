"""The unenforced twin of one run, in a process beside it."""

from __future__ import annotations

from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numba

from experiments.store.twins import OnStep, Twins
from experiments.sweep.process import OF_MEMORY, Steps, context, started
from sim.config import WorldConfig
from sim.core.memory import available_memory, needed_memory
from sim.metrics import Outcome
from sim.population.world import World


class TwinBeside:
    """Runs a world's twin in another process while this one runs something else.

    Parameters
    ----------
    config : WorldConfig
    world : World
        Shared with the process, which is forked.
    folder : Path
        Where the process leaves the outcome, and `outcome` takes it from.
    """

    def __init__(self, config: WorldConfig, world: World, folder: Path) -> None:
        self._config, self._world, self._folder = config, world, folder
        self._process, self._line = started(context(), _work, config, world, folder)
        self._threads = numba.get_num_threads()
        numba.set_num_threads(max(1, self._threads - 1))

    def steps(self) -> int:
        """Return the number of steps that it has run since this was last asked."""
        found = 0
        with suppress(EOFError, OSError):
            while self._line.poll():
                found += self._line.recv()[1]
        return found

    def outcome(self, on_step: OnStep | None = None) -> Outcome:
        """Wait for the outcome; where the process died, run the twin here."""
        self._process.join()
        numba.set_num_threads(self._threads)
        return Twins(self._folder).get(self._config, self._world, on_step)

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._line.close()
        numba.set_num_threads(self._threads)


def fits_beside(config: WorldConfig, workers: int | str) -> bool:
    """Return whether a twin is run beside its run: forked, with a core of its own, and memory for both."""
    if context().get_start_method() != "fork":
        return False
    if workers != "auto":
        return int(workers) > 1
    return numba.get_num_threads() > 1 and 2.0 * needed_memory(config) < OF_MEMORY * available_memory()


def _work(line: Connection, driver: int, config: WorldConfig, world: World, folder: Path) -> None:
    """Run the twin: the main function of the process."""
    steps = Steps(line, driver)
    Twins(folder).get(config, world, steps)
    steps.flush()
