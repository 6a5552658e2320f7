"""Paired differences to the best of the others and to the better trivial rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from detectors.evaluation.intervals import interval
from experiments.store.against import difference, differences

KEY = {"part": "replay", "rule": "none", "layer": "amplifiers", "measure": "recall_at_0.001_hit"}
SEEDS = range(1, 8)
LUCK = 0.1 * np.sin(np.arange(7.0))  # shared by all detectors


def rows(levels: dict[str, float], noise: float = 0.01, **key) -> pd.DataFrame:
    return pd.DataFrame(
        {**KEY, **key, "detector": name, "seed": seed, "value": level + LUCK[i] + noise * np.cos(i * len(name))}
        for name, level in levels.items()
        for i, seed in enumerate(SEEDS)
    )


def found(table: pd.DataFrame) -> pd.DataFrame:
    return differences(table).set_index(["detector", "against"])


def test_each_is_set_against_the_best_of_the_others_and_the_better_of_the_other_trivial_rules():
    table = found(rows({"co_repost": 0.5, "fused": 0.3, "activity": 0.2, "random": 0.0, "oracle": 1.0}))
    assert table["reference"].to_dict() == {
        ("co_repost", "best"): "fused", ("co_repost", "trivial"): "activity", ("fused", "best"): "co_repost",
        ("fused", "trivial"): "activity", ("activity", "best"): "co_repost", ("activity", "trivial"): "random",
        ("random", "best"): "co_repost", ("random", "trivial"): "activity",
    }  # fmt: skip
    assert table.loc[("co_repost", "best"), "mean"] == pytest.approx(0.2, abs=0.01)
    assert table.loc[("random", "best"), "mean"] == pytest.approx(-0.5, abs=0.01)


def test_where_one_reference_is_highest_throughout_the_interval_is_students_on_paired_differences():
    table = rows({"co_repost": 0.5, "activity": 0.2, "random": 0.0})
    values = table.pivot(index="seed", columns="detector", values="value")
    expected = interval(values["co_repost"] - values["activity"])
    row = found(table).loc[("co_repost", "trivial")]
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((expected.mean, expected.low, expected.high))
    assert row["high"] - row["low"] < 0.2 * (interval(values["co_repost"]).high - interval(values["co_repost"]).low)


def test_of_two_equally_good_ones_the_lead_is_not_taken_for_more_than_chance():
    draw = np.random.Generator(np.random.Philox(key=2))
    wrong = 0
    for _ in range(200):
        values = pd.DataFrame(draw.normal(size=(8, 3)), columns=["a", "b", "c"])
        _, one = difference(values, "a", ["b", "c"])
        wrong += one.low > 0.0
    assert wrong <= 10  # 2.5% of 200 are 5; the lead over the better of two is below 0 on average


def test_seeds_without_a_value_are_left_out_and_counted_and_few_have_no_interval():
    table = rows({"co_repost": 0.5, "activity": 0.2, "random": 0.0})
    table.loc[(table["detector"] == "co_repost") & (table["seed"] == 3), "value"] = np.nan
    row = found(table).loc[("co_repost", "trivial")]
    assert (row["seeds"], row["undefined"]) == (6, 1)
    few = found(table[table["seed"] <= 4])
    assert few["low"].isna().all()
    assert few["mean"].notna().all()
    values = pd.DataFrame({"a": [0.5, np.nan], "b": [np.nan, 0.5]})
    assert difference(values, "a", ["b"])[1].seeds == 0


def test_a_reference_that_failed_half_way_is_passed_over():
    table = rows({"co_repost": 0.5, "lost": 0.9, "activity": 0.2})
    table = table[(table["detector"] != "lost") | (table["seed"] == 1)]
    row = found(table).loc[("co_repost", "best")]
    assert (row["reference"], row["seeds"]) == ("activity", 7)


def test_only_measures_by_which_detectors_are_judged_are_compared():
    table = pd.concat(
        [
            rows({"a": 0.5, "activity": 0.2}, measure="auc"),
            rows({"a": 0.5, "activity": 0.2}, layer="operation"),
            rows({"a": 0.5, "activity": 0.2}, part="loop", rule="budget", layer="all", measure="reach_cut_off"),
        ]
    )
    assert set(differences(table)["measure"]) == {"reach_cut_off"}
    assert differences(pd.DataFrame()).empty
