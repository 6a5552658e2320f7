"""What is said of a sweep: figures with their unit, what they stand on, and nothing where nothing can be said."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from experiments.report.sentences import difference_sentence, sentences
from experiments.report.words import change_texts, plain, value_of
from experiments.store.paired import paired
from tests.experiments.synthetic import cadence_frame, sweep_frame

CADENCE = "enforcement.cadence_hours"


def said(table: pd.DataFrame, measure: str = "reach_cut_off") -> str:
    return difference_sentence(paired(table, CADENCE, 1, 72, measure))


def test_a_difference_is_said_with_its_interval_and_what_it_is_a_mean_over():
    assert said(cadence_frame(seeds=20)) == (
        "Over 20 seeds, going from enforcement.cadence_hours = 1 to 72 changes the reach cut off by -2.2 points "
        "(95% interval -2.3 to -2.1, paired by seed; mean over detector co_repost, fused). "
        "Share of people hit: 0.21% and 0.21%."
    )
    assert "hit" not in said(cadence_frame(), "false_positive_rate")


def test_two_arms_whose_interval_includes_zero_cannot_be_distinguished():
    text = said(cadence_frame(seeds=6, slope=0.0))
    assert text.startswith(
        "Over 6 seeds, enforcement.cadence_hours = 1 and 72 cannot be distinguished by the reach cut off: "
    )
    assert "changes" not in text
    assert "better" not in text


def test_fewer_than_five_seeds_have_no_interval_and_one_seed_says_so():
    assert said(cadence_frame(seeds=4)).startswith("Over 4 seeds, going from")
    assert "on average (too few seeds for an interval, which takes 5: this may be chance;" in said(
        cadence_frame(seeds=4)
    )
    one = said(cadence_frame(seeds=1))
    assert one.startswith("On one seed, going from enforcement.cadence_hours = 1 to 72 changes the reach cut off by -")
    assert "this may be chance" in one
    assert "95%" not in one


def test_seeds_that_are_left_out_are_said_with_the_reason():
    table = cadence_frame(seeds=9).reset_index(drop=True)
    table.loc[(table["seed"] <= 2) & (table[CADENCE] == 72) & (table["detector"] == "fused"), "failed"] = "lost"
    table.loc[(table["seed"] == 9) & (table[CADENCE] == 1), "reach_cut_off"] = math.nan
    table = table[~((table["seed"] == 3) & (table[CADENCE] == 1))]
    text = said(table)
    assert text.startswith("Over 5 seeds, ")
    assert text.split(" Share of")[0].endswith(
        "; 2 seeds left out because a run broke off; 1 seed left out because a run is missing; "
        "1 seed left out because it is undefined there)."
    )
    everything = said(table.assign(failed="lost"))
    assert everything.startswith("Nothing can be said of enforcement.cadence_hours = 1 and 72: ")


def test_seeds_that_all_agree_on_no_difference_are_said_to():
    table = cadence_frame(seeds=6).assign(reach_cut_off=0.25)
    assert "= 1 and 72 do not differ in the reach cut off on any seed" in said(table)


def test_differences_that_are_rounding_are_none():
    table = cadence_frame(seeds=6)
    table["reach_cut_off"] = 0.1 + 0.2 * (table[CADENCE] == 1)
    table.loc[table[CADENCE] == 72, "reach_cut_off"] = 0.3  # 0.1 + 0.2 is 0.30000000000000004
    assert "do not differ" in said(table)


def test_counts_are_said_in_plain_units():
    assert "changes the reach by 71 (95% interval 71 to 71, paired by seed" in said(cadence_frame(), "reach")


def test_methods_with_thresholds_of_their_own_are_set_against_random_at_few_people_hit():
    found = sentences(sweep_frame(seeds=6))
    assert len(found) == 1  # neither the floor itself nor the ceiling
    assert found[0].startswith(
        "Over 6 seeds, at no more than 1% of people hit, each method at the threshold that cut off most on the "
        "other seeds, co_repost instead of random changes the reach cut off by 25.0 points (95% interval 25.0 to 25.0, "
        "paired by seed, by the jackknife). Share of people hit on the seeds evaluated: random "
    )
    assert found[0].endswith("0.14% (threshold 0.9), co_repost 0.14% (threshold 0.9).")
    few = sentences(sweep_frame(seeds=2))
    assert few == [
        "co_repost cannot be compared with random at no more than 1% of people hit: a threshold is chosen on the other "
        "seeds: that takes 3 whole seeds, and here 2."
    ]
    many = sweep_frame(seeds=6)
    many.loc[many["detector"] == "co_repost", "false_positive_rate"] = 0.02
    assert "no threshold of co_repost hits at most 1% of people on the other seeds." in sentences(many)[0]


def test_many_methods_share_a_sentence_that_sets_apart_those_that_cannot_be_distinguished_from_random():
    parts = [sweep_frame(seeds=6)]
    for i, (name, more) in enumerate((("strong", 0.2), ("weak", 0.02), ("same", 0.0))):
        part = parts[0].query("detector == 'random'").assign(detector=name)
        noise = [0.01 * math.sin(9 * seed + i) for seed in part["seed"]]
        parts.append(part.assign(reach_cut_off=part["reach_cut_off"] + more * (part["threshold"] == 0.9) + noise))
    (text,) = sentences(pd.concat(parts))
    assert text.startswith("Over 6 seeds, at no more than 1% of people hit, each method at the threshold that cut off")
    apart, alike = text.split("; not to be distinguished from random: ")
    assert "the reach cut off changes from that of random: co_repost by 25.0 points (25.0 to 25.0), strong by 2" in apart
    assert "weak by 1.9 points (1.1 to 2.6)" in apart
    assert alike.startswith("same by ")
    assert " (95% intervals in brackets, paired by seed, by the jackknife). Share of people hit on the" in alike
    assert "evaluated: random 0.14%, co_repost 0.14%, " in alike
    few = sentences(pd.concat(parts).query("seed < 5"))
    assert len(few) == 4
    assert all("too few seeds" in text for text in few)


def test_each_crossed_column_is_a_contrast_and_others_are_not():
    found = sentences(cadence_frame())
    assert [text.split(" changes")[0].split(", going from ")[1] for text in found] == [
        "enforcement.cadence_hours = 1 to 72", "detector = co_repost to fused",
    ]  # fmt: skip
    table = cadence_frame()
    assert sentences(table[(table["detector"] == "fused") | (table[CADENCE] == 1)]) == []
    assert sentences(table[(table["detector"] == "fused") & (table[CADENCE] == 1)]) == []


@pytest.mark.parametrize(
    ("measure", "values", "texts"),
    [
        ("reach_cut_off", [-0.021, -0.03, -0.012], ["-2.1", "-3.0", "-1.2"]),
        ("reach_cut_off", [-0.0004, -0.0008, 0.0], ["-0.04", "-0.08", "0.00"]),
        ("recall", [0.2, 0.00004, 0.4], ["20.000", "0.004", "40.000"]),
        ("reach", [-1234.5, -2000.0, -400.0], ["-1,234", "-2,000", "-400"]),
        ("reach", [-0.2, -0.9, 0.5], ["-0.2", "-0.9", "0.5"]),
        ("reach", [0.0], ["0"]),
    ],
)
def test_differences_have_the_digits_that_their_spread_asks_for(measure: str, values: list[float], texts: list[str]):
    assert change_texts(measure, values)[0] == texts


def test_values_are_written_briefly():
    assert value_of("recall", 0.0014) == "0.14%"
    assert value_of("reach", 12345.6) == "12,346"
    assert value_of("reach", math.nan) == "–"
    assert plain(0.000123) == "0.00012"
    assert plain(12.34) == "12.3"
