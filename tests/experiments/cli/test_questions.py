"""The experiments that each answer one question: they run, and their parts are what they are called."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest

from experiments.store.leaves import leaves
from sim.config.composition import compose_config, load_enforcement
from tests.experiments.tiny import TINY, TINY_WORLD

SMALL = ("workers=1", "hydra.run.dir=out")


def ran(takedown, tmp_path: Path, name: str, *more: str) -> tuple[str, pd.DataFrame]:
    status, out, err = takedown(f"experiment={name}", *SMALL, *more)
    assert (status, err) == (0, "")
    return out, pd.read_parquet(tmp_path / "out/results.parquet")


def test_budget_names_the_best_detector_and_threshold_within_it(takedown, tmp_path: Path):
    out, table = ran(takedown, tmp_path, "budget", *TINY, "sweep.seeds=2", "sweep.detectors=[random,co_repost]")
    assert "With at most 0.1% of people hit on the seeds" in " ".join(out.split())
    assert (tmp_path / "out/within_budget.png").exists()
    assert table["seed"].nunique() == 2


def test_speed_compares_cadences_and_detectors_within_the_budget(takedown, tmp_path: Path):
    out, table = ran(
        takedown, tmp_path, "speed", *TINY, "sweep.seeds=2", "sweep.vary={enforcement.cadence_hours: [1, 24]}"
    )
    said = " ".join(out.split())
    assert "With enforcement.cadence_hours = 24: reach cut off" in said
    assert "With detector = creation_burst: reach cut off" in said
    assert len(table) == 2 * 2 * 4
    assert compose_config(["experiment=speed"]).sweep.vary["enforcement.cadence_hours"] == [1, 3, 6, 24, 72]


def test_adaptation_sets_the_operator_that_answers_beside_the_static_one_and_knows_what_a_person_cost(
    takedown, tmp_path: Path
):
    out, table = ran(takedown, tmp_path, "adaptation", *TINY, "sweep.seeds=1")
    said = " ".join(out.split())
    assert "With detector = defence: cost per reached person" in said
    assert "at operation.tactics = none; the change from there: at spread_registrations" in said
    defences = compose_config(["experiment=adaptation"]).sweep.points
    assert len(defences) == 4
    assert set(zip(table["detector"], table["operation.tactics"], strict=True)) == {
        (name, tactics) for name in defences for tactics in ("none", "spread_registrations")
    }
    assert table["cost_per_reached_person"].gt(0.0).any()


def test_ranking_sets_reach_beside_reach_without_amplifiers_and_nothing_is_paid(takedown, tmp_path: Path):
    own = [word for word in TINY if not word.startswith("feed.")]  # the weights are what is asked
    out, table = ran(takedown, tmp_path, "ranking", *own, "sweep.seeds=1")
    assert "With feed = chronological: reach" in " ".join(out.split())
    assert (table["promoted_impressions"] == 0.0).all()
    alone = table[table["scenario.amplifiers"] == 0]
    assert set(alone["feed"]) == {"engagement", "equal_weights", "chronological"}
    assert alone["recall_amplifiers"].isna().all()  # there is none


@pytest.mark.slow
def test_takedown2019_runs_every_part_in_both_plans_beside_the_twin_of_each(takedown, tmp_path: Path):
    few = ("sweep.seeds=1", "scenario.start=2019-08-18", "scenario.amplifiers=200")
    out, table = ran(takedown, tmp_path, "takedown2019", *TINY_WORLD, *few)
    assert "The core has 4 personas here, too few to answer" in " ".join(out.split())
    assert (tmp_path / "out/left_out.svg").exists()
    points = compose_config(["experiment=takedown2019"]).sweep.points
    assert set(zip(table["detector"], table["operation.days.otherwise"], strict=True)) == {
        (name, plan) for name in points for plan in (0, 700)
    }
    assert len(list((tmp_path / "out/twins").glob("*.npz"))) == 2


CHANGES = {
    "without filter": {"routes.fast.threshold"},
    "without review": {"per_day"},
    "without both automatic routes": {"routes.fast.threshold", "per_day"},
    "without tip": {"investigation.tip_date"},
    "without investigation and wave": {"investigation.analysts"},
    "without advertising ban": {"investigation.bars_advertising"},
}


def test_each_part_left_out_changes_that_part_alone():
    points = dict(compose_config(["experiment=takedown2019"]).sweep.points)
    of_all = dict(leaves(asdict(load_enforcement(*points.pop("whole defence")))))
    assert of_all == dict(leaves(asdict(load_enforcement("enforcement=defence"))))
    for name, words in points.items():
        own = dict(leaves(asdict(load_enforcement(*words))))
        assert {key for key in own if own[key] != of_all[key]} == CHANGES[name]
    assert set(points) == set(CHANGES)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("sweep.most_hit=2", "sweep.most_hit must lie in [0, 1] or be null; got 2.0."),
        ("sweep.whole=nothing", "sweep.whole must be a point of several, null; got 'nothing', of points none."),
        ("sweep.detectors=[]", "sweep.detectors and sweep.seeds must name at least one each; got none."),
    ],
)
def test_what_is_no_budget_and_no_whole_is_refused(takedown, word: str, message: str):
    assert takedown("task=sweep", *TINY, word) == (2, "", f"takedown: {message}\n")
