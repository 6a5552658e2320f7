"""Arrays that are no graph are refused before a compiled loop takes what stands in them for places in memory."""

import numpy as np
import pytest

from sim.graph.csr import FollowerGraph, GraphError


def graph(indptr, indices) -> FollowerGraph:
    return FollowerGraph(np.array(indptr, np.int64), np.array(indices, np.int32))


@pytest.mark.parametrize(
    ("indptr", "indices", "message"),
    [
        ([0, 1], [5], r"indices must lie in \[0, 1\); got 5 to 5"),
        ([0, 1, 1], [-1], r"indices must lie in \[0, 2\); got -1 to -1"),
        ([0, 5, 1], [0], "indptr must never fall"),
        ([0, -3, 1], [0], "indptr must never fall"),
        ([0, 2], [0], "indptr must run from 0 to the number of ties, 1"),
        ([1, 1], [0], "indptr must run from 0"),
        ([], [], "indptr must run from 0"),
    ],
)
def test_a_graph_of_arrays_that_do_not_fit_is_refused(indptr, indices, message):
    with pytest.raises(GraphError, match=message):
        graph(indptr, indices)


def test_a_graph_of_masked_arrays_is_refused():
    with pytest.raises(GraphError, match="indices must be a contiguous int32 array"):
        FollowerGraph(np.array([0, 1, 1]), np.ma.array([1], mask=[True], dtype=np.int32))
    with pytest.raises(GraphError, match="followees must not be a masked array"):
        FollowerGraph.from_ties([0], np.ma.array([1], mask=[True]), 2)


@pytest.mark.parametrize("number", [[0, 2], [0, 0], [-1, 0], [0], [0, 1, 2], [0.0, 1.0], [[0, 1]]])
def test_accounts_are_renumbered_by_permutations_alone(number):
    with pytest.raises(GraphError, match=r"number must hold each whole number in \[0, 2\) once"):
        graph([0, 1, 1], [1]).renumbered(np.array(number))


def test_a_permutation_renumbers():
    assert graph([0, 1, 1], [1]).renumbered(np.array([1, 0])).following(1).tolist() == [0]
    assert graph([0], []).renumbered(np.empty(0, np.int64)).n == 0
