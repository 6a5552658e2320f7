"""Which scenario, at which scale and for how many days: what a sweep's figures say of the world that they show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

CONFIG = "config.yaml"
_GROUP = "scenario"


def about(folder: Path | None, varied: Sequence[str] = ()) -> str:
    """Return scenario, scale and days of the last sweep into a folder, less those that vary.

    Parameters
    ----------
    folder : Path or None
    varied : sequence of str
        Columns that vary.

    Returns
    -------
    str
        Such as "hk2019 at scale 0.05, 30 days"; empty where there is no configuration, where the scenario itself varies
        or where a point of the sweep changes it.
    """
    if folder is None:
        return ""
    try:
        config = OmegaConf.load(folder / CONFIG)
    except (OSError, ValueError, yaml.YAMLError, OmegaConfBaseException):
        return ""
    if not isinstance(config, DictConfig) or _GROUP in varied or _changed_by_points(config):
        return ""
    found = {name: OmegaConf.select(config, f"{_GROUP}.{name}") for name in ("name", "scale", "days")}
    if None in found.values():
        return ""
    scale, days = (None if f"{_GROUP}.{name}" in varied else found[name] for name in ("scale", "days"))
    return world_text(found["name"], scale, days)


def world_text(name: str, scale: float | None = None, days: int | None = None) -> str:
    """Return scenario, scale and days, what is None left out."""
    return f"{name}{'' if scale is None else f' at scale {scale:g}'}{'' if days is None else f', {days} days'}"


def _changed_by_points(config: DictConfig) -> bool:
    points = OmegaConf.select(config, "sweep.points") or {}
    return any(str(word).startswith(_GROUP) for words in points.values() for word in words or ())
