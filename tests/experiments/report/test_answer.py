"""The answer of a comparison in words says what its tables say."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from experiments.report.comparison_answer import answer
from experiments.report.comparison_columns import chance, signed
from experiments.report.comparison_differences import difference_cells, headings
from experiments.report.comparison_sizes import sizes_text
from experiments.report.html_tables import acting_table
from experiments.store.comparison import Comparison
from tests.experiments.compare.test_run import options

SEEDS = range(4, 9)
MEASURES = (
    "recall_at_0.001_hit", "auc", "auc_scored_acted", "coverage_acted", "coverage_organic_acted", "precision_if_0.001",
    "precision_at_0.001_hit_if_0.001",
)  # fmt: skip


def compared(levels: dict[str, float], seeds=SEEDS, hit: float = 900.0) -> Comparison:
    """Return a comparison in which each detector finds its share of either layer, give or take a little."""
    rows = []
    for name, level in levels.items():
        for seed in seeds:
            near = level + 0.01 * math.sin(seed) + 0.001 * math.cos(seed * len(name))
            sizes = {"organic": 9000.0, "core": 10.0, "amplifiers": 990.0}
            values = [
                ("none", layer, measure, near) for layer in ("core", "amplifiers", "operation")
                for measure in MEASURES
            ]  # fmt: skip
            values += [("none", layer, "accounts", size) for layer, size in sizes.items()]
            values += [("none", layer, "accounts_acted", size / 2) for layer, size in sizes.items()]
            values += [
                ("budget", "operation", "wrongly_hit_per_million", hit),
                ("budget", "amplifiers", "recall", near),
            ]
            rows += [
                {"part": "replay", "detector": name, "seed": seed, "rule": rule, "layer": layer, "measure": measure,
                 "value": value} for rule, layer, measure, value in values
            ]  # fmt: skip
    found = Comparison([1, 2, 3], list(seeds), measures=pd.DataFrame(rows))
    found.points = pd.DataFrame(
        {"detector": name, "rule": "cost", "threshold": math.inf if name == "random" else 0.5, "acts_below": below,
         "missed_per_person": below} for name, below in zip(levels, (250.0, math.inf, math.nan), strict=False)
    )  # fmt: skip
    return found


def said(found: Comparison, **changes) -> str:
    return " ".join(answer(found, options(["random"], false_positive_budget=0.001, **changes)))


def test_the_best_method_is_set_against_the_best_trivial_rule_and_the_ceiling_is_neither():
    text = said(compared({"fused": 0.6, "activity": 0.2, "random": 0.1, "oracle": 1.0}))
    assert "exactly 0.1% of people are hit (1,000 in a million), fused, the best method, finds 60%" in text
    assert "and activity, the best trivial rule, 20%" in text
    assert "The difference is +40 points (95% interval +40 to +40, paired by seed): the method finds more." in text
    assert "oracle" not in text


def test_a_trivial_rule_that_finds_more_is_said_to_and_equals_are_not_ranked():
    assert "the trivial rule finds more" in said(compared({"fused": 0.2, "activity": 0.6}))
    found = compared({"fused": 0.2, "activity": 0.2})
    rows = found.measures["detector"] == "fused"
    found.measures.loc[rows, "value"] += 0.02 * (-1.0) ** found.measures.loc[rows, "seed"]
    assert "they cannot be distinguished" in said(found)
    assert "too few seeds for an interval" in said(compared({"fused": 0.6, "activity": 0.2}, seeds=range(4, 7)))
    alone = said(compared({"fused": 0.6}))
    assert "fused, the best method, finds 60%" in alone
    assert "trivial rule" not in alone


def test_who_exceeded_the_budget_is_named():
    found = compared({"fused": 0.6, "activity": 0.2}, hit=2017.0)
    assert (
        "keeps a budget of 1,000 people hit per million; on the seeds reported on more were hit by fused (2,017)"
        in (said(found))
    )
    assert "the worst of the seeds keeps" in said(found)
    assert "the mean over seeds keeps" in said(found, budget_by="mean")
    assert "no detector hit more" in said(compared({"fused": 0.6}))


def test_the_prices_at_which_something_acts_are_named():
    found = compared({"fused": 0.6, "activity": 0.2, "random": 0.1})
    text = said(found)
    assert "At 100 for a person hit and the other prices, acting pays with fused, activity." in text
    assert "costs little enough: fused below 250; activity at any price; random at no price." in text
    found.acting = pd.DataFrame(
        {"detector": name, "price": 10.0, "threshold": at, "caught": 0.5, "wrongly_hit_per_million": 70.0}
        for name, at in (("fused", 0.5), ("activity", 0.9), ("random", math.inf))
    )
    rows = acting_table(["fused", "activity", "random"], found).rows
    assert [[value for value, _ in row[1:]] for row in rows] == [
        ["250", "250", "50% caught"], ["at any price", "at any price", "50% caught"],
        ["at no price", "at no price", "never acts"],
    ]  # fmt: skip
    assert rows[0][3][1] == "70 hit per million"


def test_how_rare_the_operation_is_stands_beside_how_many_of_those_taken_are_its():
    found = compared({"fused": 0.6, "activity": 0.2})
    assert "60% would be if it were 1 in 1,000 of all accounts" in said(found)
    assert sizes_text(found) == "9,000 people, 10 core, 990 amplifiers: 10% of all"


def test_the_cells_of_differences_are_points_with_their_interval_below():
    found = compared({"fused": 0.6, "activity": 0.2})
    cells = dict(difference_cells(found, "budget"))
    assert len(headings(found, "budget")) == len(cells["fused"]) == 6
    assert cells["fused"][0] == ("+40", "+40 to +40")
    assert cells["activity"][0][0] == "−40"
    assert cells["activity"][1] == ("–", "")  # there is no other trivial rule
    assert cells["fused"][4] == ("–", "")  # nothing was run in the loop


@pytest.mark.parametrize(
    ("value", "text"), [(0.001, "1 in 1,000"), (0.0001, "1 in 10,000"), (0.5, "1 in 2"), (0.3, "30%"), (1.0, "100%")]
)
def test_a_prevalence_is_written_as_odds_where_these_are_whole(value, text):
    assert chance(value) == text


def test_a_difference_is_written_with_its_sign():
    assert [signed(value, 100.0) for value in (0.123, -0.0123, 0.0, math.nan)] == ["+12", "−1.2", "+0.0", "–"]
