"""Configurations by name: from the files of `conf/` to the dataclasses of `sim.config`, composed by Hydra."""

from __future__ import annotations

import copy
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from sim.config import ConfigError, EnforcementConfig, WorldConfig, convert, from_mapping

_PLAIN = {int, float, str, bool, type(None)}
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
    _check_name("scenario", name)
    if isinstance(overrides, str):
        raise ConfigError(f"overrides must be a list of texts such as 'scenario.days=2'; got {overrides!r}.")
    extra = [f"{key}={value}" for key, value in (("scenario.scale", scale), ("seed", seed)) if value is not None]
    return from_mapping(WorldConfig, _composed_world((f"scenario={name}", *overrides, *extra)))


@cache  # composing takes a tenth of a second
def _composed_world(overrides: tuple[str, ...]) -> dict[str, Any]:
    return _world_part(compose_config(overrides))


def _world_part(config: DictConfig) -> dict[str, Any]:
    return {key: _resolved(config, key) for key in WORLD_KEYS}


@cache
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
        return instantiate(_typed(settings))
    except ConfigError:
        raise
    except Exception as error:  # Hydra's own, of which the cause says more, or what importing the class raised
        reason = " ".join(str(error.__cause__ or error).split())
        raise ConfigError(f"detector cannot be made from {settings['_target_']}: {reason}") from error


def _typed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a detector's settings with its parameters of the types that the class declares, where these are plain."""
    try:
        made = pkgutil.resolve_name(settings["_target_"])
    except Exception:  # whatever importing it raises: Hydra says it better
        return dict(settings)
    hints = get_type_hints(made.__init__) if inspect.isclass(made) and inspect.isfunction(made.__init__) else {}
    plain = {
        key: kind for key, kind in hints.items()
        if get_origin(kind) in (None, Union, UnionType, list) and {*(get_args(kind) or (kind,))} <= _PLAIN
    }  # fmt: skip
    return {
        key: convert(plain[key], value, f"detector.{key}") if key in plain else value for key, value in settings.items()
    }


def detector_settings(detector: str | Mapping[str, Any], *, seed: int | None = None) -> dict[str, Any]:
    """Return what a detector is made from, as `load_detector` takes it: `_target_` and the parameters, resolved.

    A composed configuration is taken for its detector, as it is at the seed.
    """
    settings: Any = detector
    if isinstance(detector, str):
        _check_name("detector", detector)
        overrides = [f"detector={detector}", *([] if seed is None else [f"seed={seed}"])]
        settings = _named_settings(tuple(overrides))
    elif isinstance(detector, DictConfig) and "detector" in detector:
        settings = _resolved(detector if seed is None else _at_seed(detector, seed), "detector")
    elif isinstance(detector, DictConfig):
        settings = OmegaConf.to_container(detector, resolve=True)
    if not isinstance(settings, Mapping) or "_target_" not in settings:
        raise ConfigError(f"detector must be a name or hold _target_, the path of a class; got {settings!r}.")
    if not isinstance(settings["_target_"], str) or not settings["_target_"]:
        raise ConfigError(f"detector._target_ must be the dotted path of a class; got {settings['_target_']!r}.")
    return dict(settings)


def _at_seed(config: DictConfig, seed: int) -> DictConfig:
    copied = copy.deepcopy(config)
    copied.seed = seed
    return copied


def detectors_of(config: DictConfig, chosen: str, names: Iterable[str]) -> dict[str, DictConfig]:
    """Return what to make the named detectors from that the package's files do not tell, for `detector_settings`.

    Parameters
    ----------
    config : DictConfig
        Composed by the Hydra application that is running.
    chosen : str
        The detector of `config`, whose values may have been changed on the command line.
    names : iterable of str
        Of `chosen`, of files of `conf/detector`, or of those of the user's own folder (`--config-dir`).

    Raises
    ------
    ConfigError
        There is no such file.
    """
    offered = GlobalHydra.instance().config_loader().get_group_options("detector")
    found = {chosen: config}
    for name in names:
        if name not in {*offered, chosen}:
            raise ConfigError(f"detector must be one of {', '.join(sorted({*offered, chosen}))}; got {name!r}.")
        if name not in {*available("detector"), chosen}:
            try:
                found[name] = compose("config", overrides=[f"detector={name}"])
            except (HydraException, OmegaConfBaseException) as error:
                raise ConfigError(f"detector={name}: {explain(error)}") from error
    return found


@cache  # a sweep makes its detector anew for each run
def _named_settings(overrides: tuple[str, ...]) -> Any:
    return _resolved(compose_config(overrides), "detector")


def world_from(config: DictConfig) -> WorldConfig:
    """Return the part of a composed configuration that a world is built from."""
    return from_mapping(WorldConfig, _world_part(config))


def enforcement_from(config: DictConfig) -> EnforcementConfig:
    """Return the enforcement of a composed configuration."""
    return from_mapping(EnforcementConfig, _resolved(config, "enforcement"), "enforcement")


def available(group: str) -> list[str]:
    """Return the names of a configuration group's files."""
    folder = files("conf").joinpath(group)
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


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
        with _hydra_of_our_own():
            return compose("config", overrides=list(overrides))
    except (HydraException, OmegaConfBaseException, ValueError) as error:  # a group given as a number: ValueError
        raise ConfigError(explain(error)) from error


def check_overrides(overrides: Iterable[str]) -> None:
    """Refuse what Hydra would take without a word and do nothing about."""
    for override in overrides:
        key, _, value = override.partition("=")
        if re.fullmatch(r"\s*\{\s*\}\s*", value):
            raise ConfigError(f"{key} must be given the keys to change, or be rid of one by ~{key}.KEY; got {value}.")


def explain(error: Exception) -> str:
    """Say in one line what is wrong with a configuration that Hydra or OmegaConf refused."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options is not None:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return f"{group or 'config'} must be one of {', '.join(sorted(error.options))}; got {name!r}."
    if isinstance(error, OverrideParseException):
        return f"{error.override!r} is not an override; write key=value, the value quoted where it holds = , ~ [ or {{."
    text = first_line(error)
    if several := re.search("(?:Ambiguous value for argument|Sweep parameters) '(.*?)=(.*)'", text):
        return f"{several[1]} must be one value, or several with --multirun; got {several[2]}."
    if merged := re.fullmatch("Error merging override (.*?)=(.*)", text):
        return f"{merged[1].lstrip('+')} must be of the kind that it is by default; got {merged[2]}."
    chain: BaseException | None = error
    while chain is not None:
        key = getattr(chain, "full_key", None)
        if key and "not in struct" in str(chain):
            return f"{key} {_unknown(str(key))}"
        if key and isinstance(chain, InterpolationResolutionError):
            return f"{key} cannot be resolved: {first_line(chain)}."
        chain = chain.__cause__ or chain.__context__
    if unknown := re.fullmatch(r"Could not override '(.*)'\.", text):
        return f"{unknown[1]} is not an option."
    return text


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


def _unknown(key: str) -> str:
    """Say of a key that it is not an option, and what is; of one that was taken out, that it is missing."""
    parent = key.rpartition(".")[0]
    with _hydra_of_our_own():
        default = compose("config")
    if OmegaConf.select(default, key) is not None:
        return "is missing; it needs a value."
    node = OmegaConf.select(default, parent) if parent else default
    beside = f"; allowed here: {', '.join(sorted(map(str, node)))}" if isinstance(node, DictConfig) else ""
    return f"is not an option{beside}."


def _check_name(group: str, name: Any) -> None:
    """Refuse what names no file of a group."""
    if name not in available(group):
        raise ConfigError(f"{group} must be one of {', '.join(available(group))}; got {name!r}.")


def _resolved(config: DictConfig, key: str) -> Any:
    """Return a part of a configuration as plain containers, interpolations resolved."""
    try:
        node = config.get(key)
        return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    except OmegaConfBaseException as error:
        raise ConfigError(f"{key} cannot be resolved: {first_line(error)}") from error
