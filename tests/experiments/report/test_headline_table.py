"""What methods add to the best of the simple rules, and to random suspensions, where few people may be hit."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from detectors.evaluation.intervals import interval
from experiments.report.headline_table import (
    BEST_RULE,
    MOST_HIT,
    check_alone,
    differences,
    differences_table,
    headline_section,
    headline_sentences,
)
from experiments.report.terminal import console

LEVELS = {  # detector: threshold: share of people hit, reach cut off
    "random": {0.999: (0.0009, 0.001), 0.99: (0.009, 0.01)},
    "repost_share": {1.0: (0.02, 0.3)},
    "activity": {0.95: (0.0005, 0.05), 0.9: (0.008, 0.06)},
    "office_hours": {1.0: (0.0006, 0.02), 0.9: (0.009, 0.1)},
    "co_repost": {0.8: (0.0008, 0.25), 0.6: (0.007, 0.3)},
    "fused": {0.9: (0.0009, 0.052), 0.8: (0.009, 0.09)},
    "defence": {0.4: (0.006, 0.5)},
}


def noise(name: str, seed: int) -> float:
    return 0.004 * math.sin(7.0 * seed + len(name))


def table(seeds: int = 6) -> pd.DataFrame:
    return pd.DataFrame(
        {"detector": name, "threshold": threshold, "seed": seed, "people_hit": hit, "false_positive_rate": 0.9,
         "reach_cut_off": cut + noise(name, seed)}
        for name, levels in LEVELS.items() for threshold, (hit, cut) in levels.items() for seed in range(1, seeds + 1)
    )  # fmt: skip


def row(found: pd.DataFrame, name: str, most: float) -> pd.Series:
    (one,) = found[(found["detector"] == name) & (found["most_hit"] == most)].to_dict("records")
    return one


def test_the_best_rule_is_the_one_that_cuts_off_most_within_the_share_that_may_be_hit():
    found = differences(table())
    assert row(found, "co_repost", 1e-3)["best_rule"] == "activity at 0.95"
    assert row(found, "co_repost", 1e-2)["best_rule"] == "office_hours at 0.9"


def test_a_difference_is_paired_by_seed_with_its_interval():
    one = row(differences(table()), "co_repost", 1e-3)
    by_seed = [0.2 + noise("co_repost", seed) - noise("activity", seed) for seed in range(1, 7)]
    known = interval(by_seed)
    assert (one["best_rule_difference"], one["best_rule_low"], one["best_rule_high"]) == pytest.approx(
        (known.mean, known.low, known.high)
    )
    assert one["threshold"] == "0.8"
    assert one["people_hit"] == pytest.approx(0.0008)
    assert one["reach_cut_off"] == pytest.approx(0.25 + sum(noise("co_repost", s) for s in range(1, 7)) / 6)
    assert one["random_difference"] == pytest.approx(0.249 + sum(by_seed) / 6 - 0.2, abs=0.005)


def test_the_rule_is_chosen_on_the_other_seeds():
    frame = table()
    rule = (frame["detector"] == "office_hours") & (frame["threshold"] == 1.0)
    frame.loc[rule & (frame["seed"] == 1), "reach_cut_off"] = 0.15  # best on this seed alone
    one, before = (row(differences(each), "co_repost", 1e-3) for each in (frame, table()))
    assert one["best_rule"] == "activity at 0.95"
    assert one["best_rule_difference"] == before["best_rule_difference"]


def test_what_hits_too_many_has_no_difference_and_says_why():
    found = differences(table())
    one = row(found, "defence", 1e-3)
    assert math.isnan(one["best_rule_difference"])
    assert one["best_rule_missing"] == "no threshold of defence hits at most 0.1% of people on the other seeds"
    assert row(found, "defence", 1e-2)["best_rule_missing"] == ""
    assert found[found["most_hit"] == 1e-4]["random_difference"].isna().all()
    assert set(found["most_hit"]) == set(MOST_HIT)


def test_where_no_rule_hits_so_few_the_best_rule_is_to_do_nothing():
    few = pd.DataFrame(
        {"detector": "co_repost", "threshold": 0.95, "seed": seed, "people_hit": 0.00005, "reach_cut_off": 0.1}
        for seed in range(1, 7)
    )
    one = row(differences(pd.concat([table(), few], ignore_index=True)), "co_repost", 1e-4)
    assert (one["best_rule"], one["threshold"]) == ("never", "0.95")
    assert one["best_rule_difference"] == pytest.approx(0.1)


def test_simple_rules_are_compared_with_random_alone():
    one = row(differences(table()), "activity", 1e-2)
    assert one["best_rule_missing"] == "it is one of them"
    assert one["random_difference"] == pytest.approx(0.05, abs=0.01)
    assert "random" not in set(differences(table())["detector"])


def test_a_sweep_without_simple_rules_is_compared_with_nothing():
    alone = table()[lambda frame: frame["detector"].isin(["co_repost", "fused"])]
    found = differences(alone)
    assert set(found["best_rule_missing"]) == {f"the sweep has no {BEST_RULE}"}
    assert headline_sentences(alone) == []


def test_sentences_say_what_adds_to_the_best_rule_and_what_cannot_be_distinguished_from_it():
    within_a_thousandth, within_a_hundredth = (
        [text for text in headline_sentences(table()) if f"no more than {share}% of people" in text]
        for share in ("0.1", "1")
    )
    said = " ".join(within_a_thousandth)
    assert "co_repost instead of best simple rule changes the reach cut off by 20." in said
    assert "best simple rule and fused cannot be distinguished by the reach cut off" in said
    assert "activity at 0.95" in said
    assert "defence cannot be compared with best simple rule" in said
    assert "fused" in " ".join(within_a_hundredth)


def test_the_table_fits_a_terminal_and_the_section_has_the_same_rows():
    found = differences(table())
    out = console()
    with out.capture() as captured:
        out.print(differences_table(found, table()))
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("at most 0.1% hit" in line for line in lines) == 1
    section = headline_section(found, table())
    assert len(section.tables[0].rows) == len(found)


def test_two_seeds_are_too_few_to_choose_on():
    found = differences(table(seeds=2))
    assert found["best_rule_difference"].isna().all()
    assert headline_sentences(table(seeds=2)) == ["What methods add to simple rules takes 3 seeds to say; here: 2."]
    assert "takes 3 whole seeds" in row(found, "co_repost", 1e-2)["best_rule_missing"]


def test_a_table_in_which_more_varies_has_no_headline():
    assert check_alone(["detector", "threshold"]) is None
    assert check_alone(["detector", "scenario.scale"]) == (
        "the headline is of one configuration; runs in the folder differ by scenario.scale"
    )
