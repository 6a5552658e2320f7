"""Figures of bills: what is drawn is what the tables say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from detectors.evaluation.operating_point import OperatingPoint
from experiments.report.bill_figures import bill_figure, price_figure, replay_figure
from experiments.store.comparison import Comparison

COSTS = pd.DataFrame([[5.0, 3.0, 4.0], [7.0, 5.0, 6.0]], index=[1, 2], columns=[0.5, 0.9, np.inf])


def test_bills_are_drawn_for_both_halves_of_the_seeds_with_the_choice_and_its_range() -> None:
    figure = bill_figure(COSTS, COSTS.set_axis([3, 4]), OperatingPoint(0.9, 0.5, np.inf))
    assert [ax.get_title() for ax in figure.axes] == ["chosen on seeds 1 to 2", "reported on seeds 3 to 4"]
    mean = next(line for line in figure.axes[0].get_lines() if line.get_label() == "mean of the runs")
    assert mean.get_ydata().tolist() == [6.0, 4.0, 5.0]
    chosen = next(line for line in figure.axes[0].get_lines() if line.get_label() == "chosen")
    assert chosen.get_xdata() == [1, 1]
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0.5", "0.9", "inf"]
    assert "range of choices" in [text.get_text() for text in figure.axes[1].get_legend().get_texts()]


def test_no_range_is_drawn_where_seeds_are_too_few() -> None:
    figure = bill_figure(COSTS, COSTS, OperatingPoint(0.9))
    assert "range of choices" not in [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    found = pd.DataFrame({"price": [1.0, 10.0], "threshold": [0.5, np.inf], "low": [np.nan] * 2, "high": [np.nan] * 2})
    (ax,) = price_figure(found, [0.5, 0.9, np.inf]).axes
    assert ax.get_lines()[0].get_ydata().tolist() == [0, 2]
    assert not ax.collections


def test_a_replay_stands_beside_the_loop_over_the_thresholds_that_were_tried() -> None:
    costs = pd.DataFrame(
        {"threshold": [np.inf, 0.95, 0.9, 0.1], "wrongly_hit": [0, 2, 4, 900], "impressions": [50, 49, 48, 1]}
    )
    runs = pd.DataFrame(
        [(0.9, 1, 4, 30), (0.9, 2, 6, 40), (np.inf, 1, 0, 50)],
        columns=["threshold", "seed", "organic_enforced", "impressions"],
    )
    people, impressions = replay_figure(Comparison([1], [2], costs=costs), runs).axes
    assert [line.get_ydata().tolist() for line in people.get_lines()] == [[4, 2, 0], [5.0]]
    assert [line.get_ydata().tolist() for line in impressions.get_lines()] == [[48, 49, 50], [35.0]]
