"""The runs of one unit, one after another in one process: a world, its unenforced twin, and what is done to it."""

from __future__ import annotations

import gc
import pkgutil
import platform
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from experiments.store.results import code_digest
from experiments.store.runs import RunRecord, Timing, days_of
from experiments.store.twins import OnStep, Twins, Worlds
from experiments.sweep.plan import Run, Unit
from sim import ConfigError, InfluenceModel
from sim.config import WorldConfig
from sim.config.detector import load_detector
from sim.core.files import OutputError
from sim.core.interruption import interruption
from sim.graph.csr import GraphError
from sim.metrics import Outcome, attribution, results
from sim.observation import DetectorError
from sim.population.world import World

TRUE_OF_ALL = (ConfigError, GraphError, OutputError, MemoryError)  # errors that no other run would escape


def run_unit(
    unit: Unit,
    write: Callable[[RunRecord], None],
    *,
    worlds: Worlds,
    twins: Twins,
    twin_first: bool = True,
    on_begin: Callable[[str | None], None] = lambda key: None,
    on_step: OnStep | None = None,
) -> None:
    """Run a unit, and hand over each run's record when it is finished.

    Parameters
    ----------
    unit : Unit
    write : callable
        Given each record.
    worlds, twins
        To take the world and the twin from, or to make them in.
    twin_first : bool
        Whether the twin is run before the first run; else when the first run is finished, for another process runs it.
        A first run that is itself the twin takes its place.
    on_begin : callable
        Called with the key of the run that begins, None for the twin.
    on_step : callable, optional
        Called after each step.

    Raises
    ------
    ConfigError, GraphError, OutputError, MemoryError
        What keeps one run from being made keeps all of them.
    """

    def twin_of(steps: int | None = None) -> Outcome:
        on_begin(None)
        world = worlds.get(unit.world)
        return twins.get(unit.world, world, on_step) if steps is None else _first_steps(unit.world, world, steps)

    if twin_first and not unit.runs[0].is_twin:
        twin_of()
    for run in unit.runs:
        on_begin(run.key)
        write(record_of(run, worlds.get(run.world), twin_of, on_step, partial(twins.keep, unit.world)))


def record_of(
    run: Run,
    world: World,
    twin_of: Callable[[int | None], Outcome],
    on_step: OnStep | None = None,
    keep: Callable[[Outcome], None] = lambda outcome: None,
) -> RunRecord:
    """Return the record of one run; of a run that breaks off, of the steps until then.

    Parameters
    ----------
    run : Run
    world : World
    twin_of : callable
        Returns the outcome of the unenforced twin; given a number of steps, of the first of them.
    on_step : callable, optional
    keep : callable
        Given the outcome of a run that is itself the twin, so that `twin_of` need not run it.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    failed: str | None = None
    outcome: Outcome | None = None
    scripted: Outcome | None = None
    more: dict[str, float] = {}
    steps = 0
    try:
        model = InfluenceModel(run.world, load_detector(run.settings), enforcement=run.enforcement, world=world)
        try:
            model.run(on_step)
        except DetectorError as error:
            failed = " ".join(str(error).split())
        steps = model.step_number
        outcome = model.outcome() if steps else None
        scripted = model.scripted(on_step) if run.attribute and steps and run.against is None else None
        if run.probe is not None and failed is None:
            more = {name: float(value) for name, value in pkgutil.resolve_name(run.probe)(model).items()}
        del model
    except TRUE_OF_ALL:
        raise
    except Exception as error:  # one run must not lose the others
        if (interrupted := interruption(error)) is not None:
            raise interrupted from None
        failed = " ".join(f"{type(error).__name__}: {error}".split())
    took = time.perf_counter() - wall, time.process_time() - cpu
    gc.collect()  # a model's parts refer to one another, and a run makes too few objects to trigger a collection
    measures: dict[str, float] = {}
    days: dict[str, Any] = {}
    if outcome is not None:
        if run.is_twin and failed is None:
            keep(outcome)
        twin = twin_of(steps if failed else None)
        measures, days = results(outcome, twin) | more, days_of(outcome, twin)
        if scripted is not None:
            measures |= attribution(outcome, scripted, twin)
    return RunRecord(
        key=run.key, code=code_digest(), arms=dict(run.arms), choices=dict(run.choices), config=run.config(),
        seed=run.world.seed, steps=steps, planned_steps=run.world.scenario.n_steps, failed=failed, measures=measures,
        days=days, timing=Timing(took[1], took[0], peak_memory_bytes(), platform.node()),
    )  # fmt: skip


def _first_steps(config: WorldConfig, world: World, steps: int) -> Outcome:
    """Return the outcome of the first steps of a world's unenforced run."""
    model = InfluenceModel(config, world=world)
    while model.step_number < steps:
        model.step()
    return model.outcome()


def peak_memory_bytes() -> int:
    """Return the most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
