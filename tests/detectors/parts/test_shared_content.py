"""co_url, hashtag_sequence and copy_paste: dense cosines by scikit-learn, and what counts as a trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from detectors.co_url import CoUrl
from detectors.copy_paste import CopyPaste
from detectors.hashtag_sequence import HashtagSequence
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

N = 12
KINDS = [(CoUrl, "url", "min_urls"), (HashtagSequence, "hashtags", "min_sequences"), (CopyPaste, "text", "min_texts")]
# Time, account and item, of which 0 is none.
logs = st.lists(st.tuples(st.integers(0, 99), st.integers(0, N - 1), st.integers(0, 9)), max_size=60).map(sorted)


def step(field, events, kind=POST, number=0):
    time, account, item = np.array(events, np.int64).reshape(-1, 3).T
    fields = {"time": time + 100 * number, "account": account.astype(np.int32), "kind": np.full(time.size, kind)}
    return Observation(
        step=number,
        start=100 * number,
        end=100 * number + 100,
        n_accounts=N,
        columns={},
        events={**fields, field: item},
    )


@pytest.mark.parametrize(("method", "field", "least"), KINDS)
@settings(max_examples=40, deadline=None)
@given(logs, st.integers(1, 3))
def test_scores_are_scikit_learns_largest_tfidf_cosines(method, field, least, events, k):
    matrix = np.zeros((N, 10))
    for _, account, item in events:
        matrix[account, item] = 1
    matrix = matrix[:, 1:]
    kept = matrix.sum(axis=1) >= k
    expected = np.full(N, np.nan)
    if kept.any():
        cosine = cosine_similarity(TfidfTransformer().fit_transform(matrix[kept]))
        np.fill_diagonal(cosine, 0.0)
        expected[kept] = cosine.max(axis=1)
    detector = method(window_hours=1.0, **{least: k}, max_sharers=None)
    np.testing.assert_allclose(scores_of(detector, [step(field, events)]), expected, atol=1e-9)


@pytest.mark.parametrize(("method", "field", "least"), KINDS)
def test_reposts_count_only_if_asked_for(method, field, least):
    events = [(0, 0, 5), (1, 1, 5)]
    for reposts in (False, True):
        detector = method(**{least: 1}, reposts=reposts)
        scores = scores_of(detector, [step(field, events, kind=REPOST)])
        assert np.isfinite(scores[:2]).tolist() == [reposts, reposts]


@pytest.mark.parametrize(("method", "field", "least"), KINDS)
def test_what_has_left_the_window_is_forgotten(method, field, least):
    detector = method(window_hours=150 / 3600, **{least: 1})
    assert scores_of(detector, [step(field, [(10, 0, 5), (20, 1, 5)])])[:2].tolist() == [1.0, 1.0]
    assert np.isfinite(scores_of(detector, [step(field, [], number=1)])[:2]).tolist() == [False, False]
    assert detector.n_traces == 0


@pytest.mark.parametrize(("method", "field", "least"), KINDS)
def test_the_reason_speaks_of_what_was_shared(method, field, least):
    detector = method(**{least: 2})
    scores_of(detector, [step(field, [(0, 0, 5), (1, 1, 5), (2, 0, 6), (3, 1, 6), (4, 2, 7)])])
    things = {"url": "links", "hashtags": "sequences", "text": "wordings"}[field]
    assert f"Posted 2 of the same {things} as account 1 (similarity 1.00)" in detector.explain(0).sentence
    assert f"Posted fewer than 2 {things}" in detector.explain(2).sentence
    with pytest.raises(ValueError, match=f"{method.__name__}.{least} must be at least 1; got 0"):
        method(**{least: 0})


@pytest.mark.parametrize("method", [method for method, _, _ in KINDS])
def test_it_keeps_the_protocol(method):
    check(method)
    check(lambda: method(reposts=True))
