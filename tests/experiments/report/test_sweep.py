"""A sweep in Python: what load says of folders, and what is said of names and values that do not exist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

import experiments
from experiments.report.sweep import Sweep
from sim import ConfigError
from sim.core.files import OutputError
from tests.experiments.synthetic import cadence_frame, days_frame, sweep_frame

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cadence_frame().to_parquet(tmp_path / "results.parquet")
    return tmp_path


def test_three_lines_load_draw_and_compare(folder: Path):
    sweep = experiments.load(folder)
    figure = sweep.plot(x="cadence_hours", y="reach_cut_off", hue="detector")
    found = sweep.difference("cadence_hours", 1, 72)
    assert isinstance(figure, matplotlib.figure.Figure)
    assert found.low < found.mean < found.high < 0.0
    assert (found.seeds, len(found.by_seed)) == (6, 6)
    assert repr(found) == found.sentence
    assert repr(sweep) == "Sweep of 36 runs: detector x enforcement.cadence_hours, 6 seeds"
    assert sweep.arms == ["detector", "enforcement.cadence_hours"]


def test_a_notebook_shows_the_figure_without_any_magic(folder: Path):
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    shown, _ = formatter.format(experiments.load(folder).plot())
    assert shown["image/png"].startswith(b"\x89PNG")


def test_a_sweep_says_which_runs_broke_off():
    table = cadence_frame().reset_index(drop=True)
    table.loc[3, "failed"] = "ValueError: on purpose"
    sweep = Sweep(table)
    assert list(sweep.failed["failed"]) == ["ValueError: on purpose"]
    assert repr(sweep).startswith("Sweep of 36 runs (1 broke off): ")


def test_importing_experiments_imports_nothing_that_takes_long():
    code = "import sys, experiments\nprint([n for n in ('pandas', 'matplotlib', 'numba', 'sim') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_folders_that_are_no_sweeps_are_refused_with_the_reason(folder: Path):
    refused = {
        folder / "nowhere": "nowhere does not exist; load takes a sweep's folder.",
        folder / "results.parquet": "is a file",
        ROOT / "tests" / "data" / "results_0.1.0" / "compare": "holds a comparison of detectors",
        ROOT / "docs": "that has a results.parquet, and this has none.",
    }
    (folder / "unfinished" / "runs").mkdir(parents=True)
    refused[folder / "unfinished"] = "takedown task=collect hydra.run.dir="
    (folder / "cut").mkdir()
    (folder / "cut" / "results.parquet").write_bytes((folder / "results.parquet").read_bytes()[:500])
    refused[folder / "cut"] = "results.parquet cannot be read: "
    (folder / "other").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(folder / "other" / "results.parquet")
    refused[folder / "other"] = "it has no columns detector and seed."
    for path, message in refused.items():
        with pytest.raises(OutputError, match=r".") as caught:
            experiments.load(path)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda s: s.plot(x="cadense_hours"),
            "'cadense_hours' does not exist. Near it: enforcement.cadence_hours.",
        ),
        (lambda s: s.plot(y="reach_cut"), "measure y = 'reach_cut' does not exist. Near it: reach, reach_cut_off."),
        (lambda s: s.plot(y="zzz"), "Allowed: reach, reach_cut_off, impressions_cut_off, "),
        (lambda s: s.plot(hue="reach"), "hue = 'reach' does not exist. Allowed: detector, threshold, "),
        (lambda s: s.plot(x="detector", hue="detector"), "x and hue are both detector"),
        (lambda s: s.plot(detector="nobody"), "detector = nobody does not occur. Its values: co_repost, fused."),
        (lambda s: s.plot(cadence=1), "column 'cadence' does not exist. "),
        (lambda s: s.difference("cadence_hours", 1, 2), "cadence_hours = 2 does not occur. Its values: 1, 24, 72."),
        (
            lambda s: s.difference("cadence_hours", 1, 72, measure="reahc"),
            "measure 'reahc' does not exist. Near it: reach.",
        ),
        (lambda s: s.summary("reech"), "measure 'reech' does not exist. Near it: reach"),
        (lambda s: s.at_best("co_repost", "nobody"), "detector = nobody does not occur."),
        (lambda s: s.at_best("co_repost", "fused", most_hit=2), "most_hit must lie in [0, 1]; got 2."),
        (lambda s: s.where(detector="fused", cadence_hours=5), "cadence_hours = 5 does not occur."),
    ],
)
def test_names_and_values_that_do_not_exist_are_refused_and_near_ones_named(call, message: str):
    with pytest.raises(ConfigError) as caught:
        call(Sweep(cadence_frame()))
    assert message in str(caught.value)


def test_a_name_that_could_be_two_columns_is_refused():
    table = cadence_frame().rename(columns={"detector": "other.hours"}).assign(detector="x")
    table = table.rename(columns={"enforcement.cadence_hours": "enforcement.hours"})
    table = table[["detector", *[name for name in table.columns if name != "detector"]]]
    with pytest.raises(ConfigError, match=r"'hours' could be other\.hours, enforcement\.hours: say which\."):
        Sweep(table).difference("hours", 1, 72)


def test_where_narrows_runs_and_days_alike():
    table = sweep_frame(seeds=2)
    days = pd.concat([days_frame(seeds=2), days_frame(seeds=2, threshold=0.7)])
    sweep = Sweep(table, days).where(detector="co_repost").where(threshold=0.9)
    assert len(sweep.table) == 2
    assert set(sweep.days["threshold"]) == {0.9}
    assert sweep.arms == []
    assert set(sweep.days["day"]) == {0, 1, 2, 3}


def test_a_condition_is_held_in_the_difference_and_said():
    sweep = Sweep(cadence_frame())
    text = sweep.difference("cadence_hours", 1, 24, detector="fused").sentence
    assert "with detector = fused, going from enforcement.cadence_hours = 1 to 24" in text
    assert "mean over" not in text


def test_a_summary_has_a_row_an_arm_and_measure():
    found = Sweep(cadence_frame()).summary(["reach", "recall_amplifiers"])
    assert len(found) == 12
    assert list(found.columns[:3]) == ["detector", "enforcement.cadence_hours", "measure"]
    assert (found["low"] < found["mean"]).all()
    assert set(Sweep(cadence_frame()).summary()["measure"]) >= {"reach_cut_off", "false_positive_rate"}


def test_lists_and_nothing_are_values_like_any_other(tmp_path: Path):
    """A varied key may hold lists and null; Parquet gives lists back as arrays."""
    table = cadence_frame()
    every = table["enforcement.cadence_hours"]
    table.insert(2, "scenario.days", [None if hours == 1 else float(hours) for hours in every])
    table.insert(3, "feed.weights", [[1, 2] if hours < 72 else [3] for hours in every])
    table.to_parquet(tmp_path / "results.parquet")
    sweep = experiments.load(tmp_path)
    assert {"scenario.days", "feed.weights"} <= set(sweep.arms)
    assert len(sweep.where(days=None).table) == 12
    assert len(sweep.where(weights="[3]").table) == 12
    assert sweep.plot(x="days", hue="detector", cadence_hours=1)
    assert np.isfinite(sweep.summary("reach")["mean"]).all()


def test_a_sweep_without_days_says_so_when_they_are_asked_for(folder: Path):
    with pytest.raises(OutputError, match=r"has no days\.parquet\."):
        experiments.load(folder).days  # noqa: B018
    assert set(experiments.load(folder).figures()) == {"figure"}


def test_days_of_a_run_that_broke_off_say_so_and_are_not_drawn():
    """The table of days holds no reasons: they are those of the run of the same key."""
    table = sweep_frame(seeds=6)
    shown = (table["detector"] == "co_repost") & (table["threshold"] == 0.9)
    keys = [f"run of seed {seed}" if shown[i] else f"other {i}" for i, seed in table["seed"].items()]
    table.insert(3, "key", keys)
    table.insert(4, "failed", ["lost" if key == "run of seed 2" else None for key in keys])
    table = table[table["threshold"] > 0.8]
    sweep = Sweep(table, days_frame(seeds=6))
    assert set(sweep.days.loc[sweep.days["failed"].notna(), "seed"]) == {2}
    above, _ = sweep.figures()["operation_over_time"].axes
    assert "over 5 seeds" in above.get_title()
