"""What a sweep runs: runs, identified by their configurations, and the units in which they share a world and a twin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from experiments.store.leaves import leaves
from experiments.store.own_code import own_sources
from experiments.store.results import code_digest, digest
from sim import ConfigError
from sim.config import EnforcementConfig, WorldConfig, is_threshold
from sim.config.checks import check_distinct
from sim.config.detector import detector_settings


@dataclass(frozen=True)
class Cell:
    """A detector at a threshold on a seed: what `grid` makes."""

    detector: str
    threshold: float
    seed: int


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes
    ----------
    arms : mapping of str to number, text, bool or None
        What was varied, by column: `detector` and `threshold` first.
    world : WorldConfig
        With the run's seed.
    enforcement : EnforcementConfig
    settings : mapping
        What the detector is made from.
    choices : mapping of str to str
        The file that each group of the configuration was composed of, where that is known.
    attribute : bool
        Whether the drop in reach is split into its parts, which takes a third run (`sim.metrics.attribution`).
    against : WorldConfig, optional
        The world whose unenforced run it is compared with, where that is not its own: one of the same accounts, with
        another feed. Nothing is attributed then.
    probe : str, optional
        The dotted path of a function of the finished model that returns further measures, a mapping from name to
        number.
    key : str
        SHA-256 of all that the result depends on, and of the detector's name.
    """

    arms: Mapping[str, Any]
    world: WorldConfig
    enforcement: EnforcementConfig
    settings: Mapping[str, Any]
    choices: Mapping[str, str] = field(default_factory=dict)
    attribute: bool = False
    against: WorldConfig | None = None
    probe: str | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", digest(self.config(), self.arms["detector"], code_digest()))

    def __str__(self) -> str:
        names = [f"{column} {_shown(value)}" for column, value in self.arms.items() if column != "detector"]
        return f"{self.arms['detector']} at {', '.join(names)}, seed {self.world.seed}"

    @property
    def twin_world(self) -> WorldConfig:
        """Return the world of the unenforced run that it is compared with."""
        return self.world if self.against is None else self.against

    @property
    def is_twin(self) -> bool:
        """Return whether it is itself the unenforced run that it is compared with."""
        return self.against is None and not self.enforcement.acts

    def config(self) -> dict[str, Any]:
        """Return all that the run is made from, as plain containers."""
        made_from = {**asdict(self.world), "enforcement": asdict(self.enforcement), "detector": dict(self.settings)}
        if self.attribute:
            made_from["metrics"] = {"attribute": True}
        if self.against is not None:
            own = dict(leaves(asdict(self.world)))
            made_from["against"] = {key: one for key, one in leaves(asdict(self.against)) if own.get(key) != one}
        if self.probe is not None:
            made_from["probe"] = self.probe
        sources = own_sources(made_from)
        if self.world.graph.edge_list is not None:
            sources["graph.edge_list"] = _content_of(self.world.graph.edge_list)
        if sources:
            made_from["sources"] = sources
        return dict(json.loads(json.dumps(made_from, default=str)))


@dataclass(frozen=True)
class Unit:
    """Runs that are compared with one world's unenforced twin; what one process is given at a time."""

    world: WorldConfig
    runs: tuple[Run, ...]


def grid(detectors: Sequence[str], thresholds: Mapping[str, Sequence[Any]], seeds: Sequence[int]) -> list[Cell]:
    """Return detectors x thresholds x seeds, seed by seed; each detector has thresholds of its own.

    Raises
    ------
    ConfigError
        A detector has no thresholds, one of them is not a number in [0, 1] or inf, or something is there twice.
    """
    if not detectors or not seeds:
        raise ConfigError("sweep.detectors and sweep.seeds must name at least one each; got none.")
    check_distinct("sweep.detectors", detectors)
    for name in detectors:
        where, values = f"sweep.thresholds.{name}", thresholds.get(name)
        if values is None or isinstance(values, str | float | int) or not len(values):
            have = "" if name in thresholds else f" Detectors that have one: {', '.join(sorted(thresholds))}."
            raise ConfigError(f"{where} must be a list of thresholds; got {values!r}.{have}")
        for value in values:
            if not is_threshold(value):
                raise ConfigError(f"{where} must hold numbers in [0, 1] or inf; got {value!r}.")
        check_distinct(where, values)
    return [Cell(name, float(value), seed) for seed in seeds for name in detectors for value in thresholds[name]]


def runs_of(
    config: WorldConfig,
    cells: Sequence[Cell],
    enforcement: EnforcementConfig,
    detectors: Mapping[str, Any] | None = None,
    *,
    arms: Mapping[str, Any] | None = None,
    choices: Mapping[str, str] | None = None,
    attribute: bool = False,
) -> list[Run]:
    """Return the runs of cells.

    Parameters
    ----------
    config : WorldConfig
        The world; a cell's seed takes the place of its own.
    cells : sequence of Cell
    enforcement : EnforcementConfig
        A cell's threshold takes the place of its own.
    detectors : mapping of str to (str or mapping), optional
        What to make each detector from; by default its name (a file of conf/detector).
    arms, choices, attribute : optional
        Of all of these runs; see `Run`.
    """
    made: dict[tuple[str, int], dict[str, Any]] = {}
    found = []
    for cell in cells:
        name = cell.detector
        if (name, cell.seed) not in made:
            made[name, cell.seed] = detector_settings((detectors or {}).get(name, name), seed=cell.seed)
        labels = {"detector": name, "threshold": cell.threshold, **(arms or {})}
        found.append(
            Run(
                labels, replace(config, seed=cell.seed), at_threshold(enforcement, cell.threshold),
                made[name, cell.seed], {**(choices or {}), "detector": name}, attribute,
            )
        )  # fmt: skip
    return found


def at_threshold(enforcement: EnforcementConfig, threshold: float) -> EnforcementConfig:
    """Return an enforcement with another threshold; where its policy never acts, with that of a threshold."""
    policy = "threshold" if enforcement.policy == "never" else enforcement.policy
    return replace(enforcement, policy=policy, threshold=threshold)


def units_of(runs: Sequence[Run], parts: int = 1) -> list[Unit]:
    """Return the units of runs: one for each unenforced twin, in the order of the runs.

    A run that is itself the twin comes first in its unit, so that it is run once.

    Parameters
    ----------
    runs : sequence of Run
    parts : int
        Where there are fewer worlds than this, the runs of each world are divided so that there are about so many
        units. The first unit of a world has the fewest runs, as it runs the twin as well.
    """
    by_world: dict[str, list[Run]] = {}
    for run in runs:
        by_world.setdefault(digest(run.twin_world), []).append(run)
    units = []
    for together in by_world.values():
        together.sort(key=lambda run: not run.is_twin)
        each = min(len(together), -(-parts // len(by_world)))
        size, larger = divmod(len(together), each)
        ends = [0, *accumulate([size] * (each - larger) + [size + 1] * larger)]
        units += [Unit(together[0].twin_world, tuple(together[low:high])) for low, high in pairwise(ends) if high > low]
    return units


@cache
def _content_of(path: str) -> str:
    """Return the SHA-256 of a file as it is when a sweep begins."""
    with suppress(OSError):  # that it cannot be read is said where it is read
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return ""


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
