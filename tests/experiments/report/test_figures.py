"""Figures of synthetic sweeps: what is drawn is what the table says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from detectors.evaluation.intervals import TOO_FEW, Scale, interval
from experiments.report import figures
from experiments.report.terminal import console, sweep_table
from tests.experiments.synthetic import days_frame, sweep_frame

ARM = {"detector": "co_repost", "threshold": 0.9}


def test_the_curve_has_a_line_per_detector_through_its_thresholds():
    figure = figures.curve(sweep_frame())
    (ax,) = figure.axes
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["oracle (ceiling)", "co_repost", "random (floor)"]
    drawn = next(container for container in ax.containers if container.get_label() == "co_repost")
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
        figures.save(figures.over_time(days_frame(), ARM), tmp_path / folder / "time")
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == ["curve.png", "curve.svg", "time.png", "time.svg"]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_one_seed_draws_without_intervals(tmp_path: Path):
    figures.save(figures.curve(sweep_frame(seeds=1)), tmp_path / "curve")
    figures.save(figures.over_time(days_frame(seeds=1), ARM), tmp_path / "time")
    assert (tmp_path / "curve.svg").stat().st_size > 1000


def test_a_day_of_impressions_stands_at_its_middle_and_a_level_at_its_end():
    above, below = figures.over_time(days_frame(seeds=2, days=3), ARM).axes
    free, enforced = (line for line in above.get_lines() if line.get_linewidth() > 1.0)  # the means
    assert np.allclose(free.get_xdata(), [0.5, 1.5, 2.5])
    assert np.allclose(free.get_ydata(), 24 * 2 * 101.5)
    assert np.allclose(enforced.get_ydata(), 24 * 101.5)
    assert np.allclose(below.get_lines()[0].get_xdata(), [1.0, 2.0, 3.0])


def test_runs_of_other_arms_and_runs_that_broke_off_are_not_drawn_over_time():
    frame = days_frame(seeds=2).assign(failed=None)
    broken = frame.assign(failed="lost", impressions=1e9, twin_impressions=1e9)
    other = frame.assign(threshold=0.5, impressions=1e9)
    above, _ = figures.over_time(pd.concat([frame, broken, other]), ARM).axes
    assert max(line.get_ydata().max() for line in above.get_lines()) < 1e4
    assert "mean of 2 seeds" in above.get_title()


def test_the_arm_shown_over_time_is_the_best_that_hits_few():
    assert figures.shown_arm(sweep_frame(), 0.01) == ARM
    assert figures.shown_arm(sweep_frame(), 0.02) == ARM | {"threshold": 0.7}
    floor = sweep_frame()
    assert figures.shown_arm(floor[floor["detector"] == "random"], 0.01)["detector"] == "random"
    assert figures.shown_arm(sweep_frame().assign(failed="lost")) == {}


def test_the_table_fits_80_columns():
    frame = sweep_frame(seeds=6)
    wide = pd.concat([frame, frame.assign(detector="a_detector_with_a_very_long_name")])
    out = console()
    with out.capture() as capture:
        out.print(sweep_table(wide), width=80)
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= 80
    value, limits = next(
        (line, lines[i + 1]) for i, line in enumerate(lines) if line.strip().startswith("co_repost") and "0.5" in line
    )
    found = interval(0.6 + 0.01 * np.arange(1, 7), Scale.REMAINDER)
    assert "63.5" in value
    assert f"{100 * found.low:.1f}–" in limits
    assert f"{100 * found.high:.1f}" in limits


def test_too_few_seeds_are_dots_beside_their_mean_and_lines_over_time():
    for seeds, arms in ((4, 0), (5, 5)):
        (ax,) = figures.curve(sweep_frame(seeds)).axes
        assert (TOO_FEW in ax.get_title()) == (seeds == 4)
        container = next(container for container in ax.containers if container.get_label() == "co_repost")
        spans = np.concatenate([np.diff(bar.get_segments(), axis=1)[:, 0] for bar in container.lines[2]])
        assert np.count_nonzero(np.abs(spans).sum(axis=1)) == (0 if not arms else 2 * arms - 1)
        dots = [line for line in ax.get_lines() if line.get_marker() == "." and len(line.get_xdata())]
        assert sum(len(line.get_xdata()) for line in dots) == (0 if arms else 4 * 11)
        above, below = figures.over_time(days_frame(seeds), ARM).axes
        assert (TOO_FEW in above.get_title()) == (seeds == 4)
        assert len(below.collections) == (2 if arms else 0)
        assert len(below.get_lines()) == 2 + (0 if arms else 2 * seeds)


def test_a_band_over_time_is_the_interval_of_the_series():
    _, below = figures.over_time(days_frame(6), ARM).axes
    live = [1000.0 + seed for seed in range(1, 7)]
    found = interval(live, Scale.LOG)
    band = below.collections[1].get_paths()[0].vertices
    first = band[np.isclose(band[:, 0], band[:, 0].min()), 1]
    assert (first.min(), first.max()) == pytest.approx((found.low, found.high))


def test_a_detectors_name_is_no_formula_in_a_figure(tmp_path: Path):
    frame = sweep_frame().replace({"detector": {"co_repost": "$\\frac{x$ \x1b[31m"}})
    figures.save(figures.curve(frame), tmp_path / "curve")
    drawn = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert "$\\frac{x$ \\x1b[31m" in drawn
    assert "\x1b" not in drawn


def test_a_method_that_lets_more_be_reached_than_the_twin_is_within_the_axes():
    frame = sweep_frame()
    frame.loc[frame["detector"] == "co_repost", "reach_cut_off"] -= 0.4
    (ax,) = figures.curve(frame).axes
    assert ax.get_ylim()[0] < frame["reach_cut_off"].min()
