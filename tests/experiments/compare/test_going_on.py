"""A comparison that is broken off, repeated or extended does only what is missing, and ends in the same tables."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.compare import compared
from experiments.compare import run as compare
from experiments.compare.recording import record
from experiments.compare.run import run_compare
from experiments.store.comparison import Comparison
from experiments.store.evaluations import Evaluations
from experiments.store.packed import pack
from experiments.store.twins import outcome_of, parts_of
from sim import load_scenario
from sim.config.composition import load_enforcement
from tests.experiments.compare.test_run import options
from tests.experiments.odd_detectors import Learns
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=[*TINY, "scenario.days=1"])
ENFORCEMENT = load_enforcement("enforcement.delay_hours=0", "enforcement.cadence_hours=12")
LEARNS = {"Learns": {"_target_": "tests.experiments.odd_detectors.Learns"}}
ELSEWHERE = replace(WORLD, scenario=replace(WORLD.scenario, name="elsewhere", core=30))


NAMES = ["random", "Learns"]
OPTIONS = options(NAMES)


def compared_in(folder: Path, names: list[str], seeds: int = 2, **given) -> Comparison:
    asked = replace(OPTIONS, detectors=names, report_seeds=seeds)
    return run_compare(WORLD, asked, ENFORCEMENT, detectors=LEARNS, folder=folder, **given)


def tables(folder: Path) -> dict[str, bytes]:
    """Return the tables of a comparison that are the same each time."""
    return {name: (folder / f"{name}.parquet").read_bytes() for name in (*Comparison.TABLES, "summary")}


@pytest.fixture(autouse=True, scope="module")
def quick_collections() -> Iterator[None]:
    """Let the collections of garbage between runs, dozens here, pass over all that was imported."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared, "train_config", lambda options, world: ELSEWHERE)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what a comparison does: recordings by seed, `elsewhere` for training, replays and loops by detector."""
    counts: Counter[str] = Counter()
    real = {name: getattr(compare, name) for name in ("record", "replay", "outcome_of")}

    def counting(config, *given, **more):
        counts[f"record {config.seed if config.scenario.name == 'hk2019' else 'elsewhere'}"] += 1
        return real["record"](config, *given, **more)

    def replaying(recording, truth, detector, **more):
        counts[f"replay {type(detector).__name__}"] += 1
        return real["replay"](recording, truth, detector, **more)

    def looping(config, detector=None, *given, **more):
        counts[f"loop {type(detector).__name__}"] += 1
        return real["outcome_of"](config, detector, *given, **more)

    for name, function in (("record", counting), ("replay", replaying), ("outcome_of", looping)):
        monkeypatch.setattr(compare, name, function)
    return counts


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the tables of a detector and a supervised one on two seeds."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compared, "train_config", lambda options, world: ELSEWHERE)
        compared_in(folder, NAMES)
    return tables(folder)


def test_the_same_again_runs_nothing_and_writes_the_same_tables(done: Counter[str], tmp_path: Path, undisturbed):
    compared_in(tmp_path, NAMES)
    assert done == {
        "record elsewhere": 1, "record 1": 1, "record 2": 1, "record 3": 1,
        "replay RandomDetector": 3, "replay Learns": 3, "loop RandomDetector": 2, "loop Learns": 2,
    }  # fmt: skip
    assert tables(tmp_path) == undisturbed
    done.clear()
    for path in tmp_path.glob("*.parquet"):
        path.unlink()
    compared_in(tmp_path, NAMES)
    assert not done
    assert tables(tmp_path) == undisturbed


def test_a_comparison_broken_off_after_each_evaluation_ends_in_the_same_tables(
    done: Counter[str], tmp_path: Path, undisturbed, monkeypatch: pytest.MonkeyPatch
):
    real, kept = Evaluations.keep, 0

    def keep(self, key, value):
        nonlocal kept
        if kept == 1:
            raise KeyboardInterrupt
        real(self, key, value)
        kept += 1

    broken_off = 0
    while broken_off < 100:
        kept = 0
        with monkeypatch.context() as patch:
            patch.setattr(Evaluations, "keep", keep)
            try:
                compared_in(tmp_path, NAMES)
                break
            except KeyboardInterrupt:
                broken_off += 1
    assert broken_off == 2 + 2 * (1 + 2 + 2) - 1  # outcomes; twin, replays and loops of two seeds
    assert tables(tmp_path) == undisturbed
    assert not list(tmp_path.glob(".*"))


def test_more_seeds_and_more_detectors_extend(done: Counter[str], tmp_path: Path, undisturbed):
    compared_in(tmp_path, ["random"], seeds=1)
    done.clear()
    compared_in(tmp_path, ["random"], seeds=2)
    assert done == {"record 3": 1, "replay RandomDetector": 1, "loop RandomDetector": 1}
    done.clear()
    compared_in(tmp_path, NAMES, seeds=2)
    assert done == {
        "record elsewhere": 1, "record 1": 1, "record 2": 1, "record 3": 1, "replay Learns": 3, "loop Learns": 2,
    }  # fmt: skip
    assert tables(tmp_path) == undisturbed


def test_fewer_delete_nothing_and_what_is_there_stays_in_the_tables(done: Counter[str], tmp_path: Path, undisturbed):
    compared_in(tmp_path, NAMES)
    there = {path.name for path in (tmp_path / "evaluations").iterdir()}
    done.clear()
    found = compared_in(tmp_path, ["random"], seeds=1, shown_detectors=NAMES, shown_seeds=2)
    assert not done
    assert found.report_seeds == [2, 3]
    assert tables(tmp_path) == undisturbed
    found = compared_in(tmp_path, ["random"], seeds=1)
    assert set(found.measures["seed"]) == {2}
    assert {path.name for path in (tmp_path / "evaluations").iterdir()} == there


@pytest.mark.parametrize("how", ["cut", "emptied", "another's"])
def test_a_file_that_was_cut_or_replaced_is_named_and_made_again(
    done: Counter[str], tmp_path: Path, undisturbed, how: str
):
    compared_in(tmp_path, NAMES)
    done.clear()
    files = {path: path.read_bytes() for path in (tmp_path / "evaluations").iterdir()}
    for path, another in zip(files, [*list(files.values())[1:], b"mine"], strict=True):
        path.write_bytes({"cut": files[path][:-100], "emptied": b"", "another's": another}[how])
    named: list[Path] = []
    compared_in(tmp_path, NAMES, kept=Evaluations(tmp_path / "evaluations", named.append))
    assert set(named) == set(files)
    assert done["replay Learns"] == 3
    assert tables(tmp_path) == undisturbed
    assert not list(tmp_path.glob(".*"))


def test_a_number_that_was_edited_in_a_file_is_found(tmp_path: Path):
    kept = Evaluations(tmp_path)
    kept.keep("key", {"value": 1.0, "array": np.arange(3)})
    path = tmp_path / "key.npz"
    with np.load(path) as archive:
        parts = dict(archive)
    parts["array"][1] = 7
    np.savez(path, **parts)  # a whole .npz file
    named: list[Path] = []
    assert Evaluations(tmp_path, named.append).find("key") is None
    assert named == [path]
    with pytest.warns(UserWarning, match=r"key\.npz is damaged and is made again"):
        Evaluations(tmp_path).find("key")


def test_a_loop_alone_is_run_again_without_a_recording_beside_the_twin_that_was_kept(
    done: Counter[str], tmp_path: Path, undisturbed
):
    compared_in(tmp_path, NAMES)
    done.clear()
    for path in sorted((tmp_path / "evaluations").iterdir()):
        with np.load(path) as archive:
            text = archive["json"].tobytes().decode()
        if '"loop"' in text and '"detector": "random"' in text and '"seed": 3' in text:
            path.unlink()
    compared_in(tmp_path, NAMES)
    assert done == {"loop RandomDetector": 1}
    assert tables(tmp_path) == undisturbed


def test_the_outcome_of_a_recording_is_that_of_a_run_without_enforcement(tmp_path: Path):
    _, truth = record(WORLD, tmp_path / "recording")
    assert pack(parts_of(truth.outcome)) == pack(parts_of(outcome_of(WORLD)))


@pytest.mark.parametrize(
    "changed",
    [
        {"enforcement": load_enforcement("enforcement.delay_hours=6", "enforcement.cadence_hours=12")},
        {"config": replace(WORLD, scenario=replace(WORLD.scenario, core=5))},
        {"detectors": {"random": {"_target_": "detectors.random.RandomDetector", "seed": 77}}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_evaluations_of_something_else_are_not_taken_for_those_asked_for(
    done: Counter[str], tmp_path: Path, changed
):  # fmt: skip
    asked = {"config": WORLD, "options": options(["random"], report_seeds=1), "enforcement": ENFORCEMENT}
    run_compare(**asked, folder=tmp_path)
    done.clear()
    run_compare(**(asked | changed), folder=tmp_path)
    assert done["replay RandomDetector"] == 2


def test_a_detector_of_ones_own_is_evaluated_again_once_its_code_has_changed(
    done: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(tmp_path)
    source = tmp_path / "of_ones_own.py"
    source.write_text("from tests.experiments.odd_detectors import Counting\n\nclass Mine(Counting):\n    ...\n")
    given = {
        "detectors": {"Mine": {"_target_": "of_ones_own.Mine"}}, "folder": tmp_path / "comparison",
        "options": options(["Mine"], report_seeds=1, loop="none"),
    }  # fmt: skip
    run_compare(WORLD, enforcement=ENFORCEMENT, **given)
    assert done["replay Mine"] == 2
    run_compare(WORLD, enforcement=ENFORCEMENT, **given)
    assert done["replay Mine"] == 2
    source.write_text(source.read_text() + "    threshold = 1\n")
    run_compare(WORLD, enforcement=ENFORCEMENT, **given)
    assert done["replay Mine"] == 4


def test_training_is_repeated_only_where_an_evaluation_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Learns, "fitted", [])
    compared_in(tmp_path, ["Learns"], seeds=1)
    compared_in(tmp_path, ["Learns"], seeds=1)
    assert len(Learns.fitted) == 1
    compared_in(tmp_path, ["Learns"], seeds=2)
    assert len(Learns.fitted) == 2
