"""Score histories against the whole matrix of scores."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.evaluation.history import NEVER, ScoreHistory

TIMES = np.array([10, 20, 30, 40])


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    draw = np.random.Generator(np.random.Philox(key=7))
    matrix = draw.integers(0, 6, (4, 50)) / 5.0
    matrix[draw.random((4, 50)) < 0.4] = np.nan
    matrix[:, 0] = np.nan
    return matrix


@pytest.fixture(scope="module")
def history(scores: np.ndarray) -> ScoreHistory:
    made = ScoreHistory(50)
    for time, row in zip(TIMES, scores, strict=True):
        made.add(int(time), row)
    return made


def test_the_peak_is_the_highest_of_all_scores(history, scores):
    highest = np.where(np.isnan(scores), -1.0, scores).max(axis=0)
    assert np.array_equal(np.where(np.isnan(history.peak), -1.0, history.peak), highest)
    assert np.isnan(history.peak[0])


@pytest.mark.parametrize("threshold", [0.0, 0.4, 0.5, 1.0, np.inf])
def test_a_threshold_is_reached_at_the_first_score_that_is_at_least_it(history, scores, threshold):
    there = scores >= threshold
    expected = np.where(there.any(axis=0), TIMES[there.argmax(axis=0)], NEVER)
    assert np.array_equal(history.reached(threshold), expected)


def test_the_highest_score_by_a_time_takes_in_no_later_scoring(history, scores):
    accounts = np.repeat(np.arange(-1, 51), 6)
    times = np.tile([0, 10, 19, 20, 35, 99], 52)
    expected = []
    for account, time in zip(accounts, times, strict=True):
        seen = scores[time >= TIMES, account] if 0 <= account < 50 else np.empty(0)
        seen = seen[~np.isnan(seen)]
        expected.append(seen.max() if seen.size else -np.inf)
    assert np.array_equal(history.highest_by(accounts, times), expected)


def test_without_a_scoring_nothing_was_reached():
    empty = ScoreHistory(3)
    assert np.isnan(empty.peak).all()
    assert (empty.reached(0.0) == NEVER).all()
    assert np.isneginf(empty.highest_by(np.array([1]), np.array([5]))).all()


def test_scorings_out_of_order_or_of_the_wrong_length_are_refused():
    made = ScoreHistory(2)
    made.add(5, np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="time order; got 5 after 5"):
        made.add(5, np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match=r"shape \(2,\); got \(3,\)"):
        made.add(6, np.zeros(3))
