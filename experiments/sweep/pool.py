"""Units on the cores of one machine, a process for each.

Not a pool of the standard library: those lose what all their workers are doing when one of them dies. Here a process
takes one unit and ends with it, so its memory is given back; one that dies costs the run that it was at, which is
tried once more by itself, and what is left of its unit goes to another process.

Processes are forked where that is safe (Linux, no other threads in this process): they start in a few milliseconds and
share what this process holds, a world of a million accounts included. Elsewhere they are spawned, which takes a second
or two each. Each computes with one thread.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, Protocol

import numba

from experiments.store.runs import RunRecord, write_run
from experiments.store.twins import Twins, Worlds
from experiments.sweep.execute import TRUE_OF_ALL, run_unit
from experiments.sweep.plan import Run, Unit
from sim import ConfigError
from sim.config import WorldConfig
from sim.core.memory import available_memory, needed_memory

LIBRARIES = 300e6  # bytes: Python and what it has imported
_OF_MEMORY = 0.8  # of what is available that workers are planned to take
_EVERY = 0.1  # seconds between two messages of a process
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


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers_for(worlds: Sequence[WorldConfig], workers: int | str = "auto") -> int:
    """Return how many processes to use: as asked, or a core each as far as memory reaches.

    Parameters
    ----------
    worlds : sequence of WorldConfig
        That are to be run.
    workers : int or "auto"
    """
    if workers != "auto":
        return int(workers)
    needed = max((needed_memory(world) for world in worlds), default=0.0) + LIBRARIES
    return max(1, min(usable_cores(), int(_OF_MEMORY * min(available_memory(), 2.0**60) // needed)))


def context() -> BaseContext:
    """Return how processes are started here: forked where that is safe."""
    safe = sys.platform == "linux" and threading.active_count() == 1
    return mp.get_context("fork" if safe else "spawn")


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
        seen: set[WorldConfig | int] = set()
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
        ours, theirs = mp.Pipe(duplex=False)
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


def _work(unit: Unit, folder: Path, twin_first: bool, out: Connection, parent: int, worlds: Worlds) -> None:
    """Run a unit: the main function of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver ends its processes
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    numba.set_num_threads(1)
    steps, said = 0, time.monotonic()

    def on_step(_: object) -> None:
        nonlocal steps, said
        steps += 1
        now = time.monotonic()
        if now - said >= _EVERY:
            if os.getppid() != parent:  # the driver has died: nobody would wait for this process
                os._exit(1)
            out.send(("steps", steps))
            steps, said = 0, now

    def write(record: RunRecord) -> None:
        nonlocal steps
        write_run(folder, record)
        out.send(("steps", steps))
        steps = 0
        out.send(("done", (record.key, record.failed is not None)))

    try:
        run_unit(
            unit, write, worlds=worlds, twins=Twins(folder / TWINS), twin_first=twin_first,
            on_begin=lambda key: out.send(("at", key)), on_step=on_step,
        )  # fmt: skip
    except TRUE_OF_ALL as error:
        with suppress(OSError):
            out.send(("error", ConfigError(str(error)) if isinstance(error, ConfigError) else error))
    except BrokenPipeError:
        os._exit(1)
