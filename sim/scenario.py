"""Configurations by name: from the files of `conf/` to the dataclasses of `sim.config`, composed by Hydra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config import ConfigError, EnforcementConfig, WorldConfig, from_mapping

WORLD_KEYS = ("seed", "scenario", "graph", "organic", "operation", "feed")


def load_scenario(
    name: str, *, scale: float | None = None, seed: int = 0, overrides: Sequence[str] = ()
) -> WorldConfig:
    """Return the world of a named scenario.

    Parameters
    ----------
    name : str
        A file of `conf/scenario`, without its ending.
    scale : float, optional
        Multiplies all three layers; the scenario's own by default.
    seed : int
        Of every random draw.
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
    extra = [] if scale is None else [f"scenario.scale={scale}"]
    return world_from(compose_config([f"scenario={name}", *overrides, *extra, f"seed={seed}"]))


def load_enforcement(*overrides: str) -> EnforcementConfig:
    """Return the default enforcement, changed by overrides such as `enforcement.threshold=0.7`."""
    return enforcement_from(compose_config(overrides))


def load_detector(detector: str | Mapping[str, Any], *, seed: int | None = None) -> Any:
    """Return a fresh detector.

    Parameters
    ----------
    detector : str or mapping
        A file of `conf/detector`, without its ending; or a mapping whose `_target_` is the dotted path of a class,
        the other keys being its parameters.
    seed : int, optional
        For detectors whose file refers to `seed`.

    Raises
    ------
    ConfigError
        The name is unknown, or the class cannot be made.
    """
    settings = detector_settings(detector, seed=seed)
    try:
        return instantiate(settings)
    except (HydraException, OmegaConfBaseException) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise ConfigError(f"detector cannot be made from {settings['_target_']}: {reason}") from error


def detector_settings(detector: str | Mapping[str, Any], *, seed: int | None = None) -> dict[str, Any]:
    """Return what a detector is made from, as `load_detector` takes it: `_target_` and the parameters, resolved."""
    settings: Any = detector
    if isinstance(detector, str):
        overrides = [f"detector={detector}", *([] if seed is None else [f"seed={seed}"])]
        settings = _resolved(compose_config(overrides), "detector")
    elif isinstance(detector, DictConfig):
        settings = OmegaConf.to_container(detector, resolve=True)
    if not isinstance(settings, Mapping) or "_target_" not in settings:
        raise ConfigError(f"detector must be a name or hold _target_, the path of a class; got {settings!r}.")
    return dict(settings)


def world_from(config: DictConfig) -> WorldConfig:
    """Return the part of a composed configuration that a world is built from."""
    return from_mapping(WorldConfig, {key: _resolved(config, key) for key in WORLD_KEYS})


def enforcement_from(config: DictConfig) -> EnforcementConfig:
    """Return the enforcement of a composed configuration."""
    return from_mapping(EnforcementConfig, _resolved(config, "enforcement"), "enforcement")


def available(group: str) -> list[str]:
    """Return the names of a configuration group's files."""
    folder = files("conf").joinpath(group)
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def compose_config(overrides: Sequence[str] = ()) -> DictConfig:
    """Compose the packaged configuration; the same overrides again give the same (read-only) object.

    Hydra's global state is put back afterwards, so it can be called from inside a Hydra application and from notebooks.

    Raises
    ------
    ConfigError
        An override is unknown or cannot be read.
    """
    try:
        return _composed(tuple(overrides))
    except (HydraException, OmegaConfBaseException, ValueError) as error:  # a group given as a number: ValueError
        raise ConfigError(explain(error)) from error


@cache
def _composed(overrides: tuple[str, ...]) -> DictConfig:
    """Compose once: it takes a tenth of a second, and a sweep makes its detector anew for each run."""
    with _hydra_of_our_own():
        config = compose("config", overrides=list(overrides))
    OmegaConf.set_readonly(config, True)
    return config


def explain(error: Exception) -> str:
    """Say in one line what is wrong with a configuration that Hydra or OmegaConf refused."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options is not None:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return f"{group or 'config'} must be one of {', '.join(sorted(error.options))}; got {name!r}."
    if isinstance(error, OverrideParseException):
        return f"{error.override!r} is not an override; write key=value, the value quoted where it holds = , [ or {{."
    chain: BaseException | None = error
    while chain is not None:
        key = getattr(chain, "full_key", None)
        if key and "not in struct" in str(chain):
            return f"{key} is not an option{_allowed_beside(str(key))}."
        chain = chain.__cause__ or chain.__context__
    return first_line(error)


def first_line(error: BaseException) -> str:
    """Return an error's message up to its first line end, or its type where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextmanager
def _hydra_of_our_own() -> Iterator[None]:
    """Put aside the Hydra that is running, if any: it composes from its own files, perhaps somebody else's."""
    running = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("conf", version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = running


def _allowed_beside(key: str) -> str:
    parent = key.rpartition(".")[0]
    with _hydra_of_our_own():
        default = compose("config")
    node = OmegaConf.select(default, parent) if parent else default
    return f"; allowed here: {', '.join(sorted(map(str, node)))}" if isinstance(node, DictConfig) else ""


def _resolved(config: DictConfig, key: str) -> Any:
    """Return a part of a configuration as plain containers, interpolations resolved."""
    try:
        node = config.get(key)
        return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    except OmegaConfBaseException as error:
        raise ConfigError(f"{key} cannot be resolved: {first_line(error)}") from error
