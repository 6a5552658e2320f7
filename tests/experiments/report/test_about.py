"""What a sweep's figures say of the world that they show."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.report.about import about
from experiments.report.sweep import Sweep

KEPT = "scenario: {name: hk2019, scale: 0.05, days: 30}\nsweep: {points: {defence: [enforcement=defence]}}\n"


@pytest.mark.parametrize(
    ("text", "varied", "said"),
    [
        (KEPT, [], "hk2019 at scale 0.05, 30 days"),
        (KEPT, ["scenario.scale"], "hk2019, 30 days"),
        (KEPT, ["scenario.days", "feed"], "hk2019 at scale 0.05"),
        (KEPT, ["scenario"], ""),
        (KEPT.replace("enforcement=defence", "scenario.days=60"), [], ""),
        ("scenario: {name: hk2019}", [], ""),
        ("a list: [", [], ""),
        ("- a\n- list\n", [], ""),
    ],
)
def test_scenario_scale_and_days_are_said_where_they_are_the_same_for_all_runs(
    tmp_path: Path, text: str, varied: list[str], said: str
):
    (tmp_path / "config.yaml").write_text(text)
    assert about(tmp_path, varied) == said


def test_without_a_folder_nothing_is_said(tmp_path: Path):
    assert about(None) == about(tmp_path) == ""


def test_the_title_of_a_sweeps_figure_says_them_and_that_nobody_was_acted_upon(tmp_path: Path):
    (tmp_path / "config.yaml").write_text(KEPT)
    rows = [(count, float("inf"), seed, 10.0 * seed + count) for count in (0, 1000) for seed in (1, 2)]
    table = pd.DataFrame(rows, columns=["scenario.amplifiers", "threshold", "seed", "reach"]).assign(detector="random")
    (ax,) = Sweep(table, folder=tmp_path).plot("scenario.amplifiers", "reach").axes
    title = ax.get_title().replace("\n", " ")
    assert title.startswith("hk2019 at scale 0.05, 30 days: reach by scenario.amplifiers, nobody acted upon (")
    assert ax.get_ylabel() == "reach (people)"
