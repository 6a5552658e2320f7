"""Reposts that another account accompanied within seconds: pairs, kept in eight bytes each, and the ties they make."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import FloatArray
from detectors.parts.growing import with_room

NO_TIE = 2**31 - 1  # a weight that no tie has


@njit(cache=True, no_cfunc_wrapper=True)
def close_pairs(
    key: NDArray[np.int64], account: NDArray[np.int64], number: NDArray[np.int64], seconds: int, most: int, first: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pair reposts that are near to one another, each pair from both sides.

    Parameters
    ----------
    key : int64 (reposts,)
        Rising; of two reposts of one post it differs by the seconds between them, and of two posts by more.
    account, number : int64 (reposts,)
        Who reposted, and the repost's own number.
    seconds : int
    most : int
        Reposts after each that are looked at.
    first : int
        Of two reposts at least one has this number or a higher one.

    Returns
    -------
    place : int32 (pairs,)
        Number of the repost that was accompanied, less the lowest of all.
    other : int32 (pairs,)
        The account that accompanied it.
    """
    n, lowest = key.size, number.min() if number.size else 0
    place, other, found = np.empty(0, np.int32), np.empty(0, np.int32), 0
    for counting in (True, False):
        if not counting:
            place, other = np.empty(2 * found, np.int32), np.empty(2 * found, np.int32)
            found = 0
        for one in range(n):
            for two in range(one + 1, min(one + most, n - 1) + 1):
                if key[two] - key[one] > seconds:
                    break
                if account[one] == account[two] or max(number[one], number[two]) < first:
                    continue
                if not counting:
                    place[2 * found], other[2 * found] = number[one] - lowest, account[two]
                    place[2 * found + 1], other[2 * found + 1] = number[two] - lowest, account[one]
                found += 1
    return place, other


@njit(cache=True, no_cfunc_wrapper=True)
def by_repost(start: NDArray[np.int64], place: NDArray[np.int32], shift: int) -> None:
    """Add to `start`, one further than a repost's own place, how many of the pairs are each repost's."""
    for k in range(place.size):
        at = place[k] + shift
        if at >= 0:
            start[at + 1] += 1


@njit(cache=True, no_cfunc_wrapper=True)
def fill_in(
    free: NDArray[np.int64], others: NDArray[np.int32], place: NDArray[np.int32], other: NDArray[np.int32], shift: int
) -> None:
    """Write the accounts that accompanied each repost; `free` is where its next one goes."""
    for k in range(place.size):
        at = place[k] + shift
        if at >= 0:
            others[free[at]] = other[k]
            free[at] += 1


@njit(cache=True, no_cfunc_wrapper=True)
def tie_weights(
    account: NDArray[np.int64], start: NDArray[np.int64], others: NDArray[np.int32], n_accounts: int, least: int
) -> tuple[FloatArray, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return the weight of each account's heaviest tie, and the ties of weight `least` or more.

    The weight of a tie is the number of the account's reposts that the other accompanied, however often it did.

    Parameters
    ----------
    account : int64 (reposts,)
    start : int64 (reposts + 1,)
        Repost r was accompanied by `others[start[r]:start[r + 1]]`.
    others : int32
    n_accounts, least : int

    Returns
    -------
    heaviest : float64 (accounts,)
    one, other : int32 (ties,)
        In rising order.
    weight : int64 (ties,)
    """
    begin = np.zeros(n_accounts + 1, np.int64)
    for who in account:
        begin[who + 1] += 1
    begin = np.cumsum(begin)
    mine, free = np.empty(account.size, np.int32), begin[:-1].copy()
    for repost in range(account.size):
        mine[free[account[repost]]] = repost
        free[account[repost]] += 1
    heaviest = np.zeros(n_accounts)
    last, count = np.full(n_accounts, -1, np.int32), np.zeros(n_accounts, np.int32)
    touched = np.empty(n_accounts, np.int32)
    one, other, weight, found = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int64), 0
    for who in range(n_accounts):
        n = 0
        for k in range(begin[who], begin[who + 1]):
            repost = mine[k]
            for m in range(start[repost], start[repost + 1]):
                along = others[m]
                if last[along] != repost:
                    last[along] = repost
                    if count[along] == 0:
                        touched[n] = along
                        n += 1
                    count[along] += 1
        best, ties = 0, 0
        for k in range(n):
            best = max(best, count[touched[k]])
            ties += count[touched[k]] >= least
        heaviest[who] = best
        if ties:
            one, other = with_room(one, found, ties), with_room(other, found, ties)
            weight = with_room(weight, found, ties)
            touched[:n].sort()
        for k in range(n):
            along = touched[k]
            if count[along] >= least:
                one[found], other[found], weight[found] = who, along, count[along]
                found += 1
            count[along] = 0
    return heaviest, one[:found].copy(), other[:found].copy(), weight[:found].copy()
