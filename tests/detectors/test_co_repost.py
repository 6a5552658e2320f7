import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from detectors.base import DetectorError
from detectors.co_repost import CoRepost
from detectors.testing.check import check, renumbered, scores_of, synthetic_steps
from sim.observation import POST, REPOST, Observation
from tests.detectors import slow_co_repost

N = 12
AUTHOR = N  # who reposts nothing
logs = st.lists(st.tuples(st.integers(0, 99), st.integers(0, N - 1), st.integers(0, 9)), max_size=60).map(sorted)
few = settings(max_examples=60, deadline=None)  # the first example may compile


def step(events, start=0, end=100, number=0, kind=REPOST, author=AUTHOR):
    time, account, post = np.array(events, np.int64).reshape(-1, 3).T
    fields = {"time": time, "account": account.astype(np.int32), "kind": np.full(time.size, kind, np.int8),
              "post": post, "author": np.full(time.size, author, np.int32)}  # fmt: skip
    return Observation(step=number, start=start, end=end, n_accounts=N + 1, columns={}, events=fields)


def score(events, **parameters):
    given = {"window_hours": 1.0, "min_reposts": 1, "max_reposters": None, "min_holders": 1, **parameters}
    return scores_of(CoRepost(**given), [step(events)])


@few
@given(logs, st.integers(1, 3))
def test_scores_are_scikit_learns_largest_tfidf_cosines(events, min_reposts):
    matrix = np.zeros((N + 1, 10))
    for _, account, post in events:
        matrix[account, post] = 1
    kept = matrix.sum(axis=1) >= min_reposts
    expected = np.full(N + 1, np.nan)
    if kept.any():
        cosine = cosine_similarity(TfidfTransformer().fit_transform(matrix[kept]))
        np.fill_diagonal(cosine, 0.0)
        expected[kept] = cosine.max(axis=1)
    np.testing.assert_allclose(score(events, min_reposts=min_reposts), expected, atol=1e-9)


@few
@given(logs, st.integers(1, 3), st.sampled_from([1, 2, 3, None]), st.integers(1, 4), st.sampled_from([0, 30, 80]))
def test_scores_are_the_slow_twins_whatever_the_bounds_and_the_window(events, min_reposts, bound, holders, oldest):
    rules = {"min_reposts": min_reposts, "max_reposters": bound, "min_holders": holders}
    fast = score(events, **rules, window_hours=(100 - oldest) / 3600)
    slow = slow_co_repost.scores(events, oldest, min_reposts, bound, N + 1, holders)
    np.testing.assert_allclose(fast, slow, atol=1e-9)


@few
@given(logs, st.integers(1, 3))
def test_bounding_reposters_never_raises_a_score_and_leaves_small_posts_alone(events, bound):
    exact, bounded = score(events), score(events, max_reposters=bound)
    assert np.isnan(exact).tolist() == np.isnan(bounded).tolist()
    assert not (bounded > exact).any()
    assert score(events, max_reposters=N).tobytes() == exact.tobytes()


@few
@given(logs, st.permutations(range(N + 1)), st.sampled_from([2, None]))
def test_renumbering_accounts_and_posts_permutes_scores_byte_for_byte(events, number, bound):
    number = np.array(number)
    detector, again = CoRepost(1.0, 2, bound), CoRepost(1.0, 2, bound)
    detector.observe(step(events))
    again.observe(renumbered(step(events), number))
    assert again.score()[number].tobytes() == detector.score().tobytes()


def test_renumbering_permutes_scores_where_every_post_is_over_the_bound():
    steps = synthetic_steps(seed=5, events=200)
    crowded = []
    for seen in steps:
        fields = {name: seen.event(name) for name in seen.event_fields}
        fields["post"], fields["author"] = fields["post"] % 40, np.where(fields["kind"] == POST, -1, AUTHOR)
        crowded.append(
            Observation(step=seen.step, start=seen.start, end=seen.end, n_accounts=60, columns={}, events=fields)
        )
    number = np.argsort(np.arange(60) * 7919 % 61, kind="stable")
    scores = scores_of(CoRepost(12.0, 2, 3), crowded)
    assert scores.tobytes() != scores_of(CoRepost(12.0, 2, None), crowded).tobytes()
    again = scores_of(CoRepost(12.0, 2, 3), [renumbered(seen, number) for seen in crowded])
    assert again[number].tobytes() == scores.tobytes()


@few
@given(logs, st.integers(0, 100))
def test_splitting_a_step_in_two_changes_nothing(events, at):
    halves = [step([e for e in events if e[0] < at], 0, at), step([e for e in events if e[0] >= at], at, 100, 1)]
    detector = CoRepost(0.02, 2, 2)  # 72 seconds, so that the window cuts the first half
    assert scores_of(detector, halves).tobytes() == scores_of(CoRepost(0.02, 2, 2), [step(events)]).tobytes()


def test_later_steps_do_not_change_what_was_scored_before():
    steps = synthetic_steps(seed=4)
    alone = scores_of(CoRepost(), steps[:6])
    seen_in_passing = CoRepost()
    before = scores_of(seen_in_passing, steps[:6])
    after = scores_of(seen_in_passing, steps[6:])
    assert before.tobytes() == alone.tobytes()
    assert before.tobytes() != after.tobytes()


def test_accounts_with_too_few_distinct_posts_are_unscored_however_often_they_repost():
    scores = score([(0, 0, 1), (1, 0, 1), (2, 1, 1), (3, 1, 2), (4, 2, 1), (5, 2, 2)], min_reposts=2)
    assert np.isnan(scores[0])
    assert scores[1:3].tolist() == [1.0, 1.0]


def test_an_account_that_shares_nothing_scores_zero():
    assert score([(0, 0, 1), (1, 0, 2), (2, 1, 3), (3, 1, 4)], min_reposts=2)[:2].tolist() == [0.0, 0.0]


def test_posts_of_ones_own_and_first_posts_do_not_count():
    events = [(0, 0, 1), (1, 1, 1)]
    for ignored in (step(events, kind=POST, author=-1), step(events[:1], author=0)):
        assert np.isnan(scores_of(CoRepost(1.0, 1), [ignored])).all()


def test_reposts_leave_the_window_to_the_second():
    detector = CoRepost(window_hours=100 / 3600, min_reposts=1, min_holders=1)
    detector.observe(step([(0, 0, 1), (0, 1, 1), (1, 2, 1), (1, 3, 1)]))
    assert detector.score()[:4].tolist() == [1.0] * 4
    detector.observe(step([], 100, 101, 1))
    assert np.isnan(detector.score()[:2]).all()
    assert detector.score()[2:4].tolist() == [1.0, 1.0]
    detector.observe(step([], 101, 102, 2))
    assert np.isnan(detector.score()).all()
    assert detector.n_traces == 0


def test_accounts_alike_in_another_order_are_exactly_alike():
    events = [(t, 0, p) for t, p in enumerate(range(10))] + [(20 + t, 1, p) for t, p in enumerate(reversed(range(10)))]
    events += [(50, 2, 3), (51, 2, 7), (52, 3, 1)]
    assert score(events)[:2].tolist() == [1.0, 1.0]


@few
@given(logs, st.sampled_from([1, 2, None]), st.floats(0.05, 1.0))
def test_groups_are_the_components_of_the_network_cut_at_the_threshold(events, bound, threshold):
    detector = CoRepost(1.0, 1, bound, min_holders=1)
    scores = scores_of(detector, [step(events)])
    pairs, _ = slow_co_repost.similarities(events, 0, 1, bound)
    network = nx.Graph(pair for pair, value in pairs.items() if round(value, 12) >= threshold)
    groups = detector.groups(threshold)
    assert {tuple(group) for group in groups} == {tuple(sorted(part)) for part in nx.connected_components(network)}
    assert sorted(np.concatenate([*groups, []]).tolist()) == np.flatnonzero(scores >= threshold).tolist()


@few
@given(logs, st.sampled_from([1, 2, None]))
def test_an_explanation_gives_the_score_and_a_neighbour_that_explains_it(events, bound):
    detector = CoRepost(1.0, 1, bound, min_holders=1)
    scores = scores_of(detector, [step(events)])
    pairs, _ = slow_co_repost.similarities(events, 0, 1, bound)
    for account in np.flatnonzero(scores > 0):
        facts = detector.explain(int(account)).facts
        near = facts["nearest"]
        assert facts["similarity"] == scores[account]
        assert pairs.get((account, near), pairs.get((near, account))) == pytest.approx(scores[account], abs=1e-9)
        posts = [{p for _, a, p in events if a == one} for one in (account, near)]
        assert facts["shared_posts"] == len(posts[0] & posts[1])
        assert any({account, near} <= set(group) and len(group) == facts["group_size"]
                   for group in detector.groups(scores[account]))  # fmt: skip


def test_an_unscored_account_is_explained_as_such():
    detector = CoRepost()
    detector.observe(step([(0, 0, 1)]))
    detector.score()
    assert detector.explain(0).sentence == "Reposted fewer than 4 posts in the last 168 hours: too little to say."


def test_reasons_before_a_score_and_for_no_account_are_refused():
    detector = CoRepost()
    detector.observe(step([]))
    with pytest.raises(DetectorError, match="call score first"):
        detector.explain(0)
    detector.score()
    with pytest.raises(DetectorError, match=r"account must lie in \[0, 13\); got 13"):
        detector.explain(13)
    with pytest.raises(ValueError, match=r"threshold must lie in \(0, 1\]; got 0"):
        detector.groups(0.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"window_hours": 0.0}, "window_hours must be above 0 and finite; got 0"),
        ({"window_hours": float("nan")}, "window_hours must be above 0 and finite; got nan"),
        ({"min_reposts": 0}, "min_reposts must be at least 1; got 0"),
        ({"max_reposters": 0}, "max_reposters must be at least 1, or None for no limit; got 0"),
    ],
)
def test_a_wrong_parameter_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        CoRepost(**wrong)


def test_co_repost_keeps_the_protocol():
    check(lambda: CoRepost(6.0, 2, 5))
