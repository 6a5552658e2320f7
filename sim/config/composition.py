"""Configurations by name: from the files of `conf/` to the dataclasses of `sim.config`, composed by Hydra."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config import ConfigError, EnforcementConfig, WorldConfig, from_mapping
from sim.config.messages import explain, first_line, place_in_a_list
from sim.config.yaml_files import CONFIG_FOLDER, check_name, hydra_of_our_own

WORLD_KEYS = ("seed", "scenario", "graph", "organic", "operation", "feed", "content", "known_accounts")


def load_scenario(
    name: str, *, scale: float | None = None, seed: int | None = None, overrides: Sequence[str] = ()
) -> WorldConfig:
    """Return the world of a named scenario.

    Parameters
    ----------
    name : str
        A file of `conf/scenario`, without its ending.
    scale : float, optional
        Multiplies all three layers; the scenario's own by default.
    seed : int, optional
        Of every random draw; that of `conf/config.yaml` (1), or of `overrides`, by default.
    overrides : sequence of str
        As on the command line: `feed=chronological`, `scenario.days=2`.

    Raises
    ------
    ConfigError
        The scenario or an option is unknown, or a value is not allowed.

    Examples
    --------
    >>> load_scenario("hk2019", scale=0.05).scenario.n_organic
    50000
    """
    check_name("scenario", name)
    listed = isinstance(overrides, Sequence) and not isinstance(overrides, str)
    if not listed or not all(isinstance(override, str) for override in overrides):
        raise ConfigError(f"overrides must be a list of texts such as 'scenario.days=2'; got {overrides!r}.")
    _check_heads("a world's overrides", overrides, (*WORLD_KEYS, "experiment"))
    extra = [f"{key}={value}" for key, value in (("scenario.scale", scale), ("seed", seed)) if value is not None]
    return from_mapping(WorldConfig, _composed_world((f"scenario={name}", *overrides, *extra)))


@cache  # composing takes a tenth of a second
def _composed_world(overrides: tuple[str, ...]) -> dict[str, Any]:
    return _world_part(compose_config(overrides))


def _world_part(config: DictConfig) -> dict[str, Any]:
    return {key: resolved(config, key) for key in WORLD_KEYS}


@cache
def load_enforcement(*overrides: str) -> EnforcementConfig:
    """Return the default enforcement, changed by overrides such as `enforcement.threshold=0.7`."""
    _check_heads("load_enforcement's overrides", overrides, ("enforcement",))
    return enforcement_from(compose_config(overrides))


def world_from(config: DictConfig) -> WorldConfig:
    """Return the part of a composed configuration that a world is built from."""
    return from_mapping(WorldConfig, _world_part(config))


def enforcement_from(config: DictConfig) -> EnforcementConfig:
    """Return the enforcement of a composed configuration."""
    return from_mapping(EnforcementConfig, resolved(config, "enforcement"), "enforcement")


def compose_config(overrides: Sequence[str] = ()) -> DictConfig:
    """Compose the packaged configuration.

    Hydra's global state is put back afterwards, so it can be called from inside a Hydra application and from notebooks.

    Raises
    ------
    ConfigError
        An override is unknown or cannot be read.
    """
    check_overrides(overrides)
    try:
        with hydra_of_our_own():
            return compose("config", overrides=list(overrides))
    except (HydraException, OmegaConfBaseException, ValueError) as error:  # a group given as a number: ValueError
        raise ConfigError(place_in_a_list(error, overrides) or explain(error)) from error


def check_overrides(overrides: Iterable[str]) -> None:
    """Refuse what Hydra would take without a word and do nothing about."""
    for override in overrides:
        key, _, value = override.partition("=")
        if re.fullmatch(r"\s*\{\s*\}\s*", value):
            raise ConfigError(f"{key} must be given the keys to change, or be rid of one by ~{key}.KEY; got {value}.")


def _check_heads(what: str, overrides: Iterable[str], allowed: Sequence[str]) -> None:
    """Refuse overrides of what is not read here, which would be dropped without a word; unknown keys are Hydra's."""
    known = {*WORLD_KEYS, *(folder.name for folder in Path(CONFIG_FOLDER).iterdir() if folder.is_dir())}
    for override in overrides:
        head = re.split(r"[.=@]", override.lstrip("+~"), maxsplit=1)[0]
        if head in known - set(allowed):
            other = f" {head} is an argument of its own." if head in ("detector", "enforcement") else ""
            raise ConfigError(f"{what} must be of {', '.join(allowed)}; got {override!r}.{other}")


def resolved(config: DictConfig, key: str) -> Any:
    """Return a part of a configuration as plain containers, interpolations resolved."""
    try:
        node = config.get(key)
        return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    except OmegaConfBaseException as error:
        raise ConfigError(f"{key} cannot be resolved: {first_line(error)}") from error
