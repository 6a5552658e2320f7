"""Which accounts did the same at the same times: Jaccard indices of pairs, and the clusters of single linkage.

Pairs come piece by piece, and of those seen so far a maximum spanning forest is enough to tell the clusters: a log has
many more pairs than memory has room for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import FloatArray
from detectors.parts.cosines import BINS
from detectors.parts.union_find import root

DECIMALS = 12  # similarities that are equal except for rounding must join together
CHUNK = 4_000_000  # pairs in memory at a time


class Actions(NamedTuple):
    """Which account (row) took which actions, from both sides.

    Attributes
    ----------
    start : int64 (rows + 1,)
        Row i's actions are `taken[start[i]:start[i + 1]]`, each once.
    taken : int32
    actor_start : int64 (actions + 1,)
    actor : int32
        The rows that took each action, rising.
    """

    start: NDArray[np.int64]
    taken: NDArray[np.int32]
    actor_start: NDArray[np.int64]
    actor: NDArray[np.int32]


NO_ACTIONS = Actions(np.zeros(1, np.int64), np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int32))


def pieces(
    actions: Actions, max_actors: int, least: float
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]]:
    """Yield the pairs of rows with a Jaccard index of `least` or more, some millions at a time, one piece at least.

    Actions of more than `max_actors` rows are left out of what is common, not of what each row has.
    """
    row, n = 0, actions.start.size - 1
    common = np.zeros(n, np.int32)
    while True:
        one, other, similarity, row = _alike(actions, max_actors, least, row, CHUNK, common)
        yield one, other, np.round(similarity, DECIMALS)
        if row >= n:
            return


class Heaviest:
    """The most alike of the pairs that are added, piece by piece, and how alike all of them are.

    Parameters
    ----------
    most : int
        About how many are kept; more where so many are equally alike.

    Attributes
    ----------
    counts : int64 (BINS,)
        Pairs by similarity (`detectors.parts.cosines.BINS`).
    one, other : int32 (pairs,)
        At least the highest bins that have no more than `most` together.
    similarity : float64 (pairs,)
    """

    def __init__(self, most: int) -> None:
        self.most, self.counts, self._lowest = most, np.zeros(BINS, np.int64), 0
        self.one, self.other, self.similarity = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)

    def add(self, one: NDArray[np.int32], other: NDArray[np.int32], similarity: FloatArray) -> None:
        """Take in a piece."""
        bins = np.minimum((similarity * BINS + 1e-9).astype(np.int64), BINS - 1)
        self.counts += np.bincount(bins, minlength=BINS)
        new = bins >= self._lowest
        self.one, self.other = np.concatenate([self.one, one[new]]), np.concatenate([self.other, other[new]])
        self.similarity = np.concatenate([self.similarity, similarity[new]])
        if self.similarity.size <= 2 * self.most:
            return
        beyond = np.cumsum(self.counts[::-1])[::-1]
        fits = np.flatnonzero((beyond <= self.most) & (self.counts > 0))
        self._lowest = int(fits[0]) if fits.size else int(np.flatnonzero(self.counts)[-1])
        kept = self.similarity * BINS + 1e-9 >= self._lowest
        self.one, self.other, self.similarity = self.one[kept], self.other[kept], self.similarity[kept]


def spanning_forest(
    actions: Actions, max_actors: int, heaviest: Heaviest | None = None
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Return a maximum spanning forest of the pairs of rows by Jaccard index: rows, and similarities, falling.

    The forest of a whole is in the forests of its parts, so no more than a piece and a forest are in memory. Pairs
    that are less alike than any edge between them already in the forest are dropped before anything is sorted.

    Parameters
    ----------
    actions : Actions
    max_actors : int
        Actions of more rows are left out.
    heaviest : Heaviest, optional
        Which is given all pairs as well.
    """
    n = actions.start.size - 1
    one, other, similarity = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
    for piece in pieces(actions, max_actors, 0.0):
        if heaviest is not None:
            heaviest.add(*piece)
        new_one, new_other, new = _useful(n, one, other, similarity, *piece)
        one, other = np.concatenate([one, new_one]), np.concatenate([other, new_other])
        similarity = np.concatenate([similarity, new])
        order = np.argsort(-similarity, kind="stable")
        order = order[_in_forest(n, one[order], other[order])]
        one, other, similarity = one[order], other[order], similarity[order]
    return one, other, similarity


def _useful(
    n: int, one: NDArray[np.int32], other: NDArray[np.int32], similarity: FloatArray, new_one: NDArray[np.int32],
    new_other: NDArray[np.int32], new: FloatArray,
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:  # fmt: skip
    """Return those of new pairs that a forest does not join already by edges that are all as heavy as the median new.

    Most pairs are little alike and join what is one tree by much heavier edges: they need not be sorted.
    """
    if not similarity.size or not new.size:
        return new_one, new_other, new
    cut = float(np.partition(new, new.size // 2)[new.size // 2])
    heavy = int(np.searchsorted(-similarity, -cut, side="right"))
    tree = _trees(n, one[:heavy], other[:heavy])
    kept = (new > cut) | (tree[new_one] != tree[new_other])
    return new_one[kept], new_other[kept], new[kept]


def joined_at(
    n: int, one: NDArray[np.int32], other: NDArray[np.int32], similarity: FloatArray, min_cluster: int
) -> FloatArray:
    """Return the highest similarity at which each row is in a single-linkage cluster of at least `min_cluster`; else 0.

    Single linkage is the maximum spanning forest, its edges taken from the highest on (J. C. Gower and G. J. S. Ross,
    Applied Statistics 18 (1969), 54-64).

    Parameters
    ----------
    n : int
        Rows.
    one, other, similarity
        Of a forest, the highest first (`spanning_forest`).
    min_cluster : int
    """
    return _joined_at(n, one, other, similarity, min_cluster)


@njit(cache=True, no_cfunc_wrapper=True)
def _alike(
    actions: Actions, max_actors: int, least: float, first: int, enough: int, common: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray, int]:
    """Return pairs of rows from row `first` on, until there are `enough`, and the next row. `common` comes as zeros."""
    start, taken, actor_start, actor = actions
    n = start.size - 1
    touched = np.empty(n, np.int32)
    size = min(enough, 1 << 16) + n
    one, other, similarity = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size)
    found, row = 0, first
    while row < n and found < enough:
        if found + n > size:
            size *= 2
            more_one, more_other, more = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size)
            more_one[:found], more_other[:found], more[:found] = one[:found], other[:found], similarity[:found]
            one, other, similarity = more_one, more_other, more
        count = 0
        for k in range(start[row], start[row + 1]):
            action = taken[k]
            begin, end = actor_start[action], actor_start[action + 1]
            if end - begin > max_actors:
                continue
            for m in range(end - 1, begin - 1, -1):  # actors rise: those after this row stand at the end
                partner = actor[m]
                if partner <= row:
                    break
                if common[partner] == 0:
                    touched[count] = partner
                    count += 1
                common[partner] += 1
        own = start[row + 1] - start[row]
        for place in range(count):
            partner = touched[place]
            both = common[partner]
            common[partner] = 0
            index = both / (own + start[partner + 1] - start[partner] - both)
            if index >= least:
                one[found], other[found], similarity[found] = row, partner, index
                found += 1
        row += 1
    return one[:found].copy(), other[:found].copy(), similarity[:found].copy(), row


@njit(cache=True, no_cfunc_wrapper=True)
def _in_forest(n: int, one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the places of the edges, taken in order, that join two trees."""
    parent, kept, found = np.arange(n), np.empty(one.size, np.int64), 0
    for edge in range(one.size):
        mine, theirs = root(parent, one[edge]), root(parent, other[edge])
        if mine != theirs:
            parent[theirs] = mine
            kept[found] = edge
            found += 1
    return kept[:found].copy()


@njit(cache=True, no_cfunc_wrapper=True)
def _trees(n: int, one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return by what row the tree of each row is named: int64 (n,)."""
    parent = np.arange(n)
    for edge in range(one.size):
        parent[root(parent, other[edge])] = root(parent, one[edge])
    for row in range(n):
        parent[row] = root(parent, row)
    return parent


@njit(cache=True, no_cfunc_wrapper=True)
def _joined_at(
    n: int, row: NDArray[np.int32], col: NDArray[np.int32], similarity: FloatArray, min_cluster: int
) -> FloatArray:
    """Join clusters by the edges in order; an account is scored when it first comes into a large one."""
    scores, parent, size = np.zeros(n), np.arange(n), np.ones(n, np.int64)
    successor = np.arange(n)  # the members of a cluster, in a ring
    for edge in range(row.size):
        one, other = root(parent, row[edge]), root(parent, col[edge])
        if one == other:
            continue
        if size[one] < size[other]:
            one, other = other, one
        if size[one] + size[other] >= min_cluster:
            for late in (one, other):
                if size[late] < min_cluster:
                    member = late
                    for _ in range(size[late]):
                        scores[member] = similarity[edge]
                        member = successor[member]
        parent[other] = one
        size[one] += size[other]
        successor[one], successor[other] = successor[other], successor[one]
    return scores
