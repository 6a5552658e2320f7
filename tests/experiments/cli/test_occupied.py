"""A run replaces neither a file of the user's own nor another run's results: folder, what is there, what to do."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from sim import InfluenceModel
from tests.experiments.tiny import TINY
from tests.sim.archive.files import users_csv

RUN = (*TINY, "enforcement=threshold", "detector=random")
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


@pytest.mark.parametrize(("several", "key"), [((), "run"), (("--multirun", "seed=1,2"), "sweep")])
def test_neither_task_writes_over_the_others_results(takedown, tmp_path: Path, several: tuple[str, ...], key: str):
    assert takedown(*SWEEP, "hydra.run.dir=sweep")[0] == 0
    assert takedown(*RUN, "hydra.run.dir=run")[0] == 0
    said = refusal(takedown, tmp_path, *RUN, "hydra.run.dir=sweep")
    assert said == "sweep holds the runs of a sweep; choose another hydra.run.dir, or move it away."
    said = refusal(takedown, tmp_path, *several, *SWEEP, f"hydra.{key}.dir=run")
    assert said.startswith("run holds results of another configuration (")
    assert said.endswith(f"choose another hydra.{key}.dir, or move it away.")


@pytest.mark.parametrize("subdir", ["same", "${seed}"])
def test_a_multirun_adds_to_the_runs_of_another(takedown, tmp_path: Path, subdir: str):
    many = ("--multirun", *RUN, "hydra.sweep.dir=many", f"hydra.sweep.subdir={subdir}")
    for seeds in ("1,2", "3", "2,3"):
        assert takedown(*many, f"seed={seeds}")[0] == 0
    assert list(pd.read_parquet(tmp_path / "many/results.parquet")["seed"]) == ([1, 2, 3])


def test_overwrite_says_that_results_may_go_and_nothing_else_goes(takedown, tmp_path: Path):
    assert takedown(*SWEEP, "hydra.run.dir=out")[0] == 0
    (tmp_path / "out/notes.txt").write_text("mine")
    assert takedown(*RUN, "hydra.run.dir=out", "overwrite=true")[0] == 0
    assert not (tmp_path / "out/runs").exists()
    assert (tmp_path / "out/notes.txt").read_text() == "mine"
    assert takedown(*SWEEP, "hydra.run.dir=out", "overwrite=true")[0] == 0
    assert list(pd.read_parquet(tmp_path / "out/results.parquet")["detector"]) == ["oracle"]


def test_a_sweep_of_an_earlier_version_is_not_replaced(takedown, tmp_path: Path):
    assert takedown(*SWEEP, "hydra.run.dir=sweep")[0] == 0
    shutil.rmtree(tmp_path / "sweep/runs")
    said = refusal(takedown, tmp_path, *SWEEP, "hydra.run.dir=sweep")
    assert "a sweep's tables of an earlier version" in said


def test_a_figure_that_cannot_be_drawn_loses_nothing_and_a_wrong_hue_is_refused_at_once(takedown, tmp_path: Path):
    said = refusal(takedown, tmp_path, *SWEEP, "sweep.figure.hue=nosuch", "hydra.run.dir=sweep")
    assert said.startswith("sweep.figure.hue = 'nosuch' does not exist. Allowed: detector, threshold")
    status, out, err = takedown(*SWEEP, "sweep.figure.x=nosuch", "hydra.run.dir=sweep")
    assert status == 2
    assert err.startswith("takedown: sweep.figure: x = 'nosuch' does not exist. Allowed: detector, threshold, reach, ")
    assert "sweep/report.html" in out
    assert (tmp_path / "sweep/figure.png").exists()


def test_there_must_be_runs_to_collect(takedown, tmp_path: Path):
    said = refusal(takedown, tmp_path, "task=collect", "hydra.run.dir=sweep")
    assert said == "sweep holds no runs of a sweep; hydra.run.dir must name the folder of one."


def test_the_tables_of_a_sweep_can_be_made_again(takedown, tmp_path: Path):
    assert takedown(*SWEEP, "sweep.figure={x:threshold,y:reach}", "hydra.run.dir=sweep")[0] == 0
    tables = ("results.parquet", "days.parquet", "figure.png")
    before = [(tmp_path / "sweep" / name).read_bytes() for name in tables]
    for name in tables:
        (tmp_path / "sweep" / name).unlink()
    status, out, err = takedown("task=collect", "hydra.run.dir=sweep")
    assert (status, err) == (0, "")
    assert "sweep/results.parquet" in out
    assert [(tmp_path / "sweep" / name).read_bytes() for name in tables] == before
    (damaged,) = (tmp_path / "sweep/runs").iterdir()
    damaged.write_bytes(damaged.read_bytes()[:-9])
    status, _, err = takedown("task=collect", "hydra.run.dir=sweep")
    assert status == 1
    assert err.startswith(f"takedown: sweep/runs/{damaged.name} was cut or changed since it was written")


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


def test_a_sweep_that_is_interrupted_keeps_what_is_done_and_is_taken_up_again(takedown, tmp_path: Path, monkeypatch):
    arguments = (
        "task=sweep",
        *TINY,
        "sweep.detectors=[oracle]",
        "sweep.seeds=2",
        "seed=5",
        "workers=1",
        "hydra.run.dir=sweep",
    )
    step, here = InfluenceModel.step, os.getpid()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where tests run in the background

    def interrupted(model: InfluenceModel) -> None:
        if model.config.seed == 6 and os.getpid() != here:
            os.kill(here, signal.SIGINT)
            time.sleep(60)
        step(model)

    # Forked, so that the process has what is set here, also where a thread of another test is still there.
    monkeypatch.setattr("experiments.sweep.pool.context", lambda: multiprocessing.get_context("fork"))
    monkeypatch.setattr(InfluenceModel, "step", interrupted)
    status, out, err = takedown(*arguments)
    assert (status, out) == (130, "")
    assert err.splitlines() == [
        "takedown: 1 of 2 runs are kept in sweep; the same command goes on from here", "takedown: interrupted",
    ]  # fmt: skip
    assert list(pd.read_parquet(tmp_path / "sweep/results.parquet")["seed"]) == [5]
    monkeypatch.setattr(InfluenceModel, "step", step)
    status, out, err = takedown(*arguments)
    assert (status, err) == (0, "")
    assert "1 of 2 runs were in the folder already" in out
    signal.signal(signal.SIGINT, before)
