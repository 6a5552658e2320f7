"""Units on the cores of one machine, a process for each.

Not a pool of the standard library: those lose what all their workers are doing when one of them dies. Here a process
takes one unit and ends with it, so its memory is given back; one that dies costs the run that it was at, which is
tried once more by itself, and what is left of its unit goes to another process.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, Protocol

from experiments.store.runs import RunRecord, write_run
from experiments.store.twins import Twins, Worlds
from experiments.sweep.execute import TRUE_OF_ALL, run_unit
from experiments.sweep.plan import Run, Unit
from experiments.sweep.process import Steps, context

TWINS = "twins"


class Watch(Protocol):
    """Told how a sweep goes on."""

    def steps(self, n: int) -> None:
        """Count steps that have been run."""

    def finished(self, failed: bool) -> None:
        """Count a run."""


@dataclass
class Died:
    """Runs that are missing because processes died, and how."""

    runs: list[tuple[Run, str]] = field(default_factory=list)


def run_units(units: Sequence[Unit], folder: Path, workers: int, watch: Watch) -> Died:
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
    Died
        Runs at which a process died twice.

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
    messages: Connection
    unit: Unit
    todo: dict[str, Run]  # those of its runs that are not finished, by key
    at: str | None = None  # the key of the run that it is at; None: the twin
    error: BaseException | None = None


class _Pool:
    def __init__(self, folder: Path, workers: int, watch: Watch, how: BaseContext) -> None:
        self.folder, self.workers, self.watch, self.context = folder, workers, watch, how
        self.queue: deque[tuple[Unit, bool]] = deque()
        self.running: list[_Worker] = []
        self.tried: set[str | None] = set()  # runs (and worlds' twins) at which a process died
        self.died = Died()
        self.worlds = Worlds()

    def run(self, units: Sequence[Unit]) -> Died:
        seen: set[int] = set()
        for unit in units:
            self.queue.append((unit, id(unit.world) not in seen))
            seen.add(id(unit.world))
        shared = len(units) > len(seen)
        try:
            while self.queue or self.running:
                while self.queue and len(self.running) < self.workers:
                    self.start(*self.queue.popleft(), shared)
                self.listen()
        finally:
            for worker in self.running:
                worker.process.kill()
            for worker in self.running:
                worker.process.join()
        return self.died

    def start(self, unit: Unit, twin_first: bool, shared: bool) -> None:
        """Start a process for a unit; where several share a world, forked ones find it already built."""
        if shared and self.context.get_start_method() == "fork":
            self.worlds.get(unit.world)
        ours, theirs = Pipe(duplex=False)
        arguments = (unit, self.folder, twin_first, theirs, os.getpid(), self.worlds if shared else Worlds())
        if self.context.get_start_method() != "fork":
            arguments = (*arguments[:-1], Worlds())
        process = self.context.Process(target=_work, args=arguments, daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        self.running.append(_Worker(process, ours, unit, {run.key: run for run in unit.runs}))

    def listen(self) -> None:
        """Take in what processes say, and see who has ended."""
        ready = wait([part for worker in self.running for part in (worker.messages, worker.process.sentinel)], 1.0)
        for worker in list(self.running):
            if worker.messages in ready:
                self.take(worker)
            if worker.process.sentinel in ready:
                self.take(worker)
                self.ended(worker)

    def take(self, worker: _Worker) -> None:
        with suppress(EOFError, OSError):  # the process is gone
            while worker.messages.poll():
                kind, value = worker.messages.recv()
                if kind == "steps":
                    self.watch.steps(value)
                elif kind == "at":
                    worker.at = value
                elif kind == "done":
                    key, failed = value
                    worker.todo.pop(key, None)
                    self.watch.finished(failed)
                elif kind == "error":
                    worker.error = value

    def ended(self, worker: _Worker) -> None:
        """See what became of a process that has ended."""
        worker.process.join()
        worker.messages.close()
        self.running.remove(worker)
        if worker.error is not None:
            raise worker.error
        if not worker.todo:
            return
        how = _how_it_ended(worker.process.exitcode)
        if worker.at is None:
            mark, suspects = f"twin {id(worker.unit.world)}", list(worker.todo.values())
        else:
            mark, suspects = worker.at, [run for key, run in worker.todo.items() if key == worker.at]
        rest = [run for run in worker.todo.values() if run not in suspects]
        if mark in self.tried:
            self.died.runs += [(run, how) for run in suspects]
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


def _work(unit: Unit, folder: Path, twin_first: bool, out: Connection, driver: int, worlds: Worlds) -> None:
    """Run a unit: the main function of a process."""
    steps = Steps(out, driver)

    def write(record: RunRecord) -> None:
        write_run(folder, record)
        steps.flush()
        steps.say("done", (record.key, record.failed is not None))

    try:
        run_unit(
            unit, write, worlds=worlds, twins=Twins(folder / TWINS), twin_first=twin_first,
            on_begin=lambda key: steps.say("at", key), on_step=steps,
        )  # fmt: skip
    except TRUE_OF_ALL as error:
        steps.say("error", error)
