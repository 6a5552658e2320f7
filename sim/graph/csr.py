"""The follower graph in compressed sparse rows: row i holds the accounts that account i follows.

Everything here is linear in the number of ties: grouping is a counting sort and merging is a merge, so that a graph of
a hundred million ties never meets a global sort.

Examples
--------
>>> graph = FollowerGraph.from_ties([0, 0, 2], [2, 1, 0], n=3)
>>> graph.following(0)
array([1, 2], dtype=int32)
>>> graph.follower_count()
array([1, 1, 1], dtype=int32)
>>> graph.with_ties([3], [0], n=4).reverse().following(0)
array([2, 3], dtype=int32)
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.graph.rows import count, group, merge, renumbered_rows, sort_rows, transpose

MAX_ACCOUNTS = 2**31 - 1  # accounts are stored as int32


class GraphError(ValueError):
    """A follower graph that cannot be. The message names the place, the value and what is allowed."""


@dataclass(frozen=True, eq=False)
class FollowerGraph:
    """Who follows whom.

    Parameters
    ----------
    indptr : int64 (n + 1,)
        Row i is `indices[indptr[i]:indptr[i + 1]]`.
    indices : int32 (m,)
        The accounts followed: in each row ascending, distinct, and never the row's own account.

    Both arrays become read-only.

    Raises
    ------
    GraphError
        The arrays have the wrong dtype or shape, or do not fit together.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name, array, dtype in (("indptr", self.indptr, np.int64), ("indices", self.indices, np.int32)):
            if array.dtype != dtype or array.ndim != 1 or not array.flags.c_contiguous:
                raise GraphError(
                    f"{name} must be a contiguous {np.dtype(dtype)} array of one dimension; "
                    f"got {array.dtype} of shape {array.shape}."
                )
        if not self.indptr.size or self.indptr[0] != 0 or self.indptr[-1] != self.indices.size:
            raise GraphError(f"indptr must run from 0 to the number of ties, {self.indices.size}; got {self.indptr}.")
        self.indptr.flags.writeable = False
        self.indices.flags.writeable = False

    @property
    def n(self) -> int:
        """Number of accounts."""
        return self.indptr.size - 1

    @property
    def n_ties(self) -> int:
        """Number of ties."""
        return self.indices.size

    def following(self, account: int) -> NDArray[np.int32]:
        """Return the accounts that an account follows, ascending: a read-only view."""
        if not 0 <= account < self.n:
            raise GraphError(f"account must lie in [0, {self.n}); got {account}.")
        return self.indices[self.indptr[account] : self.indptr[account + 1]]

    def following_count(self) -> NDArray[np.int32]:
        """Return how many accounts each account follows: int32 (n,)."""
        return np.diff(self.indptr).astype(np.int32)

    def follower_count(self) -> NDArray[np.int32]:
        """Return how many accounts follow each account, its in-degree: int32 (n,)."""
        return np.asarray(count(self.indices, self.n))

    def reverse(self) -> FollowerGraph:
        """Return the graph whose row i holds the followers of account i."""
        return FollowerGraph(*transpose(self.indptr, self.indices))

    def renumbered(self, number: NDArray[np.int64]) -> FollowerGraph:
        """Return the graph with account i called `number[i]`, a permutation: int64 (n,)."""
        return FollowerGraph(*renumbered_rows(self.indptr, self.indices, number))

    def among_first(self, n: int) -> FollowerGraph:
        """Return the graph of the first `n` accounts and the ties among them."""
        indices = self.indices[: self.indptr[n]]
        kept = indices < n
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
        return FollowerGraph(before[self.indptr[: n + 1]], indices[kept])

    @classmethod
    def from_ties(cls, followers: ArrayLike, followees: ArrayLike, n: int) -> FollowerGraph:
        """Build a graph from ties in any order; repeated ties count once.

        Parameters
        ----------
        followers, followees : integers (ties,)
            Who follows, and whom.
        n : int
            Number of accounts.

        Raises
        ------
        GraphError
            An account lies outside [0, n), an account follows itself, or the lengths differ.
        """
        sources, targets = _checked(followers, followees, n)
        indptr, indices = group(sources, targets, n)
        kept = sort_rows(indptr, indices)
        return cls(indptr, indices if kept == indices.size else indices[:kept].copy())

    def with_ties(self, followers: ArrayLike, followees: ArrayLike, n: int) -> FollowerGraph:
        """Return a graph of n accounts with these ties merged in; known and repeated ties count once.

        Only the new ties are sorted; the present ones are passed over once. Parameters and errors as in `from_ties`;
        n is at least the present number of accounts.
        """
        if n < self.n:
            raise GraphError(f"n must be at least the present number of accounts, {self.n}; got {n}.")
        extra = FollowerGraph.from_ties(followers, followees, n)
        indptr = np.full(n + 1, self.n_ties, np.int64)
        indptr[: self.n + 1] = self.indptr
        return (
            FollowerGraph(*merge(indptr, self.indices, extra.indptr, extra.indices))
            if extra.n_ties
            else (FollowerGraph(indptr, self.indices))
        )

    def to_networkx(self) -> nx.DiGraph:
        """Return a NetworkX graph with an edge from each follower to each followee."""
        graph = nx.DiGraph()
        graph.add_nodes_from(range(self.n))
        sources = np.repeat(np.arange(self.n), np.diff(self.indptr))
        graph.add_edges_from(zip(sources.tolist(), self.indices.tolist(), strict=True))
        return graph

    @classmethod
    def from_networkx(cls, graph: nx.DiGraph) -> FollowerGraph:
        """Build a graph from a NetworkX graph whose nodes are 0 to n - 1; an undirected edge is a mutual tie.

        Raises
        ------
        GraphError
            The nodes are not the whole numbers from 0, or a node has an edge to itself.
        """
        n = graph.number_of_nodes()
        if set(graph.nodes) != set(range(n)):
            odd = next(node for node in graph.nodes if node not in range(n))
            raise GraphError(f"nodes must be the whole numbers from 0 to {n - 1}; got {odd!r}.")
        edges = np.array(list(graph.to_directed().edges()), np.int64).reshape(-1, 2)
        return cls.from_ties(edges[:, 0], edges[:, 1], n)


def _checked(followers: ArrayLike, followees: ArrayLike, n: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the two ends of the ties as int32, or say what is wrong with them."""
    if not 0 <= n <= MAX_ACCOUNTS:
        raise GraphError(f"n must lie in [0, {MAX_ACCOUNTS}]; got {n}.")
    ends = []
    for name, given in (("followers", followers), ("followees", followees)):
        array = np.asarray(given)
        if array.size == 0:
            array = np.empty(0, np.int64)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise GraphError(f"{name} must be whole numbers in one dimension; got {array.dtype} of {array.shape}.")
        if array.size and (array.min() < 0 or array.max() >= n):
            at = int(np.argmax((array < 0) | (array >= n)))
            raise GraphError(f"{name}[{at}] must lie in [0, {n}); got {array[at]}.")
        ends.append(np.ascontiguousarray(array, np.int32))
    sources, targets = ends
    if sources.size != targets.size:
        raise GraphError(f"followers and followees must be of one length; got {sources.size} and {targets.size}.")
    loops = sources == targets
    if loops.any():
        at = int(np.argmax(loops))
        raise GraphError(f"an account must not follow itself; got account {sources[at]} at tie {at}.")
    return sources, targets
