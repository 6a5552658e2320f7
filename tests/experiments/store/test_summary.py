"""Means over seeds: each measure on the scale that its range asks for."""

from __future__ import annotations

import pandas as pd
import pytest

from detectors.evaluation.intervals import Scale, interval
from experiments.store.summary import arm_means, means, scale_of
from sim import InfluenceModel, load_scenario
from tests.experiments.synthetic import cadence_frame, sweep_frame
from tests.experiments.tiny import TINY


def test_every_measure_of_a_run_lies_in_the_range_of_its_scale():
    model = InfluenceModel(load_scenario("hk2019", seed=2, overrides=TINY), detector="random", threshold=0.9)
    model.run()
    found = model.results()
    assert {scale_of(name) for name in found} == set(Scale)
    for name, value in found.items():
        scale = scale_of(name)
        if scale != Scale.IDENTITY:
            assert not value < (0.0 if scale in (Scale.LOG, Scale.LOGIT) else -100.0), name
        if scale in (Scale.LOGIT, Scale.REMAINDER):
            assert not value > 1.0, name
    shares = {name for name, value in found.items() if "rate" in name or "share" in name or "recall" in name}
    assert {scale_of(name) for name in shares} == {Scale.LOGIT, Scale.REMAINDER}


def test_a_sweeps_means_are_those_of_each_arm():
    table = sweep_frame(seeds=6)
    found = arm_means(table, ["detector", "threshold"], ["false_positive_rate", "reach_cut_off"])
    assert list(dict.fromkeys(found["detector"])) == ["random", "co_repost", "oracle"]
    part = found[found["detector"] == "co_repost"]
    assert part["threshold"].is_monotonic_increasing
    row = part[(part["threshold"] == 0.5) & (part["measure"] == "reach_cut_off")].iloc[0]
    values = table[(table["detector"] == "co_repost") & (table["threshold"] == 0.5)]["reach_cut_off"]
    expected = interval(values, Scale.REMAINDER)
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((expected.mean, expected.low, expected.high))
    assert (row["seeds"], row["failed"], row["runs"]) == (6, 0, 6)


def test_a_run_that_broke_off_enters_no_mean_and_is_counted():
    table = cadence_frame(seeds=6)
    lost = (table["detector"] == "fused") & (table["seed"] == 6)
    table.loc[lost, ["failed", "reach"]] = ["ValueError: on purpose", 1e9]
    row = arm_means(table, ["detector"], ["reach"]).set_index("detector").loc["fused"]
    assert row["mean"] == pytest.approx(table[~lost & (table["detector"] == "fused")]["reach"].mean())
    assert (row["seeds"], row["failed"], row["runs"]) == (15, 3, 18)
    every = arm_means(table.assign(failed="lost"), ["detector"], ["reach"])
    assert every["mean"].isna().all()
    assert list(every["failed"]) == [18, 18]


def test_an_undefined_seed_is_left_out_and_counted():
    table = pd.DataFrame({"measure": "recall", "value": [0.1, None, 0.3, 0.2, 0.4, 0.3]})
    row = means(table, ["measure"]).iloc[0]
    assert (row["seeds"], row["undefined"]) == (5, 1)
    assert row["low"] < row["mean"] == pytest.approx(0.26)
    assert means(table.head(3), ["measure"])["low"].isna().all()
