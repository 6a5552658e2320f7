"""Paired differences against known truth: coverage, pairing, what is left out, thresholds chosen on other seeds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from detectors.evaluation.intervals import interval
from experiments.store.paired import Best, at_best, crossed, paired
from sim import ConfigError
from sim.core.rng import Purpose, stream, uniforms
from tests.experiments.synthetic import cadence_frame, sweep_frame

CADENCE = "enforcement.cadence_hours"


def normals(key: int, *shape: int) -> np.ndarray:
    """Return keyed standard normal draws."""
    places = np.arange(math.prod(shape))
    return stats.norm.ppf(uniforms(stream(key, Purpose.DETECTOR), places)).reshape(shape)


def arms(a: np.ndarray, b: np.ndarray) -> pd.DataFrame:
    """Return a table of two arms, a value a seed."""
    seeds = np.arange(len(a))
    parts = [
        pd.DataFrame({"detector": "x", "hours": h, "seed": seeds, "reach_cut_off": v}) for h, v in ((1, a), (9, b))
    ]
    return pd.concat(parts)


@pytest.mark.parametrize("seeds", [5, 12])
def test_the_interval_covers_the_true_difference_as_often_as_it_says(seeds: int):
    """1,000 repetitions of seeds whose luck is shared by both arms and skewed (exponential); the truth is −0.02.

    95% are expected to cover; four standard deviations of that share are 2.8 points (a false alarm below 1e-4).
    """
    shared = stats.expon.ppf(uniforms(stream(1, Purpose.DETECTOR), np.arange(1000 * seeds))).reshape(1000, seeds)
    one, other = normals(2, 1000, seeds), normals(3, 1000, seeds)
    covered = 0
    for luck, a, b in zip(0.1 * shared, 0.01 * one, 0.01 * other - 0.02, strict=True):
        found = paired(arms(0.4 - luck + a, 0.4 - luck + b), "hours", 1, 9, "reach_cut_off").found
        covered += found.low <= -0.02 <= found.high
    assert 0.922 <= covered / 1000 <= 0.978


def test_it_is_students_interval_of_the_seeds_differences_and_narrower_than_that_of_either_arm():
    table = cadence_frame(seeds=8)
    part = table[table["detector"] == "fused"]
    found = paired(part, CADENCE, 1, 72, "reach_cut_off")
    a, b = (part[part[CADENCE] == hours]["reach_cut_off"].to_numpy() for hours in (1, 72))
    low, high = stats.t.interval(0.95, 7, loc=np.mean(b - a), scale=stats.sem(b - a))
    assert (found.found.mean, found.found.low, found.found.high) == pytest.approx((np.mean(b - a), low, high))
    assert (found.found.high - found.found.low) < 0.2 * (interval(a).high - interval(a).low)
    assert list(found.by_seed.index) == list(range(1, 9))


def test_other_columns_are_averaged_within_a_seed_and_said():
    table = cadence_frame(seeds=6)
    found = paired(table, CADENCE, 1, 72, "reach_cut_off")
    each = [
        paired(table[table["detector"] == name], CADENCE, 1, 72, "reach_cut_off") for name in ("co_repost", "fused")
    ]
    assert found.averaged == {"detector": ["co_repost", "fused"]}
    assert found.found.seeds == 6  # not twelve: a seed's two detectors are no two observations
    assert found.by_seed.to_numpy() == pytest.approx((each[0].by_seed + each[1].by_seed).to_numpy() / 2)


def test_seeds_with_a_run_that_broke_off_or_is_missing_are_left_out_of_both_arms_and_counted():
    table = cadence_frame(seeds=8).reset_index(drop=True)
    table.loc[(table["seed"] == 2) & (table[CADENCE] == 72) & (table["detector"] == "fused"), "failed"] = "lost"
    table = table[~((table["seed"] == 5) & (table[CADENCE] == 1) & (table["detector"] == "fused"))]
    table.loc[(table["seed"] == 7) & (table[CADENCE] == 1), "reach_cut_off"] = math.nan
    table.loc[(table["seed"] == 8) & (table[CADENCE] == 24), "failed"] = "of an arm that is not compared"
    found = paired(table, CADENCE, 1, 72, "reach_cut_off")
    assert (found.broke_off, found.missing, found.found.undefined, found.found.seeds) == (1, 1, 1, 5)
    assert list(found.by_seed.dropna().index) == [1, 3, 4, 6, 8]
    assert found.hit == pytest.approx((0.001 + 0.0001 * np.mean([1, 3, 4, 6, 7, 8]),) * 2)


def test_arms_that_differ_in_more_than_the_column_are_not_paired():
    table = cadence_frame()
    table = table[(table["detector"] == "fused") == (table[CADENCE] == 72)]
    with pytest.raises(ConfigError, match=r"cadence_hours = 1 and 72 share no runs .*: they differ in detector\."):
        paired(table, CADENCE, 1, 72, "reach_cut_off")
    assert not crossed(table, CADENCE)
    assert crossed(cadence_frame(), CADENCE)
    assert not crossed(sweep_frame(), "detector")  # the oracle has one threshold, the others have five


def thresholds(seeds: int, key: int, *, several: int = 10) -> pd.DataFrame:
    """Return `many`, of equally good thresholds that hit few, and `random`, just as good, at one."""
    noise = 0.05 * normals(key, seeds, several + 1)
    rows = []
    for seed in range(seeds):
        for i in range(several + 1):
            name, threshold = ("random", 0.5) if i == several else ("many", (i + 1) / (several + 1))
            rows.append((name, threshold, seed, 0.3 + noise[seed, i], 0.001))
    return pd.DataFrame(rows, columns=["detector", "threshold", "seed", "reach_cut_off", "false_positive_rate"])


def test_a_threshold_chosen_on_the_other_seeds_does_not_flatter_itself_and_its_interval_covers():
    """Ten thresholds that are all as good as the one they are set against: the true difference is 0.

    A threshold tuned on the seeds that it is evaluated on seems better by more than ten standard errors. Of 200
    intervals 96% and more are expected to cover; four standard deviations are 5.5 points. Student's interval of the
    same differences, which takes them for independent, covers in nine cases of ten.
    """
    honest, tuned, covered, students = [], [], [], []
    for key in range(200):
        table = thresholds(8, key)
        best = at_best(table, "random", "many", "reach_cut_off")
        assert isinstance(best, Best)
        found, naive = best.difference.found, interval(best.difference.by_seed)
        honest.append(found.mean)
        covered.append(found.low <= 0.0 <= found.high)
        students.append(naive.low <= 0.0 <= naive.high)
        means = table.groupby(["detector", "threshold"])["reach_cut_off"].mean()
        tuned.append(means["many"].max() - means["random"].max())
    error = np.std(honest, ddof=1) / math.sqrt(200)
    assert abs(np.mean(honest)) < 4 * error
    assert np.mean(tuned) > 10 * error
    assert np.mean(covered) > 0.905 > np.mean(students)


def test_where_one_threshold_is_best_whatever_seed_is_left_out_the_interval_is_students():
    table = sweep_frame(seeds=6)
    table["reach_cut_off"] += 0.01 * normals(9, len(table))
    best = at_best(table, "random", "co_repost", "reach_cut_off", 0.01)
    assert isinstance(best, Best)
    assert [len(found) for found in best.thresholds.values()] == [1, 1]
    found, student = best.difference.found, interval(best.difference.by_seed)
    assert (found.mean, found.low, found.high) == pytest.approx((student.mean, student.low, student.high))
    assert found.low < found.mean


def test_the_threshold_of_a_seed_is_the_best_of_the_others_that_hits_few():
    table = sweep_frame(seeds=4)
    best = at_best(table, "random", "co_repost", "reach_cut_off", 0.01)
    assert isinstance(best, Best)
    assert best.thresholds == {"random": [0.9], "co_repost": [0.9]}  # 0.7 hits 1.2%, 0.9 a tenth of that
    assert best.difference.hit == pytest.approx((0.001 * 1.25, 0.001 * 1.25))
    assert best.difference.by_seed.to_numpy() == pytest.approx([0.25] * 4)
    wide = at_best(table, "random", "co_repost", "reach_cut_off", 0.5)
    assert isinstance(wide, Best)
    assert wide.thresholds["co_repost"] == [0.5]


def test_a_seeds_own_people_hit_have_no_say_in_its_threshold():
    table = sweep_frame(seeds=4)
    lucky = (table["detector"] == "co_repost") & (table["threshold"] == 0.7) & (table["seed"] != 3)
    table.loc[lucky, "false_positive_rate"] = 0.004
    table.loc[(table["threshold"] == 0.7) & (table["seed"] == 3), "false_positive_rate"] = 0.03
    best = at_best(table, "random", "co_repost", "reach_cut_off", 0.01)
    assert isinstance(best, Best)
    assert best.thresholds["co_repost"] == [0.7, 0.9]
    assert best.difference.by_seed.to_numpy() == pytest.approx([0.25, 0.25, 0.4, 0.25])


def test_of_equally_good_thresholds_the_highest_is_taken():
    table = sweep_frame(seeds=4)
    table["reach_cut_off"] = table["threshold"].isin([0.9, 0.99]) * 0.5
    best = at_best(table, "random", "co_repost", "reach_cut_off", 0.01)
    assert isinstance(best, Best)
    assert best.thresholds["co_repost"] == [0.99]


def test_where_no_threshold_can_be_chosen_the_reason_is_returned():
    few = at_best(sweep_frame(seeds=2), "random", "co_repost", "reach_cut_off")
    assert few == "a threshold is chosen on the other seeds: that takes 3 whole seeds, and here 2"
    table = sweep_frame(seeds=4)
    hits = table["detector"] == "co_repost"
    table.loc[hits, "false_positive_rate"] = 0.2
    assert at_best(table, "random", "co_repost", "reach_cut_off") == (
        "no threshold of co_repost hits at most 1% of people on the other seeds"
    )
    table.loc[hits & (table["seed"] != 4), "false_positive_rate"] = 0.001
    assert at_best(table, "random", "co_repost", "reach_cut_off") == (
        "no threshold of co_repost hits at most 1% of people on the other seeds for 3 of 4 seeds"
    )


@pytest.mark.filterwarnings("error")
def test_where_a_threshold_needs_a_certain_seed_the_reason_is_returned_and_nothing_is_warned_of():
    table = sweep_frame(seeds=5)
    hits = table["detector"] == "co_repost"
    table.loc[hits, "false_positive_rate"] = np.where(table.loc[hits, "seed"] <= 2, 0.009, 0.0102)
    assert at_best(table, "random", "co_repost", "reach_cut_off") == (
        "without one of the seeds no threshold of random or co_repost hits at most 1% of people on the others"
    )


def test_a_seed_in_which_a_run_broke_off_is_left_out_of_both_methods():
    table = sweep_frame(seeds=5).assign(failed=None)
    table.loc[(table["detector"] == "random") & (table["threshold"] == 0.5) & (table["seed"] == 2), "failed"] = "lost"
    table = table[~((table["detector"] == "co_repost") & (table["threshold"] == 1.0) & (table["seed"] == 4))]
    best = at_best(table, "random", "co_repost", "reach_cut_off")
    assert isinstance(best, Best)
    assert list(best.difference.by_seed.index) == [1, 3, 5]
    assert (best.difference.broke_off, best.difference.missing) == (1, 1)


def test_thresholds_are_chosen_by_the_reach_cut_off_whatever_the_measure():
    """Less reach is more cut off: the best threshold is not the one of most reach. Who is undefined is left out."""
    table = sweep_frame(seeds=6)
    table["reach"] = 1000.0 * (1.0 - table["reach_cut_off"])
    table["precision"] = table["recall_amplifiers"].where(table["threshold"] < 1.0)  # of nobody it is undefined
    reach, cut, precision = (
        at_best(table, "random", "co_repost", measure, 0.01) for measure in ("reach", "reach_cut_off", "precision")
    )
    assert isinstance(reach, Best)
    assert isinstance(cut, Best)
    assert isinstance(precision, Best)
    assert reach.thresholds == cut.thresholds == precision.thresholds == {"random": [0.9], "co_repost": [0.9]}
    assert reach.difference.found.mean == pytest.approx(-1000.0 * cut.difference.found.mean)
    assert precision.difference.found.seeds == 6
    table.loc[(table["threshold"] == 0.9) & (table["seed"] == 2), "precision"] = math.nan
    precision = at_best(table, "random", "co_repost", "precision", 0.01)
    assert isinstance(precision, Best)
    assert (precision.difference.found.seeds, precision.difference.found.undefined) == (5, 1)
    assert precision.difference.found.known
