"""The measures of a graph agree with NetworkX."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from sim.graph.csr import FollowerGraph
from sim.graph.measure import (
    clustering,
    degree_assortativity,
    followers_summary,
    homophily,
    random_clustering,
    reciprocity,
    transitivity,
    unreturned,
)


@pytest.fixture(params=range(3))
def pair(request: pytest.FixtureRequest) -> tuple[FollowerGraph, nx.DiGraph]:
    drawn = nx.gnp_random_graph(60, 0.08, seed=request.param, directed=True)
    return FollowerGraph.from_networkx(drawn), drawn


def test_reciprocity_is_that_of_networkx(pair: tuple[FollowerGraph, nx.DiGraph]) -> None:
    graph, drawn = pair
    assert reciprocity(graph) == pytest.approx(nx.overall_reciprocity(drawn))


def test_clustering_is_that_of_networkx_for_all_and_for_a_sample(pair: tuple[FollowerGraph, nx.DiGraph]) -> None:
    graph, drawn = pair
    local = nx.clustering(drawn.to_undirected())
    assert clustering(graph) == pytest.approx(np.mean(list(local.values())))
    assert clustering(graph, np.array([3, 17])) == pytest.approx((local[3] + local[17]) / 2)


def test_transitivity_is_that_of_networkx(pair: tuple[FollowerGraph, nx.DiGraph]) -> None:
    graph, drawn = pair
    assert transitivity(graph) > 0.0
    assert transitivity(graph) == pytest.approx(nx.transitivity(drawn.to_undirected()))


def test_degree_assortativity_is_that_of_networkx(pair: tuple[FollowerGraph, nx.DiGraph]) -> None:
    graph, drawn = pair
    assert degree_assortativity(graph) == pytest.approx(nx.degree_assortativity_coefficient(drawn.to_undirected()))


def test_the_unreturned_are_counted_one_by_one(pair: tuple[FollowerGraph, nx.DiGraph]) -> None:
    graph, drawn = pair
    following = [i for i in drawn if drawn.out_degree(i)]
    alone = [i for i in following if not any(drawn.has_edge(j, i) for j in drawn.successors(i))]
    assert unreturned(graph) == pytest.approx(len(alone) / len(following))
    assert 0 < len(alone) < len(following)


def test_who_follows_nobody_is_not_among_the_unreturned() -> None:
    graph = FollowerGraph.from_ties([0, 1, 2], [1, 0, 0], 5)
    assert unreturned(graph) == pytest.approx(1 / 3)


def test_random_clustering_is_the_density_without_directions(pair: tuple[FollowerGraph, nx.DiGraph]) -> None:
    graph, drawn = pair
    assert random_clustering(graph) == pytest.approx(nx.density(drawn.to_undirected()))


def test_homophily_counts_ties_inside_a_label() -> None:
    graph = FollowerGraph.from_ties([0, 0, 1, 3], [1, 2, 2, 2], 4)
    assert homophily(graph, np.array([0, 0, 1, 1])) == pytest.approx(2 / 4)


def test_the_summary_of_followers_is_counted_by_hand() -> None:
    graph = FollowerGraph.from_ties([0, 1, 2, 0], [3, 3, 3, 1], 4)
    summary = followers_summary(graph)
    assert summary["mean"] == 1.0
    assert summary["median"] == 0.5
    assert summary["top_hundredth_share"] == 0.75


def test_a_graph_without_ties_has_no_shares() -> None:
    graph = FollowerGraph.from_ties([], [], 3)
    assert np.isnan(reciprocity(graph))
    assert np.isnan(homophily(graph, np.zeros(3, np.int64)))
    assert np.isnan(unreturned(graph))
    assert np.isnan(degree_assortativity(graph))
    assert clustering(graph) == transitivity(graph) == 0.0
