"""What is said of a task that was broken off: how to go on."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from experiments.cli.errors import shown
from experiments.cli.occupied import folder_key


def go_on(folder: Path) -> str:
    """Return what to do to go on: the same command, with the name of the folder where it was not given.

    Parameters
    ----------
    folder : Path
        Of the run; that of a --multirun is known.
    """
    state = HydraConfig.get()
    key = f"hydra.{folder_key()}.dir"
    named = Path(state.sweep.dir) if key == "hydra.sweep.dir" else folder
    given = {str(word).partition("=")[0].lstrip("+") for word in state.overrides.hydra}
    if key in given:
        return "the same command goes on from here"
    return f"the same command with {key}={shown(named)} goes on from here"
