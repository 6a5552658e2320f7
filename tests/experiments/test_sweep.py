"""Sweeps and twins on a tiny world."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import sweep
from experiments.store import twins
from experiments.store.twins import Twins, Worlds, read_outcome
from experiments.sweep import Cell, grid, run_sweep
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.metrics import results
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=TINY)
CELLS = grid(["random", "oracle"], {"random": [1.0, 0.5], "oracle": [0.5]}, [1, 2])


def test_a_grid_is_detectors_by_thresholds_by_seeds():
    first = [Cell("random", 1.0, 1), Cell("random", 0.5, 1), Cell("oracle", 0.5, 1)]
    assert first + [replace(cell, seed=2) for cell in first] == CELLS


@pytest.mark.parametrize("wrong", ["abc", 1.7, -0.1, math.nan, None, True])
def test_a_threshold_that_is_none_is_refused_with_its_place_and_value(wrong):
    with pytest.raises(ConfigError, match=r"sweep\.thresholds\.random must hold numbers in \[0, 1\] or inf; got"):
        grid(["random"], {"random": [0.5, wrong]}, [1])


def test_a_detector_without_thresholds_is_refused_and_those_that_have_some_are_named():
    with pytest.raises(ConfigError, match=r"sweep\.thresholds\.oracle must be a list.*that have one: random\."):
        grid(["oracle"], {"random": [0.5]}, [1])


def test_the_twin_of_a_seed_is_run_once_and_shared_by_all_thresholds():
    shared, worlds = Twins(), Worlds()
    found = run_sweep(WORLD, CELLS, load_enforcement(), twins=shared, worlds=worlds)
    assert shared.run == 2
    assert worlds.built == 2
    assert len(found.table) == 6
    assert not found.failures


def test_a_cell_of_a_sweep_equals_the_run_by_itself():
    enforcement = load_enforcement()
    found = run_sweep(WORLD, [Cell("oracle", 0.5, 1)], enforcement)
    model = InfluenceModel(WORLD, "oracle", 0.5, enforcement=enforcement)
    model.run()
    row = found.table.iloc[0]
    for name, value in model.results().items():
        assert row[name] == value or (math.isnan(row[name]) and math.isnan(value)), name


def test_a_failing_cell_is_reported_and_loses_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = sweep.outcome_of

    def failing(config, detector, enforcement, *rest):
        if enforcement.threshold == 1.0 and config.seed == 1:
            raise RuntimeError("on purpose\nat once")
        return real(config, detector, enforcement, *rest)

    monkeypatch.setattr(sweep, "outcome_of", failing)
    found = run_sweep(WORLD, CELLS, load_enforcement(), folder=tmp_path)
    assert found.failures == [(CELLS[0], "RuntimeError: on purpose at once")]
    assert len(pd.read_parquet(tmp_path / "results.parquet")) == 5


def test_a_sweep_that_is_broken_off_keeps_what_it_has_and_goes_on_from_there(tmp_path: Path):
    whole = run_sweep(WORLD, CELLS, load_enforcement())
    steps = 0

    def interrupt(model: InfluenceModel) -> None:
        nonlocal steps
        steps += 1
        if steps == 5 * model.n_steps:  # twin, three cells, twin; the next one is not finished
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(WORLD, CELLS, load_enforcement(), folder=tmp_path, on_step=interrupt)
    assert len(pd.read_parquet(tmp_path / "results.parquet")) == 3
    again = run_sweep(WORLD, CELLS, load_enforcement(), folder=tmp_path)
    assert again.reused == 3
    pd.testing.assert_frame_equal(again.table, whole.table)
    pd.testing.assert_frame_equal(again.series, whole.series)
    changed = run_sweep(WORLD, CELLS[:1], load_enforcement("enforcement.delay_hours=1"), folder=tmp_path)
    assert changed.reused == 0


def test_damaged_results_are_made_again(tmp_path: Path):
    (tmp_path / "results.parquet").write_bytes(b"PAR1 not quite")
    found = run_sweep(WORLD, CELLS[:1], load_enforcement(), folder=tmp_path)
    assert found.reused == 0
    assert len(pd.read_parquet(tmp_path / "results.parquet")) == 1


def test_a_twin_kept_on_disk_is_the_twin(tmp_path: Path):
    first = Twins(tmp_path)
    made = first.get(WORLD)
    second = Twins(tmp_path)
    read = second.get(WORLD)
    assert (first.run, second.run) == (1, 0)
    measures = results(made, made)
    assert {k: v for k, v in results(read, read).items() if v == v} == {k: v for k, v in measures.items() if v == v}
    assert np.array_equal(read.reached, made.reached)
    assert all(np.array_equal(read.series[name], made.series[name]) for name in made.series)
    assert read.enforced_by_group == made.enforced_by_group


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:200] + b"\0" * 50 + b[250:]]
)
def test_a_damaged_twin_is_run_again(tmp_path: Path, damage):
    Twins(tmp_path).get(WORLD)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert read_outcome(path) is None
    again = Twins(tmp_path)
    again.get(WORLD)
    assert again.run == 1


def test_twins_are_told_apart_by_configuration_and_by_code(monkeypatch: pytest.MonkeyPatch):
    other = load_scenario("hk2019", seed=1, overrides=[*TINY, "feed.attention=19"])
    key = Twins.key(WORLD)
    assert key == Twins.key(load_scenario("hk2019", seed=1, overrides=TINY))
    assert key != Twins.key(other)
    monkeypatch.setattr(twins, "code_digest", lambda: "another version")
    assert key != Twins.key(WORLD)


def test_worlds_are_let_go_when_they_hold_too_many_accounts():
    worlds = Worlds(most_accounts=1000)
    seeds = [load_scenario("hk2019", seed=seed, overrides=TINY) for seed in (1, 2, 3)]
    first = worlds.get(seeds[0])
    assert worlds.get(seeds[0]) is first
    worlds.get(seeds[1])
    worlds.get(seeds[2])
    assert worlds.get(seeds[1]) is not None
    assert worlds.built == 3
    assert worlds.get(seeds[0]) is not first
