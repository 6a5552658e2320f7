"""The figure of a sweep: what is drawn against what, with which interval, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer

from detectors.evaluation.intervals import TOO_FEW, Scale, interval
from experiments.report.figures import save
from experiments.report.sweep_layout import Layout, choose
from experiments.report.sweep_plot import plot
from sim import ConfigError
from tests.experiments.synthetic import cadence_frame, sweep_frame

CADENCE = "enforcement.cadence_hours"


def crossed_with(table: pd.DataFrame, column: str, values: list) -> pd.DataFrame:
    """Return a table whose every run was done at each value of another column."""
    parts = []
    for value in values:
        part = table.copy()
        part.insert(2, column, [value] * len(table))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def lines(ax) -> dict[str, ErrorbarContainer]:
    return {one.get_label(): one for one in ax.containers}


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_thresholds_that_each_detector_has_of_its_own_make_no_panels_and_stand_in_the_legend():
    table = cadence_frame()
    table["threshold"] = table["detector"].map({"co_repost": 0.5, "fused": 0.25})
    chosen = choose(table, CADENCE, hue="detector")
    assert (chosen.panels, chosen.determined) == ([], ["threshold"])
    assert sorted(legend(plot(table, CADENCE, hue="detector"))) == ["co_repost\nthreshold 0.5", "fused\nthreshold 0.25"]
    table["threshold"] = table["threshold"].replace(0.25, np.inf)  # nobody is acted upon
    assert sorted(legend(plot(table, CADENCE, hue="detector"))) == ["co_repost\nthreshold 0.5", "fused"]


def test_what_goes_where_is_chosen_from_what_was_varied():
    assert choose(sweep_frame()) == Layout("false_positive_rate", "reach_cut_off", "detector", "threshold", [])
    assert choose(cadence_frame()) == Layout(CADENCE, "reach_cut_off", "detector", None, [])
    assert choose(cadence_frame(), y="reach").y == "reach"
    assert choose(cadence_frame(), x="detector") == Layout("detector", "reach_cut_off", CADENCE, None, [])
    assert choose(cadence_frame(), x="recall_amplifiers").along == CADENCE
    ranked = crossed_with(cadence_frame(), "feed.ranking", ["engagement", "chronological"])
    assert choose(ranked).panels == ["feed.ranking"]
    assert choose(cadence_frame().query("detector == 'fused'")) == Layout(CADENCE, "reach_cut_off", None, None, [])
    one = cadence_frame().query(f"detector == 'fused' and `{CADENCE}` == 1")
    assert choose(one) == Layout("detector", "reach_cut_off", None, None, [])


def test_over_numbers_the_means_are_joined_and_have_their_intervals():
    table = cadence_frame(seeds=6)
    (ax,) = plot(table).axes
    drawn = lines(ax)["fused"]
    values = [
        table[(table["detector"] == "fused") & (table[CADENCE] == hours)]["reach_cut_off"] for hours in (1, 24, 72)
    ]
    assert np.asarray(drawn.lines[0].get_ydata(), float) == pytest.approx([value.mean() for value in values])
    found = interval(values[0], Scale.REMAINDER)
    assert drawn.lines[2][0].get_segments()[0][:, 1] == pytest.approx([found.low, found.high])
    assert drawn.lines[0].get_linestyle() == "-"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "24", "72"]
    assert np.asarray(drawn.lines[0].get_xdata(), float) == pytest.approx([1, 24, 72], abs=1.0)


def test_hues_stand_apart_so_that_no_interval_hides_another():
    (ax,) = plot(cadence_frame()).axes
    one, other = (np.asarray(drawn.lines[0].get_xdata(), float) for drawn in lines(ax).values())
    assert (one < other).all()
    (ax,) = plot(cadence_frame(), x="detector", hue="cadence_hours").axes
    places = sorted(x for drawn in lines(ax).values() for x in drawn.lines[0].get_xdata())
    assert np.diff(places).min() > 0.1
    assert all(drawn.lines[0].get_linestyle() == "None" for drawn in lines(ax).values())  # detectors have no order


def test_an_axis_is_logarithmic_where_values_span_more_than_a_hundredfold():
    table = cadence_frame()
    assert plot(table).axes[0].get_xscale() == "linear"
    table[CADENCE] = table[CADENCE].replace({72: 720})
    assert plot(table).axes[0].get_xscale() == "log"
    table[CADENCE] = table[CADENCE].replace({1: 0})
    assert plot(table).axes[0].get_xscale() == "linear"
    table[CADENCE] = table[CADENCE].astype(float).replace({720.0: math.inf})
    assert [text.get_text() for text in plot(table).axes[0].get_xticklabels()] == ["0", "24", "inf"]


def test_too_few_seeds_are_dots():
    (ax,) = plot(cadence_frame(seeds=4)).axes
    dots = [line for line in ax.get_lines() if line.get_marker() == "." and len(line.get_xdata())]
    assert sum(len(line.get_xdata()) for line in dots) == 24
    assert TOO_FEW in ax.get_title().replace("\n", " ")
    (ax,) = plot(cadence_frame(seeds=5)).axes
    assert not [line for line in ax.get_lines() if line.get_marker() == "." and len(line.get_xdata())]


def test_a_measure_against_another_has_intervals_both_ways_and_values_at_its_points():
    figure = plot(cadence_frame(), x="recall_amplifiers", y="reach_cut_off")
    (ax,) = figure.axes
    assert len(lines(ax)["fused"].lines[2]) == 2  # across and up
    assert sorted({text.get_text() for text in ax.texts}) == ["1", "24", "72"]
    assert f"numbers are values of {CADENCE}" in ax.get_title().replace("\n", " ")
    assert legend(figure) == ["co_repost", "fused"]


def test_what_still_varies_has_a_panel_for_each_value_on_axes_that_compare():
    ranked = crossed_with(cadence_frame(), "feed.ranking", ["engagement", "chronological"])
    figure = plot(ranked)
    assert [ax.get_title() for ax in figure.axes] == ["feed.ranking = engagement", "feed.ranking = chronological"]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert legend(figure) == ["co_repost", "fused"]
    seven = crossed_with(cadence_frame(), "scenario.scale", [float(i) for i in range(1, 8)])
    with pytest.raises(ConfigError, match=r"scenario\.scale would make 7 panels, and 6 fit.*scenario\.scale = 1 or 2"):
        plot(seven, x=CADENCE, hue="detector")
    cut = plot(seven, x=CADENCE, hue="detector", cut=True)
    assert len([ax for ax in cut.axes if ax.get_visible()]) == 6
    assert "the first 6 of 7 panels" in cut.get_suptitle().replace("\n", " ")


def test_runs_that_broke_off_are_not_drawn_and_are_said():
    table = cadence_frame(seeds=6).reset_index(drop=True)
    table.loc[[0, 1], "failed"] = "lost"
    table.loc[[0, 1], "reach_cut_off"] = 9.0
    (ax,) = plot(table).axes
    assert ax.get_ylim()[1] < 1.0
    assert "2 of 36 runs broke off and are left out" in ax.get_title().replace("\n", " ")
    for x in (None, "reach"):
        (ax,) = plot(table.assign(failed="lost", reach_cut_off=math.nan), x=x).axes
        assert "every run broke off" in ax.get_title().replace("\n", " ")


def test_nothing_and_lists_can_be_drawn_as_values():
    table = cadence_frame().query("detector == 'fused'")
    table = table.assign(detector=[None if seed < 3 else "x" for seed in table["seed"]])
    assert legend(plot(table, x=CADENCE, hue="detector")) == ["null", "x"]
    lists = cadence_frame().assign(detector=[[hours, 1] for hours in cadence_frame()[CADENCE]])
    ticks = plot(lists, x="detector").axes[0].get_xticklabels()
    assert [text.get_text() for text in ticks] == ["[1, 1]", "[24, 1]", "[72, 1]"]


def test_what_was_held_stands_in_the_title():
    (ax,) = plot(cadence_frame(), held={"scenario.scale": 0.02}).axes
    assert "scenario.scale = 0.02, threshold = 0.4" in ax.get_title()


def many(count: int) -> pd.DataFrame:
    names = [f"method_number_{i}" for i in range(count)]
    parts = [sweep_frame(6).query("detector == 'co_repost'").assign(detector=name) for name in names]
    return pd.concat([part.assign(reach_cut_off=part["reach_cut_off"] + i / 50) for i, part in enumerate(parts)])


@pytest.mark.parametrize("count", [2, 12, 60])
@pytest.mark.parametrize("x", [None, "threshold", "detector"])
def test_nothing_overlaps_or_is_cut_off(count: int, x: str | None):
    figure = plot(many(count), x=x)
    (ax,) = figure.axes
    renderer = figure.canvas.get_renderer()
    figure.canvas.draw()
    box = ax.get_window_extent(renderer)
    if figure.legends:
        beside = figure.legends[0].get_window_extent(renderer)
        assert beside.x0 >= box.x1
        assert 0 <= beside.y0 < beside.y1 <= figure.bbox.height
        title = ax.title.get_window_extent(renderer)
        assert not title.overlaps(beside)
        assert title.x0 >= 0
        assert len(legend(figure)) <= 30
    ticks = [
        text.get_window_extent(renderer) for text in ax.get_xticklabels() if text.get_text() and not text.get_rotation()
    ]
    assert not any(one.overlaps(other) for i, one in enumerate(ticks) for other in ticks[:i])
    texts = [text.get_window_extent(renderer) for text in ax.texts]
    assert not any(one.overlaps(other) for i, one in enumerate(texts) for other in texts[:i])
    assert figure.get_figheight() < 8


def test_the_names_of_panels_do_not_overlap():
    table = crossed_with(sweep_frame(), "enforcement.cadence_hours", [1, 24, 72])
    table = crossed_with(table, "scenario.scale", [0.02, 0.05])
    figure = plot(table)
    renderer = figure.canvas.get_renderer()
    boxes = [ax.title.get_window_extent(renderer) for ax in figure.axes]
    boxes.append(figure.texts[0].get_window_extent(renderer))
    boxes.append(figure.legends[0].get_window_extent(renderer))
    assert len(boxes) == 8
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_points_are_not_labelled_where_they_are_very_many_and_then_no_label_is_promised():
    (ax,) = plot(many(31)).axes
    assert not ax.texts
    assert "numbers" not in ax.get_title()
    (ax,) = plot(many(30)).axes
    assert ax.texts
    assert "numbers are thresholds" in ax.get_title()


def test_values_from_outside_are_no_formula(tmp_path):
    table = crossed_with(cadence_frame(), "x$y$", ["$\\frac{x$", "\x1b[31m"])
    save(plot(table, x=CADENCE, hue="x$y$", held={"a$": "$b"}), tmp_path / "figure")
    drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert "$\\frac{x$" in drawn
    assert "\x1b" not in drawn
