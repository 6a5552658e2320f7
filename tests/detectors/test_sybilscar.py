"""SybilSCAR and GANG: residuals are those of the rule in matrices, and the two differ where they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from detectors.base import DetectorError
from detectors.sybilscar import SybilScar
from detectors.testing.check import check, scores_of
from tests.detectors.parts.tie_graphs import follows_of, random_ties, step, two_camps


def spread(ties, labels, n, prior, homophily, iterations, directed):
    """The rule by dense matrices: one-way and returned ties apart, as the papers have them."""
    follows = np.zeros((n, n))
    for a, b in ties:
        follows[a, b] = 1.0
    returned = follows * follows.T
    one_way = follows - returned
    q = prior * np.asarray(labels, float)
    p = q
    for _ in range(iterations):
        if directed:
            sums = returned @ p + one_way.T @ np.minimum(p, 0) + one_way @ np.maximum(p, 0)
        else:
            sums = (follows + follows.T) @ p
        p = np.clip(q + 2 * homophily * sums, -0.5, 0.5)
    return 0.5 + p


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(1, 6), st.booleans(), st.sampled_from([0.01, 0.1, 0.5]),
    st.lists(st.sampled_from([-1, 0, 0, 0, 1]), min_size=20, max_size=20).filter(any),
)  # fmt: skip
def test_probabilities_are_those_of_the_rule_in_matrices(seed, iterations, directed, homophily, labels):
    n = 20
    ties = random_ties(seed, n, 0.15) + [(i, (i + 1) % n) for i in range(n)]
    detector = SybilScar(0.2, homophily, iterations, directed, min_ties=1)
    scores = scores_of(detector, [step(follows_of(ties, n), labels)])
    np.testing.assert_allclose(scores, spread(set(ties), labels, n, 0.2, homophily, iterations, directed), atol=1e-8)


def test_guilt_and_trust_find_fakes_behind_few_ties():
    real, fake = 400, 100
    n = real + fake
    labels = np.where(np.arange(n) < 10, -1, np.where(np.arange(n) >= n - 5, 1, 0))
    for directed in (False, True):
        scores = scores_of(SybilScar(directed=directed), [step(follows_of(two_camps(1, real, fake, 15), n), labels)])
        assert roc_auc_score(np.arange(n) >= real, scores) > 0.95


def test_on_directed_ties_a_fake_follower_says_nothing_and_a_fake_followee_does():
    """Account 2 is followed by the fake 0; account 3 follows it."""
    follows = follows_of([(0, 2), (3, 0)], 4)
    labels = [1, 0, 0, 0]
    both = scores_of(SybilScar(homophily=0.2, min_ties=1), [step(follows, labels)])
    one = scores_of(SybilScar(homophily=0.2, min_ties=1, directed=True), [step(follows, labels)])
    assert min(both[2], both[3]) > 0.5
    assert one[2] == 0.5
    assert one[3] > 0.5


def test_ties_to_accounts_that_do_not_exist_yet_change_nothing():
    n = 40
    ties, later = random_ties(2, n, 0.2), [(a, n) for a in range(20)] + [(n, a) for a in range(20)]
    labels = np.where(np.arange(n + 1) < 3, -1, 0)
    registered = np.arange(n + 1) < n
    without = scores_of(SybilScar(), [step(follows_of(ties, n + 1), labels, registered)])
    with_one_more = scores_of(SybilScar(), [step(follows_of(ties + later, n + 1), labels, registered)])
    assert without.tobytes() == with_one_more.tobytes()


def test_without_labels_or_ties_nobody_is_scored():
    n = 20
    follows = follows_of(random_ties(2, n - 1, 0.3), n)
    assert np.isnan(scores_of(SybilScar(), [step(follows, np.zeros(n))])).all()
    detector = SybilScar()
    scores = scores_of(detector, [step(follows, np.arange(n) < 3)])
    assert np.isnan(scores[n - 1])
    assert "fewer than 3 ties" in detector.explain(n - 1).sentence
    assert "Known to be bad" in detector.explain(0).sentence
    assert "lean to bad" in detector.explain(5).sentence


def test_a_graph_that_is_too_large_is_refused_by_a_message():
    with pytest.raises(DetectorError, match=r"at most 2 ties \(max_ties\); the graph has 3"):
        SybilScar(max_ties=2).observe(step(follows_of([(0, 1), (1, 2), (2, 0)], 3), np.zeros(3)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prior": 0}, "SybilScar.prior must lie in"),
        ({"homophily": 0.6}, "SybilScar.homophily must lie in"),
        ({"iterations": 0}, "SybilScar.iterations must be at least 1"),
        ({"min_ties": 0}, "SybilScar.min_ties must be at least 1"),
        ({"max_ties": 0}, "SybilScar.max_ties must be at least 1"),
    ],
)
def test_wrong_parameters_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        SybilScar(**given)


@pytest.mark.parametrize("directed", [False, True])
def test_it_keeps_the_protocol(directed):
    check(lambda: SybilScar(directed=directed))
