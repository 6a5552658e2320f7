"""Wrong input gets one line (what, where, the value, what is allowed) and leaves nothing behind.

Real processes, pipes and signals are at the end; all else runs inside this one.
"""

from __future__ import annotations

import errno
import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from omegaconf import DictConfig, OmegaConf

from experiments.cli.config import SweepConfig
from experiments.cli.sweep import thresholds_of
from experiments.report.terminal import run_table, sweep_table
from experiments.sweep import grid
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config import from_mapping
from sim.config.composition import compose_config, enforcement_from, load_enforcement, world_from
from sim.config.detector import load_detector
from sim.config.yaml_files import available
from tests.conftest import Takedown
from tests.experiments.synthetic import sweep_frame
from tests.experiments.tiny import TINY
from tests.processes import started

NAMES = {group: ", ".join(available(group)) for group in ("scenario", "detector")}
NO_CLASS = "detector._target_ must be the dotted path of a class with observe, score; got"
DETECTORS = """
from collections.abc import Sequence
class NoScore:
    requires = frozenset()
    def observe(self, observation): ...
class NoLicence:
    def __init__(self): raise RuntimeError("no licence\\nfound")
    def observe(self, observation): ...
    def score(self): ...
class Typed:
    requires = frozenset()
    def __init__(self, window: float = 1.0, rounds: int | None = None, kinds: list[str] = (),
                 names: Sequence[str] = ()): self.window = window
    def observe(self, observation): ...
    def score(self): ...
"""


def refused(takedown: Takedown, folder: Path, *arguments: str) -> str:
    """Return what the command says of wrong use, and see to it that it does nothing else."""
    before = sorted(folder.rglob("*"))
    named = ["enforcement=threshold"] if arguments[-1].startswith(("detector", "enforcement")) else []
    status, out, err = takedown(*TINY, *named, "hydra.run.dir=run", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("takedown: ")
    assert err.endswith((".\n", "?\n"))
    assert len(err.splitlines()) == 1
    assert sorted(folder.rglob("*")) == before
    return err.removeprefix("takedown: ").rstrip()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("scenario={size:3}", "scenario.size is not an option; allowed here: amplifiers, announced, core, days"),
        ("scenario=null", "a group is chosen by the name of one of its files; got scenario=null."),
        ("~scenario", "scenario is missing; it needs a value."),
        ("~scenario.days", "scenario.days is missing; it needs a value."),
        ("organic.languages=[en]", "organic.languages must be of the kind that it is by default; got [en]."),
        ("organic.groups={}", "organic.groups must be given the keys to change, or be rid of one by ~organic.groups"),
        ("enforcement.threshold=0.5,0.6", "enforcement.threshold must be one value, or several with --multirun; got"),
        ("seed=range(3)", "seed must be one value, or several with --multirun; got range(3)."),
        ("graph.edge_list=loop.csv", "graph.edge_list: loop.csv: line 3: followee must not be the follower itself"),
        ("graph.edge_list=~/ties.csv", "'graph.edge_list=~/ties.csv' is not an override; write key=value, the value"),
        ("detector.window_hours=abc", "detector.window_hours must be a number; got 'abc'."),
        ("detector.window_hours=${nothing}", "detector.window_hours cannot be resolved: Interpolation key 'nothing'"),
        ("detector._target_=", "detector._target_ must be the dotted path of a class; got ''."),
        ("hydra.run.dir=null", "hydra.run.dir must be of the kind that it is by default; got null."),
        ("hydra.nothing=3", "hydra.nothing is not an option."),
        ("=3", "a group is chosen by the name of one of its files; got =3."),
        ("--nothing", "unrecognized arguments: --nothing; flags come before key=value, and takedown --hydra-help"),
        ("--cfg", "argument --cfg/-c: expected one argument; flags"),
        ("--resolve", "The --resolve flag can only be used in conjunction with --cfg or --help."),
    ],
)  # fmt: skip
def test_wrong_use_is_told_in_one_line(takedown: Takedown, tmp_path: Path, argument: str, message: str):
    (tmp_path / "loop.csv").write_text("follower,followee\n0,1\n3,3\n")
    assert refused(takedown, tmp_path, argument).startswith(message)


@pytest.fixture(scope="module")
def composed() -> DictConfig:
    return compose_config(TINY)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("scenario.days", "", "scenario.days must be a whole number; got ''."),
        ("graph.edge_list", "", "graph.edge_list must name a file, or be null; got ''."),
        ("seed", "abc", "seed must be a whole number; got 'abc'."),
        ("enforcement.threshold", "", "enforcement.threshold must be a number; got ''."),
        ("enforcement.threshold", -1, "enforcement.threshold must lie in [0, 1] or be inf; got -1.0."),
        ("enforcement.threshold", [0.5], "enforcement.threshold must be a number; got [0.5]."),
        ("sweep.seeds", "", "sweep.seeds must be a whole number; got ''."),
        ("sweep.seeds", 10**12, "sweep.seeds must lie in [1, 100000]; got 1000000000000."),
        ("sweep", None, "sweep must be a group of keys; got None."),
        ("sweep.detectors", [], "sweep.detectors and sweep.seeds must name at least one each; got none."),
        ("sweep.detectors", "oracle", "sweep.detectors must be a list; got 'oracle'."),
        ("sweep.detectors", [3], "sweep.detectors[0] must be a text; got 3."),
        (
            "sweep.thresholds.oracle",
            [0.5, 0.5],
            "sweep.thresholds.oracle must hold each value once; got 0.5 more",
        ),
        ("sweep.thresholds.oracle", [math.nan], "sweep.thresholds.oracle must hold numbers in [0, 1] or inf; got nan."),
        ("sweep.thresholds.oracle", ["x"], "sweep.thresholds.oracle[0] must be a number; got 'x'."),
        ("scenario.days", None, "scenario.days must be a whole number; got None."),
        ("scenario.days", [1, 2], "scenario.days must be a whole number; got [1, 2]."),
        ("scenario.days", True, "scenario.days must be a whole number; got True."),
        ("scenario.days", math.inf, "scenario.days must be a whole number; got inf."),
        ("scenario.days", "???", "scenario.days must be a whole number; got '???'."),
        ("scenario.scale", 0, "scenario.scale must lie in (0, 1000]; got 0.0."),
        ("scenario.start", "2019-W30-1", "scenario.start must be a date YYYY-MM-DD; got '2019-W30-1'."),
        ("scenario.start", "9999-12-31", "scenario.start must lie in [1970-01-01, 2200-01-01]; got 9999-12-31."),
        ("operation.hour_weights", [1, 2], "operation.hour_weights must have 24 entries; got 2."),
        ("operation.hour_weights", 3, "operation.hour_weights must be a list; got 3."),
        ("feed.followed_hours", math.inf, "feed.followed_hours must lie in (0, 8760]; got inf."),
        ("seed", 10**20, "seed must be a whole number in [0, 2**63); got 100000000000000000000."),
        ("graph.edge_list", 5, "graph.edge_list must be a text; got 5."),
    ],
)
def test_a_value_that_cannot_be_is_shown_with_its_key(composed: DictConfig, key: str, value: object, message: str):
    config = composed.copy()
    OmegaConf.update(config, key, value, merge=False)
    with pytest.raises(ConfigError) as caught:
        checked(config)
    assert str(caught.value).startswith(message)


def checked(config: DictConfig) -> None:
    """Take a composed configuration apart as the command does."""
    world_from(config)
    enforcement_from(config)
    options = from_mapping(SweepConfig, config.sweep and OmegaConf.to_container(config.sweep), "sweep")
    grid(options.detectors, thresholds_of(options, {}), range(options.seeds))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep.detectors=[oracle,oracle]"], "sweep.detectors must hold each value once; got 'oracle' more"),
        (["sweep.detectors=[tarot]", "+sweep.thresholds.tarot=[1]"], f"detector must be one of {NAMES['detector']}"),
        (["detector._target_=nowhere.Nobody"], "detector._target_ must be the dotted path of a class with observe,"),
        (["graph.edge_list=none.csv"], "graph.edge_list: none.csv: cannot be read: No such file or directory."),
        (["seed=9223372036854775807"], "seed must be a whole number in [0, 2**63); got 9223372036854775808."),
    ],
)  # fmt: skip
def test_a_wrong_sweep_is_refused_before_it_starts(takedown: Takedown, tmp_path: Path, arguments, message: str):
    assert refused(takedown, tmp_path, "task=sweep", "sweep.seeds=2", *arguments).startswith(message)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "own.NoScore",
            f"{NO_CLASS} 'own.NoScore', which has no score.",
        ),
        ("own.NoLicence", "detector cannot be made from own.NoLicence: no licence found"),
        (
            "own.Nobody",
            f"{NO_CLASS} 'own.Nobody', which cannot be imported: ",
        ),
        (
            "broken.Anything",
            f"{NO_CLASS} 'broken.Anything', which cannot be imported: ",
        ),
        ("os", f"{NO_CLASS} 'os'."),
    ],
)
def test_a_detector_of_ones_own_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch, target: str, message: str):
    (tmp_path / "own.py").write_text(DETECTORS)
    (tmp_path / "broken.py").write_text("def (\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own", raising=False)
    with pytest.raises(ConfigError) as caught:
        InfluenceModel(load_scenario("hk2019", overrides=TINY), detector={"_target_": target})
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1


def test_a_detectors_parameters_have_the_types_that_its_class_declares(tmp_path: Path, monkeypatch):
    (tmp_path / "typed.py").write_text(DETECTORS)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_detector({"_target_": "typed.Typed", "window": "2", "rounds": None, "kinds": ["a"]}).window == 2.0
    assert load_detector({"_target_": "typed.Typed", "names": ["b"]}).window == 1.0
    with pytest.raises(ConfigError, match=r"detector\.rounds must be a whole number; got 'x'\."):
        load_detector({"_target_": "typed.Typed", "rounds": "x"})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_scenario("atlantis"), f"scenario must be one of {NAMES['scenario']}; got 'atlantis'."),
        (lambda: load_scenario("hk2019,x"), f"scenario must be one of {NAMES['scenario']}; got 'hk2019,x'."),
        (lambda: load_scenario(None), f"scenario must be one of {NAMES['scenario']}; got None."),
        (lambda: load_scenario("hk2019", scale="x"), "scenario.scale must be a number; got 'x'."),
        (lambda: load_scenario("hk2019", scale=float("nan")), "scenario.scale must lie in (0, 1000]; got nan."),
        (lambda: load_scenario("hk2019", scale=True), "scenario.scale must be a number; got True."),
        (lambda: load_scenario("hk2019", seed=2**63), "seed must be a whole number in [0, 2**63); got 922337203"),
        (lambda: load_scenario("hk2019", overrides="scenario.days=2"), "overrides must be a list of texts such as"),
        (lambda: load_scenario("hk2019", overrides=["organic.groups={}"]), "organic.groups must be given the keys"),
        (lambda: compose_config(["seed=1,2"]), "seed must be one value, or several with --multirun; got 1,2."),
        (lambda: load_detector("tarot"), f"detector must be one of {NAMES['detector']}; got 'tarot'."),
        (lambda: load_detector({"_target_": None}), "detector._target_ must be the dotted path of a class; got None."),
        (lambda: load_detector(5), "detector must be a name or hold _target_, the path of a class; got 5."),
        (lambda: replace(load_enforcement(), threshold="x"), "enforcement.threshold must lie in [0, 1] or be inf; got"),
        (lambda: replace(load_enforcement(), delay_hours=None), "enforcement.delay_hours must be a number; got None."),
        (lambda: replace(load_scenario("hk2019"), seed=1.5), "seed must be a whole number in [0, 2**63); got 1.5."),
        (lambda: InfluenceModel("hk2019"), "InfluenceModel's config must be a WorldConfig, as load_scenario gives;"),
        (lambda: InfluenceModel(load_scenario("hk2019", scale=0.001), enforcement=5),
         "InfluenceModel\'s enforcement must be an EnforcementConfig or a name; got 5."),
    ],
)  # fmt: skip
def test_the_python_interface_says_the_same(call, message: str):
    with pytest.raises(ConfigError) as caught:
        call()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"threshold": "x"}, "threshold must be a number in [0, 1] or inf; got 'x'."),
        ({"threshold": float("nan")}, "enforcement.threshold must lie in [0, 1] or be inf; got nan."),
        ({"threshold": 1.7}, "enforcement.threshold must lie in [0, 1] or be inf; got 1.7."),
        ({"detector": "tarot"}, f"detector must be one of {NAMES['detector']}; got 'tarot'."),
        ({"detector": 5}, "detector must have requires, observe, score; int has no requires, observe, score."),
    ],
)
def test_a_model_refuses_what_it_cannot_use(given, message: str):
    with pytest.raises(ConfigError) as caught:
        InfluenceModel(load_scenario("hk2019", overrides=TINY), **{"detector": "oracle", **given})
    assert str(caught.value) == message


def test_the_largest_seed_is_a_seed():
    assert load_scenario("hk2019", seed=2**63 - 1).seed == 2**63 - 1


def test_a_disk_that_fills_up_between_two_files_leaves_whole_ones(takedown: Takedown, tmp_path: Path, monkeypatch):
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 3:  # of what says where the files are from, and of one table
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, _, err = takedown(*TINY, "enforcement=threshold", "detector=random", "hydra.run.dir=run")
    assert status == 1
    assert err == f"takedown: {tmp_path / 'run/series.parquet'} cannot be written: No space left on device.\n"
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "config.yaml",
        "provenance.json",
        "results.parquet",
    ]
    assert len(pd.read_parquet(tmp_path / "run/results.parquet")) == 1


def test_a_sweep_that_reaches_nobody_still_draws_its_figures(takedown: Takedown, tmp_path: Path):
    status, out, err = takedown(
        "task=sweep", *TINY, "operation.campaign_share=0", "operation.promotion.contested_share=0",
        "sweep.detectors=[oracle]", "sweep.seeds=1",
        "hydra.run.dir=sweep",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert (tmp_path / "sweep/figure.png").exists()
    assert "–" in out


def test_an_output_folder_on_the_way_to_which_is_a_file_is_named(takedown: Takedown, tmp_path: Path):
    (tmp_path / "file").touch()
    for arguments, folder in (
        (["hydra.run.dir=file/run"], "run"),
        (["--multirun", "hydra.sweep.dir=file/many"], "many"),
    ):
        message = f"takedown: file/{folder} cannot be used: Not a directory.\n"
        assert takedown(*arguments, *TINY) == (1, "", message)


def test_nothing_is_cut_off_in_a_narrow_terminal():
    from rich.console import Console

    model = InfluenceModel(load_scenario("hk2019", overrides=TINY), detector="oracle", threshold=0.5)
    model.step()
    for table, shown in (
        (sweep_table(sweep_frame()), ["12.0", "0.99", "100.0"]),
        (run_table("a run", model.outcome(), model.twin()), ["people", "unenforce", "0.00%"]),
    ):
        narrow = Console(width=40)
        with narrow.capture() as capture:
            narrow.print(table)
        text = capture.get()
        assert max(map(len, text.splitlines())) <= 40
        assert "…" not in text
        for word in shown:
            assert word in text


# ---- real processes


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["--multirun", *TINY, "detector=random", "seed=1,2"]])
def test_a_reader_who_leaves_is_no_failure(tmp_path: Path, arguments):
    process = started(tmp_path, *arguments, *(["hydra.sweep.dir=many"] if len(arguments) > 1 else []))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    assert (process.wait(timeout=60), err) == (0, "")
    assert len(list(tmp_path.glob("many/runs/*.parquet"))) == (2 if len(arguments) > 1 else 0)
