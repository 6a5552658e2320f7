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
    assert (after[-30:] > 0.7).all()
    assert (after[:-30] > 0.7).sum() <= 5  # who happened to register in those hours


def test_the_score_is_the_part_of_the_crowd_that_is_too_many() -> None:
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
        limit = poisson.isf(0.001, np.ceil(100 * rate * 12 * HOUR) / 100)
        assert scores[account] == pytest.approx(max(0.0, 1.0 - limit / same.sum()))


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
