"""Bursts of registration: a planted one is found, chance is not, and the score is what its definition says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from detectors.creation_burst import CreationBurst
from detectors.testing.check import check, scores_of
from sim.observation import Observation

HOUR, DAY = 3600, 86_400


def step(created: np.ndarray, end: int, number: int = 0, **signs: np.ndarray) -> Observation:
    columns = {name: np.zeros(created.size, np.bool_) for name in ("default_image", "empty_bio", "phone_verified")}
    columns |= {"follower_count": np.zeros(created.size, np.int32), **signs}
    columns |= {"created": created, "registered": created < end}
    return Observation(
        step=number, start=end - HOUR, end=end, n_accounts=created.size, columns=columns, events={}
    )  # fmt: skip


def at_random(draw: np.random.Generator, per_day: float, days: float) -> np.ndarray:
    return np.sort(draw.random(round(per_day * days)) * days * DAY).astype(np.int64)


def test_it_keeps_the_protocol() -> None:
    check(CreationBurst)


def test_registrations_at_a_steady_rate_are_no_burst() -> None:
    created = at_random(np.random.Generator(np.random.Philox(key=1)), per_day=40, days=800)
    scores = scores_of(CreationBurst(), [step(created, 800 * DAY)])
    scored = scores[~np.isnan(scores)]
    assert scored.size == pytest.approx(40 * 45, rel=0.1)
    # One crowd in a thousand exceeds its limit, and an account is in the crowd that it makes: a few in a thousand.
    assert (scored > 0).mean() < 0.02


def test_a_planted_burst_is_found_in_the_step_of_its_registration() -> None:
    draw = np.random.Generator(np.random.Philox(key=2))
    created = np.concatenate([at_random(draw, per_day=10, days=800), 800 * DAY + draw.integers(0, HOUR, 30)])
    detector = CreationBurst()
    before = scores_of(detector, [step(created, 800 * DAY)])
    after = scores_of(detector, [step(created, 800 * DAY + HOUR, 1)])
    assert np.isnan(before[-30:]).all()
    assert (after[-30:] > 0.9).all()
    assert (after[:-30] > 0.9).sum() <= 5  # who happened to register in those hours


def test_the_score_is_the_part_of_the_crowd_that_is_not_usual() -> None:
    draw = np.random.Generator(np.random.Philox(key=3))
    old, young = at_random(draw, per_day=5, days=755), 760 * DAY + draw.integers(0, 5 * DAY, 60)
    created = np.concatenate([old, young]).astype(np.int64)
    image = draw.random(created.size) < 0.4
    detector, end = CreationBurst(window_hours=12, memory_days=45, baseline_days=700), 766 * DAY
    scores = scores_of(detector, [step(created, end, default_image=image)])
    usual = (created < end - 45 * DAY) & (created >= end - 745 * DAY)
    for account in np.flatnonzero(created >= end - 45 * DAY):
        same = (image == image[account]) & (np.abs(created - created[account]) <= 6 * HOUR)
        rate = (usual & (image == image[account])).sum() / (700 * DAY)
        usual_number = np.ceil(100 * rate * 12 * HOUR) / 100
        crowd = same.sum() > poisson.isf(0.001, usual_number)
        assert scores[account] == pytest.approx(1.0 - usual_number / same.sum() if crowd else 0.0)
    assert 0 < (scores > 0).sum() < 60  # some are in a crowd, some are not


@pytest.mark.parametrize("crowd", [3, 4, 5, 8])
def test_a_look_that_was_never_seen_needs_a_crowd_of_five_to_score_as_much_as_a_large_one(crowd: int) -> None:
    created = np.concatenate([np.arange(700) * DAY, np.full(crowd, 760 * DAY)])
    image = np.arange(created.size) >= 700  # nobody had the default image before
    scores = scores_of(CreationBurst(), [step(created, 760 * DAY + 4 * HOUR, default_image=image)])
    assert scores[-crowd:] == pytest.approx(1.0 - 0.01 / crowd)
    assert (scores[-1] >= 0.998) == (crowd >= 5)


def test_the_same_excess_scores_the_same_in_a_public_ten_times_as_large() -> None:
    scores = []
    for size in (1, 10):
        # Forty a day on every day of the past, and 300 in one hour: thirty times the usual ten in six hours.
        created = np.concatenate([np.repeat(np.arange(0, 800 * DAY, 36 * 60), size), np.full(300 * size, 800 * DAY)])
        scores.append(scores_of(CreationBurst(), [step(created, 800 * DAY + 4 * HOUR)])[-1])
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
    assert scores[0] == pytest.approx(1.0 - 10.0 / 305.0, abs=3e-3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window_hours": 0}, "window_hours must be above 0 and finite; got 0"),
        ({"few_followers": -1}, "few_followers must be at least 0; got -1"),
        ({"chance": 1.0}, r"chance must lie in \(0, 1\); got 1.0"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"CreationBurst.{message}"):
        CreationBurst(**given)  # type: ignore[arg-type]
