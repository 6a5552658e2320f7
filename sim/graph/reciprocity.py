"""Reciprocity: who follows back, so that the share of mutual ties is the one that is wished for."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core import compiled  # noqa: F401 - sets Numba up
from sim.core.prefetch import prefetch
from sim.core.rng import quick_uniform, substream
from sim.graph.rows import group

PILOT_ACCOUNTS = 8_000  # enough for the share of chance-mutual ties to be known to a few thousandths
_AHEAD = 16  # ties between the one that is looked at and the one that is fetched


@njit(cache=True, no_cfunc_wrapper=True)
def are_mutual(
    accounts: NDArray[np.int32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n: int,
    stride: int,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return whom every `stride`-th of these accounts follows, and whether the tie is mutual.

    `accounts` may be stretches of all: then a tie to an account without a row counts as not mutual, which it seldom is.
    """
    row_of = np.full(n, -1, np.int32)
    for r in range(accounts.size):
        row_of[accounts[r]] = r
    ties = 0
    for r in range(0, accounts.size, stride):
        ties += indptr[r + 1] - indptr[r]
    followed, mutual, at = np.empty(ties, np.int32), np.zeros(ties, np.bool_), 0
    for r in range(0, accounts.size, stride):
        for k in range(indptr[r], indptr[r + 1]):
            row = row_of[indices[k]]
            if row >= 0:
                theirs = indices[indptr[row] : indptr[row + 1]]
                place = np.searchsorted(theirs, accounts[r])
                mutual[at] = place < theirs.size and theirs[place] == accounts[r]
            followed[at] = indices[k]
            at += 1
    return followed, mutual


def follow_back_probability(
    reciprocity: float,
    wished: NDArray[np.float64],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    idle: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return for each account the probability that it follows a follower back: float32 (n,).

    It is min(1, level * wished / followers), the level such that the share of mutual ties is `reciprocity`. Ties that
    are mutual already need no answer; how many they are is measured on a sample of rows. Followers that are idle get
    none.
    """
    n, ties = wished.size, int(indptr[-1])
    followers = _followers_in_use(indptr, indices, idle)
    stride = max(1, n // PILOT_ACCOUNTS)
    everybody = np.arange(n, dtype=np.int32)
    followed, mutual = are_mutual(everybody, indptr, indices, n, stride)
    weighted = mutual.sum() / max(mutual.size, 1)
    answers = max(0.0, (reciprocity - weighted) * ties / (2.0 - reciprocity))
    probability = np.zeros(n)
    if answers == 0.0:
        return probability.astype(np.float32)
    for _ in range(2):  # those who follow back most are not those of whom most ties are mutual by chance
        level = _level(wished, followers, min(answers / max(1.0 - weighted, 1e-9), float(ties)))
        probability = np.minimum(1.0, level * wished / np.maximum(followers, 1))
        weight = probability[followed]
        weighted = weight[mutual].sum() / max(weight.sum(), 1e-300)
    return probability.astype(np.float32)


def _level(wished: NDArray[np.float64], followers: NDArray[np.int32], answers: float) -> float:
    """Return the level at which `sum(min(followers, level * wished))` is the number of answers, by bisection."""
    low, high = 0.0, 1.0
    while _answers(wished, followers, high) < answers and high < 1e12:
        high *= 2.0
    for _ in range(30):
        middle = (low + high) / 2.0
        if _answers(wished, followers, middle) < answers:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, no_cfunc_wrapper=True)
def _followers_in_use(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], idle: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Return how many accounts that are not idle follow each account: int32 (n,)."""
    out = np.zeros(idle.size, np.int32)
    for i in range(idle.size):
        if not idle[i]:
            for k in range(indptr[i], indptr[i + 1]):
                out[indices[k]] += 1
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _answers(wished: NDArray[np.float64], followers: NDArray[np.int32], level: float) -> float:
    total = 0.0
    for i in range(wished.size):
        total += min(np.float64(followers[i]), level * wished[i])
    return total


@njit(cache=True, no_cfunc_wrapper=True)
def follow_back(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    probability: NDArray[np.float32],
    idle: NDArray[np.bool_],
    key: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Answer ties: each account follows each of its followers back with its probability, drawn by (follower, account).

    Idle followers get no answer.

    Returns
    -------
    indptr : int64 (n + 1,)
    indices : int32 (answers,)
        Sorted in each row, because the followers are visited in order.
    """
    n, ties = indptr.size - 1, indptr[-1]
    followers, followees = np.empty(ties, np.int32), np.empty(ties, np.int32)  # only what is written takes memory
    answers = 0
    for i in range(n):
        if idle[i]:
            continue
        own = substream(key, i)
        for k in range(indptr[i], indptr[i + 1]):
            prefetch(probability, indices[min(k + _AHEAD, ties - 1)])
            followers[answers] = i
            followees[answers] = indices[k]
            answers += quick_uniform(own, indices[k]) < probability[indices[k]]  # or the next tie is written over it
    return group(followees[:answers], followers[:answers], n)
