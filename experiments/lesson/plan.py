"""The runs behind the page, by chapter: each is run by the sweep's own runner and found again by its key."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import product
from typing import Any

import yaml

from experiments.lesson.config import LessonConfig
from experiments.sweep import Run, grid, runs_of
from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement, load_scenario
from sim.config.detector import detector_settings

AUGUST = "experiments.lesson.probe.of_the_case"
#: The default defence, and the same without each of its parts: what is changed of `enforcement=defence`.
DEFENCES: Mapping[str, tuple[str, ...]] = {
    "defence": (),
    "without_filter": ("enforcement.routes.fast.threshold=inf",),
    "without_review": ("enforcement.per_day=0",),
    "without_investigation": ("enforcement.investigation.analysts=0",),
}
FEEDS = ("engagement", "chronological")


@dataclass(frozen=True)
class Part:
    """The runs of one part of the page.

    Attributes
    ----------
    names : list of tuple
        What each point of the part is, in order: values, by which the page finds it.
    runs : list of list of Run
        Of each point, on each seed.
    """

    names: list[tuple[Any, ...]]
    runs: list[list[Run]]


def parts_of(world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig) -> dict[str, Part]:
    """Return the runs behind the page by part: `grid`, `operator`, `adaptation`, `feeds`, `august`.

    Raises
    ------
    ConfigError
        A detector, a key or a value is not allowed.
    """
    seeds = [world.seed + i for i in range(options.seeds)]
    return {
        "grid": _grid(world, enforcement, options, seeds),
        "operator": _operator(world, enforcement, options),
        "adaptation": _adaptation(world, enforcement, options, seeds),
        "feeds": _feeds(world, enforcement, options, seeds),
        "august": _august(world, options, seeds),
    }


def runs_in(parts: Mapping[str, Part]) -> list[Run]:
    """Return the runs that parts ask for, each once, in their order."""
    return list({run.key: run for part in parts.values() for of in part.runs for run in of}.values())


def _grid(world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig, seeds: Sequence[int]) -> Part:
    names = [(detector, threshold) for detector in options.detectors for threshold in options.tried]
    cells = grid(options.detectors, dict.fromkeys(options.detectors, options.tried), seeds)
    found: dict[tuple[Any, ...], list[Run]] = {name: [] for name in names}
    for cell, run in zip(cells, runs_of(world, cells, enforcement), strict=True):
        found[cell.detector, cell.threshold].append(run)
    return Part(names, [found[name] for name in names])


def _operator(world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig) -> Part:
    names = list(product(*options.operator.values()))
    acting = replace(enforcement, threshold=options.chosen)
    runs = []
    for values in names:
        changed = world
        for key, value in zip(options.operator, values, strict=True):
            changed = with_value(changed, key, value)
        own = [replace(changed, seed=world.seed + i) for i in range(options.operator_seeds)]
        arms = dict(zip(options.operator, values, strict=True))
        runs.append([_run(one, acting, options.detector, arms) for one in own])
    return Part(names, runs)


def _adaptation(
    world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig, seeds: Sequence[int]
) -> Part:
    names, runs = [], []
    for name, changes in options.operations.items():
        changed = _with_operation(world, name, changes)
        for threshold in options.adapted_to:
            acting = replace(enforcement, threshold=threshold)
            names.append((name, threshold))
            arms = {"operation": name}
            runs.append([_run(replace(changed, seed=seed), acting, options.detector, arms) for seed in seeds])
    return Part(names, runs)


def _with_operation(world: WorldConfig, name: str, changes: Sequence[str]) -> WorldConfig:
    """Return a world with another operation; `operation=FILE` first, then single keys of it."""
    for change in changes:
        key, _, value = change.partition("=")
        if key.split(".")[0] != "operation":
            raise ConfigError(f"lesson.operations.{name} must change the operation alone; got {change!r}.")
        if key == "operation":
            file = load_scenario(world.scenario.name, overrides=[change]).operation
            world = replace(world, operation=file)
        else:
            world = with_value(world, key, yaml.safe_load(value))
    return world


def _feeds(world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig, seeds: Sequence[int]) -> Part:
    never = replace(enforcement, policy="never", threshold=math.inf)
    acting = replace(enforcement, threshold=options.chosen)
    names, runs = [], []
    for feed in FEEDS:
        other = load_scenario(world.scenario.name, overrides=[f"feed={feed}"]).feed
        for acts, rules in ((False, never), (True, acting)):
            names.append((feed, acts))
            own = [replace(world, seed=seed, feed=other) for seed in seeds]
            runs.append([_run(one, rules, options.detector, {"feed": feed}) for one in own])
    return Part(names, runs)


def _august(world: WorldConfig, options: LessonConfig, seeds: Sequence[int]) -> Part:
    whole = with_value(world, "scenario.days", options.august_days)
    names, runs = [], []
    for name, changes in DEFENCES.items():
        rules = load_enforcement("enforcement=defence", *changes)
        names.append((name,))
        own = [replace(whole, seed=seed) for seed in seeds]
        runs.append([_run(one, rules, "co_repost", {"defence": name}, probe=AUGUST) for one in own])
    return Part(names, runs)


def _run(
    world: WorldConfig, rules: EnforcementConfig, detector: str, arms: Mapping[str, Any], probe: str | None = None
) -> Run:
    columns = {"detector": detector, "threshold": rules.threshold, **arms}
    return Run(columns, world, rules, detector_settings(detector, seed=world.seed), probe=probe)


def with_value(config: WorldConfig, key: str, value: Any) -> WorldConfig:
    """Return a configuration with another value of a dotted key.

    Raises
    ------
    ConfigError
        There is no such key, or the value is not allowed.
    """
    return _replaced(config, key.split("."), key, value)


def _replaced(config: Any, path: Sequence[str], key: str, value: Any) -> Any:
    if not is_dataclass(config) or path[0] not in {field.name for field in fields(config)}:
        raise ConfigError(f"{key} is not a key of the configuration of a world.")
    inner = value if len(path) == 1 else _replaced(getattr(config, path[0]), path[1:], key, value)
    return replace(config, **{path[0]: inner})  # type: ignore[type-var]
