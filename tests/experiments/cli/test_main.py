"""The console command: what it writes and prints, and what it says of wrong input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from omegaconf import OmegaConf

from experiments.store import twins
from sim import InfluenceModel, load_scenario
from tests.experiments.tiny import TINY

ROOT = Path(__file__).parents[3]


def written(folder: Path) -> set[str]:
    """Return the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_run_writes_its_results_and_where_they_came_from(takedown, tmp_path: Path):
    status, out, err = takedown(*TINY, "detector=oracle", "enforcement.threshold=0.5", "seed=3", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    assert written(tmp_path) == {
        f"run/{name}" for name in ("results.parquet", "series.parquet", "config.yaml", "provenance.json")
    }
    assert max(map(len, out.splitlines())) <= 80
    assert "people reached" in out
    assert out.splitlines()[-1] == "results in run"
    row = pd.read_parquet(tmp_path / "run/results.parquet").iloc[0]
    assert (row["scenario"], row["detector"], row["threshold"], row["seed"]) == ("hk2019", "oracle", 0.5, 3)
    assert OmegaConf.load(tmp_path / "run/config.yaml").scenario.organic == 400
    origin = json.loads((tmp_path / "run/provenance.json").read_text())
    assert origin["seeds"] == [3]
    assert "hydra.run.dir=run" in origin["command"]
    series = pd.read_parquet(tmp_path / "run/series.parquet")
    assert series.groupby("detector")["impressions"].sum()["oracle"] == row["impressions"]

    model = InfluenceModel(load_scenario("hk2019", seed=3, overrides=TINY), detector="oracle", threshold=0.5)
    model.run()
    assert model.results()["reach"] == row["reach"]


def test_a_multirun_shares_the_twin_of_a_seed_among_its_jobs(takedown, tmp_path: Path, monkeypatch):
    unenforced: list[int] = []

    def counted(config, *more, **rest):
        unenforced.append(config.seed)
        return InfluenceModel(config, *more, **rest)

    monkeypatch.setattr(twins, "InfluenceModel", counted)
    arguments = ("detector=random", "enforcement.threshold=0.5,0.9", "seed=range(2)", "hydra.sweep.dir=many")
    status, _, err = takedown("--multirun", *TINY, *arguments)
    assert (status, err) == (0, "")
    rows = pd.concat(pd.read_parquet(path) for path in sorted(tmp_path.glob("many/*/results.parquet")))
    assert sorted(zip(rows["threshold"], rows["seed"], strict=True)) == [(0.5, 0), (0.5, 1), (0.9, 0), (0.9, 1)]
    assert sorted(unenforced) == [0, 1]
    assert len(list((tmp_path / "many/.twins").iterdir())) == 2


def test_a_sweep_writes_tables_and_figures_and_is_taken_up_again(takedown, tmp_path: Path):
    arguments = (
        "task=sweep", *TINY, "sweep.seeds=2", "sweep.detectors=[random,oracle]", "sweep.thresholds.random=[1.0,0.9]",
        "hydra.run.dir=sweep",
    )  # fmt: skip
    status, out, err = takedown(*arguments)
    assert (status, err) == (0, "")
    figures = {f"sweep/{name}.{end}" for name in FIGURES for end in ("png", "svg")}
    tables = {f"sweep/{name}" for name in ("results.parquet", "series.parquet", "config.yaml", "provenance.json")}
    assert written(tmp_path) == figures | tables
    assert figures < set(out.splitlines())
    assert len(pd.read_parquet(tmp_path / "sweep/results.parquet")) == 6
    before = {name: (tmp_path / name).read_bytes() for name in figures | {"sweep/results.parquet"}}
    status, out, err = takedown(*arguments)
    assert (status, err) == (0, "")
    assert "6 of 6 runs were in the folder already" in out
    assert before == {name: (tmp_path / name).read_bytes() for name in before}


FIGURES = ("reach_against_false_positives", "operation_over_time")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scenario.size=3"], "takedown: scenario.size is not an option; allowed here: "),
        (["+size=3"], "takedown: size is not an option; allowed here: "),
        (["scenario=atlantis"], "takedown: scenario must be one of hk2019"),
        (["detector=crystal_ball"], "takedown: detector must be one of "),
        (["scenario.organic=-5"], "takedown: scenario.organic must lie in [1, 1e+08]; got -5."),
        (["organic.never_repost_share=1.2"], "takedown: organic.never_repost_share must lie in [0, 1]; got 1.2."),
        (["enforcement.threshold=abc"], "takedown: enforcement.threshold must be a number; got 'abc'."),
        (["enforcement.threshold=nan"], "takedown: enforcement.threshold must lie in [0, 1] or be inf; got nan."),
        (["enforcement.threshold=1.7"], "takedown: enforcement.threshold must lie in [0, 1] or be inf; got 1.7."),
        (["task=dance"], "takedown: task must be one of simulate, sweep, compare, archive, describe; got 'dance'."),
        (["graph.edge_list=missing.csv"], "takedown: "),
        (["task=sweep", "sweep.seeds=0"], "takedown: sweep.seeds must lie in [1, 100000]; got 0."),
        (["task=sweep", "sweep.thresholds.oracle=[2]"], "takedown: sweep.thresholds.oracle must hold numbers"),
        (["task=sweep", "sweep.detectors=[tarot]"], "takedown: detector must be one of access"),
        (["task=sweep", "sweep.detectors=[stacking]"], "takedown: sweep.thresholds.stacking must be a list of thresh"),
        (["seed=-1"], "takedown: seed must be a whole number in [0, 2**63); got -1."),
        (["days"], "takedown: 'days' is not an override; write key=value"),
    ],
)
def test_wrong_input_gets_one_line_and_leaves_nothing(takedown, tmp_path: Path, arguments, message: str):
    status, out, err = takedown(*TINY, "hydra.run.dir=run", *arguments)
    assert status == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_job_of_a_multirun_does_not_stop_the_others(takedown, tmp_path: Path):
    status, _, err = takedown(
        "--multirun", *TINY, "detector=random", "enforcement.threshold=abc,0.9", "hydra.sweep.dir=many"
    )
    assert status == 2
    assert err == "takedown: enforcement.threshold must be a number; got 'abc'.\n"
    assert [path.parent.name for path in tmp_path.glob("many/*/results.parquet")] == ["1"]


def test_an_output_folder_that_cannot_be_made_is_named(takedown, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    status, _, err = takedown(*TINY, "detector=random", "hydra.run.dir=file/run")
    assert status == 1
    assert len(err.splitlines()) == 1
    assert "file/run" in err
    assert "Not a directory" in err


def test_a_full_disk_is_told_in_one_line_and_leaves_no_half_file(takedown, tmp_path: Path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, _, err = takedown(*TINY, "detector=random", "hydra.run.dir=run")
    assert status == 1
    assert err.endswith("results.parquet cannot be written: No space left on device.\n")
    assert len(err.splitlines()) == 1
    assert written(tmp_path) == set()


def test_an_interrupted_run_leaves_with_130_and_one_line(takedown, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(InfluenceModel, "step", interrupted)
    status, _, err = takedown(*TINY, "detector=random", "hydra.run.dir=run")
    assert (status, err) == (130, "takedown: interrupted\n")


@pytest.mark.slow
def test_the_command_works_from_any_folder_and_is_quiet_in_a_pipe(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *TINY, "detector=random", "enforcement.threshold=0.9"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "people reached" in done.stdout
    assert len(list(tmp_path.glob("outputs/simulate/*/results.parquet"))) == 1
