"""A defence without each of its parts: what is lost is counted by hand, and the figure shows that."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from experiments.report.left_out import left_out_figure, left_out_sentences
from experiments.store.left_out import left_out
from sim.config import ConfigError

ALL = "all of it"
#: name -> cut off before and after on seeds 1, 2, and people hit per million
RUNS = {
    ALL: ((0.10, 0.20), (0.50, 0.60), (600.0, 800.0)),
    "no filter": ((0.04, 0.10), (0.52, 0.40), (100.0, 300.0)),
    "no wave": ((0.10, 0.20), (0.10, 0.40), (500.0, 700.0)),
}


def table() -> pd.DataFrame:
    rows = []
    for plan in (0, 700):
        for name, (before, after, hit) in RUNS.items():
            rows += [
                {"detector": name, "threshold": 0.9, "plan": plan, "seed": seed + 1, "key": "", "failed": None,
                 "reach_cut_off_before": before[seed], "reach_cut_off_after": after[seed] - (0.1 if plan else 0.0) *
                 (name == ALL), "people_hit_per_million": hit[seed]} for seed in (0, 1)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def test_bars_are_the_mean_loss_and_dots_the_seeds_and_people_hit_stand_beside():
    figure = left_out_figure(left_out(table(), ALL), ALL, "reach_cut_off", "of a test")
    before, after, hit = figure.axes
    assert [text.get_text() for text in before.get_yticklabels()] == [ALL, "no filter", "no wave"]
    widths = {ax: [[bar.get_width() for bar in bars] for bars in ax.containers] for ax in figure.axes}
    assert np.allclose(widths[before], [[0.0, 8.0, 0.0], [0.0, 8.0, 0.0]])
    assert np.allclose(widths[after], [[0.0, 9.0, 30.0], [0.0, -1.0, 20.0]])
    assert np.allclose(widths[hit], [[700.0, 200.0, 600.0]] * 2)
    (first, second) = (line for line in after.lines if line.get_marker() == ".")
    assert np.allclose(first.get_xdata(), [0.0, 0.0, -2.0, 20.0, 40.0, 20.0])
    assert np.allclose(second.get_xdata(), [0.0, 0.0, -12.0, 10.0, 30.0, 10.0])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["plan = 0", "plan = 700"]


def test_sentences_say_levels_losses_and_whether_the_core_is_too_small():
    found = left_out(table(), ALL)
    first, second, note, few = left_out_sentences(found, ALL, "reach_cut_off", 47)
    assert first == (
        "With plan = 0: all of it cuts off 15.0% (10.0% to 20.0%) before the announcement and 55.0% (50.0% to 60.0%) "
        "from its day on (reach cut off, 2 seeds) and hits 700 of a million people. Points lost, before and after, and "
        "people hit of a million: no filter 8.0 (6.0 to 10.0) and 9.0 (-2.0 to 20.0), 200; no wave 0.0 (0.0 to 0.0) "
        "and 30.0 (20.0 to 40.0), 600."
    )
    assert second.startswith("With plan = 700: all of it cuts off 15.0%")
    assert "do not add up" in note
    assert few == (
        "The core has 47 personas here, too few to answer: from one seed to another what a part is worth differs by up "
        "to 22 points."
    )
    assert len(left_out_sentences(found, ALL, "reach_cut_off", 187)) == 3
    nobody = left_out(table().assign(reach_cut_off_before=math.nan), ALL)
    said = left_out_sentences(nobody, ALL, "reach_cut_off", 9)
    assert "no filter what is not known (nobody was reached) and 9.0" in said[0]


def test_a_seed_whose_whole_defence_broke_off_is_left_out_and_a_wrong_name_is_refused():
    broke = table()
    broke.loc[(broke["detector"] == ALL) & (broke["seed"] == 2), "failed"] = "lost"
    assert set(left_out(broke, ALL)["seed"]) == {1}
    with pytest.raises(ConfigError, match="no run is of 'nothing'"):
        left_out(table(), "nothing")
    with pytest.raises(ConfigError, match="measure 'reach_before' does not exist"):
        left_out(table(), ALL, "reach")
