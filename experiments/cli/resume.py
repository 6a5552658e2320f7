"""What is said of a task that was broken off: where its finished part is, and how to go on."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from experiments.cli.errors import shown


def go_on(folder: Path) -> str:
    """Return what to do to go on: the same command, with the name of the folder where it was not given.

    Parameters
    ----------
    folder : Path
        Of the run, or of the --multirun.
    """
    state = HydraConfig.get()
    key = "hydra.sweep.dir" if state.mode == RunMode.MULTIRUN else "hydra.run.dir"
    if any(str(word).partition("=")[0].lstrip("+") == key for word in state.overrides.hydra):
        return "the same command goes on from here"
    return f"the same command with {key}={shown(folder)} goes on from here"
