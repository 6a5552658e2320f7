"""The table of a sweep in a terminal: any arms in 80 columns, runs that broke off, very many arms."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from detectors.evaluation.intervals import TOO_FEW, Scale, interval
from experiments.report.sweep_table import MOST_ROWS, heading, sweep_table
from tests.experiments.report.test_sweep_plot import crossed_with
from tests.experiments.synthetic import cadence_frame

CADENCE = "enforcement.cadence_hours"


def printed(table: pd.DataFrame, width: int = 80) -> list[str]:
    shown = Console(width=width, record=True, file=io.StringIO())
    shown.print(sweep_table(table))
    return [line.rstrip() for line in shown.export_text().splitlines()]


def words(table: pd.DataFrame) -> str:
    return " ".join(" ".join(printed(table)).split())


def test_whatever_was_varied_is_a_column():
    lines = printed(cadence_frame())
    rows = [line.split() for line in lines if line.split() and line.split()[0] in ("fused", "24", "72")]
    assert "cadence" in lines[2]
    assert rows[0][0] == "24"  # a detector's name stands once
    (first,) = (line for line in lines if line.strip().startswith("fused"))
    values = cadence_frame().query(f"detector == 'fused' and `{CADENCE}` == 1")["reach_cut_off"]
    found = interval(values, Scale.REMAINDER)
    assert first.split()[:2] == ["fused", "1"]
    assert f"{100 * found.mean:.1f}" in first
    assert f"{100 * found.low:.1f}–{100 * found.high:.1f}" in lines[lines.index(first) + 1]
    assert "threshold 0.4" in words(cadence_frame())  # of all runs


def test_runs_that_broke_off_are_counted_beside_their_arm_and_enter_no_mean():
    table = cadence_frame().reset_index(drop=True)
    lost = (table["detector"] == "fused") & (table[CADENCE] == 24) & (table["seed"] <= 2)
    table.loc[lost, ["failed", "reach_cut_off"]] = ["lost", 99.0]
    text = words(table)
    assert "fused 24" in text
    assert "2 of 6 runs broke" in text
    assert "2 of 36 runs broke off and are in no mean" in text
    assert "broke off" not in words(cadence_frame())
    everything = words(table.assign(failed="lost"))
    assert everything.count("6 of 6 runs") == 6
    assert "every run broke off" in everything


def test_a_mean_of_fewer_seeds_than_others_says_of_how_many():
    table = cadence_frame().reset_index(drop=True)
    assert "n=" not in words(table)
    table.loc[0, "recall_amplifiers"] = float("nan")
    assert words(table).count("n=5") == 1
    assert "n: seeds that it is a mean of, where they are fewer" in words(table)
    assert words(cadence_frame().drop(index=0)).count("n=5") == 4  # an arm that another sweep did with fewer seeds


def test_fewer_than_five_seeds_have_no_interval():
    assert TOO_FEW in words(cadence_frame(seeds=4))
    assert "–" not in words(cadence_frame(seeds=4))


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_many_varied_columns_fit_80_columns_and_no_number_is_broken(columns: int):
    table = cadence_frame(seeds=5)
    for i, name in enumerate(["feed.ranking", "scenario.scale", "operation.tactics", "organic.posts_a_day"][:columns]):
        table = crossed_with(table, name, ["chronological", "engagement"] if i % 2 == 0 else [0.02, 0.05])
    lines, wide = printed(table), printed(table, 1000)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    for number in ("30.0", "0.15", "28.0"):
        assert sum(line.split().count(number) for line in lines) == sum(line.split().count(number) for line in wide)


def test_very_many_arms_are_a_line_each_and_the_rest_is_said_to_be_elsewhere():
    table = crossed_with(cadence_frame(seeds=5), "scenario.scale", [0.01 * i for i in range(1, 31)])
    lines = printed(table)
    assert len(lines) < MOST_ROWS + 20
    text = " ".join(" ".join(lines).split())
    assert f"the first {MOST_ROWS} of 180 arms: report.html has all" in text
    assert "intervals are in report.html" in text


def test_a_heading_is_folded_at_words():
    assert heading("enforcement.cadence_hours") == "cadence\nhours"
    assert heading("scenario.scale") == "scale"
    assert heading("threshold") == "thres-\nhold"


def test_what_the_figure_shows_comes_first_and_alone_where_nobody_was_acted_upon():
    table = cadence_frame(seeds=5)
    heads = [str(column.header) for column in sweep_table(table, 120, "reach").columns]
    assert heads.index("reach") < heads.index("false\npositives")
    drawn = sweep_table(table.assign(threshold=float("inf"), impressions=3.0), 120, "reach")
    assert [str(column.header) for column in drawn.columns][-2:] == ["reach", "impressions"]
    assert str(drawn.title) == "Reach"
    assert "nobody acted upon" in str(drawn.caption)
