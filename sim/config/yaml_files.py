"""Where the YAML of `conf/` is, what it offers, and a Hydra of our own to compose it with.

It is found beside the code, never by the import name `conf`: every Hydra project has a folder of that name, and Python
would take the one in the working folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from sim.config.checks import ConfigError
from sim.config.sources import checked_files

#: The folder of the package's YAML, absolute: beside `sim`, in a clone as in an installed wheel.
CONFIG_FOLDER = str(Path(__file__).resolve().parents[2] / "conf")


def available(group: str) -> list[str]:
    """Return the names of a configuration group's files."""
    return sorted(file.stem for file in Path(CONFIG_FOLDER, group).glob("*.yaml"))


def check_name(group: str, name: Any) -> None:
    """Refuse what names no file of a group."""
    if name not in available(group):
        raise ConfigError(f"{group} must be one of {', '.join(available(group))}; got {name!r}.")


@contextmanager
def hydra_of_our_own() -> Iterator[None]:
    """Put aside the Hydra that is running, if any: it composes from its own files, perhaps somebody else's."""
    running = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with checked_files(), initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = running
