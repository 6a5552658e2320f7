"""Fused traces: the union of the networks, NetworkX's eigenvector centrality, and the order of accounts by it."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detectors.base import DetectorError
from detectors.co_url import CoUrl
from detectors.fused import Fused, _centrality
from detectors.hashtag_sequence import HashtagSequence
from detectors.parts.cosines import cosines_of
from detectors.random import RandomDetector
from detectors.testing.check import check, scores_of, synthetic_steps
from sim.config.detector import load_detector
from sim.observation import POST, Observation

N = 12
logs = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, N - 1), st.integers(0, 6), st.integers(0, 6)), min_size=5, max_size=50
).map(sorted)


def step(events):
    time, account, url, hashtags = np.array(events, np.int64).reshape(-1, 4).T
    fields = {"time": time, "account": account.astype(np.int32), "kind": np.full(time.size, POST), "url": url,
              "hashtags": hashtags}  # fmt: skip
    return Observation(step=0, start=0, end=100, n_accounts=N, columns={}, events=fields)


def two_traces(limit=None):
    return {"links": CoUrl(min_urls=1, max_sharers=limit), "tags": HashtagSequence(min_sequences=1, max_sharers=limit)}


def network(seen, threshold):
    """The union of the traces' networks, each pair as alike as by the trace by which it is most."""
    graph = nx.Graph()
    for trace in two_traces().values():
        trace.observe(seen)
        trace.score()
        matrix = trace._matrix
        for row in range(trace._accounts.size):
            for other, value in enumerate(cosines_of(matrix, row, trace._limit)):
                a, b = int(trace._accounts[row]), int(trace._accounts[other])
                if round(value, 12) >= threshold and value > graph.get_edge_data(a, b, {"weight": 0.0})["weight"]:
                    graph.add_edge(a, b, weight=value)
    return graph


@settings(max_examples=50, deadline=None)
@given(logs, st.sampled_from([0.05, 0.3, 0.8]))
def test_the_network_is_the_union_of_the_traces(events, threshold):
    detector, graph = Fused(two_traces(), threshold), network(step(events), threshold)
    scores_of(detector, [step(events)])
    accounts, one, other, similarity = detector.network()
    ours = {frozenset((int(a), int(b))): s for a, b, s in zip(accounts[one], accounts[other], similarity, strict=True)}
    theirs = {frozenset(pair): data["weight"] for *pair, data in graph.edges(data=True)}
    assert ours == pytest.approx(theirs)


@settings(max_examples=50, deadline=None)
@given(logs)
def test_centrality_is_networkxs_and_orders_the_scores(events):
    graph = network(step(events), 0.05)
    assume(graph.number_of_nodes() > 2 and nx.is_connected(graph))
    detector = Fused(two_traces(), 0.05, iterations=20_000)
    scores, expected = scores_of(detector, [step(events)]), nx.eigenvector_centrality_numpy(graph, weight="weight")
    central, nodes = detector.centrality(), sorted(graph)
    theirs = np.array([expected[node] for node in nodes]) / max(expected.values())
    np.testing.assert_allclose(central[nodes], theirs, atol=1e-4)
    apart = np.abs(theirs[:, None] - theirs) > 1e-3
    assert ((scores[nodes][:, None] < scores[nodes]) == (theirs[:, None] < theirs))[apart].all()
    assert scores[nodes].mean() == pytest.approx(0.5)
    assert (central[sorted(set(range(N)) - set(nodes))] == 0).all()


def test_the_default_iterations_reach_the_eigenvector_where_two_parts_are_nearly_as_dense():
    sizes = 30, 29  # two cliques, one tie between them
    network = np.zeros((59, 59))
    network[:30, :30] = network[30:, 30:] = 1.0
    network[0, 30] = network[30, 0] = 1.0
    np.fill_diagonal(network, 0.0)
    vectors = np.linalg.eigh(network)[1]
    one, other = np.nonzero(np.triu(network))
    found = _centrality(one.astype(np.int32), other.astype(np.int32), np.ones(one.size), sum(sizes), Fused().iterations)
    np.testing.assert_allclose(found, np.abs(vectors[:, -1]) / np.abs(vectors[:, -1]).max(), atol=1e-6)


def test_an_account_like_no_other_scores_zero_and_one_with_too_little_nothing():
    detector = Fused(two_traces())
    scores = scores_of(detector, [step([(0, 0, 5, 0), (1, 1, 5, 0), (2, 2, 6, 3), (3, 3, 0, 0)])])
    assert scores[:3].tolist() == [0.5, 0.5, 0.0]
    assert np.isnan(scores[3:]).all()
    assert "Alike to 1 accounts in the fused network" in detector.explain(0).sentence
    assert "most alike by links (1.00)" in detector.explain(0).sentence
    assert "too little to say" in detector.explain(3).sentence


def test_an_account_like_many_in_two_ways_is_more_central_than_one_like_few_in_one():
    many = [(t, a, 1, 1) for t, a in enumerate(range(5))]
    few = [(10 + a, a, 2, 0) for a in (6, 7)]
    bridge = [(20, 6, 1, 0)]
    scores = scores_of(Fused(two_traces()), [step(sorted(many + few + bridge))])
    assert scores[:5].min() > scores[6] > scores[7]


def test_its_file_takes_its_traces_from_theirs():
    detector = load_detector("fused")
    assert list(detector.traces) == ["co_repost", "fast_repost", "co_url", "hashtag_sequence", "copy_paste"]
    assert detector.traces["copy_paste"].window_hours == load_detector("copy_paste").window_hours
    assert detector.requires == {"time", "account", "kind", "post", "author", "url", "hashtags", "text"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"traces": {}}, "Fused.traces must hold at least one"),
        ({"traces": {"x": RandomDetector(1)}}, "Fused.traces.x must compare shared items; got RandomDetector"),
        ({"min_similarity": 0.0}, "Fused.min_similarity must lie in"),
        ({"iterations": 0}, "Fused.iterations must be at least 1"),
        ({"max_traces": 0}, "Fused.max_traces must be at least 1, or None for no limit; got 0"),
    ],
)
def test_wrong_parameters_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Fused(**given)


def test_pairs_and_reasons_are_asked_for_after_scores():
    trace, detector = CoUrl(min_urls=1), Fused()
    for seen in synthetic_steps(seed=1):
        trace.observe(seen)
        detector.observe(seen)
    with pytest.raises(DetectorError, match="call score first"):
        trace.pairs(0.5)
    with pytest.raises(DetectorError, match="call score first"):
        detector.explain(0)
    trace.score()
    with pytest.raises(ValueError, match=r"CoUrl.pairs: threshold must lie in \(0, 1\]"):
        trace.pairs(0.0)


def test_more_traces_than_it_can_compare_are_refused():
    seen = step([(0, 1, 5, 6), (1, 2, 5, 6), (2, 3, 5, 6)])
    enough, few = Fused(two_traces(), max_traces=6), Fused(two_traces(), max_traces=5)
    enough.observe(seen)
    few.observe(seen)
    assert np.nanmax(enough.score()) > 0.0
    with pytest.raises(DetectorError, match=r"at most 5 traces \(max_traces\); the windows hold 6"):
        few.score()


def test_it_keeps_the_protocol():
    check(Fused)
    check(lambda: Fused(two_traces(limit=2), min_similarity=0.01))
