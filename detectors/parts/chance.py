"""What two accounts share by chance: p-values of pairs when a log is shuffled within strata.

Reposts (or other traces) are shuffled among the accounts of one stratum, a span of time and a language. How much two
accounts then share is known in closed form, and nearly Poisson; `detectors.null_model` has the method and its papers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array

from detectors.base import FloatArray
from detectors.parts.growing import with_room
from detectors.parts.incidence import by_item

_LEAST = 1e-300  # p-values below are all the same
_NOTHING = -math.inf  # as a cut: no pair is kept


@dataclass(frozen=True)
class Log:
    """Reposts of the accounts that are compared, sorted by row."""

    accounts: NDArray[np.int64]  # (rows,) in order of first appearance
    row: NDArray[np.int64]  # (reposts,) rising
    item: NDArray[np.int32]  # (reposts,) post; those of a row in time order
    stratum: NDArray[np.int32]  # (reposts,)
    n_items: int
    n_strata: int


@dataclass(frozen=True)
class Found:
    """What is least explained by chance of each row: p-value of the account, partner's row (-1: none), posts shared."""

    accounts: NDArray[np.int64]
    account_p: FloatArray  # corrected for the number of partners
    log_p: FloatArray  # natural logarithm of the least p-value of a pair
    partner: NDArray[np.int64]
    shared: NDArray[np.int64]
    expected: FloatArray


def meeting_chances(log: Log) -> FloatArray:
    """Return how likely two different reposts, of strata s and t, are of one post after the shuffle: (strata, strata).

    Examples
    --------
    >>> three = np.arange(3)
    >>> meeting_chances(Log(three, three, np.array([0, 0, 1]), np.zeros(3, np.int64), 2, 1)).round(3)  # 2 of 6
    array([[0.333]])
    """
    # A post that is reposted once makes no pair: it would be counted with itself, and then subtracted again.
    several = np.flatnonzero(np.bincount(log.item, minlength=log.n_items)[log.item] > 1)
    item, stratum = log.item[several], log.stratum[several]
    counts = coo_array((np.ones(item.size), (item, stratum)), shape=(log.n_items, log.n_strata)).tocsr()
    pairs = (counts.T @ counts).toarray()
    size = np.bincount(log.stratum, minlength=log.n_strata).astype(np.float64)
    both = np.outer(size, size)
    diagonal = np.arange(log.n_strata)
    pairs[diagonal, diagonal] -= np.bincount(stratum, minlength=log.n_strata)
    both[diagonal, diagonal] -= size
    return np.asarray(pairs / np.maximum(both, 1.0))


def least_p_values(log: Log, min_shared: int) -> Found:
    """Return each row's least p-value over all partners, corrected for their number, and who that partner is."""
    rows = log.accounts.size
    start = np.concatenate([[0], np.cumsum(np.bincount(log.row, minlength=rows))])
    item_start, holders = by_item(start, log.item, log.n_items)
    log_p, partner, shared, expected, *_ = _least(
        start, log.item, log.stratum, item_start, holders, meeting_chances(log), min_shared, _NOTHING
    )
    p = np.exp(log_p)
    partners = max(rows - 1, 1)
    one_of_all = -np.expm1(partners * np.log1p(-np.minimum(p, 1.0 - 1e-16)))
    return Found(log.accounts, np.clip(one_of_all, _LEAST, 1.0), log_p, partner, shared, expected)


def unlikely_pairs(log: Log, min_shared: int, cut: float) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Return the pairs of rows, the lower first, whose p-value has a natural logarithm of `cut` or less, and that."""
    start = np.concatenate([[0], np.cumsum(np.bincount(log.row, minlength=log.accounts.size))])
    item_start, holders = by_item(start, log.item, log.n_items)
    *_, one, other, log_p = _least(
        start, log.item, log.stratum, item_start, holders, meeting_chances(log), min_shared, cut
    )
    return one, other, log_p


@njit(cache=True, no_cfunc_wrapper=True)
def log_tail(shared: int, expected: float) -> float:
    """Return ln P(Poisson(expected) >= shared), to 1e-12; 0 where more is expected than shared."""
    if expected >= shared:
        return 0.0
    if expected <= 0.0:
        return -math.inf
    term, total, k = 1.0, 1.0, shared
    while term > 1e-13 * total:
        k += 1
        term *= expected / k
        total += term
    return min(shared * math.log(expected) - expected - math.lgamma(shared + 1.0) + math.log(total), 0.0)


@njit(cache=True, no_cfunc_wrapper=True)
def _least(
    start: NDArray[np.int64],
    item: NDArray[np.int32],
    stratum: NDArray[np.int32],
    item_start: NDArray[np.int64],
    holder: NDArray[np.int32],
    chances: FloatArray,
    min_shared: int,
    cut: float,
) -> tuple[
    FloatArray, NDArray[np.int64], NDArray[np.int64], FloatArray, NDArray[np.int64], NDArray[np.int64], FloatArray
]:
    """Return each row's least log p-value, the partner, what is shared and what is expected; one row at a time.

    And the pairs whose log p-value is `cut` or less: the lower row, the higher, and that value.
    """
    one_of, other_of, log_of, found = np.empty(16, np.int64), np.empty(16, np.int64), np.empty(16), 0
    rows = start.size - 1
    best, partner = np.zeros(rows), np.full(rows, -1, np.int64)
    shared, expected = np.zeros(rows, np.int64), np.zeros(rows)
    count, touched = np.zeros(rows, np.int32), np.empty(rows, np.int64)
    toward = np.empty(chances.shape[0])
    for row in range(rows):
        n_touched = 0
        for k in range(start[row], start[row + 1]):
            # Holders rise: the partners after this row stand at the end, and each pair is met once.
            for h in range(item_start[item[k] + 1] - 1, item_start[item[k]] - 1, -1):
                other = holder[h]
                if other <= row:
                    break
                if count[other] == 0:
                    touched[n_touched] = other
                    n_touched += 1
                count[other] += 1
        ready = False
        for place in range(n_touched):
            other = touched[place]
            together = count[other]
            count[other] = 0
            if together < min_shared:
                continue
            if not ready:  # how many of this row's reposts a repost of each stratum is expected to meet
                toward[:] = 0.0
                for k in range(start[row], start[row + 1]):
                    toward += chances[stratum[k]]
                ready = True
            mean = 0.0
            for k in range(start[other], start[other + 1]):
                mean += toward[stratum[k]]
            log_p = log_tail(together, mean)
            if log_p <= cut:
                one_of, other_of = with_room(one_of, found, 1), with_room(other_of, found, 1)
                log_of = with_room(log_of, found, 1)
                one_of[found], other_of[found], log_of[found] = row, other, log_p
                found += 1
            for one, two in ((row, other), (other, row)):
                if log_p < best[one]:
                    best[one], partner[one], shared[one], expected[one] = log_p, two, together, mean
    return best, partner, shared, expected, one_of[:found].copy(), other_of[:found].copy(), log_of[:found].copy()
