"""What the page holds: its runs, run by the sweep's runner where they are not kept, and what is read from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from experiments.lesson.config import LessonConfig
from experiments.lesson.day import day_and_person
from experiments.lesson.kept import kept
from experiments.lesson.pack import Packed, plain
from experiments.lesson.plan import Part, parts_of, runs_in
from experiments.lesson.puzzle import puzzle_of
from experiments.lesson.read import CASE, COSTS, DAYS, MEASURES, days_of, measures_of, twin_reach_of
from experiments.lesson.watched import watch
from experiments.store.results import digest
from experiments.sweep import run_plan
from experiments.sweep.watch import Watch
from sim.config import EnforcementConfig, WorldConfig

ROOT = Path(__file__).parents[2]
OPERATOR = ("reach", "reach_cut_off", "people_hit", "recall", "cost", *COSTS)
AUGUST = (*MEASURES, *CASE)


class BrokenRuns(RuntimeError):
    """Runs behind the page broke off; the message names the first."""


def contents(
    world: WorldConfig,
    enforcement: EnforcementConfig,
    options: LessonConfig,
    folder: Path,
    *,
    workers: int | str | None = None,
    watching: Watch | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[dict[str, Any], Packed]:
    """Run what is missing in a folder, and return all that the page holds.

    Parameters
    ----------
    world, enforcement, options
        Of the grid.
    folder : Path
        All runs lie in it as those of one sweep: a run that several parts ask for is run once, and runs of one world
        share its unenforced twin.
    workers : int or "auto", optional
        As of `experiments.sweep.run_plan`.
    watching : Watch, optional
    say : callable
        Given a line about what begins.

    Returns
    -------
    dict, Packed
        What is plain, and the arrays.

    Raises
    ------
    BrokenRuns
        A run broke off.
    """
    parts = parts_of(world, enforcement, options)
    runs = runs_in(parts)
    say(f"{len(runs)} runs, and {len({digest(run.twin_world) for run in runs})} without enforcement")
    found = run_plan(runs, folder, workers=workers, watch=watching)
    if found.failures:
        run, reason = found.failures[0]
        raise BrokenRuns(f"{run} broke off: {reason}")
    packed = Packed()
    for name, part in parts.items():
        _pack_part(packed, name, part, folder)
    said = _said(world, enforcement, options, parts, packed)
    say("recordings and the network")
    said |= _from_whole_runs(world, enforcement, options, folder, packed)
    return plain(said), packed


def _pack_part(packed: Packed, name: str, part: Part, folder: Path) -> None:
    names = {"operator": OPERATOR, "august": AUGUST}.get(name, MEASURES)
    packed.add(name, measures_of(folder, part, names))
    if name == "operator":
        packed.add("operator_twin_reach", twin_reach_of(folder, part))
    if name in ("adaptation", "feeds", "august"):
        packed.add(f"{name}_days", days_of(folder, part).astype(np.float32))
    if name == "grid":
        packed.add("grid_twin_reach", twin_reach_of(folder, Part(part.names[:1], part.runs[:1]))[0])


def _said(
    world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig, parts: dict[str, Part], packed: Packed
) -> dict[str, Any]:
    scenario = world.scenario
    grid = packed.array("grid")
    cut, hit = (grid[:, :, MEASURES.index(name)] for name in ("reach_cut_off", "people_hit"))
    return {
        "version": _version(), "baselines": baselines_digest(), "scenario": scenario.name, "scale": scenario.scale,
        "days": scenario.days, "august_days": options.august_days,
        "start": str(scenario.start), "seed": world.seed, "seeds": options.seeds,
        "operator_seeds": options.operator_seeds, "n_organic": scenario.n_organic, "n_core": scenario.n_core,
        "n_amplifiers": scenario.n_amplifiers, "detectors": options.detectors, "thresholds": options.tried,
        "detector": options.detector, "threshold": options.chosen, "operator": options.operator,
        "operations": list(options.operations), "adapted_to": options.adapted_to,
        "delay_hours": enforcement.delay_hours, "cadence_hours": enforcement.cadence_hours,
        "names": {name: [list(one) for one in part.names] for name, part in parts.items()},
        "measures": {
            "grid": MEASURES, "operator": OPERATOR, "adaptation": MEASURES, "feeds": MEASURES, "august": AUGUST,
            "days": DAYS,
        },
        "prices": asdict(world.operation.costs), "puzzle": puzzle_of(cut, hit),
    }  # fmt: skip


def _from_whole_runs(
    world: WorldConfig, enforcement: EnforcementConfig, options: LessonConfig, folder: Path, packed: Packed
) -> dict[str, Any]:
    """Add what is read from recordings of the grid's worlds and from one run of the first."""
    made_from = {"world": asdict(world), "enforcement": asdict(enforcement), "detectors": options.detectors}
    watched = []
    for i in range(options.seeds):
        one, hands = replace(world, seed=world.seed + i), 0 if i else options.hands
        key = {**made_from, "seed": one.seed, "hands": hands}
        watched.append(kept(folder, "watched", key, partial(watch, one, enforcement, options.detectors, hands)))
    packed.add("watched", np.stack([one["counts"] for one in watched]).astype(np.int32))
    sizes = {name: [one[name] for one in watched] for name in ("n_organic", "n_operation", "n_core", "n_amplifiers")}
    key = {**made_from, "detector": options.detector, "threshold": options.chosen, "nodes": options.nodes}
    make = partial(day_and_person, world, enforcement, options.detector, options.chosen, options.nodes)
    of = kept(folder, "day", key, make)
    network = of["network"]
    for name in ("layer", "x", "y", "fallen", "ties", "time", "kind", "who", "by", "post"):
        array = network[name].astype(np.float32) if name in ("x", "y") else network[name]
        packed.add(f"day_{name}", array)
    return {"watched": sizes, "cards": watched[0]["cards"], "day": network["day"], "person": of["person"]}


def baselines_digest(folder: Path = ROOT / "tests" / "baselines") -> str:
    """Return the SHA-256 of the results that `tests/baselines/` holds; nothing where there is none."""
    whole = hashlib.sha256()
    for path in sorted(folder.glob("*.json")):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def _version() -> str:
    try:
        return version("takedown")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""
