"""Figures made from made-up results: what is drawn is what the table says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.report import figures
from experiments.report.terminal import Interval, console, summarise, sweep_table
from tests.experiments.synthetic import series_frame, sweep_frame


def test_the_interval_over_seeds_is_students():
    sample = np.array([0.2, 0.25, 0.4, 0.1])
    low, high = stats.t.interval(0.95, 3, loc=sample.mean(), scale=stats.sem(sample))
    interval = Interval.of(sample)
    assert interval.mean == pytest.approx((low + high) / 2)
    assert interval.half == pytest.approx((high - low) / 2)


def test_an_undefined_value_is_left_out_of_a_mean_and_one_seed_has_no_interval():
    assert Interval.of([0.5, np.nan, 0.5]) == Interval(0.5, 0.0)
    assert np.isnan(Interval.of([0.5]).half)
    assert Interval.of([np.nan]).percent() == "–"


def test_a_sweep_is_summarised_per_detector_and_threshold():
    summary = summarise(sweep_frame(seeds=3))
    assert list(dict.fromkeys(summary["detector"])) == ["random", "co_repost", "oracle"]
    row = summary[(summary["detector"] == "co_repost") & (summary["threshold"] == 0.5)].iloc[0]
    assert row["reach_cut_off"] == pytest.approx(0.62)
    assert row["seeds"] == 3


def test_the_curve_has_a_line_per_detector_through_its_thresholds():
    (ax,) = figures.curve(sweep_frame()).axes
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["oracle (ceiling)", "co-repost", "random (floor)"]
    drawn = next(container for container in ax.containers if container.get_label() == "co-repost")
    assert np.allclose(drawn.lines[0].get_ydata(), [0.02, 0.17, 0.32, 0.47, 0.62])
    assert np.allclose(drawn.lines[0].get_xdata(), [0.0, 1.2e-4, 1.2e-3, 1.2e-2, 1.2e-1])


def test_points_are_labelled_with_their_thresholds_and_no_two_labels_overlap():
    figure = figures.curve(sweep_frame())
    (ax,) = figure.axes
    texts = [text for text in ax.texts if text.get_text()]
    assert {text.get_text() for text in texts} == {"0.5", "0.7", "0.9", "0.99", "1"}
    assert len(texts) == 11
    boxes = [text.get_window_extent() for text in texts]
    overlaps = [(i, j) for i, box in enumerate(boxes) for j in range(i) if box.overlaps(boxes[j])]
    assert overlaps == []


def test_the_same_results_give_the_same_files(tmp_path: Path):
    for folder in ("first", "second"):
        figures.save(figures.curve(sweep_frame()), tmp_path / folder / "curve")
        figures.save(figures.over_time(series_frame(), "co_repost", 0.9), tmp_path / folder / "time")
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == ["curve.png", "curve.svg", "time.png", "time.svg"]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_one_seed_draws_without_intervals(tmp_path: Path):
    figures.save(figures.curve(sweep_frame(seeds=1)), tmp_path / "curve")
    figures.save(figures.over_time(series_frame(seeds=1), "co_repost", 0.9), tmp_path / "time")
    assert (tmp_path / "curve.svg").stat().st_size > 1000


def test_impressions_are_summed_over_days():
    above, below = figures.over_time(series_frame(seeds=2, days=3), "co_repost", 0.9).axes
    free, enforced = above.get_lines()
    assert np.allclose(free.get_xdata(), [0.5, 1.5, 2.5])
    assert np.allclose(free.get_ydata(), 24 * 2 * 101.5)
    assert np.allclose(enforced.get_ydata(), 24 * 101.5)
    assert len(below.get_lines()[0].get_ydata()) == 72


def test_the_policy_shown_over_time_is_the_best_that_hits_few():
    assert figures.shown_policy(sweep_frame(), 0.01) == ("co_repost", 0.9)
    assert figures.shown_policy(sweep_frame(), 0.02) == ("co_repost", 0.7)
    floor = sweep_frame()
    assert figures.shown_policy(floor[floor["detector"] == "random"], 0.01)[0] == "random"


def test_the_table_fits_80_columns():
    wide = pd.concat([sweep_frame(), sweep_frame().assign(detector="a_detector_with_a_very_long_name")])
    with console().capture() as capture:
        pass
    out = console()
    with out.capture() as capture:
        out.print(sweep_table(wide), width=80)
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert any("62.0 ±2.5" in line for line in lines)
