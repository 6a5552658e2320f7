"""Units of a sweep as jobs: how many go into one, and what a job runs of what it is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from experiments.store.runs import read_run, run_path
from experiments.sweep import grid, runs_of
from experiments.sweep.cluster import MANY_JOBS, batches_of, work
from experiments.sweep.plan import Unit, units_of
from sim import load_scenario
from sim.config.composition import load_enforcement

WORLD = load_scenario("quiet", scale=0.002, overrides=["scenario.days=1"])


def units(seeds: int, scale: float = 0.002) -> list[Unit]:
    world = replace(WORLD, scenario=replace(WORLD.scenario, scale=scale))
    cells = grid(["random"], {"random": [0.9, 0.5]}, range(1, seeds + 1))
    return units_of(runs_of(world, cells, load_enforcement()))


def test_every_unit_goes_into_one_job_and_in_order():
    given = units(30)
    assert [unit for batch in batches_of(given) for unit in batch] == given


def test_few_units_are_a_job_each_and_many_small_ones_share_jobs():
    assert [len(batch) for batch in batches_of(units(5))] == [1] * 5
    assert len(batches_of(units(80))) == MANY_JOBS


def test_units_that_take_long_are_a_job_each():
    large = units(20, scale=1.0)
    assert len(batches_of([replace(unit, runs=unit.runs * 60) for unit in large])) == 20


def test_a_job_runs_what_is_missing_of_its_unit_and_nothing_again(tmp_path: Path):
    (unit,) = units(1)
    first, second = (run_path(tmp_path, run.key) for run in unit.runs)
    work(replace(unit, runs=unit.runs[:1]), tmp_path)
    written = first.stat().st_mtime_ns
    assert not second.exists()
    work(unit, tmp_path)
    assert first.stat().st_mtime_ns == written
    assert read_run(second).failed is None
    second.write_bytes(second.read_bytes()[:-9])  # cut short
    work(unit, tmp_path)
    assert read_run(second).failed is None
