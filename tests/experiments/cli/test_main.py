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

from sim import InfluenceModel, load_scenario
from tests.experiments.tiny import TINY

ROOT = Path(__file__).parents[3]


def written(folder: Path) -> set[str]:
    """Return the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_run_writes_its_results_and_where_they_came_from(takedown, tmp_path: Path):
    status, out, err = takedown(
        *TINY, "enforcement=threshold", "detector=oracle", "enforcement.threshold=0.5", "seed=3", "hydra.run.dir=run"
    )
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


def test_a_multirun_ends_in_one_table_with_a_column_for_what_varies(takedown, tmp_path: Path):
    arguments = (
        "detector=random,oracle", "enforcement.cadence_hours=12,24", "feed=engagement,chronological", "seed=range(2)",
        "hydra.sweep.dir=many",
    )  # fmt: skip
    status, out, err = takedown("--multirun", *TINY, *arguments)
    assert (status, err) == (0, "")
    assert "many/results.parquet" in out
    table = pd.read_parquet(tmp_path / "many/results.parquet")
    arms = ["detector", "threshold", "enforcement.cadence_hours", "feed", "seed"]
    assert list(table.columns[:7]) == [*arms, "key", "steps"][:7]
    assert len(table) == 16
    assert not table.duplicated(arms).any()
    assert set(table["feed"]) == {"engagement", "chronological"}
    one = ("detector=oracle", "enforcement.cadence_hours=12", "feed=chronological", "seed=1", "hydra.run.dir=one")
    assert takedown(*TINY, "enforcement=threshold", *one)[0] == 0
    alone = pd.read_parquet(tmp_path / "one/results.parquet").iloc[0]
    same = table.query("detector == 'oracle' and `enforcement.cadence_hours` == 12 and feed == 'chronological'")
    assert same[same["seed"] == 1].iloc[0]["impressions"] == alone["impressions"]


def test_an_experiment_varies_what_it_names(takedown, tmp_path: Path):
    folder = tmp_path / "mine/experiment"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(
        "# @package _global_\ntask: sweep\nsweep:\n  seeds: 2\n  detectors: [oracle]\n"
        "  vary:\n    enforcement.cadence_hours: [1, 24]\n    feed: [engagement, chronological]\n"
    )
    status, _, err = takedown("--config-dir", "mine", "experiment=own", *TINY, "hydra.run.dir=out")
    assert (status, err) == (0, "")
    table = pd.read_parquet(tmp_path / "out/results.parquet")
    assert sorted(zip(table["enforcement.cadence_hours"], table["feed"], table["seed"], strict=True)) == [
        (hours, feed, seed) for hours in (1, 24) for feed in ("chronological", "engagement") for seed in (1, 2)
    ]


@pytest.mark.slow
def test_the_experiment_on_amplifiers_sets_reach_against_how_many_are_alive_on_each_platform(takedown, tmp_path: Path):
    small = ("scenario.scale=0.0005", "scenario.core=8000", "scenario.days=1", "scenario.step_minutes=60")
    status, out, err = takedown("experiment=amplifiers", *small, "sweep.seeds=1", "workers=1", "hydra.run.dir=out")
    assert (status, err) == (0, "")
    assert "out/figure.png" in out
    table = pd.read_parquet(tmp_path / "out/results.parquet")
    platforms = {"engagement", "equal_weights", "known_only", "chronological"}
    assert set(zip(table["feed"], table["scenario.amplifiers"], strict=True)) == {
        (feed, number) for feed in platforms for number in (0, 1000, 10_000, 100_000, 500_000)
    }
    paid = table.groupby("scenario.amplifiers")["cost_fresh_accounts"].agg(["min", "max"])
    assert (paid["min"] == paid["max"]).all()  # all are there, whatever the platform does
    assert (paid["min"].iloc[1:].diff().dropna() > 0.0).all()  # of 1,000 none is left at this scale


def test_a_sweep_writes_tables_and_figures_and_is_taken_up_again(takedown, tmp_path: Path):
    arguments = (
        "task=sweep", *TINY, "sweep.seeds=2", "sweep.detectors=[random,oracle]", "sweep.thresholds.random=[1.0,0.9]",
        "hydra.run.dir=sweep",
    )  # fmt: skip
    status, out, err = takedown(*arguments)
    assert (status, err) == (0, "")
    figures = {f"sweep/{name}.{end}" for name in FIGURES for end in ("png", "svg")}
    tables = {f"sweep/{name}" for name in ("results.parquet", "days.parquet", "config.yaml", "provenance.json")}
    assert written(tmp_path) >= figures | tables
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
        (
            ["task=dance"],
            "takedown: task must be one of simulate, sweep, collect, compare, archive, describe, score, lesson; "
            "got 'dance'.",
        ),
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
    status, out, err = takedown(*TINY, "enforcement=threshold", "hydra.run.dir=run", *arguments)
    assert status == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith(message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("varied", "message"),
    [
        ("enforcement.threshold=abc,0.9", "enforcement.threshold must be a number; got 'abc'."),
        ("seed=1,1", "seed must hold each value once; got 1 more than once."),
        (
            "organic.repost_share=[[0,0],[1,1]],[[0,0],[1,0.5]],[[0,0],[1,1]]",
            "organic.repost_share must hold each value once; got [[0, 0], [1, 1]] more than once.",
        ),
        ("detector=random,tarot", "detector must be one of access"),
        ("scenario.size=1,2", "scenario.size is not an option; allowed here: "),
        (
            "seed=range(100000) scenario.days=range(1,1000)",
            "what varies must make at most 1,000,000 runs; got 99,900,000.",
        ),
        (
            "task=sweep detector=random,oracle",
            "detector cannot be varied by a sweep: sweep.detectors says what is tried.",
        ),
    ],
)
def test_one_wrong_value_of_many_is_refused_before_anything_is_run(takedown, tmp_path: Path, varied: str, message: str):
    status, _, err = takedown("--multirun", *TINY, *varied.split(), "hydra.sweep.dir=many")
    assert (status, len(err.splitlines())) == (2, 1)
    assert err.startswith(f"takedown: {message}")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_made_is_named(takedown, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    status, _, err = takedown(*TINY, "enforcement=threshold", "detector=random", "hydra.run.dir=file/run")
    assert status == 1
    assert len(err.splitlines()) == 1
    assert "file/run" in err
    assert "Not a directory" in err


def test_a_full_disk_is_told_in_one_line_and_leaves_no_half_file(takedown, tmp_path: Path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, _, err = takedown(*TINY, "enforcement=threshold", "detector=random", "hydra.run.dir=run")
    assert status == 1
    assert err.endswith("config.yaml cannot be written: No space left on device.\n")
    assert len(err.splitlines()) == 1
    assert written(tmp_path) == set()


def test_an_interrupted_run_leaves_with_130_and_one_line(takedown, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(InfluenceModel, "step", interrupted)
    status, _, err = takedown(*TINY, "enforcement=threshold", "detector=random", "hydra.run.dir=run")
    assert (status, err) == (130, "takedown: interrupted\n")


@pytest.mark.slow
def test_the_command_works_from_any_folder_and_is_quiet_in_a_pipe(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *TINY],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "people reached" in done.stdout
    assert len(list(tmp_path.glob("outputs/simulate/*/results.parquet"))) == 1
