"""The fourth lesson: what is printed of a detector, whose acts fall on weekends, an operator who gives the habit up."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from experiments.lesson.own import areas, highest, weekends, without_weekends
from experiments.store.comparison import Comparison
from sim import InfluenceModel, load_scenario
from tests.experiments.tiny import TINY


class Fixed:
    def score(self) -> np.ndarray:
        return np.array([0.2, np.nan, 0.9, 0.5])

    def explain(self, account: int) -> Any:
        return type("Evidence", (), {"sentence": f"account {account}"})


def test_the_highest_scores_come_first_and_the_unscored_last() -> None:
    assert highest(cast("Any", Fixed()), 2) == ["0.900000  account 2", "0.500000  account 3"]


def test_weekends_are_counted_in_the_time_zone_given() -> None:
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*TINY, "scenario.start=2019-07-19"]))
    model.run()
    found, log = weekends(model, 0), model.activity
    people = model.world.truth.layer[log["account"]] == 0
    assert found.loc["organic", "share of acts at weekends"] == pytest.approx(
        np.mean(log["time"][people] >= 86_400), abs=0.001
    )  # the run has a Friday and a Saturday
    assert weekends(model, 24).loc["organic", "share of acts at weekends"] == 1.0


def test_operators_without_weekends_write_as_much_on_every_day() -> None:
    world = load_scenario("hk2019", scale=0.01, seed=1)
    even = without_weekends(world)
    first = dt.date.fromisoformat(str(world.scenario.start))
    acts = [
        [
            one.operation.days.on(first + dt.timedelta(days=i), one.operation.weekend_factor)
            for i in range(world.scenario.days)
        ]
        for one in (world, even)
        if one.operation.days is not None
    ]
    assert sum(acts[1]) == pytest.approx(sum(acts[0]))
    assert max(acts[1]) == min(acts[1])
    assert max(acts[0]) > 2 * min(acts[0])


def test_areas_of_comparisons_stand_side_by_side() -> None:
    rows = [("fused", "core", 0.7), ("fused", "amplifiers", 0.8), ("fused", "operation", 0.9)]
    table = pd.DataFrame(
        [
            {
                "part": "replay",
                "detector": name,
                "seed": 1,
                "rule": "none",
                "layer": layer,
                "measure": "auc",
                "value": auc,
            }
            for name, layer, auc in rows
        ]
    )
    found = Comparison([1], [2], measures=table)
    assert areas({"one": found, "other": found}).loc["fused"].to_dict() == {
        ("one", "amplifiers"): 0.8, ("one", "core"): 0.7, ("other", "amplifiers"): 0.8, ("other", "core"): 0.7,
    }  # fmt: skip
