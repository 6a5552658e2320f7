"""A drawn graph has the shape that its parameters ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim import load_scenario
from sim.config import GraphConfig
from sim.core.rng import uniforms
from sim.graph.csr import FollowerGraph
from sim.graph.generate import generate
from sim.graph.measure import clustering, followers_summary, homophily, random_clustering, reciprocity
from sim.graph.rows import _SHORT, sort_row

SIZES = np.array([2500, 2000, 1000, 500])
COMMUNITY = np.repeat(np.arange(4), SIZES)
SAMPLE = np.arange(0, 6000, 20)


@pytest.fixture(scope="module")
def rules() -> GraphConfig:
    return replace(load_scenario("hk2019", scale=0.001).graph, mean_following=20.0)


@pytest.fixture(scope="module")
def graph(rules: GraphConfig) -> FollowerGraph:
    return generate(rules, SIZES, 1)


def test_ties_are_as_many_as_asked_for_sorted_and_without_loops_or_doubles(graph: FollowerGraph) -> None:
    assert graph.n_ties / graph.n == pytest.approx(20.0, rel=0.03)
    followers = np.repeat(np.arange(graph.n), graph.following_count())
    assert not np.any(followers == graph.indices)
    assert np.all(np.diff(followers.astype(np.int64) * graph.n + graph.indices) > 0)


def test_reciprocity_is_what_was_asked_for(rules: GraphConfig, graph: FollowerGraph) -> None:
    assert reciprocity(graph) == pytest.approx(rules.reciprocity, abs=0.03)
    assert reciprocity(generate(replace(rules, reciprocity=0.5), SIZES, 1)) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.8])
def test_homophily_is_the_share_of_ties_inside_a_community(rules: GraphConfig, share: float) -> None:
    graph = generate(replace(rules, homophily=share), SIZES, 1)
    assert homophily(graph, COMMUNITY) == pytest.approx(share, abs=0.05)


def test_clustering_is_far_above_a_random_graphs_and_rises_with_closure(
    rules: GraphConfig, graph: FollowerGraph
) -> None:
    assert clustering(graph, SAMPLE) > 3.0 * random_clustering(graph)
    closer = generate(replace(rules, closure=0.7), SIZES, 1)
    assert clustering(closer, SAMPLE) > 1.3 * clustering(graph, SAMPLE)


def test_followers_are_heavy_tailed_and_the_parameter_makes_them_so(rules: GraphConfig, graph: FollowerGraph) -> None:
    flat = followers_summary(generate(replace(rules, followers_sigma=0.1), SIZES, 1))
    heavy = followers_summary(graph)
    assert heavy["p99"] > 8.0 * heavy["median"]
    assert heavy["top_hundredth_share"] > 3.0 * flat["top_hundredth_share"]


def test_the_seed_alone_decides(rules: GraphConfig, graph: FollowerGraph) -> None:
    same, other = generate(rules, SIZES, 1), generate(rules, SIZES, 2)
    assert np.array_equal(graph.indptr, same.indptr)
    assert np.array_equal(graph.indices, same.indices)
    assert not np.array_equal(graph.indices[:1000], other.indices[:1000])


@pytest.mark.parametrize("sizes", [[1], [2], [3], [0, 3], [1, 0, 1]])
def test_a_handful_of_accounts_is_a_graph_too(rules: GraphConfig, sizes: list[int]) -> None:
    graph = generate(rules, np.array(sizes), 1)
    assert graph.n == sum(sizes)
    assert graph.n_ties <= graph.n * (graph.n - 1)


def test_networkx_and_back_is_the_same_graph(rules: GraphConfig) -> None:
    graph = generate(rules, np.array([80, 40]), 1)
    again = FollowerGraph.from_networkx(graph.to_networkx())
    assert np.array_equal(graph.indptr, again.indptr)
    assert np.array_equal(graph.indices, again.indices)


@pytest.mark.parametrize("length", [0, 1, 2, 7, 48, _SHORT - 1, _SHORT, _SHORT + 1, 1000])
@pytest.mark.parametrize("n", [3, 50, 2**31 - 1])  # with many equal numbers, some, none
def test_a_row_of_any_length_is_sorted_and_keeps_its_numbers(length: int, n: int) -> None:
    row = (uniforms(np.uint64(length), np.arange(length)) * n).astype(np.int32)
    expected = np.sort(row)
    sort_row(row)
    assert row.tolist() == expected.tolist()
