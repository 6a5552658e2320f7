"""What is said and drawn of detectors within a budget of people hit."""

from __future__ import annotations

import pandas as pd

from experiments.report.budget import budget_figure, budget_sentences
from experiments.store.budget import within_budget
from tests.experiments.store.test_budget import table


def test_the_best_comes_first_with_its_thresholds_and_whom_it_hits():
    worse = table("fused").query("threshold == 0.9")
    (said,) = budget_sentences(within_budget(pd.concat([worse, table()]), 0.001), 0.001)
    assert said == (
        "With at most 0.1% of people hit on the seeds that a threshold is chosen on, reported on the others (3 seeds; "
        "in brackets ranges of the seeds, too few for intervals), reach is cut off by: co_repost 20.3% (10.0% to "
        "40.0%) at 0.7 or 0.9, 0.07% of people hit; fused 11.0% (10.0% to 12.0%) at 0.9, 0% of people hit."
    )
    (nothing,) = budget_sentences(within_budget(table().query("threshold == 0.5"), 0.001), 0.001)
    assert "0% (0% to 0%): no threshold keeps to the budget, so nothing is done." in nothing


def test_what_else_varies_is_compared_in_each_detector_and_detectors_in_each_value():
    runs = pd.concat([table(hours=1), table("fused", hours=1), table(hours=24).query("threshold == 0.9")])
    runs = pd.concat([runs, table("fused", hours=24).query("threshold == 0.9")])
    said = budget_sentences(within_budget(runs, 0.001), 0.001)
    assert len(said) == 5
    assert said[1].startswith(
        "With detector = co_repost: reach cut off 20.3% at hours = 1; the change from there: at 24 -9.3"
    )
    assert said[3].startswith(
        "With hours = 1: reach cut off 20.3% at detector = co_repost; the change from there: at fused 0"
    )


def test_the_figure_has_a_point_for_each_arm():
    runs = pd.concat([table(hours=1), table("fused", hours=1), table(hours=24), table("fused", hours=24)])
    (ax,) = budget_figure(within_budget(runs, 0.001), 0.001).axes
    lines = {container.get_label(): container.lines[0] for container in ax.containers}
    assert set(lines) == {"co_repost", "fused"}
    assert "at most 0.1% of people hit" in ax.get_title()
    assert [round(value, 4) for value in lines["fused"].get_ydata()] == [0.2033, 0.2033]
    (ax,) = budget_figure(within_budget(pd.concat([table(), table("fused")]), 0.001), 0.001).axes
    assert [text.get_text() for text in ax.get_xticklabels()] == ["co_repost", "fused"]
