"""Batches of units as jobs of one of Hydra's launchers: joblib on one machine, a Ray cluster, a SLURM cluster.

A job is told nothing but its batch, and its launcher hands its files back. Where a job sees the sweep's own folder it
writes there straight away, unit by unit, so that a job that dies keeps what it had finished. No configuration file
has to lie where a job runs; the same Takedown does, and the job refuses to run with another.
"""

from __future__ import annotations

import base64
import logging
import os
import pickle
import platform
import queue
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.config_loader import ConfigLoader
from hydra.core.plugins import Plugins
from hydra.types import HydraContext
from omegaconf import DictConfig, open_dict

from experiments.store.results import code_digest
from experiments.sweep.engines import JOBS_FOLDER, at_once, check_engine, jobs_config
from sim.config import ConfigError
from sim.core.files import write_whole

Work = Callable[[Any, Path], None]  # runs a unit and writes the files of its runs below a folder
OnBatch = Callable[[int], None]
#: What launchers raise where a job's process has died.
_DIED = ("TerminatedWorkerError", "WorkerCrashedError", "OutOfMemoryError", "UncompletedJobError")
_BATCH = "batch"  # the key of a job's configuration that holds its batch


@dataclass(frozen=True)
class Returned:
    """What a job hands back.

    Attributes
    ----------
    files : dict of str to bytes
        Content by name below the sweep's folder; empty where the job wrote there itself.
    failed : str or None
        Why the batch, or a part of it, was not run.
    """

    files: dict[str, bytes]
    failed: str | None = None


@dataclass(frozen=True)
class Job:
    """What a launcher runs: a batch, which stands in the job's configuration.

    Attributes
    ----------
    work : callable
        Picklable: runs a unit and writes the files of its runs below a folder.
    folder : Path
        The sweep's folder, on the machine that launches.
    token : str
        Tells the sweep's folder from one of the same name on another machine, and from a later sweep.
    parent : int or None
        The process that launches, where jobs are its children.
    code : str
        `code_digest` of the machine that launches.
    """

    work: Work
    folder: Path
    token: str
    parent: int | None
    code: str

    def __call__(self, config: DictConfig) -> Returned:
        """Run the units of a batch; errors are handed back, for a launcher would stop at the first."""
        if code_digest() != self.code:
            return Returned({}, f"{platform.node()} has other versions of Takedown, Python or its packages")
        if self.parent is not None:
            threading.Thread(target=_leave_with, args=[self.parent], daemon=True).start()
        import numba

        numba.set_num_threads(1)  # a job has one processor; results do not depend on it
        number, units = pickle.loads(base64.b64decode(config[_BATCH]))
        here = self.sees_folder()
        with _scratch(None if here else self.folder.name) as scratch:
            folder = scratch or self.folder
            if here:
                self._note(number, "begun")
            failed = None
            for unit in units:
                if here and not self.sees_folder():
                    return Returned({}, "the command that started it has ended")
                try:
                    self.work(unit, folder)
                except Exception as error:
                    failed = failed or reason_of(error)
            if here and failed is None:
                self._note(number, "done")
            return Returned({} if scratch is None else _content(scratch), failed)

    def sees_folder(self) -> bool:
        """Return whether the sweep's folder can be written from here, and is this sweep's."""
        try:
            return self._token().read_text() == self.token and os.access(self.folder, os.W_OK)
        except OSError:
            return False

    def mark(self) -> None:
        """Write what `sees_folder` looks for."""
        write_whole(self._token(), self.token.encode())

    def noted(self, what: str) -> set[int]:
        """Return the numbers of the batches that have `begun` or are `done`."""
        return {int(path.stem) for path in self._token().parent.glob(f"*.{what}")}

    def _note(self, number: int, what: str) -> None:
        with suppress(OSError):  # it is for the case of a launcher that breaks off
            (self._token().parent / f"{number}.{what}").touch()

    def _token(self) -> Path:
        return self.folder / JOBS_FOLDER / "token"


class BatchLoader(ConfigLoader):
    """Makes a job's configuration from its batch, which is its only override: nothing is composed from files."""

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """Return a job's configuration."""
        config: DictConfig = master_config.copy()
        with open_dict(config):
            config[_BATCH] = sweep_overrides[0]
        return config

    def load_configuration(self, *_: Any, **__: Any) -> Any:
        """Nothing is composed: this and the following are never asked for."""
        raise NotImplementedError

    get_search_path = get_sources = list_groups = get_group_options = compute_defaults_list = load_configuration


def launch(
    batches: Sequence[Sequence[Any]], work: Work, folder: Path, name: str, on_batch: OnBatch | None = None
) -> dict[int, str]:
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
    on_batch : callable, optional
        Called with the number of each batch that has been run, as it comes.

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
    job = Job(work, folder.absolute(), secrets.token_hex(4), os.getpid() if name == "joblib" else None, code_digest())
    config = jobs_config(job.folder, job.token)
    settings = dict(config.hydra.launcher)
    separate = at_once(name, settings, len(batches))
    with _engine(name, settings, job):
        run = _Launch(job, config, batches, on_batch or (lambda _: None))
        return run.separately(separate) if separate else run.together()


@dataclass
class _Launch:
    """The jobs of one call of `launch`."""

    job: Job
    config: DictConfig
    batches: Sequence[Sequence[Any]]
    on_batch: OnBatch

    def separately(self, threads: int) -> dict[int, str]:
        """Hand over every job by itself, and wait for all of them at a time: what comes is written as it comes."""
        waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        came: queue.SimpleQueue[tuple[int, Returned]] = queue.SimpleQueue()
        for number in range(len(self.batches)):
            waiting.put(number)

        def wait() -> None:
            with suppress(queue.Empty):
                while True:
                    number = waiting.get_nowait()
                    try:
                        (returned,) = self._launched([number])
                    except Exception as error:
                        returned = Returned({}, reason_of(error))
                    came.put((number, returned))

        for _ in range(threads):
            threading.Thread(target=wait, daemon=True).start()  # one that waits for a lost job ends with the command
        failed: dict[int, str] = {}
        for _ in self.batches:
            number, returned = came.get()
            failed |= self._take(number, returned)
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
        overrides = [[_packed(number, self.batches[number])] for number in numbers]
        return [job.return_value for job in launcher.launch(overrides, initial_job_idx=numbers[0])]

    def _take(self, number: int, returned: Returned) -> dict[int, str]:
        """Write the files of a job."""
        for name, content in returned.files.items():
            write_whole(self.job.folder / name, content)
        self.on_batch(number)
        return {} if returned.failed is None else {number: returned.failed}


@contextmanager
def _engine(name: str, settings: dict[str, Any], job: Job) -> Iterator[None]:
    """Start what a launcher needs; at the end, however it comes, stop its jobs and remove what it left."""
    loud = [logging.getLogger(package) for package in ("hydra_plugins", "hydra", "submitit")]
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.WARNING)
    jobs = job.folder / JOBS_FOLDER
    shutil.rmtree(jobs, ignore_errors=True)
    try:
        job.mark()
        if name == "ray":
            _join_ray(settings["ray"]["init"])
        yield
    except BaseException:
        if name == "submitit_slurm":
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run(["scancel", f"--name={settings['name']}"], capture_output=True, timeout=60, check=False)
        raise
    finally:
        if name == "ray":
            _leave_ray()
        shutil.rmtree(jobs, ignore_errors=True)
        for logger, level in zip(loud, levels, strict=True):
            logger.setLevel(level)


def _leave_with(parent: int) -> None:
    """End a process when its parent has ended: a process of joblib's would wait for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _join_ray(settings: dict[str, Any]) -> None:
    """Join a Ray cluster, or start one on this machine, before any job does."""
    import ray

    try:
        ray.init(**settings)
    except Exception as error:  # of several kinds, none of Ray's own
        where = settings.get("address") or os.environ.get("RAY_ADDRESS") or "on this machine"
        raise ConfigError(f"hydra/launcher=ray: no Ray {where} can be used; {reason_of(error)}") from error


def _leave_ray() -> None:
    import ray

    ray.shutdown()  # which ends the jobs that are still at work


@contextmanager
def _scratch(needed: str | None) -> Iterator[Path | None]:
    if needed is None:
        yield None
    else:
        with tempfile.TemporaryDirectory(prefix="takedown-") as folder:
            yield Path(folder)


def _content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _packed(number: int, units: Sequence[Any]) -> str:
    return base64.b64encode(pickle.dumps((number, list(units)))).decode()


def reason_of(error: BaseException) -> str:
    """Return an error in a line; of a job that died, how SLURM or its last words put it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" -")]
    if not lines:
        return type(error).__name__
    if type(error).__name__ in _DIED:
        state = re.search(r"state: (\w+)", str(error))
        return f"its job died ({state[1] if state else type(error).__name__}; {lines[-1]})"
    return f"{type(error).__name__}: {lines[0]}"
