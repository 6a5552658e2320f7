"""Tasks that are killed with SIGKILL at random moments: the same command then ends in the same files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from experiments.store.comparison import Comparison
from tests.conftest import Takedown
from tests.experiments.tiny import TINY
from tests.kills import kill_and_finish, kill_at

SMALL = [*TINY, "scenario.days=1"]
COMPARE = (
    "task=compare", *SMALL, "compare.choose_seeds=1", "compare.report_seeds=2",
    "compare.detectors=[random,co_repost,profile_forest]", f"compare.train_overrides={json.dumps(SMALL)}",
    "compare.false_positive_budget=0.05", "hydra.run.dir=run",
)  # fmt: skip
TABLES = tuple(f"{name}.parquet" for name in (*Comparison.TABLES, "summary"))
ARCHIVE = ("task=archive", *SMALL, "enforcement=never", "hydra.run.dir=run")
KILLS = int(os.environ.get("KILLS", "2"))  # 60 were tried over all tests of this file: KILLS=15
SWEEP = ("task=sweep", *SMALL, "sweep.seeds=3", "sweep.detectors=[random,co_repost,oracle]", "hydra.run.dir=run")
MULTIRUN = (
    "--multirun", *SMALL, "detector=random,oracle", "enforcement.cadence_hours=6,12", "seed=range(3)",
    "hydra.sweep.dir=run",
)  # fmt: skip


def content(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    return {name: (folder / "run" / name).read_bytes() for name in names}


@pytest.mark.slow
def test_a_comparison_that_is_killed_ends_in_the_tables_of_an_undisturbed_one(tmp_path: Path):
    def check(folder: Path) -> None:
        assert not [path.name for path in (folder / "run").rglob(".*")]  # what the dead had left

    undisturbed, killed = kill_and_finish(tmp_path, COMPARE, kills=KILLS, in_a_row=3, earliest=2.0, check=check)
    expected = content(undisturbed, TABLES)
    for folder in killed.folders:
        assert content(folder, TABLES) == expected, killed.moments


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "alone"), [(SWEEP, False), (MULTIRUN, True)], ids=["sweep_with_workers", "multirun_driver_alone"]
)
def test_a_sweep_that_is_killed_ends_in_the_tables_of_an_undisturbed_one(
    tmp_path: Path, command: tuple[str, ...], alone: bool
):
    def check(folder: Path) -> None:
        assert not [path.name for path in (folder / "run").rglob(".*")]

    undisturbed, killed = kill_and_finish(tmp_path, command, kills=KILLS, earliest=1.5, alone=alone, check=check)
    expected = content(undisturbed, ("results.parquet", "days.parquet"))
    for folder in killed.folders:
        assert content(folder, tuple(expected)) == expected, killed.moments


def test_an_archive_that_was_killed_is_not_whole_and_the_same_command_completes_it(takedown: Takedown, tmp_path: Path):
    folder = tmp_path / "run"
    kill_at(tmp_path, "sim.archive.write.as_text", ARCHIVE, call=60)  # in the middle of a file
    names = {path.name for path in folder.iterdir()}
    assert {"core_users.csv", "config.yaml", "provenance.json"} <= names
    assert any(name.endswith(".tmp") for name in names)
    assert "manifest.json" not in names
    status, out, err = takedown("task=describe", "archive=run/core_users.csv", "hydra.run.dir=described")
    said = "archive: the archive in run is not whole: manifest.json is missing; run takedown task=archive again."
    assert (status, out, err) == (2, "", f"takedown: {said}\n")

    assert takedown(*ARCHIVE)[0] == 0
    assert takedown(*ARCHIVE, "hydra.run.dir=undisturbed")[0] == 0
    undisturbed = {path.name: path.read_bytes() for path in (tmp_path / "undisturbed").iterdir()}
    assert {path.name for path in folder.iterdir()} == set(undisturbed)  # and nothing that the dead had left
    for name in set(undisturbed) - {"provenance.json"}:  # in which the command and the time stand
        assert (folder / name).read_bytes() == undisturbed[name]
    assert takedown("task=describe", "archive=run/core_users.csv", "hydra.run.dir=described")[0] == 0


def test_a_command_killed_as_it_begins_to_write_can_be_repeated(takedown: Takedown, tmp_path: Path):
    kill_at(tmp_path, "experiments.cli.origin.write_json", ARCHIVE)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"config.yaml", ".lock"}
    assert takedown(*ARCHIVE)[0] == 0


def test_what_a_killed_run_had_half_written_goes_when_the_next_one_starts(takedown: Takedown, tmp_path: Path):
    simulate = (*SMALL, "workers=1", "hydra.run.dir=run")
    kill_at(tmp_path, "os.fsync", simulate)
    (left,) = [path.name for path in (tmp_path / "run").iterdir() if path.name != ".lock"]
    assert left.startswith(".")
    assert left.endswith(".tmp")
    assert takedown(*simulate)[0] == 0
    assert not list((tmp_path / "run").glob(".*"))
