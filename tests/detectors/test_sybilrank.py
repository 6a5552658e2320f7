"""SybilRank: trust is that of NetworkX's random walk, fakes behind few ties rank last, and its limits are named."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from detectors.base import DetectorError
from detectors.sybilrank import SybilRank
from detectors.testing.check import check, scores_of
from tests.detectors.parts.tie_graphs import follows_of, random_ties, step, two_camps


def walk(ties, seeds, n, steps):
    """Power iteration by NetworkX: a returned tie weighs two."""
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    for a, b in ties:
        weight = graph.get_edge_data(a, b, {"weight": 0})["weight"]
        graph.add_edge(a, b, weight=weight + 1)
    matrix = nx.google_matrix(graph, alpha=1.0, weight="weight")
    trust = np.isin(np.arange(n), seeds) / len(seeds)
    return trust @ np.linalg.matrix_power(matrix, steps), np.array([graph.degree(i, "weight") for i in range(n)])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(1, 4))
def test_trust_is_networkxs_power_iteration(seed, steps, seeds):
    n = 25
    ties = random_ties(seed, n, 0.15) + [(i, (i + 1) % n) for i in range(n)]  # no account is alone
    labels = -(np.arange(n) < seeds).astype(np.int8)
    detector = SybilRank(iterations=steps, min_ties=1)
    scores = scores_of(detector, [step(follows_of(ties, n), labels)])
    trust, degree = walk(set(ties), np.arange(seeds), n, steps)
    np.testing.assert_allclose(detector.trust(), trust, rtol=steps * 2.0**-24, atol=1e-9)  # passed on in 24 bits
    relative = trust / degree
    apart = np.abs(relative[:, None] - relative) > 1e-4 * relative.max()
    less = scores[:, None] < scores
    assert (less == (relative[:, None] > relative))[apart].all()
    assert scores.mean() == pytest.approx(0.5)


def test_after_many_steps_trust_is_pageranks_without_jumps():
    n = 30
    ties = random_ties(5, n, 0.2)
    detector = SybilRank(iterations=300, min_ties=1)
    scores_of(detector, [step(follows_of(ties, n), -np.ones(n))])
    graph = nx.MultiGraph(ties)
    graph.add_nodes_from(range(n))
    rank = nx.pagerank(graph, alpha=1.0, tol=1e-12, max_iter=1000)
    np.testing.assert_allclose(detector.trust(), [rank[i] for i in range(n)], atol=1e-6)


def test_fakes_behind_few_ties_rank_last():
    real, fake = 400, 100
    ties = two_camps(1, real, fake, 15)
    labels = np.where(np.arange(real + fake) < 10, -1, 0)
    scores = scores_of(SybilRank(), [step(follows_of(ties, real + fake), labels)])
    assert roc_auc_score(np.arange(real + fake) >= real, scores) > 0.95


def test_many_ties_from_people_hide_fakes():
    """What it assumes, broken: bought followers carry trust."""
    real, fake = 400, 100
    labels = np.where(np.arange(real + fake) < 10, -1, 0)
    auc = []
    for bridges in (15, 3000, 12_000):
        scores = scores_of(SybilRank(), [step(follows_of(two_camps(1, real, fake, bridges), real + fake), labels)])
        auc.append(roc_auc_score(np.arange(real + fake) >= real, scores))
    assert auc[0] > 0.95
    assert auc[0] >= auc[1] > auc[2]
    assert auc[2] < 0.75


def test_ties_to_accounts_that_do_not_exist_yet_change_nothing():
    n = 40
    ties = random_ties(2, n, 0.2)
    later = [(a, n) for a in range(20)] + [(n, a) for a in range(20)]
    labels = np.where(np.arange(n + 1) < 3, -1, 0)
    registered = np.arange(n + 1) < n
    without = scores_of(SybilRank(), [step(follows_of(ties, n + 1), labels, registered)])
    with_one_more = scores_of(SybilRank(), [step(follows_of(ties + later, n + 1), labels, registered)])
    assert without.tobytes() == with_one_more.tobytes()
    assert np.isnan(with_one_more[n])


def test_ranks_are_taken_anew_when_somebody_registers_and_only_then():
    n = 40
    follows, labels = follows_of(random_ties(2, n, 0.2), n), np.where(np.arange(n) < 3, -1, 0)
    detector, young = SybilRank(), np.arange(n) < n - 1
    before = scores_of(detector, [step(follows, labels, young)])
    walked = detector._trust
    assert scores_of(detector, [step(follows, labels, young)]).tobytes() == before.tobytes()
    assert detector._trust is walked
    after = scores_of(detector, [step(follows, labels)])
    assert np.isnan(before[-1])
    assert np.isfinite(after[-1])


def test_without_good_seeds_or_ties_nobody_is_scored():
    n = 20
    follows = follows_of([*random_ties(2, n - 1, 0.3)], n)
    assert np.isnan(scores_of(SybilRank(), [step(follows, np.ones(n))])).all()
    detector = SybilRank()
    scores = scores_of(detector, [step(follows, -(np.arange(n) < 3).astype(int))])
    assert np.isnan(scores[n - 1])
    assert "fewer than 3 ties" in detector.explain(n - 1).sentence
    assert "times the mean per tie" in detector.explain(5).sentence


def test_a_graph_that_is_too_large_is_refused_by_a_message():
    with pytest.raises(DetectorError, match=r"walks at most 2 ties \(max_ties\); the graph has 3"):
        SybilRank(max_ties=2).observe(step(follows_of([(0, 1), (1, 2), (2, 0)], 3), np.zeros(3)))


@pytest.mark.parametrize("name", ["iterations", "min_ties", "max_ties"])
def test_wrong_parameters_are_refused(name):
    with pytest.raises(ValueError, match=f"SybilRank.{name} must be at least 1"):
        SybilRank(**{name: 0})


def test_it_keeps_the_protocol():
    check(SybilRank)
