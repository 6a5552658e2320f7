"""Measures of a follower graph: reciprocity, homophily, clustering, assortativity, the spread of followers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sim.graph.csr import FollowerGraph
from sim.graph.rows import count_triangles


def _matrix(graph: FollowerGraph) -> sparse.csr_array:
    """Return the graph as a sparse matrix: entry (i, j) is 1 where i follows j."""
    ones = np.ones(graph.n_ties, np.int32)
    return sparse.csr_array((ones, graph.indices, graph.indptr), shape=(graph.n, graph.n))


def _undirected(graph: FollowerGraph) -> sparse.csr_array:
    """Return the graph without directions: entry (i, j) is 1 where one of the two follows the other."""
    follows = _matrix(graph)
    tied = (follows + follows.T).tocsr()
    tied.data[:] = 1
    return tied


def reciprocity(graph: FollowerGraph) -> float:
    """Return the share of ties that are returned, in [0, 1]; NaN without ties.

    As `networkx.overall_reciprocity`.
    """
    if not graph.n_ties:
        return float("nan")
    follows = _matrix(graph)
    return float(follows.multiply(follows.T.tocsr()).sum()) / graph.n_ties


def unreturned(graph: FollowerGraph) -> float:
    """Return the share of accounts followed by none of those whom they follow, in [0, 1]; NaN without ties.

    Of the accounts that follow somebody.
    """
    if not graph.n_ties:
        return float("nan")
    follows = _matrix(graph)
    returned = np.asarray(follows.multiply(follows.T.tocsr()).sum(axis=1)).ravel()
    return float(np.mean(returned[graph.following_count() > 0] == 0))


def homophily(graph: FollowerGraph, label: NDArray[np.integer]) -> float:
    """Return the share of ties between accounts of one label, in [0, 1]; NaN without ties.

    Parameters
    ----------
    label : int (accounts,)
        The community of each account, for example.
    """
    if not graph.n_ties:
        return float("nan")
    followers = np.repeat(label, graph.following_count())
    return float(np.mean(followers == label[graph.indices]))


def clustering(graph: FollowerGraph, accounts: NDArray[np.integer] | None = None) -> float:
    """Return the mean local clustering (Watts and Strogatz 1998) of some accounts, all by default; in [0, 1].

    Of the graph without directions, as `networkx.average_clustering`: the share of pairs of neighbours that
    are tied, zero where it has fewer than two.

    Parameters
    ----------
    accounts : int (some,)
        A sample: the cost grows with the sum over it of the neighbours' neighbours.
    """
    accounts = np.arange(graph.n) if accounts is None else accounts
    if not accounts.size:
        return float("nan")
    tied = _undirected(graph)
    around = tied[accounts]
    closed = np.asarray((around @ tied).multiply(around).sum(axis=1), np.float64)
    degree = np.diff(around.indptr).astype(np.float64)
    pairs = degree * (degree - 1.0)
    return float(np.mean(np.divide(closed, pairs, out=np.zeros(accounts.size), where=pairs > 0)))


def transitivity(graph: FollowerGraph) -> float:
    """Return the share of pairs of ties with an account in common that a third tie closes, in [0, 1].

    Of the graph without directions, as `networkx.transitivity`; zero where no account has two ties.
    """
    tied = _undirected(graph)
    degree = np.diff(tied.indptr)
    pairs = float(np.sum(degree * (degree - 1.0)))
    if not pairs:
        return 0.0
    rank = np.empty(graph.n, np.int64)
    rank[np.argsort(degree, kind="stable")] = np.arange(graph.n)
    from_, to = np.repeat(np.arange(graph.n), degree), tied.indices
    up = rank[from_] < rank[to]  # from few ties to many: no account has many such ties
    higher = FollowerGraph.from_ties(from_[up], to[up], graph.n)
    return 6.0 * count_triangles(higher.indptr, higher.indices) / pairs


def degree_assortativity(graph: FollowerGraph) -> float:
    """Return the correlation of the numbers of ties at both ends of a tie, in [-1, 1]; NaN where they do not vary.

    Of the graph without directions, as `networkx.degree_assortativity_coefficient` (Newman 2002).
    """
    tied = _undirected(graph)
    degree = np.diff(tied.indptr).astype(np.float64)
    one, other = np.repeat(degree, np.diff(tied.indptr)), degree[tied.indices]
    return float(np.corrcoef(one, other)[0, 1]) if one.size and np.ptp(one) else float("nan")


def random_clustering(graph: FollowerGraph) -> float:
    """Return the clustering to be expected of a random graph with as many accounts and neighbours: its density."""
    if graph.n < 2:
        return float("nan")
    returned = reciprocity(graph) if graph.n_ties else 0.0
    return graph.n_ties * (2.0 - returned) / (graph.n * (graph.n - 1.0))


def followers_summary(graph: FollowerGraph) -> dict[str, float]:
    """Return mean, median, 96th and 99th percentile of followers, and the share that the top hundredth have."""
    count = graph.follower_count()
    if not count.size:
        return dict.fromkeys(("mean", "median", "p96", "p99", "top_hundredth_share"), float("nan"))
    median, p96, p99 = np.percentile(count, [50, 96, 99])
    top = np.sort(count)[::-1][: max(1, count.size // 100)]
    return {
        "mean": float(count.mean()),
        "median": float(median),
        "p96": float(p96),
        "p99": float(p99),
        "top_hundredth_share": float(top.sum() / max(1, count.sum())),
    }
