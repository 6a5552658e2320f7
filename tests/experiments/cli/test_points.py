"""Points beside a sweep's grid, and the headline figure that they are drawn in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from tests.experiments.tiny import TINY

FEED = "sweep.points.chronological=['feed=chronological','enforcement=never']"
SMALL = (
    "task=sweep", *TINY, "sweep.seeds=3", "sweep.detectors=[random,activity,co_repost]", "hydra.run.dir=sweep",
    "sweep.thresholds.random=[0.9]", "sweep.thresholds.activity=[0.8]", "sweep.thresholds.co_repost=[0.5]",
    "+sweep.points.defence=['enforcement=defence']", f"+{FEED}", "sweep.headline=true",
)  # fmt: skip


def reach(overrides: tuple[str, ...], seed: int, enforcement: str) -> float:
    model = InfluenceModel(
        load_scenario("hk2019", seed=seed, overrides=(*TINY, *overrides)), detector="co_repost",
        enforcement=load_enforcement(f"enforcement={enforcement}"),
    )  # fmt: skip
    model.run()
    return float(model.outcome().reached.size)


@pytest.mark.slow
def test_points_are_runs_beside_the_grid_that_are_compared_with_its_own_twin(takedown, tmp_path: Path):
    status, out, err = takedown(*SMALL)
    assert (status, err) == (0, "")
    table = pd.read_parquet(tmp_path / "sweep/results.parquet")
    assert len(table) == 3 * 5
    for seed in (1, 2, 3):
        rows = table[table["seed"] == seed].set_index("detector")
        unenforced = reach((), seed, "never")
        assert rows.loc["chronological", "reach"] == reach(("feed=chronological",), seed, "never")
        assert rows.loc["chronological", "reach_cut_off"] == 1.0 - rows.loc["chronological", "reach"] / unenforced
        assert rows.loc["defence", "reach"] == reach((), seed, "defence")
        assert rows.loc["defence", "threshold"] == load_enforcement("enforcement=defence").threshold
    assert len(list((tmp_path / "sweep/twins").glob("*.npz"))) == 3
    assert "Reach cut off beyond what is simple" in out
    assert max(map(len, out.splitlines())) <= 80

    made = {name: (tmp_path / "sweep" / name).read_bytes() for name in ("headline.png", "differences.parquet")}
    for name in made:
        (tmp_path / "sweep" / name).unlink()
    status, _, err = takedown("task=collect", "hydra.run.dir=sweep")
    assert (status, err) == (0, "")
    assert {name: (tmp_path / "sweep" / name).read_bytes() for name in made} == made
    assert "Reach cut off beyond what is simple" in (tmp_path / "sweep/report.html").read_text()


def test_a_headline_is_left_out_where_the_folder_holds_more_than_one_configuration(takedown, tmp_path: Path):
    few = ("task=sweep", *TINY, "sweep.seeds=1", "sweep.detectors=[random]", "sweep.thresholds.random=[0.9]")
    assert takedown(*few, "hydra.run.dir=sweep")[0] == 0
    status, _, err = takedown(*few, "hydra.run.dir=sweep", "sweep.headline=true", "enforcement.delay_hours=1")
    assert status == 2
    assert err == (
        "takedown: sweep.headline: the headline is of one configuration; runs in the folder differ by "
        "enforcement.delay_hours. It is left out.\n"
    )
    assert len(pd.read_parquet(tmp_path / "sweep/results.parquet")) == 2
    assert not (tmp_path / "sweep/headline.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["+sweep.points.random=['feed=chronological']"],
         "sweep.points.random must have a name that no detector of the sweep has; got 'random'."),
        (["+sweep.points.quiet=['operation=static']"],
         "sweep.points.quiet must change what the platform does alone: detector, enforcement, feed; got operation=sta"),
        (
            ["+sweep.points.x=['feed=nosuch']"],
            "sweep.points.x: feed must be one of chronological, engagement, equal_weights, known_only; got ",
        ),
        (["+sweep.points.x=['feed.attention=0']"], "feed.attention must lie in [1, 4096]; got 0 (in sweep.points.x)."),
        (["+sweep.points.x=7"], "sweep.points.x must be a list"),
        (["sweep.headline=7"], "sweep.headline must be true or false"),
        (["sweep.headline=true", "+sweep.vary={enforcement.cadence_hours: [6, 24]}"],
         "sweep.headline is of one configuration; got several of enforcement.cadence_hours."),
        (["+sweep.points.x=['enforcement.cadence_hours=1']", "+sweep.vary={enforcement.cadence_hours: [6, 24]}"],
         "sweep.points.x must leave alone what varies; got enforcement.cadence_hours."),
        (["--multirun", f"+{FEED}", "feed=engagement,known_only"],
         "sweep.points.chronological must leave alone what varies; got feed."),
    ],
)  # fmt: skip
def test_what_is_no_point_is_refused_before_anything_is_run(
    takedown, tmp_path: Path, arguments: list[str], message: str
):
    status, out, err = takedown(*arguments, "task=sweep", *TINY, "sweep.detectors=[random]")
    assert (status, out) == (2, "")
    assert err.startswith(f"takedown: {message}")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_headline_experiment_draws_its_lines_and_points(takedown, tmp_path: Path):
    status, _, err = takedown("experiment=headline", *TINY, "sweep.seeds=1", "hydra.run.dir=sweep", "workers=2")
    assert (status, err) == (0, "")
    table = pd.read_parquet(tmp_path / "sweep/results.parquet")
    assert {"random", "repost_share", "activity", "office_hours", "defence", "chronological feed"} <= set(
        table["detector"]
    )
    assert np.isinf(table.set_index("detector").loc["chronological feed", "threshold"])
    assert (tmp_path / "sweep/headline.svg").read_text().count("chronological feed (hits nobody)") == 1
