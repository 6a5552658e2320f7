"""The headline figure: one line a detector, from ten people hit on, and points for what is done otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.report.figures import save
from experiments.report.headline import LEAST_HIT, MOST_HIT, headline

PEOPLE = 200_000
ABOUT = {"scenario": "hk2019", "scale": 0.2, "days": 30}


def rows(name: str, points: dict[float, tuple[int, float]], seeds: int = 5) -> list[dict[str, object]]:
    """Return runs of a detector: people hit over all seeds and reach cut off by threshold, a seed a little apart."""
    return [
        {"detector": name, "threshold": threshold, "seed": seed, "people_hit": people / seeds / PEOPLE,
         "people_hit_count": people / seeds, "reach_cut_off": cut + 0.01 * (seed - (seeds - 1) / 2)}
        for threshold, (people, cut) in points.items() for seed in range(seeds)
    ]  # fmt: skip


def table(seeds: int = 5) -> pd.DataFrame:
    return pd.DataFrame([
        *rows("co_repost", {1.0: (9, 0.1), 0.7: (10, 0.2), 0.5: (1000, 0.3), 0.3: (8000, 0.5)}, seeds),
        *rows("repost_share", {0.9: (500, 0.05), 0.5: (5000, 0.2)}, seeds),
        *rows("random", {0.99: (9000, 0.01)}, seeds),
        *rows("oracle", {0.5: (0, 0.8)}, seeds),
        *rows("defence", {0.4: (700, 0.4)}, seeds),
        *rows("chronological feed", {np.inf: (0, 0.25)}, seeds),
    ])  # fmt: skip


def figure(frame: pd.DataFrame, **about):
    return headline(frame, ["defence", "chronological feed"], **(ABOUT | about))


def drawn(ax, name: str):
    return next(container for container in ax.containers if container.get_label() == name)


def test_a_line_goes_through_the_means_of_the_thresholds_at_which_ten_people_are_hit():
    (ax,) = figure(table()).axes
    line = drawn(ax, "co_repost").lines[0]
    assert np.allclose(line.get_xdata(), [10 / 1e6, 1000 / 1e6, 8000 / 1e6])
    assert np.allclose(line.get_ydata(), [0.2, 0.3, 0.5])
    assert ax.get_xscale() == "log"
    assert ax.get_xlim() == (LEAST_HIT, MOST_HIT)


def test_simple_rules_are_dashed_and_methods_are_not():
    (ax,) = figure(table()).axes
    styles = {
        name: drawn(ax, name).lines[0].get_linestyle() for name in ("co_repost", "repost_share", "random (floor)")
    }
    assert styles == {"co_repost": "-", "repost_share": "--", "random (floor)": "--"}


def test_a_point_is_a_marker_or_a_level_where_it_hits_nobody_and_no_line():
    (ax,) = figure(table()).axes
    point = drawn(ax, "defence").lines[0]
    assert np.allclose([point.get_xdata()[0], point.get_ydata()[0]], [700 / 1e6, 0.4])
    levels = {line.get_label(): line.get_ydata()[0] for line in ax.get_lines() if len(set(line.get_ydata())) == 1}
    assert levels["chronological feed (hits nobody)"] == pytest.approx(0.25)
    assert levels["oracle (ceiling)"] == pytest.approx(0.8)
    labels = {text.get_text() for text in ax.get_legend().get_texts()}
    assert labels == {"oracle (ceiling)", "co_repost", "repost_share", "random (floor)", "defence",
                      "chronological feed (hits nobody)"}  # fmt: skip


def test_the_title_names_scenario_scale_days_and_seeds():
    (ax,) = figure(table()).axes
    assert ax.get_title() == "hk2019 at scale 0.2, 30 days: mean and 95% interval over 5 seeds"
    (ax,) = figure(table(seeds=2), scenario="a$b", scale=1.0, days=7).axes
    assert ax.get_title().startswith(r"a\$b at scale 1, 7 days: mean of 2 seeds, dots are single seeds")
    dots = [line for line in ax.get_lines() if line.get_marker() == "."]
    assert sum(len(line.get_xdata()) for line in dots) == 2 * 8


def test_a_line_that_hits_more_than_the_axis_shows_says_so_in_the_legend():
    frame = pd.DataFrame([*rows("repost_share", {1.0: (20_000, 0.3)}), *rows("co_repost", {0.5: (1000, 0.3)})])
    (ax,) = headline(frame, **ABOUT).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["repost_share (hits more)", "co_repost"]


def test_a_table_without_points_is_lines_alone_and_gives_the_same_file_each_time(tmp_path: Path):
    lines = table()[lambda frame: ~frame["detector"].isin(["defence", "chronological feed"])]
    for name in ("one", "other"):
        save(headline(lines, **ABOUT), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_an_undefined_figure_is_left_out():
    frame = table()
    frame.loc[(frame["detector"] == "co_repost") & (frame["threshold"] == 0.5), "reach_cut_off"] = np.nan
    (ax,) = figure(frame).axes
    assert np.allclose(drawn(ax, "co_repost").lines[0].get_ydata(), [0.2, 0.5])


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="it has no people_hit_count"):
        headline(table().drop(columns="people_hit_count"), **ABOUT)
