"""Where the YAML of `conf/` is, what it offers, and a Hydra of our own to compose it with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra

from sim.config.checks import ConfigError


def available(group: str) -> list[str]:
    """Return the names of a configuration group's files."""
    folder = files("conf").joinpath(group)
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


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
        with initialize_config_module("conf", version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = running
