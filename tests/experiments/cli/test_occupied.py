"""A run replaces neither a file of the user's own nor another run's results: folder, what is there, what to do."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.tiny import TINY
from tests.sim.archive.files import users_csv

RUN = (*TINY, "detector=random")
SWEEP = ("task=sweep", *TINY, "sweep.detectors=[oracle]", "sweep.seeds=1")


def content(folder: Path) -> dict[Path, bytes]:
    """Return every file below a folder with its bytes, but for Hydra's record of the last --multirun."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "multirun.yaml")
    return {path: path.read_bytes() for path in files}


def refusal(takedown, folder: Path, *arguments: str) -> str:
    """Return what a refused command says, and see to it that it changes nothing."""
    before = content(folder)
    status, out, err = takedown(*arguments)
    if "--multirun" in arguments:  # of which Hydra prints that it begins
        out = ""
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert content(folder) == before
    return err.removeprefix("takedown: ").rstrip()


@pytest.mark.parametrize("words", [("hydra.run.dir=",), ("hydra.run.dir=' '",), ("--multirun", "hydra.sweep.dir=")])
def test_an_empty_name_of_a_folder_is_refused(takedown, tmp_path: Path, words: tuple[str, ...]):
    key = words[-1].partition("=")[0]
    assert refusal(takedown, tmp_path, *words, *RUN).startswith(f"{key} must name a folder; got ")


@pytest.mark.parametrize("task", ["simulate", "archive", "compare", "sweep"])
def test_a_config_file_of_the_users_own_is_never_overwritten(takedown, tmp_path: Path, task: str):
    (tmp_path / "config.yaml").write_text("mine: 1\n")
    said = refusal(takedown, tmp_path, *RUN, f"task={task}", "hydra.run.dir=.")
    assert said == (
        ". holds a config.yaml that no run wrote: there is no provenance.json beside it; "
        "choose another hydra.run.dir, or move it away."
    )


def test_another_seed_does_not_replace_a_finished_run_and_the_same_run_may_be_repeated(takedown, tmp_path: Path):
    assert takedown(*RUN, "seed=3", "hydra.run.dir=run")[0] == 0
    said = refusal(takedown, tmp_path, *RUN, "seed=4", "hydra.run.dir=run")
    assert said == (
        "run holds results of another configuration "
        "(seed is 3 there and 4 here; detector.seed is 3 there and 4 here); "
        "choose another hydra.run.dir, or move it away."
    )
    assert "task is" in refusal(takedown, tmp_path, *RUN, "seed=3", "task=archive", "hydra.run.dir=run")
    assert "task is" in refusal(takedown, tmp_path, *SWEEP, "hydra.run.dir=run")
    assert takedown(*RUN, "seed=3", "hydra.run.dir=run")[0] == 0


def test_a_multirun_does_not_replace_the_runs_of_another(takedown, tmp_path: Path):
    many = ("--multirun", *RUN, "hydra.sweep.dir=many")
    assert takedown(*many, "seed=1")[0] == 0
    assert refusal(takedown, tmp_path, *many, "seed=2").startswith("many/0 holds results of another configuration (")


def test_results_of_a_run_that_was_broken_off_are_not_replaced_by_another_run(takedown, tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/results.parquet").write_bytes(b"cells of a sweep")
    said = refusal(takedown, tmp_path, *RUN, "hydra.run.dir=run")
    assert said.startswith("run holds results.parquet without a config.yaml that says what it is of; choose another")


def test_a_sweep_still_extends_a_sweeps_folder(takedown, tmp_path: Path):
    assert takedown(*SWEEP, "hydra.run.dir=sweep")[0] == 0
    status, out, err = takedown(*SWEEP, "sweep.seeds=2", "hydra.run.dir=sweep")
    assert (status, err) == (0, "")
    assert "runs were in the folder already" in out
    assert set(pd.read_parquet(tmp_path / "sweep/results.parquet")["seed"]) == {1, 2}


def test_statistics_of_other_files_are_not_replaced(takedown, tmp_path: Path):
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(users_csv({}))
    described = ("task=describe", "hydra.run.dir=run")
    assert takedown(*described, "archive=one.csv")[0] == 0
    assert takedown(*described, "archive=one.csv")[0] == 0
    said = refusal(takedown, tmp_path, *described, "archive=two.csv")
    assert said.startswith('run holds a statistics.json of something else (files is ["one.csv"] there and ["two.csv"]')
