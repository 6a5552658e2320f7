"""What a sweep is to run, and how it is divided."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.sweep import Cell, grid, runs_of
from experiments.sweep.plan import units_of
from sim import ConfigError, load_scenario
from sim.config.composition import load_enforcement
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=TINY)
CELLS = grid(["random", "oracle"], {"random": [1.0, 0.5], "oracle": [0.5]}, [1, 2])
RUNS = runs_of(WORLD, CELLS, load_enforcement())


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


def test_runs_are_told_apart_by_all_that_they_are_made_from():
    other_world = runs_of(replace(WORLD, seed=9), [Cell("random", 1.0, 9)], load_enforcement())
    later = runs_of(WORLD, CELLS[:1], load_enforcement("enforcement.delay_hours=1"))
    made_else = runs_of(WORLD, CELLS[:1], load_enforcement(), {"random": "oracle"})
    keys = [run.key for run in (*RUNS, *other_world, *later, *made_else)]
    assert len(set(keys)) == len(keys)
    assert [run.key for run in runs_of(WORLD, CELLS, load_enforcement())] == [run.key for run in RUNS]


def test_a_unit_is_a_world_and_fewer_worlds_than_workers_are_divided():
    def sizes(parts: int) -> list[int]:
        return [len(unit.runs) for unit in units_of(RUNS, parts)]

    assert sizes(1) == sizes(2) == [3, 3]
    assert sizes(4) == [1, 2, 1, 2]  # the twin counts as a run of the first part
    assert sizes(100) == [1, 1, 1, 1, 1, 1]
    for parts in (1, 3, 4, 5, 6, 100):
        units = units_of(RUNS, parts)
        assert sorted(run.key for unit in units for run in unit.runs) == sorted(run.key for run in RUNS)
        assert all(run.world.seed == unit.world.seed for unit in units for run in unit.runs)


def test_a_run_is_identified_by_the_content_of_its_edge_list(tmp_path: Path):
    keys = []
    for name, lines in (("one", "follower,followed\n0,1\n"), ("two", "follower,followed\n0,2\n")):
        (tmp_path / name).write_text(lines)
        world = replace(WORLD, graph=replace(WORLD.graph, edge_list=str(tmp_path / name)))
        keys.append(runs_of(world, CELLS[:1], load_enforcement())[0].config()["sources"]["graph.edge_list"])
    assert keys[0] != keys[1]
