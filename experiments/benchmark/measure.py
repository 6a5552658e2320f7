"""Measuring: a clock of CPU and wall time, and a process of its own for each thing measured."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass
class Clock:
    """Adds up the CPU time (user and system, all threads) and the wall time of the blocks that it is entered for.

    Examples
    --------
    >>> with Clock() as clock:
    ...     total = sum(range(1000))
    >>> clock.cpu > 0.0
    True
    """

    cpu: float = 0.0
    wall: float = 0.0
    _since: tuple[float, float] = (0.0, 0.0)

    def __enter__(self) -> Clock:
        self._since = time.process_time(), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cpu += time.process_time() - self._since[0]
        self.wall += time.perf_counter() - self._since[1]


@dataclass(frozen=True)
class Measured:
    """What one part used.

    Attributes
    ----------
    cpu_seconds, wall_seconds : float
    peak_bytes : int
        Peak memory of the process, Python and libraries included, before the ceiling was measured.
    reads_needed : float
        Lines of memory fetched from random places; see `experiments.benchmark.parts`.
    reads_per_second : float
        The ceiling, measured in the same process after the part: `experiments.benchmark.ceiling`.
    amounts : dict of str to float
        What was done: accounts, ties, account-steps; and times of phases.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    reads_needed: float
    reads_per_second: float
    amounts: dict[str, float] = field(default_factory=dict)

    @property
    def ceiling_seconds(self) -> float:
        """CPU time of these reads alone."""
        return self.reads_needed / self.reads_per_second


class PartError(RuntimeError):
    """A part could not be measured. The message says why."""


def peak_bytes() -> int:
    """Return the peak memory of this process so far.

    Linux hands a process the peak of the one that started it, so this is never less than what the parent holds; the
    parent here only waits, and what is measured imports as much itself.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def in_fresh_process(function: Callable[..., Any], sizes: Mapping[str, Any]) -> Any:
    """Return `function(**sizes)`, run in a new interpreter: its peak memory is its own and nothing is left behind.

    Raises
    ------
    PartError
        The function raised, or its process was killed.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(function, **sizes).result()
        except BrokenProcessPool as error:
            raise PartError("its process was killed; perhaps memory ran out") from error
        except Exception as error:
            raise PartError(f"{type(error).__name__}: {error}") from error
