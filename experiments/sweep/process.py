"""How processes of a sweep are started on one machine, how many, and how one reports to its driver.

Processes are forked where that is safe (Linux, no other threads in this process): they start in a few milliseconds and
share what this process holds, a world of a million accounts included. Elsewhere they are spawned, which takes a second
or two each.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

import numba

from sim.config import WorldConfig
from sim.core.memory import available_memory, needed_memory

LIBRARIES = 300e6  # bytes: Python and what it has imported
OF_MEMORY = 0.8  # of what is available that processes are planned to take
_EVERY = 0.1  # seconds between two messages of a process


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
    return max(1, min(usable_cores(), int(OF_MEMORY * min(available_memory(), 2.0**60) // needed)))


def context() -> BaseContext:
    """Return how processes are started here: forked where that is safe."""
    safe = sys.platform == "linux" and threading.active_count() == 1
    return mp.get_context("fork" if safe else "spawn")


def started(how: BaseContext, work: Callable[..., None], *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Start a process that ends with this one, and return it with this end of the line between them.

    Parameters
    ----------
    how : BaseContext
        See `context`.
    work : callable
        The main function of the process: given its end of the line and the number of this process (for `Steps`), then
        the arguments.
    """
    ours, theirs = Pipe()
    process: BaseProcess = how.Process(  # type: ignore[attr-defined]
        target=work, args=(theirs, os.getpid(), *arguments), daemon=True
    )
    process.start()
    theirs.close()
    return process, ours


class Steps:
    """Counts the steps of a process, and reports them to its driver from time to time.

    Making one sets the process up: one thread, and signals as a process has them that its driver ends.

    Parameters
    ----------
    line : Connection
        To the driver.
    driver : int
        Its process; where it has died, this one ends, for nobody waits for it.
    """

    def __init__(self, line: Connection, driver: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver ends its processes
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        numba.set_num_threads(1)
        self._line, self._driver = line, driver
        self._steps, self._said = 0, time.monotonic()

    def __call__(self, _: object = None) -> None:
        """Count a step."""
        self._steps += 1
        if time.monotonic() - self._said >= _EVERY:
            if os.getppid() != self._driver:
                os._exit(1)
            self.flush()

    def flush(self) -> None:
        """Report the steps since the last report."""
        self.say("steps", self._steps)
        self._steps, self._said = 0, time.monotonic()

    def wait(self) -> Any:
        """Return what the driver says next; end the process where it has died."""
        while not self._line.poll(1.0):
            if os.getppid() != self._driver:
                os._exit(1)
        try:
            return self._line.recv()
        except (EOFError, OSError):
            os._exit(1)

    def say(self, kind: str, value: object) -> None:
        """Send a message; end the process where there is nobody to receive it."""
        try:
            self._line.send((kind, value))
        except OSError:
            os._exit(1)
