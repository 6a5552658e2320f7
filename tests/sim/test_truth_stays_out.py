"""The truth is out of a detector's reach: nothing that it is given, keeps or imports leads there."""

from __future__ import annotations

import ast
import gc
from collections.abc import Mapping
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import mesa
import numpy as np
import pytest

from experiments.compare.recording import Recording, record
from experiments.compare.replay import fit, is_supervised
from experiments.compare.truth import RunTruth
from sim import InfluenceModel, load_scenario
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from sim.observation import Observation
from sim.observed import COLUMNS as OBSERVED
from sim.population.accounts import INTERNAL, PUBLIC, AccountTable
from sim.population.truth import GroundTruth, Layer
from sim.population.world import World
from tests.experiments.tiny import TINY

FORBIDDEN = (GroundTruth, World, AccountTable, mesa.Model, mesa.Agent)
DETECTORS = sorted(set(available("detector")) - {"oracle"})  # the ceiling is given the truth openly
SOURCES = sorted((Path(__file__).parents[2] / "detectors").glob("**/*.py"))
NUMBERS = (bool, int, float, np.generic)


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
    """Return every object that can be reached from the roots, what modules and the classes of others hold left out."""
    seen: dict[int, Any] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, ModuleType):
            continue
        seen[id(one)] = one
        waiting += led_to(one)
    return list(seen.values())


def led_to(one: Any) -> list[Any]:
    """Return what an object leads to; of code, what it carries with it but not the module in which it stands."""
    if isinstance(one, type):  # a detector's class can hold things, too
        return list(vars(one).values()) if one.__module__.split(".")[0] in ("detectors", __name__) else []
    if isinstance(one, FunctionType):
        carried = [one.__closure__, one.__defaults__, one.__kwdefaults__, one.__dict__]
        return [part for part in carried if part is not None]
    if isinstance(one, BuiltinFunctionType | MethodType):
        return [one.__self__, getattr(one, "__func__", None)]
    found = gc.get_referents(one)
    if isinstance(one, np.ndarray):
        if one.base is not None:
            found.append(one.base)  # a view's owner, which the collector does not name
        if one.dtype.names:
            found += [one[name] for name in one.dtype.names]
        if one.dtype.kind == "O":
            found += one.ravel().tolist()
    if isinstance(one, MappingProxyType):
        found += list(one.values())
    if isinstance(one, Mapping):
        found += [list(one), list(one.values())]
    return found


class Secret:
    """The truth of a run, under internal numbers and under pseudonyms, in every form that reveals it."""

    def __init__(self, truth: GroundTruth, pseudonyms: np.ndarray) -> None:
        order = np.argsort(pseudonyms)
        self.n = order.size
        known = [truth.layer, truth.operation, truth.layer == Layer.CORE, truth.layer == Layer.AMPLIFIER, truth.cell]
        vectors = [secret[rows] for secret in known for rows in (order, slice(None))]
        assert all(np.unique(vector).size > 1 for vector in vectors)
        self.kinds = {kinds(part) for vector in vectors for part in (vector, vector[1:], vector[:-1])}
        flags = [flag for vector in vectors if vector.dtype == np.bool_ for flag in (vector, ~vector)]
        self.members = {np.flatnonzero(flag).tobytes() for flag in flags}
        self.bits = {np.packbits(flag, bitorder=order).tobytes() for flag in flags for order in ("big", "little")}

    def revealed_by(self, one: Any) -> bool:
        """Return whether an object holds the truth: as a value an account, a bit an account, or a set of accounts."""
        if isinstance(one, bytes | bytearray | memoryview):
            raw = bytes(one)
            readings = (np.frombuffer(raw, kind) for kind in ("u1", "i2", "i4", "i8") if not len(raw) % int(kind[1]))
            return raw in self.bits or any(self.revealed_by(reading) for reading in readings)
        if isinstance(one, list | tuple | set | frozenset) and 1 < len(one) <= self.n:
            if not all(isinstance(value, NUMBERS) for value in one):
                return False
            one = np.array(list(one))
        if not isinstance(one, np.ndarray) or one.dtype.kind not in "biuf" or not 1 < one.size <= self.n:
            return False
        values = one.ravel()
        if values.size >= self.n - 1 and kinds(values) in self.kinds:
            return True
        if values.dtype.kind == "u" and values.tobytes() in self.bits:
            return True
        return values.dtype.kind in "iu" and np.unique(values).astype(np.int64).tobytes() in self.members


def kinds(values: np.ndarray) -> bytes:
    """Return which accounts are of one kind, whatever the kinds are called: numbers in order of first appearance."""
    _, first, kind = np.unique(values, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[kind].astype(np.int64).tobytes()


def world(seed: int, detector: Any = None) -> InfluenceModel:
    return InfluenceModel(load_scenario("hk2019", scale=1.0, seed=seed, overrides=list(TINY)), detector, 0.5)


@cache
def training(folder: Path) -> tuple[Recording, RunTruth]:
    return record(load_scenario("hk2019", scale=1.0, seed=2, overrides=list(TINY)), folder)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training") / "here"


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_reachable_from_a_detector_or_an_observation_is_the_truth(name: str, folder: Path) -> None:
    """A supervised one is fitted to the truth of another run, and keeps nothing of that either."""
    keeper, secrets = Keeper(load_detector(name)), []
    if is_supervised(keeper.detector):
        recording, truth = training(folder)
        fit(keeper.detector, recording, truth)
        secrets.append(Secret(world(2).world.truth, world(2).platform.pseudonyms))
        assert secrets[0].revealed_by(truth.operation)  # the same run
    model = world(1, keeper)
    model.run()
    secrets.append(Secret(model.world.truth, model.platform.pseudonyms))
    found = reachable(keeper.detector, keeper.last)
    assert any(isinstance(one, np.ndarray) for one in found)
    for one in found:
        assert not isinstance(one, FORBIDDEN), f"{name} reaches a {type(one).__name__}"
        assert not any(secret.revealed_by(one) for secret in secrets), f"{name} holds the truth"


def closure_of(secret: Any) -> Any:
    return lambda: secret


def default_of(secret: Any) -> Any:
    return lambda held=secret: held


class Holder:
    """Something with a method, and with a place in its class."""

    place: Any = None

    def __init__(self, secret: Any = None) -> None:
        self.secret = secret

    def method(self) -> Any:
        return self.secret


def in_the_class(secret: Any) -> Any:
    return type("Own", (Holder,), {"place": secret, "__module__": "detectors.mine"})


FLAGS = {  # who is the operation's
    "as it is": lambda flags: flags,
    "inverted": lambda flags: ~flags,
    "as other numbers": lambda flags: np.where(flags, 0.25, -3.0),
    "one shorter": lambda flags: flags[1:].copy(),
    "as a column": lambda flags: flags[:, None].astype(np.int64),
    "as indices": np.flatnonzero,
    "as indices without order": lambda flags: np.flatnonzero(flags)[::-1].astype(np.int32),
    "as indices of the others": lambda flags: np.flatnonzero(~flags),
    "as a set": lambda flags: set(np.flatnonzero(flags).tolist()),
    "as a frozen set of NumPy's": lambda flags: frozenset(np.flatnonzero(flags)),
    "as a list": lambda flags: flags.tolist(),
    "as a tuple": lambda flags: tuple(flags.astype(int)),
    "as keys": lambda flags: dict.fromkeys(np.flatnonzero(flags).tolist(), 1.0),
    "as values": lambda flags: dict(enumerate(flags.tolist())),
    "as bytes": lambda flags: flags.tobytes(),
    "as long bytes": lambda flags: bytearray(flags.astype(np.int64).tobytes()),
    "as bits": np.packbits,
    "as bytes of bits": lambda flags: np.packbits(flags, bitorder="little").tobytes(),
}
PLACES = {
    "in an attribute": lambda secret: secret,
    "deep": lambda secret: {"deep": [(secret,)]},
    "in a closure": closure_of,
    "in a bound method": lambda secret: Holder(secret).method,
    "in a method of its own": lambda secret: [secret].append,
    "in a default": default_of,
    "in a partial": lambda secret: partial(print, secret),
    "in an object array": lambda secret: np.array([None, {"here": secret}], object),
    "in a class": in_the_class,
    "in a generator": lambda secret: (one for one in [secret]),
}


@pytest.fixture(scope="module")
def tiny() -> InfluenceModel:
    return world(1)


@pytest.fixture(scope="module")
def secret(tiny: InfluenceModel) -> Secret:
    return Secret(tiny.world.truth, tiny.platform.pseudonyms)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FLAGS)
def test_the_walk_finds_the_truth_wherever_and_as_whatever_it_is_hidden(
    tiny: InfluenceModel, secret: Secret, place: str, form: str
) -> None:
    for rows in (slice(None), np.argsort(tiny.platform.pseudonyms)):
        detector = load_detector("random")
        detector.notes = PLACES[place](FLAGS[form](tiny.world.truth.operation[rows]))
        assert any(secret.revealed_by(one) for one in reachable(detector))


@pytest.mark.parametrize("of", ["layer", "cell"])
def test_the_walk_finds_layers_and_cells_in_a_view_and_in_a_table(
    tiny: InfluenceModel, secret: Secret, of: str
) -> None:
    column = getattr(tiny.world.truth, of)
    table = np.zeros(column.size, [("id", "i8"), ("what", "i4")])
    table["what"] = column
    for hidden in (column[5:], table):
        detector = load_detector("random")
        detector.notes = hidden
        assert any(secret.revealed_by(one) for one in reachable(detector))


def test_the_walk_takes_nothing_else_for_the_truth(tiny: InfluenceModel, secret: Secret) -> None:
    n = tiny.world.truth.layer.size
    draws = np.random.Generator(np.random.Philox(key=1)).random(n)
    flags = tiny.world.truth.operation.copy()
    flags[[0, -1]] = ~flags[[0, -1]]  # two of them are wrong
    for other in (
        np.arange(n),
        np.zeros(n),
        draws,
        draws > 0.8,
        flags,
        np.flatnonzero(flags),
        set(range(80)),
        b"truth",
    ):
        assert not secret.revealed_by(other)


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


def test_the_columns_that_staff_see_are_those_of_the_account_table_declared_a_second_time() -> None:
    whole = {"u": "i"}  # signed or not: whole numbers
    seen = {name: kind for name, kind in OBSERVED.items() if name not in ("registered", "known_accounts")}
    declared = {spec.name: np.dtype(spec.metadata["dtype"]).kind for spec in fields(AccountTable)}
    shown = [*AccountTable.names(PUBLIC), *AccountTable.names(INTERNAL)]
    assert {name: values.kind for name, values in seen.items()} == {
        name: whole.get(declared[name], declared[name]) for name in shown
    }
