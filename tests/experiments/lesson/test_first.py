"""The first lesson's tables say what the run's logs say."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.lesson.first import days, layers, same_before, sources, whom
from sim import InfluenceModel, load_scenario
from sim.events.records import PROMOTED
from tests.experiments.tiny import TINY


@pytest.fixture(scope="module")
def runs() -> dict[str, InfluenceModel]:
    """Return a world's unenforced run, and one in which the busiest are suspended."""
    config = load_scenario("hk2019", seed=1, overrides=list(TINY))
    free = InfluenceModel(config)
    free.run()
    enforced = InfluenceModel(config, "activity", threshold=0.1, world=free.world)
    enforced.run()
    return {"free": free, "enforced": enforced}


def test_layers_are_counted(runs: dict[str, InfluenceModel]) -> None:
    assert layers(runs["free"])["accounts"].to_dict() == {"organic": 400, "amplifiers": 80, "core": 4}


def test_every_impression_has_a_source(runs: dict[str, InfluenceModel]) -> None:
    shares, seen = sources(runs["free"])["share of impressions"], runs["free"].impressions
    assert shares.sum() == pytest.approx(1.0, abs=0.002)
    assert shares.get("paid for", 0.0) == pytest.approx(np.mean(seen["source"] == PROMOTED), abs=0.001)
    assert shares["followed the persona"] == pytest.approx(np.mean(seen["source"] == seen["author"]), abs=0.001)


def test_runs_are_the_same_up_to_the_first_suspension_and_not_beyond(runs: dict[str, InfluenceModel]) -> None:
    free, enforced = runs["free"], runs["enforced"]
    hours, same = same_before(free, enforced)
    assert 0 < hours < 48
    assert same
    assert len(free.activity["time"]) != len(enforced.activity["time"])


def test_what_is_cut_off_and_who_is_hit_are_the_results_of_the_run(runs: dict[str, InfluenceModel]) -> None:
    found, results = whom(runs), runs["enforced"].results()
    assert found.loc["reach cut off", "enforced"] == results["reach_cut_off"]
    assert found.loc["wrongly suspended: fans", "enforced"] == pytest.approx(
        results["false_positive_rate_fans"], nan_ok=True
    )
    assert found.loc["wrongly suspended: most people", "enforced"] > 0.0
    assert found.loc["wrongly suspended: most people", "free"] == 0.0


def test_the_figure_names_its_run(runs: dict[str, InfluenceModel]) -> None:
    made = days(runs)
    assert made.get_suptitle() == "hk2019, scale 1, seed 1"
    assert [len(ax.get_lines()) for ax in made.axes] == [2, 2]
