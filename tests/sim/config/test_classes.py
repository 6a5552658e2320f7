"""What a configuration names is looked at before it is called: only classes of the kind asked for ever are."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.config.detector import load_detector
from sim.enforcement.policy import policy_of
from tests.conftest import Takedown
from tests.experiments.tiny import TINY

OWN = """
from pathlib import Path
def touching(*args, **parameters): Path(__file__).with_name("touched").touch()
class Touching:
    def __init__(self, *args, **parameters): touching()
    def close(self): ...
class Detector:
    requires = frozenset()
    def __init__(self, members=None): self.members = members
    def observe(self, observation): ...
    def score(self): ...
    make = classmethod(touching)
made = Detector()
"""
TARGETS = (
    "own.touching",
    "own.Touching",
    "own.Detector.make",
    "own.made",
    "own.made.score",
    "own",
    "pathlib.Path.touch",
)


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Have a module of the user's on the path, of which everything that should not be called leaves a file."""
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own", raising=False)
    yield
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("target", TARGETS)
def test_a_policy_that_is_no_policys_class_is_refused_and_never_called(target: str):
    rules = replace(load_enforcement("enforcement.threshold=0.5"), policy="top_k", options={})
    object.__setattr__(rules, "policy", target)
    with pytest.raises(ConfigError, match=r"^enforcement\.policy must be one of never, .* the dotted path of a class "):
        policy_of(rules)


@pytest.mark.parametrize("target", TARGETS)
def test_a_tactic_that_is_no_tactics_class_is_refused_and_never_called(target: str):
    world = load_scenario("hk2019", overrides=[*TINY, f"operation.tactics=[{target}]"])
    with pytest.raises(ConfigError, match=r"^operation\.tactics must be one of spread_.* with plan, respond; got "):
        InfluenceModel(world)


@pytest.mark.parametrize("target", TARGETS)
def test_a_detector_that_is_no_detectors_class_is_refused_and_never_called(target: str):
    with pytest.raises(ConfigError, match=r"^detector\._target_ must be the dotted path of a class with observe,"):
        load_detector({"_target_": target, "path": "x"})


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("nest", "key"),
    [
        (lambda inner: inner, "detector.members._target_"),
        (lambda inner: {"a": [{"b": inner}]}, "detector.members.a[0].b._target_"),
        (lambda inner: {"_target_": "own.Detector", "members": [inner]}, "detector.members.members[0]._target_"),
    ],
)
def test_a_parameter_that_would_call_something_else_is_refused_by_its_key(nest, key: str, target: str):
    with pytest.raises(ConfigError) as caught:
        load_detector({"_target_": "own.Detector", "members": nest({"_target_": target})})
    assert str(caught.value).startswith(f"{key} must be the dotted path of a class with observe, score; got '{target}'")


def test_detectors_within_a_detector_are_made():
    members = [{"_target_": "own.Detector"}, {"_target_": "own.Detector", "members": 3}]
    made = load_detector({"_target_": "own.Detector", "members": members})
    assert made.members[1].members == 3


@pytest.mark.parametrize(
    "argument",
    [
        "enforcement.policy=subprocess.getoutput",
        "operation.tactics=[subprocess.getoutput]",
        "detector._target_=subprocess.getoutput",
        "+detector.more={_target_: subprocess.getoutput, cmd: 'touch touched'}",
    ],
)
def test_the_command_refuses_it_as_wrong_use(takedown: Takedown, tmp_path: Path, argument: str):
    options = "+enforcement.options.cmd='touch touched'"
    status, out, err = takedown(*TINY, "enforcement=threshold", "detector=random", argument, options)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "subprocess.getoutput" in err
    assert not (tmp_path / "touched").exists()
