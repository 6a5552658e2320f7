"""Sums over ties are those of dense matrices, of few values or many, both ways or one, some registered or all."""

import numpy as np
import pytest

from detectors.parts.ties import FollowerTies
from tests.detectors.parts.tie_graphs import follows_of, random_ties

N = 60


def matrix(ties):
    follows = np.zeros((N, N), np.int64)
    follows[tuple(np.transpose(ties))] = 1
    return follows


@pytest.mark.parametrize("nonzero", [0, 1, 3, N])  # with a quarter of the ends of ties or less, and more
@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("seed", range(4))
def test_sums_are_those_of_matrices(seed, dtype, nonzero):
    ties = random_ties(seed, N, 0.2)
    follows, draw = matrix(ties), np.random.Generator(np.random.Philox(key=seed))
    values = np.zeros(N, dtype)
    values[draw.permutation(N)[:nonzero]] = draw.integers(-(2**30), 2**30, nonzero)
    whole, graph = values.astype(np.int64), FollowerTies(follows_of(ties, N))
    assert graph.sums(values).tolist() == ((follows + follows.T) @ whole).tolist()
    one_way = follows @ np.maximum(whole, 0) + follows.T @ np.minimum(whole, 0)
    assert graph.sums(values, one_way=True).tolist() == one_way.tolist()


def test_sums_of_whole_numbers_too_large_for_four_bytes_are_exact():
    ties = random_ties(1, N, 0.2)
    values = (2.0**45 * np.random.Generator(np.random.Philox(key=1)).random(N)).astype(np.float32)
    follows = matrix(ties).astype(object)
    expected = (follows + follows.T) @ values.astype(np.int64).astype(object)
    assert FollowerTies(follows_of(ties, N)).sums(values).tolist() == expected.tolist()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.97, 1.0])
def test_ties_to_accounts_that_are_not_registered_do_not_count(share):
    ties = random_ties(3, N, 0.2)
    registered = np.random.Generator(np.random.Philox(key=3)).random(N) < share
    follows = matrix(ties)
    expected = ((follows + follows.T) @ registered) * registered
    assert FollowerTies(follows_of(ties, N)).degrees(registered).tolist() == expected.tolist()


def test_a_graph_without_ties_has_sums_of_nothing():
    graph = FollowerTies(follows_of([], N))
    assert not graph.sums(np.ones(N, np.int32)).any()
    assert not graph.degrees(np.ones(N, np.bool_)).any()
