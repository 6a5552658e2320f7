"""Which folders a command makes, so that one that is refused leaves none behind.

Hydra makes the folder of a run, and that of a --multirun with its multirun.yaml, before it hands over.
"""

from __future__ import annotations

import os
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


@dataclass
class Started:
    """What Hydra has begun: where it writes, and the topmost folder that is new; None where it has not begun."""

    folder: Path | None = None
    top: Path | None = None
    multirun: bool = False
    had_record: bool = False

    def note(self, folder: Path, *, multirun: bool) -> None:
        """Note the folder that is about to be made."""
        self.folder, self.multirun = folder, multirun
        self.had_record = (folder / "multirun.yaml").exists()
        for path in (folder, *folder.parents):
            if path.exists():
                break
            self.top = path

    def clear(self) -> None:
        """Remove what is new and empty; of a --multirun none of whose jobs wrote anything its record too."""
        if self.folder is None:
            return
        record = self.folder / "multirun.yaml"
        with suppress(OSError):
            if self.multirun and not self.had_record and _files(self.folder) == [record]:
                record.unlink()
        for folder, _, _ in os.walk(self.top or os.devnull, topdown=False):
            with suppress(OSError):
                os.rmdir(folder)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


started: ContextVar[Started] = ContextVar("started")  # set anew for each command


class NewFolders(Callback):
    """Tells `started`, before Hydra makes a folder; named in conf/config.yaml."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Note the folder of a run."""
        _note(config.hydra.run.dir, multirun=False)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Note the folder of a --multirun."""
        _note(config.hydra.sweep.dir, multirun=True)


def _note(folder: Any, *, multirun: bool) -> None:
    noted = started.get(None)
    if noted is not None:
        with suppress(OSError):  # Hydra says it better
            noted.note(Path(str(folder)).absolute(), multirun=multirun)
