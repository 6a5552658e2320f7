"""What tests of launchers share: work that takes no time, and a command that chose Hydra's own launcher."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hydra import compose, initialize_config_module
from hydra.core.hydra_config import HydraConfig

from sim.core.files import write_whole


def work(unit: int, folder: Path) -> None:
    """Write a file, or fail where the unit is negative."""
    if unit < 0:
        raise ValueError("a unit below zero")
    write_whole(folder / "runs" / f"{unit}.txt", str(unit * unit).encode())


def runs(folder: Path) -> dict[str, str]:
    """Return what has been written."""
    return {path.stem: path.read_text() for path in (folder / "runs").glob("*.txt")}


@contextmanager
def command(*overrides: str) -> Iterator[None]:
    """Set Hydra up as in a running command."""
    before = HydraConfig.instance().cfg
    with initialize_config_module("conf", version_base="1.3"):
        HydraConfig.instance().set_config(compose("config", list(overrides), return_hydra_config=True))
        try:
            yield
        finally:
            HydraConfig.instance().cfg = before
