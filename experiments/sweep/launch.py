"""Batches of units as jobs of one of Hydra's launchers: joblib on one machine, a Ray cluster, a SLURM cluster.

A job is given nothing but its batch, and its launcher hands its files back. Where a job sees the sweep's own folder it
writes there straight away, unit by unit, so that a job that dies keeps what it had finished. No configuration file
has to lie where a job runs; the same Takedown does, and the job refuses to run with another.
"""

from __future__ import annotations

import os
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.plugins import Plugins
from hydra.types import HydraContext
from omegaconf import DictConfig

from experiments.store.results import code_digest
from experiments.sweep.engines import Cancel, at_once, check_engine, jobs_config, reason_of, running
from experiments.sweep.job import BatchLoader, Job, Returned, Work, packed
from sim.config.sources import unchecked_files
from sim.core.files import scratch_folder, write_whole

SECONDS_TO_CANCEL = 10.0  # that jobs are given to end when the command is broken off


def launch(batches: Sequence[Sequence[Any]], work: Work, folder: Path, name: str) -> dict[int, str]:
    """Run batches as jobs of the launcher that the running command chose.

    Parameters
    ----------
    batches : sequence of sequence
        Units, each what `work` takes; picklable.
    work : callable
        Picklable: runs a unit and writes the files of its runs below a folder.
    folder : Path
        Where the files go, each written whole or not at all.
    name : str
        Of the launcher.

    Returns
    -------
    failed : dict of int to str
        Why a batch was not run to its end, by its number. What it had finished is in the folder, or may be.

    Raises
    ------
    ConfigError
        The launcher cannot run here.
    """
    check_engine(name)
    folder = folder.absolute()
    with scratch_folder(folder, "jobs") as jobs:
        job = Job(work, folder, jobs, os.getpid() if name == "joblib" else None, code_digest())
        config = jobs_config(jobs, secrets.token_hex(4))
        settings = dict(config.hydra.launcher)
        separate = at_once(name, settings, len(batches))
        with running(name, settings) as cancel, unchecked_files():
            run = _Launch(job, config, batches)
            return run.separately(separate, cancel) if separate else run.together()


@dataclass
class _Launch:
    """The jobs of one call of `launch`."""

    job: Job
    config: DictConfig
    batches: Sequence[Sequence[Any]]

    def separately(self, threads: int, cancel: Cancel) -> dict[int, str]:
        """Hand over every job by itself, and wait for all of them at a time: what comes is written as it comes."""
        waiting = deque(range(len(self.batches)))
        came: queue.SimpleQueue[tuple[int, Returned]] = queue.SimpleQueue()

        def wait() -> None:
            with suppress(IndexError):
                while True:
                    number = waiting.popleft()
                    try:
                        (returned,) = self._launched([number])
                    except Exception as error:
                        returned = Returned({}, reason_of(error))
                    came.put((number, returned))

        waiters = [threading.Thread(target=wait, daemon=True) for _ in range(threads)]
        for waiter in waiters:
            waiter.start()
        failed: dict[int, str] = {}
        try:
            for _ in self.batches:
                failed |= self._take(*came.get())
        except BaseException:
            waiting.clear()
            cancel()
            until = time.monotonic() + SECONDS_TO_CANCEL
            for waiter in waiters:
                waiter.join(max(0.0, until - time.monotonic()))
            raise
        return failed

    def together(self) -> dict[int, str]:
        """Hand over all jobs in one launch; where it breaks off, those that had begun go by themselves afterwards."""
        failed: dict[int, str] = {}
        waiting = list(range(len(self.batches)))
        alone: list[int] = []
        while waiting or alone:
            numbers = waiting or [alone.pop(0)]
            try:
                for number, returned in zip(numbers, self._launched(numbers), strict=True):
                    failed |= self._take(number, returned)
                waiting = []
            except Exception as error:
                done, begun = self.job.noted("done"), self.job.noted("begun")
                for number in set(numbers) & done:
                    failed |= self._take(number, Returned({}))
                lost = [number for number in numbers if number not in done]
                suspects = [number for number in lost if number in begun]
                if not waiting or not suspects:  # it was alone, or nobody can tell which it was
                    failed |= {number: reason_of(error) for number in lost}
                    waiting = []
                else:
                    alone += suspects
                    waiting = [number for number in lost if number not in begun]
        return failed

    def _launched(self, numbers: Sequence[int]) -> list[Returned]:
        """Return what jobs hand back, in the order of their numbers."""
        context = HydraContext(config_loader=BatchLoader(), callbacks=Callbacks())
        launcher = Plugins.instance().instantiate_launcher(context, self.job, self.config.copy())
        overrides = [[packed(number, self.batches[number])] for number in numbers]
        return [job.return_value for job in launcher.launch(overrides, initial_job_idx=numbers[0])]

    def _take(self, number: int, returned: Returned) -> dict[int, str]:
        """Write the files of a job."""
        for name, content in returned.files.items():
            write_whole(self.job.folder / name, content)
        return {} if returned.failed is None else {number: returned.failed}
