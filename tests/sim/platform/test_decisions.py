"""When the platform asks for scores, when its actions take effect, and which accounts they hit."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel
from sim.population.accounts import Status
from tests.sim.platform.scripted import (
    DAY,
    HOUR,
    N,
    Scripted,
    config,
    enforcement,
    model_of,
    seconds_of_suspension,
)  # fmt: skip
from tests.sim.test_model import same_log


def test_a_run_is_its_twin_until_the_first_suspension() -> None:
    enforced, twin = model_of(Scripted(begin=DAY)), model_of(None)
    enforced.run()
    twin.run()
    first = seconds_of_suspension(enforced).min()
    assert first == DAY
    for ours, theirs in ((enforced.activity, twin.activity), (enforced.impressions, twin.impressions)):
        before = [{name: log[name][log["time"] < first] for name in log.columns} for log in (ours, theirs)]
        assert before[0]["time"].size > 10
        assert all((before[0][name] == before[1][name]).all() for name in ours.columns)
        assert len(ours) < len(theirs)


@pytest.mark.parametrize(
    ("cadence_hours", "step_minutes", "every"),
    [(6.0, 60, 6 * HOUR), (1.0, 60, HOUR), (0.1, 60, HOUR), (0.5, 30, 1800), (24.0, 720, DAY), (5.0, 120, 4 * HOUR)],
)
def test_scores_are_asked_for_at_the_cadence_in_whole_steps(
    cadence_hours: float, step_minutes: int, every: int
) -> None:
    of = replace(config(), scenario=replace(config().scenario, step_minutes=step_minutes, days=2))
    detector = Scripted(np.nan)
    model_of(detector, enforcement(cadence=cadence_hours), of).run()
    assert detector.asked == list(range(every, 2 * DAY + 1, every))


@pytest.mark.parametrize(
    ("delay_hours", "waits"),
    [(0.0, 0), (1.0, HOUR), (5.0, 5 * HOUR), (1 / HOUR, HOUR), (1 + 1 / HOUR, 2 * HOUR), (2 - 1 / HOUR, 2 * HOUR)],
)
def test_a_suspension_takes_effect_at_the_first_step_after_its_delay_to_the_second(
    delay_hours: float, waits: int
) -> None:
    """Everybody reaches the threshold at the end of the first day: they act until the hour, and never again."""
    model = model_of(Scripted(begin=DAY), enforcement(cadence=24.0, delay=delay_hours))
    model.run()
    existed = model.accounts.created < config().scenario.start_epoch + DAY
    when = seconds_of_suspension(model)
    assert (when[existed] == DAY + waits).all()
    time, account = model.activity["time"], model.activity["account"]
    acts = time[existed[account]]
    assert DAY + waits - HOUR <= acts.max() < DAY + waits
    readers = model.impressions["account"]
    assert (model.impressions["time"] < when[readers]).all()


def test_a_delay_beyond_the_end_suspends_nobody() -> None:
    model = model_of(Scripted(), enforcement(delay=72.0))
    model.run()
    assert model.platform.actions.ordered.any()
    assert (model.accounts.status == Status.ACTIVE).all()
    assert same_log(model.activity, model_of_unenforced().activity)


@cache
def model_of_unenforced() -> InfluenceModel:
    model = model_of(None)
    model.run()
    return model


def test_a_suspension_is_ordered_once() -> None:
    """Scores come every hour and the delay is three: the first order counts, not the last."""
    model = model_of(Scripted(), enforcement(cadence=1.0, delay=3.0))
    model.run()
    table, start = model.accounts, config().scenario.start_epoch
    old = table.created < start
    assert (seconds_of_suspension(model)[old] == 4 * HOUR).all()


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0, math.inf])
def test_the_platform_acts_on_scores_that_reach_the_threshold_and_on_no_other(threshold: float) -> None:
    kinds = [0.0, np.nextafter(0.5, 0.0), 0.5, np.nextafter(0.5, 1.0), np.nextafter(1.0, 0.0), 1.0, np.nan]
    scores = np.array(kinds)[np.arange(N) % len(kinds)]
    model = model_of(Scripted(scores), enforcement(threshold))
    for _ in range(7):
        model.step()
    registered = model.accounts.created < config().scenario.start_epoch + 6 * HOUR
    mine = scores[model.platform.pseudonyms]
    assert ((model.accounts.status == Status.SUSPENDED) == (registered & (mine >= threshold))).all()
    np.testing.assert_array_equal(model.platform.scores, np.where(registered, mine, np.nan))


def test_an_account_that_does_not_exist_yet_is_left_alone_until_it_does() -> None:
    """Amplifiers of the later waves are hit at the first scoring after their registration."""
    model = model_of(Scripted(), enforcement(cadence=1.0))
    model.run()
    born = model.accounts.created - config().scenario.start_epoch
    late = (born > 0) & (born < 70 * HOUR)
    assert late.sum() > 50
    assert (seconds_of_suspension(model)[late] == (born[late] // HOUR + 1) * HOUR).all()


def test_a_policy_is_any_object_that_decides_by_scores() -> None:
    class TopTen:
        def decide(self, scores: np.ndarray) -> np.ndarray:
            return np.isin(np.arange(scores.size), np.argsort(-np.nan_to_num(scores))[:10])

    shuffled = np.random.Generator(np.random.Philox(key=1)).permutation(N) / N
    model = model_of(Scripted(shuffled), enforcement(cadence=24.0))
    model.platform.policy = TopTen()
    for _ in range(25):
        model.step()
    suspended = np.flatnonzero(model.accounts.status)
    assert suspended.size == 10
    scores = model.platform.scores
    assert scores[suspended].min() > np.nanmax(np.delete(scores, suspended))
