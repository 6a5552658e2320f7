"""The truth is out of a detector's reach: what it is handed or keeps does not lead there, nor does what it imports."""

from __future__ import annotations

import ast
import gc
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import mesa
import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.accounts import AccountTable
from sim.observation import Observation
from sim.scenario import available, load_detector
from sim.truth import GroundTruth
from sim.world import World
from tests.experiments.tiny import TINY

FORBIDDEN = (GroundTruth, World, AccountTable, mesa.Model, mesa.Agent)
CODE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
LEARNERS = {name for name in available("detector") if hasattr(load_detector(name), "fit")}
DETECTORS = sorted(set(available("detector")) - {"oracle"} - LEARNERS)  # the ceiling is told the truth openly
SOURCES = sorted((Path(__file__).parents[1] / "detectors").glob("**/*.py"))


class Keeper:
    """Hands a detector its observations, and keeps the last one."""

    def __init__(self, detector: Any) -> None:
        self.detector, self.requires = detector, detector.requires
        self.last: Observation | None = None

    def observe(self, observation: Observation) -> None:
        self.last = observation
        self.detector.observe(observation)

    def score(self) -> np.ndarray:
        return self.detector.score()


def reachable(*roots: Any) -> list[Any]:
    """Return every object that can be reached from the roots, code and what classes hold left out."""
    seen: dict[int, Any] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, CODE):
            continue
        seen[id(one)] = one
        waiting += gc.get_referents(one)
        if isinstance(one, np.ndarray) and one.base is not None:
            waiting.append(one.base)  # a view's owner, which the collector does not name
        if isinstance(one, MappingProxyType):
            waiting += list(one.values())
    return list(seen.values())


def tells(array: np.ndarray, secret: np.ndarray) -> bool:
    return array.shape == secret.shape and array.dtype.kind in "biuf" and bool((array == secret).all())


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_reachable_from_a_detector_or_an_observation_is_the_truth(name: str) -> None:
    keeper = Keeper(load_detector(name))
    model = InfluenceModel(load_scenario("hk2019", scale=1.0, seed=1, overrides=list(TINY)), keeper, 0.5)
    model.run()
    truth, order = model.world.truth, np.argsort(model.platform.fresh)
    secrets = [secret[rows] for secret in (truth.layer, truth.operation, truth.cell) for rows in (order, slice(None))]
    found = reachable(keeper.detector, keeper.last)
    assert any(isinstance(one, np.ndarray) for one in found)
    for one in found:
        assert not isinstance(one, FORBIDDEN), f"{name} reaches a {type(one).__name__}"
        if isinstance(one, np.ndarray):
            assert not any(tells(one, secret) for secret in secrets), f"{name} holds the truth"


def test_the_walk_finds_the_truth_where_it_is_hidden() -> None:
    model = InfluenceModel(load_scenario("hk2019", scale=1.0, seed=1, overrides=list(TINY)))
    detector = load_detector("random")
    detector.notes = {"deep": [(model.world.truth.layer[1:],)]}
    found = reachable(detector)
    assert any(one is model.world.truth.layer for one in found)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_of_the_world_a_detector_imports_the_observation_alone(path: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    assert {name for name in names if name.split(".")[0] in ("sim", "experiments")} <= {"sim.observation"}
