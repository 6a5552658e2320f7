"""What is said of a task that was broken off: how to go on."""

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
        Of the run; that of a --multirun is known.
    """
    state = HydraConfig.get()
    several = state.mode == RunMode.MULTIRUN or state.run.dir == state.sweep.dir
    key, named = ("hydra.sweep.dir", Path(state.sweep.dir)) if several else ("hydra.run.dir", folder)
    given = {str(word).partition("=")[0].lstrip("+") for word in state.overrides.hydra}
    if key in given:
        return "the same command goes on from here"
    return f"the same command with {key}={shown(named)} goes on from here"
