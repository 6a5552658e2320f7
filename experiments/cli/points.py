"""Runs outside a sweep's grid, `sweep.points`: a whole configuration each, compared with the sweep's own twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from experiments.cli.vary import key_of
from experiments.sweep import Run
from sim.config import ConfigError, WorldConfig
from sim.config.composition import check_overrides, enforcement_from, world_from
from sim.config.detector import detector_settings
from sim.config.messages import explain
from sim.graph.own import sized


def runs_of_points(
    points: Mapping[str, Sequence[str]],
    words: Sequence[str],
    world: WorldConfig,
    seeds: Sequence[int],
    choices: Mapping[str, str],
    *,
    taken: Sequence[str],
    attribute: bool,
    varied: Sequence[str] = (),
    arms: Mapping[str, Any] | None = None,
) -> list[Run]:
    """Return the runs of points, each on every seed, in one combination of what else varies.

    Parameters
    ----------
    points : mapping of str to sequence of str
        What is written on the command line for a point, such as `feed=chronological`, by its name.
    words : sequence of str
        The combination's overrides; those of keys that a point sets are left out of it.
    world : WorldConfig
        Of the sweep, whose unenforced run points are compared with.
    seeds : sequence of int
    choices : mapping of str to str
        The file that each group of the sweep was composed of.
    taken : sequence of str
        Names of detectors.
    attribute : bool
        See `Run`.
    varied : sequence of str
        Keys that vary beside the points.
    arms : mapping, optional
        Their values here, by column.

    Raises
    ------
    ConfigError
        A point has the name of a detector, sets what varies, cannot be composed, or changes more than what the platform
        does.
    """
    found = []
    for name, changes in points.items():
        where = f"sweep.points.{name}"
        if not name.strip() or name in taken:
            raise ConfigError(f"{where} must have a name that no detector of the sweep has; got {name!r}.")
        check_overrides(changes)
        keys = {key_of(word) for word in changes}
        if both := sorted(keys & set(varied)):
            raise ConfigError(f"{where} must leave alone what varies; got {both[0]}.")
        try:
            config = compose("config", overrides=[*(word for word in words if key_of(word) not in keys), *changes])
            parsed = OverridesParser.create().parse_overrides(list(changes))
            own, enforcement = sized(world_from(config)), enforcement_from(config)
        except ConfigError as error:
            raise ConfigError(f"{str(error).rstrip('.')} (in {where}).") from error
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            raise ConfigError(f"{where}: {explain(error)}") from error
        if replace(own, feed=world.feed) != world:
            changed = ", ".join(changes)
            raise ConfigError(
                f"{where} must change what the platform does alone: detector, enforcement, feed; got {changed}."
            )
        loader = GlobalHydra.instance().config_loader()
        files = {one.key_or_group: str(one.value()) for one in parsed if loader.get_group_options(one.key_or_group)}
        found += [
            Run(
                {"detector": name, "threshold": enforcement.threshold, **(arms or {})},
                replace(own, seed=seed), enforcement,
                detector_settings(config, seed=seed), {**choices, **files}, attribute,
                None if own.feed == world.feed else replace(world, seed=seed),
            )
            for seed in seeds
        ]  # fmt: skip
    return found
