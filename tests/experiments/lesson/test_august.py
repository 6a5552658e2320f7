"""August 2019 in a notebook: rows are measured on the right accounts and days, and misses are marked."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.lesson.august import amplifier_and_public_lines, table, takedown_lines
from experiments.lesson.before_after import before_and_after, day_of, figure, per_day
from experiments.validation.line import Line, share, unknown
from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.metrics import results
from sim.population.truth import Layer

SMALL = ("scenario.start=2019-08-16", "scenario.days=6", "scenario.organic=200000", "scenario.step_minutes=60")
DAYS = 6


@pytest.fixture(scope="module")
def runs() -> tuple[InfluenceModel, InfluenceModel]:
    """Return a run with the defence of 2019 and one without enforcement, which have the takedown on day 3."""
    free = InfluenceModel(load_scenario("hk2019", scale=0.005, seed=1, overrides=SMALL))
    free.run()
    defended = InfluenceModel(free.config, "co_repost", enforcement=load_enforcement("enforcement=defence"),
                              world=free.world)  # fmt: skip
    defended.run()
    return defended, free


def test_rows_of_amplifiers_are_those_of_a_count_by_hand(runs: tuple[InfluenceModel, InfluenceModel]) -> None:
    free = runs[1]
    lines = amplifier_and_public_lines(free)
    assert [one.row for one in lines] == ["1", "11", "11", "12", "13", "13", "49"]
    values = {one.quantity: one.value for one in lines}
    followers = free.accounts.follower_count[free.world.truth.layer == Layer.AMPLIFIER]
    assert values["amplifiers to a core account"] == 1000 / 5
    assert values["amplifiers with fewer than 8 followers"] == np.mean(followers < 8)
    assert values["amplifiers without followers"] == np.mean(followers == 0)


def test_the_takedown_is_measured_as_results_say_it(runs: tuple[InfluenceModel, InfluenceModel]) -> None:
    defended, free = runs
    lines = {one.quantity: one for one in takedown_lines(defended, free)}
    measures = results(defended.outcome(), free.outcome())
    assert lines["people ever suspended or challenged"].value == measures["people_hit"]
    early = lines["suspended amplifiers with at most one post"]
    # Neither is a number where nobody was suspended.
    assert early.value == pytest.approx(measures["amplifiers_suspended_with_at_most_one_post"], nan_ok=True)
    assert early.record.agrees(0.51) is True
    assert early.record.agrees(0.49) is False
    assert lines["of the core, taken by the takedown"].record.agrees(0.9) is False
    assert "amplifiers registered, of about 200,000 at full size" in lines


def test_a_miss_is_marked_and_what_is_not_known_is_not(runs: tuple[InfluenceModel, InfluenceModel]) -> None:
    record = share(0.5, "half")
    lines = [Line("1", "a", record, "{:.0%}", 0.9), Line("2", "b", record, "{:.0%}", 0.5),
             Line("3", "c", unknown(), "{:.0%}", 0.5)]  # fmt: skip
    shown = table([lines])
    assert shown[""].tolist() == ["MISS", "met", ""]
    assert shown["record"].tolist() == ["half", "half", "not known"]


def test_days_add_up_to_the_run_and_part_at_the_takedown(runs: tuple[InfluenceModel, InfluenceModel]) -> None:
    defended, free = runs
    assert day_of(free) == 3
    outcome = free.outcome()
    reads, people, paid = (per_day(free, name) for name in ("impressions", "reach", "promoted"))
    by_time = np.bincount(outcome.impression_time // 86_400, minlength=DAYS)
    assert (reads + paid).tolist() == by_time.tolist()
    assert paid.sum() == outcome.promoted_impressions > 0
    assert people.sum() == outcome.reached.size > 0
    found = before_and_after(defended, free, days=2)
    row = found.loc["reads of the campaign, not paid for", "unenforced"]
    assert row["before"] == reads[1:3].mean()
    assert row["after"] == reads[3:5].mean()
    assert found.loc["reads that were paid for", "enforced"]["after"] == per_day(defended, "promoted")[3:5].mean() > 0
    assert found.loc["people newly reached", "unenforced"]["before"] == people[1:3].mean()


def test_the_figure_says_scenario_scale_and_seed(runs: tuple[InfluenceModel, InfluenceModel]) -> None:
    made = figure(*runs)
    assert made.get_suptitle() == "hk2019, scale 0.005, seed 1"
    labels = [text.get_text() for text in made.axes[0].get_legend().get_texts()]
    assert labels == ["without enforcement", "the defence of 2019", "announced, 19 August 2019"]
