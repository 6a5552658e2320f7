"""Runs of one unit: what they are compared with, what is run once, and further measures of a finished model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors import RandomDetector
from experiments.store.runs import RunRecord
from experiments.store.twins import Twins, Worlds, pack_outcome
from experiments.sweep import Run, run_plan
from experiments.sweep.execute import run_unit
from experiments.sweep.plan import units_of
from sim import InfluenceModel, load_scenario
from sim.config import EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=TINY)
CHRONOLOGICAL = load_scenario("hk2019", seed=1, overrides=(*TINY, "feed=chronological"))
NEVER, THRESHOLD = load_enforcement("enforcement=never"), load_enforcement("enforcement.threshold=0.5")
RANDOM = {"_target_": "detectors.random.RandomDetector", "seed": 1}


def one(name: str, enforcement: EnforcementConfig, world: WorldConfig = WORLD, **more) -> Run:
    return Run({"detector": name, "threshold": enforcement.threshold}, world, enforcement, RANDOM, **more)


def records(*runs: Run) -> tuple[dict[str, RunRecord], Twins]:
    found: dict[str, RunRecord] = {}
    twins = Twins()

    def write(record: RunRecord) -> None:
        found[str(record.arms["detector"])] = record

    for unit in units_of(runs):
        run_unit(unit, write, worlds=Worlds(), twins=twins)
    return found, twins


def finished(world: WorldConfig) -> InfluenceModel:
    model = InfluenceModel(world)
    model.run()
    return model


def test_a_run_of_another_feed_is_compared_with_the_unenforced_run_that_it_names():
    found, twins = records(one("other feed", NEVER, CHRONOLOGICAL, against=WORLD), one("random", THRESHOLD))
    chronological, engagement = finished(CHRONOLOGICAL).outcome(), finished(WORLD).outcome()
    measures = found["other feed"].measures
    assert measures["reach"] == chronological.reached.size != engagement.reached.size
    assert measures["reach_cut_off"] == 1.0 - chronological.reached.size / engagement.reached.size
    assert measures["people_hit"] == 0.0
    assert found["other feed"].days["twin_reach"] == found["random"].days["twin_reach"]
    assert twins.run == 1


def test_what_a_run_is_compared_with_is_part_of_what_it_is_made_from():
    beside, alone = one("x", NEVER, CHRONOLOGICAL, against=WORLD), one("x", NEVER, CHRONOLOGICAL)
    assert beside.key != alone.key
    assert beside.config()["against"] == {"feed.ranking": "engagement", "feed.recommended_share": 0.2}
    assert not beside.is_twin
    assert alone.is_twin


def test_a_run_that_never_acts_is_the_twin_and_is_run_once():
    found, twins = records(one("random", THRESHOLD), one("none", NEVER))
    assert twins.run == 0
    assert pack_outcome(twins.get(WORLD)) == pack_outcome(finished(WORLD).outcome())
    by_itself, _ = records(one("random", THRESHOLD))
    same = {name: (value, found["random"].measures[name]) for name, value in by_itself["random"].measures.items()}
    assert all(np.array_equal(*both, equal_nan=True) for both in same.values())
    assert found["none"].measures["reach_cut_off"] == 0.0


def test_steps_of_a_plan_count_a_twin_that_is_among_its_runs_once(tmp_path: Path):
    from experiments.sweep.watch import Watch

    counted = {"planned": 0, "run": 0}

    class Counts(Watch):
        def plan(self, runs: int, kept: int, steps: int) -> None:
            counted["planned"] = steps

        def steps(self, n: int) -> None:
            counted["run"] += n

    run_plan([one("random", THRESHOLD), one("none", NEVER)], tmp_path, watch=Counts())
    assert counted == {"planned": 2 * WORLD.scenario.n_steps, "run": 2 * WORLD.scenario.n_steps}


def people_and_steps(model: InfluenceModel) -> dict[str, float]:
    return {"own_people": model.config.scenario.n_organic, "own_steps": model.step_number}


def test_a_probe_adds_measures_of_the_finished_model():
    found, _ = records(one("none", NEVER, probe=f"{__name__}.people_and_steps"))
    measures = found["none"].measures
    assert (measures["own_people"], measures["own_steps"]) == (400.0, WORLD.scenario.n_steps)
    assert one("none", NEVER).key != one("none", NEVER, probe=f"{__name__}.people_and_steps").key


class BreaksOff(RandomDetector):
    """A detector that breaks on its second day."""

    requires = frozenset({"created"})
    days = 0

    def score(self):
        self.days += 1
        if self.days == 2:
            raise ValueError("on purpose")
        return super().score()


@pytest.mark.parametrize("against", [None, WORLD])
def test_a_run_that_breaks_off_is_compared_with_as_many_steps(against: WorldConfig | None):
    world = WORLD if against is None else CHRONOLOGICAL
    longer = [replace(each, scenario=replace(each.scenario, days=3)) for each in (world, against or world)]
    run = Run(
        {"detector": "breaks", "threshold": 0.5}, longer[0], THRESHOLD,
        {"_target_": f"{__name__}.BreaksOff", "seed": 1}, against=None if against is None else longer[1],
    )  # fmt: skip
    found, _ = records(run)
    record = found["breaks"]
    assert record.failed
    assert record.steps == 2 * WORLD.scenario.n_steps // 2 < longer[0].scenario.n_steps
    twin = InfluenceModel(longer[1])
    while twin.step_number < record.steps:
        twin.step()
    assert record.days["twin_reach"][-1] == twin.outcome().reached.size
