"""Detectors by name or class: from a file of `conf/detector`, or a mapping with `_target_`, to a fresh object."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config.checks import ConfigError, convert
from sim.config.classes import DETECTOR_METHODS, check_nested, class_of
from sim.config.composition import compose_config, resolved
from sim.config.messages import explain
from sim.config.yaml_files import available, check_name

THRESHOLDS = "thresholds"  # a key of conf/detector/*.yaml that is no parameter of the class: the grid of task=sweep
_PLAIN = {int, float, str, bool, type(None)}


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
        The name is unknown, the class is no detector's (`sim.config.classes`), or it cannot be made.
    """
    settings = detector_settings(detector, seed=seed)
    made = class_of("detector._target_", settings["_target_"], DETECTOR_METHODS)
    check_nested(settings, "detector")
    try:
        return instantiate(_typed(made, settings))
    except ConfigError:
        raise
    except Exception as error:  # Hydra's own, of which the cause says more, or what importing the class raised
        reason = " ".join(str(error.__cause__ or error).split())
        raise ConfigError(f"detector cannot be made from {settings['_target_']}: {reason}") from error


def _typed(made: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a detector's settings with its parameters of the types that the class declares, where these are plain."""
    construct = made.__init__  # type: ignore[misc]
    hints = get_type_hints(construct) if inspect.isfunction(construct) else {}
    plain = {
        key: kind for key, kind in hints.items()
        if get_origin(kind) in (None, Union, UnionType, list) and {*(get_args(kind) or (kind,))} <= _PLAIN
    }  # fmt: skip
    return {
        key: convert(plain[key], value, f"detector.{key}") if key in plain else value for key, value in settings.items()
    }


def detector_settings(detector: str | Mapping[str, Any], *, seed: int | None = None) -> dict[str, Any]:
    """Return what a detector is made from, as `load_detector` takes it: `_target_` and the parameters, resolved.

    A composed configuration is taken for its detector, as it is at the seed. The key `thresholds`, of the detector and
    of those that it is made of, is no parameter and left out.
    """
    return _without_thresholds(_read_settings(detector, seed))


def detector_thresholds(detector: str | Mapping[str, Any]) -> Any:
    """Return the thresholds that stand beside a detector in its file; None where there are none."""
    return _read_settings(detector, None).get(THRESHOLDS)


def _without_thresholds(settings: Mapping[str, Any]) -> dict[str, Any]:
    made = "_target_" in settings
    return {
        key: _without_thresholds(value) if isinstance(value, Mapping) else value
        for key, value in settings.items() if not (made and key == THRESHOLDS)
    }  # fmt: skip


def _read_settings(detector: str | Mapping[str, Any], seed: int | None) -> Mapping[str, Any]:
    settings: Any = detector
    if isinstance(detector, str):
        check_name("detector", detector)
        settings = _named_settings(detector, seed if seed is not None and _refers(detector) else None)
    elif isinstance(detector, DictConfig) and "detector" in detector:
        settings = resolved(detector if seed is None else _at_seed(detector, seed), "detector")
    elif isinstance(detector, DictConfig):
        settings = OmegaConf.to_container(detector, resolve=True)
    if not isinstance(settings, Mapping) or "_target_" not in settings:
        raise ConfigError(f"detector must be a name or hold _target_, the path of a class; got {settings!r}.")
    if not isinstance(settings["_target_"], str) or not settings["_target_"]:
        raise ConfigError(f"detector._target_ must be the dotted path of a class; got {settings['_target_']!r}.")
    return settings


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


@cache  # composing takes a tenth of a second, and a sweep makes its detector anew for each run
def _composed(name: str) -> DictConfig:
    return compose_config([f"detector={name}"])


@cache
def _refers(name: str) -> bool:
    """Return whether the settings of a detector refer to what stands elsewhere, such as `${seed}`."""
    return "${" in OmegaConf.to_yaml(_composed(name).detector, resolve=False)


@cache
def _named_settings(name: str, seed: int | None) -> Any:
    return resolved(_composed(name) if seed is None else _at_seed(_composed(name), seed), "detector")
