"""Co-repost scores against scikit-learn, and what must hold of every honest detector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from detectors.co_repost import CoRepost
from detectors.random import RandomDetector
from sim.observation import Observation

LOGS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 7)), max_size=60)


def observation(log: list[tuple[int, int]], n: int = 12, step: int = 0) -> Observation:
    account, post = np.array([a for a, _ in log], np.int32), np.array([p for _, p in log], np.int64)
    start = step * 3600
    return Observation(
        step=step, start=start, end=start + 3600, n_accounts=n, columns={},
        events={"time": start + np.arange(account.size), "account": account, "post": post,
                "kind": np.ones(account.size, np.int8)},
    )  # fmt: skip


def scores(*steps: list[tuple[int, int]], n: int = 12, **settings: object) -> np.ndarray:
    values: dict[str, object] = {"window_hours": 24.0, "min_reposts": 2, "max_reposters": None, **settings}
    detector = CoRepost(**values)  # type: ignore[arg-type]
    for number, log in enumerate(steps):
        detector.observe(observation(log, n, number))
    return detector.score()


@settings(deadline=None, max_examples=60)
@given(LOGS)
def test_scores_are_the_largest_cosine_that_scikit_learn_finds(log: list[tuple[int, int]]) -> None:
    matrix = np.zeros((12, 8))
    for account, post in log:
        matrix[account, post] = 1.0
    scored = matrix.sum(axis=1) >= 2
    got = scores(log)
    assert (~np.isnan(got) == scored).all()
    if scored.any():
        # Document frequencies are those among the scored accounts.
        cosine = cosine_similarity(TfidfTransformer(smooth_idf=True).fit_transform(matrix[scored]))
        np.fill_diagonal(cosine, 0.0)
        np.testing.assert_allclose(got[scored], cosine.max(axis=1), atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(LOGS, st.permutations(range(12)))
def test_renumbering_accounts_permutes_the_scores(log: list[tuple[int, int]], order: list[int]) -> None:
    fresh = np.array(order)
    renamed = [(int(fresh[account]), post) for account, post in log]
    assert scores(renamed)[fresh].tobytes() == scores(log).tobytes()


@settings(deadline=None, max_examples=25)
@given(LOGS, LOGS)
def test_splitting_a_step_changes_nothing(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    assert scores(first + second).tobytes() == scores(first, second).tobytes()


def test_reposts_that_left_the_window_are_forgotten() -> None:
    log = [(0, 1), (1, 1), (0, 2), (1, 2)]
    assert scores(log)[0] == 1.0
    assert np.isnan(scores(log, [], [], window_hours=2.0)[0])


def test_a_step_without_events_and_a_single_account_are_no_trouble() -> None:
    assert np.isnan(scores([], n=3)).all()
    assert scores([(0, 1), (0, 2)], n=1)[0] == 0.0


def test_a_crowded_post_is_compared_through_its_first_reposters_only() -> None:
    log = [(account, 1) for account in range(12)] + [(11, 2), (10, 2)]
    assert scores(log, max_reposters=2)[11] > 0.9


@pytest.mark.parametrize("wrong", [{"min_reposts": 0}, {"max_reposters": 1}, {"window_hours": -1.0}])
def test_a_wrong_parameter_is_named(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        scores([(0, 1)], **wrong)


def test_random_scores_split_any_two_groups_evenly() -> None:
    detector = RandomDetector(3)
    detector.observe(observation([], 4000))
    drawn = detector.score()
    auc = (drawn[:2000, None] > drawn[None, 2000:]).mean()
    assert abs(auc - 0.5) < 5 * np.sqrt(4001 / (12 * 2000 * 2000))
