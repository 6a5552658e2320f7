"""One job of a launcher: a batch of units, run where the launcher puts it, whose files are handed back."""

from __future__ import annotations

import base64
import os
import pickle
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, open_dict

from experiments.store.results import code_digest
from experiments.sweep.engines import reason_of
from sim.core.files import remove_leftovers, scratch_folder

Work = Callable[[Any, Path], None]  # runs a unit and writes the files of its runs below a folder
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
    jobs : Path
        A folder in it that is there as long as the command runs. Its name identifies machine and process, so that a job
        knows the sweep's folder from one of the same name elsewhere, and does not outlive the command by more than a
        unit.
    parent : int or None
        The process that launches, where jobs are its children.
    code : str
        `code_digest` of the machine that launches.
    """

    work: Work
    folder: Path
    jobs: Path
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
        with _scratch(not here) as scratch:
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
        return self.jobs.is_dir() and os.access(self.folder, os.W_OK)

    def noted(self, what: str) -> set[int]:
        """Return the numbers of the batches that have `begun` or are `done`."""
        return {int(path.stem) for path in self.jobs.glob(f"*.{what}")}

    def _note(self, number: int, what: str) -> None:
        with suppress(OSError):  # it is for the case of a launcher that breaks off
            (self.jobs / f"{number}.{what}").touch()


class BatchLoader(ConfigLoader):
    """Makes a job's configuration from its batch, which is its only override: nothing is composed from files."""

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """Return a job's configuration."""
        config: DictConfig = deepcopy(master_config)
        with open_dict(config):
            config[_BATCH] = sweep_overrides[0]
        return config

    def load_configuration(self, *_: Any, **__: Any) -> Any:
        """Nothing is composed: this and the following are never asked for."""
        raise NotImplementedError

    get_search_path = get_sources = list_groups = get_group_options = compute_defaults_list = load_configuration


def packed(number: int, units: Sequence[Any]) -> str:
    return base64.b64encode(pickle.dumps((number, list(units)))).decode()


def _leave_with(parent: int) -> None:
    """End a process when its parent has ended: a process of joblib's would wait for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@contextmanager
def _scratch(needed: bool) -> Iterator[Path | None]:
    """Yield a folder for files that are handed back, where one is needed; nothing of it stays on the machine."""
    if not needed:
        yield None
        return
    temporary = Path(tempfile.gettempdir())
    remove_leftovers(temporary)  # of jobs that were killed
    with scratch_folder(temporary, "takedown") as folder:
        yield folder


def _content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
