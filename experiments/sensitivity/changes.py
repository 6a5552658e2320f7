"""Values that are changed one at a time: which, what they are set to, and the worlds and runs that come of it."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import yaml

from experiments.sweep import Run
from experiments.validation.topic_public import similarity
from sim.config import ConfigError, WorldConfig, from_mapping
from sim.config.composition import WORLD_KEYS, compose_config, load_enforcement, resolved
from sim.config.detector import detector_settings

MONTH = "scenario.days=30"  # before the announcement
SCENARIO, PROBE = "hk2019", f"{similarity.__module__}.{similarity.__name__}"
NONE = "none"  # the detector of an unenforced run; what is changed in a run of the default values
IDLE = "random"  # the detector of a run in which nobody acts on its scores
CHANGED, TO = "changed", "to"  # columns of a sweep's table
ENDS = ("low", "high")


@dataclass(frozen=True)
class Change:
    """A value that is changed by itself.

    Attributes
    ----------
    key : str
        As on a command line; an element of a list by its index.
    default, value
        What it is, and what it is set to.
    end : str
        `low` or `high`: which of the two values.
    """

    key: str
    default: Any
    end: str
    value: Any

    @property
    def arms(self) -> dict[str, str]:
        """Return the columns of its runs in a sweep's table."""
        return {CHANGED: self.key, TO: text_of(self.value)}


def listed() -> dict[str, Any]:
    """Return the file `values.yaml`: `values`, from key to two values or None, and `untouched`, a list of keys."""
    return dict(yaml.safe_load(files("experiments.sensitivity").joinpath("values.yaml").read_text(encoding="utf-8")))


def composed(overrides: Sequence[str]) -> dict[str, Any]:
    """Return the configuration of a world as plain containers.

    Raises
    ------
    ConfigError
        An override is unknown or cannot be read.
    """
    config = compose_config([f"scenario={SCENARIO}", MONTH, *overrides])
    return {key: resolved(config, key) for key in WORLD_KEYS}


def changes_of(config: Mapping[str, Any], values: Mapping[str, Any]) -> list[Change]:
    """Return the changes of values, two each.

    Parameters
    ----------
    config : mapping
        Of the world, as `composed` returns it.
    values : mapping
        From key to the two values that it is set to; None: half and twice the default.

    Raises
    ------
    ConfigError
        A key is unknown or holds no number, or there are not two values.
    """
    found = []
    for key, ends in values.items():
        holder, at = _place(config, key)
        default = holder[at]
        if ends is None:
            ends = [_times(default, factor, key) for factor in (0.5, 2.0)]
        if not isinstance(ends, list) or len(ends) != len(ENDS):
            raise ConfigError(f"{key} must have two values, [LOW, HIGH], or null; got {ends!r}.")
        found += [Change(key, default, end, one) for end, one in zip(ENDS, ends, strict=True) if one != default]
    return found


def world_of(config: Mapping[str, Any], change: Change | None = None) -> WorldConfig:
    """Return the world in which one value is changed, or none.

    Of shares that add up to 1, in a list or mapping or under one name in several mappings, the others are scaled, so
    that they still do.

    Raises
    ------
    ConfigError
        The value is not allowed.
    """
    made = copy.deepcopy(dict(config))
    if change is None:
        return from_mapping(WorldConfig, made)
    holder, at = _place(made, change.key)
    if (before := holder[at]) != 1.0:
        for other, place in _shares_with(made, change.key):
            other[place] *= (1.0 - change.value) / (1.0 - before)
    holder[at] = change.value
    try:
        return from_mapping(WorldConfig, made)
    except ConfigError as error:
        raise ConfigError(f"{change.key} cannot be set to {text_of(change.value)}: {error}") from error


def runs_of_changes(
    config: Mapping[str, Any], changes: Sequence[Change], seeds: Sequence[int], policies: Mapping[str, float]
) -> list[Run]:
    """Return the runs: by seed and change, and of the default, one without enforcement and one of each policy.

    Parameters
    ----------
    config : mapping
        Of the world.
    changes : sequence of Change
    seeds : sequence of int
    policies : mapping of str to float
        The threshold of each detector, a file of `conf/detector`.

    Raises
    ------
    ConfigError
        A value is not allowed, or there is no such detector.
    """
    never = load_enforcement("enforcement=never")
    acting = {name: load_enforcement(f"enforcement.threshold={threshold}") for name, threshold in policies.items()}
    worlds = [({CHANGED: NONE, TO: NONE}, world_of(config))]
    worlds += [(change.arms, world_of(config, change)) for change in changes]
    found = []
    for seed in seeds:
        settings = {name: detector_settings(name, seed=seed) for name in (IDLE, *policies)}
        for arms, each in worlds:
            world = replace(each, seed=seed)
            unenforced = {"detector": NONE, "threshold": math.inf} | arms
            found.append(Run(unenforced, world, never, settings[IDLE], probe=PROBE))
            for name, threshold in policies.items():
                found.append(
                    Run({"detector": name, "threshold": threshold} | arms, world, acting[name], settings[name])
                )
    return found


def text_of(value: Any) -> str:
    """Return a value as it stands in tables."""
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else json.dumps(value)


def _place(config: Any, key: str) -> tuple[Any, Any]:
    """Return the mapping or list in which the value of a dotted key stands, and where in it."""
    parts = key.split(".")
    for i, part in enumerate(parts):
        at: Any = int(part) if isinstance(config, list) and part.isdigit() else part
        known = range(len(config)) if isinstance(config, list) else config if isinstance(config, Mapping) else ()
        if at not in known:
            where = ".".join(parts[:i]) or "the configuration"
            raise ConfigError(f"{key} is no value of {SCENARIO}: {where} has no {part}.")
        if i == len(parts) - 1:
            break
        config = config[at]
    return config, at


def _times(value: Any, factor: float, key: str) -> Any:
    """Return a number, or each of a list, times a factor; whole numbers stay whole."""
    if isinstance(value, list) and any(value):
        return [one and _times(one, factor, key) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or not value:
        raise ConfigError(f"{key} must hold a number to be halved and doubled, or be given [LOW, HIGH]; got {value!r}.")
    return max(round(value * factor), 1) if isinstance(value, int) else value * factor


def _shares_with(config: Any, key: str) -> list[tuple[Any, Any]]:
    """Return the places of the shares with which that of a key adds up to 1; none where there are no such shares."""
    holder, at = _place(config, key)
    alike = [(holder, i) for i in (range(len(holder)) if isinstance(holder, list) else holder)]
    above = _place(config, key.rpartition(".")[0])[0] if "." in key else None
    named = [(one, at) for one in above.values() if isinstance(one, Mapping)] if isinstance(above, Mapping) else []
    for places in (alike, named):
        values = [one.get(i) if isinstance(one, Mapping) else one[i] for one, i in places]
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        if len(numbers) == len(places) > 1 and math.isclose(sum(numbers), 1.0, abs_tol=1e-9):
            return [(one, i) for one, i in places if one is not holder or i != at]
    return []
