"""What a changed value does to the measures: paired with the default by seed, in a table and a figure."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from detectors.evaluation.intervals import interval
from experiments.report.figures import save
from experiments.sensitivity.changes import Change
from experiments.sensitivity.effects import effects, markdown, measured, tornado
from sim import load_scenario

WORLD = load_scenario("hk2019", scale=0.001)  # 1,000 people
CHANGES = [
    Change("organic.office_share", 0.2, "low", 0.1), Change("organic.office_share", 0.2, "high", 0.4),
    Change("feed.lag_hours", [0.0, 6.5], "high", [0.0, 13.0]),
]  # fmt: skip
MEASURES = ["people reached", "alike people", "reach cut off by co_repost", "people hit by co_repost"]
LEVELS = {"0.1": (0.02, 0.1), "0.4": (-0.01, -0.2), "[0.0, 13.0]": (0.0, 0.0), "none": (0.0, 0.0)}  # reached, cut off


def noise(text: str, seed: int) -> float:
    return 0.0 if text == "[0.0, 13.0]" else 0.004 * math.sin(7.0 * seed + len(text))


def runs(seeds: int = 2) -> pd.DataFrame:
    rows = []
    for key, text in [("none", "none"), *((one.key, one.arms["to"]) for one in CHANGES)]:
        reached, cut = LEVELS[text]
        for seed in range(1, seeds + 1):
            luck = 0.1 * seed  # shared by all runs of a seed
            one = {"changed": key, "to": text, "seed": seed, "key": f"{text} {seed}", "steps": 9, "failed": None}
            own = 0.0 if text == "none" else noise(text, seed)
            rows.append({"detector": "none", "threshold": math.inf, **one, "reach": 1000 * (0.2 + luck + reached + own),
                         "reach_cut_off": 0.0, "people_hit": 0.0, "similar_people": 0.3})  # fmt: skip
            rows.append({"detector": "co_repost", "threshold": 0.7, **one, "reach": 1.0, "people_hit": 0.01,
                         "reach_cut_off": 0.3 + luck + cut, "similar_people": math.nan})  # fmt: skip
    return pd.DataFrame(rows)


def table(seeds: int = 2) -> pd.DataFrame:
    return effects(measured(runs(seeds), WORLD, ["co_repost"]), CHANGES)


def row(found: pd.DataFrame, value: str, measure: str) -> dict:
    (one,) = found[(found["value"] == value) & (found["measure"] == measure)].to_dict("records")
    return one


def test_people_reached_and_alike_are_of_the_unenforced_run_and_what_enforcement_does_of_the_other():
    found = measured(runs(), WORLD, ["co_repost"]).loc[("none", "none", 1)]
    assert list(found.index) == MEASURES
    assert list(found) == pytest.approx([0.3, 0.3, 0.4, 0.01])


def test_a_difference_is_from_the_default_of_the_same_seed():
    one = row(table(), "0.1", "people reached")
    by_seed = [0.02 + noise("0.1", seed) for seed in (1, 2)]
    assert one["difference"] == pytest.approx(sum(by_seed) / 2)
    assert (one["least"], one["most"]) == pytest.approx((min(by_seed), max(by_seed)))
    assert math.isnan(one["low"])
    assert (one["default"], one["end"], one["seeds"]) == ("0.2", "low", 2)
    assert row(table(), "0.4", "reach cut off by co_repost")["difference"] == pytest.approx(-0.2)


def test_five_seeds_have_an_interval():
    one = row(table(seeds=6), "0.1", "people reached")
    known = interval([0.02 + noise("0.1", seed) for seed in range(1, 7)])
    assert (one["low"], one["high"]) == pytest.approx((known.low, known.high))


def test_a_run_that_broke_off_leaves_its_seed_out_of_its_own_row_alone():
    frame = runs()
    frame.loc[(frame["to"] == "0.1") & (frame["seed"] == 1) & (frame["detector"] == "none"), "failed"] = "lost"
    found = effects(measured(frame, WORLD, ["co_repost"]), CHANGES)
    assert row(found, "0.1", "people reached")["seeds"] == 1
    assert row(found, "0.1", "reach cut off by co_repost")["seeds"] == 2
    assert row(found, "0.4", "people reached")["seeds"] == 2


def test_a_change_without_any_run_has_empty_cells():
    frame = runs()[lambda each: each["to"] != "0.4"]
    found = measured(frame, WORLD, ["co_repost"])
    one = effects(found, CHANGES)
    assert row(one, "0.4", "people hit by co_repost")["seeds"] == 0
    assert "| 0.4 | – | – | – | – |" in markdown(one, found)


def test_the_markdown_says_the_default_the_difference_in_points_and_how_far_seeds_lie_apart():
    lines = markdown(table(), measured(runs(), WORLD, ["co_repost"])).splitlines()
    assert lines[0] == f"| value | by default | set to | {' | '.join(MEASURES)} |"
    assert lines[2] == "| all by default | | | 35.0% | 30.0% | 45.0% | 1.00% |"
    assert lines[4].startswith(
        "| `organic.office_share` | 0.2 | 0.4 | -1.30 (-1.38, -1.22) | 0 | -20.0 (-20.0, -20.0) | 0 |"
    )
    assert lines[5] == "| `feed.lag_hours` | [0.0, 6.5] | [0.0, 13.0] | 0 | 0 | 0 | 0 |"
    assert len(lines) == 6


def test_the_figure_has_a_bar_for_each_end_sorted_by_what_it_does_and_is_the_same_each_time(tmp_path):
    figure = tornado(table(), "hk2019")
    assert [ax.get_xlabel() for ax in figure.axes] == [
        "people reached, points", "alike people, points", "reach cut off by\nco_repost, points",
        "people hit by\nco_repost, points",
    ]  # fmt: skip
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["feed.lag_hours: … (…)", "organic.office_share: 0.2 (0.1, 0.4)"]  # the largest on top
    widths = [bar.get_width() for bar in figure.axes[2].patches]
    assert widths == pytest.approx([math.nan, 10.0, 0.0, -20.0], nan_ok=True)
    written = [save(tornado(table(), "hk2019"), tmp_path / name)[0].read_bytes() for name in ("one", "other")]
    assert written[0] == written[1]
