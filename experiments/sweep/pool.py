"""Units on the cores of one machine: processes that take one unit after another.

Not a pool of the standard library: those lose what all their workers are doing when one of them dies. Here a process
that dies costs the run that it was at, which is tried once more by itself, and what is left of its unit goes to another
process. A process is kept for further units, since loading compiled code takes it a second; where several units share
a world each has a process of its own, forked from this one when it has built the world. Each computes with one thread.
"""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from experiments.store.folders import TWINS
from experiments.store.runs import RunRecord, write_run
from experiments.store.twins import Twins, Worlds
from experiments.sweep.execute import TRUE_OF_ALL, run_unit
from experiments.sweep.plan import Run, Unit
from experiments.sweep.process import Steps, context, started
from experiments.sweep.watch import Watch


def run_units(units: Sequence[Unit], folder: Path, workers: int, watch: Watch) -> list[tuple[Run, str]]:
    """Run units in processes of their own, which write their runs into a folder.

    Parameters
    ----------
    units : sequence of Unit
        Units of one world come one after another; the first of them runs the twin.
    folder : Path
    workers : int
        Processes at a time.
    watch : Watch

    Returns
    -------
    list of (Run, str)
        Runs at which a process died twice, and how.

    Raises
    ------
    ConfigError, GraphError, OutputError, MemoryError
        A process met it; the others are ended.
    """
    return _Pool(folder, workers, watch, context()).run(units)


@dataclass
class _Worker:
    """A process and what is known of it."""

    process: Any
    line: Connection
    unit: Unit | None = None  # None: it was asked to end
    todo: dict[str, Run] = field(default_factory=dict)  # those of its runs that are not finished, by key
    at: str | None = None  # the key of the run that it is at; None: the twin
    error: BaseException | None = None


class _Pool:
    def __init__(self, folder: Path, workers: int, watch: Watch, how: BaseContext) -> None:
        self.folder, self.workers, self.watch, self.context = folder, workers, watch, how
        self.queue: deque[tuple[Unit, bool]] = deque()
        self.running: list[_Worker] = []
        self.tried: set[str] = set()  # runs, and worlds' twins, at which a process died
        self.died: list[tuple[Run, str]] = []
        self.worlds: Worlds | None = None  # that processes share

    def run(self, units: Sequence[Unit]) -> list[tuple[Run, str]]:
        seen: set[int] = set()
        for unit in units:
            self.queue.append((unit, id(unit.world) not in seen))
            seen.add(id(unit.world))
        if len(units) > len(seen) and self.context.get_start_method() == "fork":
            self.worlds = Worlds()
        try:
            while self.queue or self.running:
                while self.queue and len(self.running) < self.workers:
                    self.start()
                self.listen()
        finally:
            for worker in self.running:
                worker.process.kill()
            for worker in self.running:
                worker.process.join()
        return self.died

    def start(self) -> None:
        """Start a process for the next unit; where worlds are shared it finds the world already built."""
        if self.worlds is not None:
            self.worlds.get(self.queue[0][0].world)
        process, ours = started(self.context, _work, self.folder, self.worlds)
        worker = _Worker(process, ours)
        self.running.append(worker)
        self.give(worker)

    def give(self, worker: _Worker) -> None:
        """Give a process the next unit, or ask it to end."""
        if worker.unit is not None and (self.worlds is not None or not self.queue):
            worker.unit = None
            with suppress(OSError):
                worker.line.send(None)
            return
        unit, twin_first = self.queue.popleft()
        worker.unit, worker.todo, worker.at = unit, {run.key: run for run in unit.runs}, None
        with suppress(OSError):  # it has died, which `listen` sees
            worker.line.send((unit, twin_first))

    def listen(self) -> None:
        """Take in what processes say, and see who has ended."""
        ready = wait([part for worker in self.running for part in (worker.line, worker.process.sentinel)], 1.0)
        for worker in list(self.running):
            if worker.line in ready:
                self.take(worker)
            if worker.process.sentinel in ready:
                self.take(worker)
                self.ended(worker)

    def take(self, worker: _Worker) -> None:
        with suppress(EOFError, OSError):  # the process is gone
            while worker.line.poll():
                kind, value = worker.line.recv()
                if kind == "steps":
                    self.watch.steps(value)
                elif kind == "at":
                    worker.at = value
                elif kind == "done":
                    key, failed = value
                    worker.todo.pop(key, None)
                    self.watch.finished(failed)
                elif kind == "free":
                    self.give(worker)
                elif kind == "error":
                    worker.error = value

    def ended(self, worker: _Worker) -> None:
        """See what became of a process that has ended."""
        worker.process.join()
        worker.line.close()
        self.running.remove(worker)
        if worker.error is not None:
            raise worker.error
        if worker.unit is None or not worker.todo:
            return
        how = _how_it_ended(worker.process.exitcode)
        if worker.at is None:
            mark, suspects = f"twin {id(worker.unit.world)}", list(worker.todo.values())
        else:
            mark, suspects = worker.at, [run for key, run in worker.todo.items() if key == worker.at]
        rest = [run for run in worker.todo.values() if run not in suspects]
        if mark in self.tried:
            self.died += [(run, how) for run in suspects]
            for _ in suspects:
                self.watch.finished(True)
        elif suspects:
            self.tried.add(mark)
            self.queue.append((replace(worker.unit, runs=tuple(suspects)), worker.at is None))
        if rest:
            self.queue.appendleft((replace(worker.unit, runs=tuple(rest)), False))


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
            hint = "; out of memory, perhaps: fewer workers need less" if name == "SIGKILL" else ""
            return f"its process was ended by {name}{hint}"
    return f"its process ended with status {code}"


def _work(line: Connection, driver: int, folder: Path, worlds: Worlds | None) -> None:
    """Run units: the main function of a process."""
    steps = Steps(line, driver)
    gc.freeze()  # what has been imported stays: collecting garbage after each run need not go through it

    def write(record: RunRecord) -> None:
        write_run(folder, record)
        steps.flush()
        steps.say("done", (record.key, record.failed is not None))

    while (given := steps.wait()) is not None:
        unit, twin_first = given
        try:
            run_unit(
                unit, write, worlds=worlds or Worlds(), twins=Twins(folder / TWINS), twin_first=twin_first,
                on_begin=lambda key: steps.say("at", key), on_step=steps,
            )  # fmt: skip
        except TRUE_OF_ALL as error:
            steps.say("error", error)
            return
        steps.say("free", None)
