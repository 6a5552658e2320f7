"""The steps by which a log of traces becomes an incidence matrix of accounts and items.

There are no comparison sorts. Accounts and items get small numbers, by a table or by hashing, and counting sorts do the
rest, in passes linear in the traces. Rows are in order of first appearance, the only order that does not change when
accounts are renumbered; the items of a row stay in time order.

Most items occur once: of a day's wordings nineteen in twenty. They make no accounts alike and count in the length of
one account only, so `shared_items` finds them by a small table of counters, which stays in the caches, and hashes only
the others. They all have the number -1.

Examples
--------
>>> shared_items(np.array([70, 80, 70, 90]))
(1, array([ 0, -1,  0, -1], dtype=int32))
>>> start, items = distinct_rows(np.array([0, 1, 0, 0]), np.array([0, 0, -1, 0], np.int32), 2, 1)
>>> items[start[0] : start[1]]
array([ 0, -1], dtype=int32)
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_MIX = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, no_cfunc_wrapper=True)
def accounts_by_appearance(account: NDArray[np.int32], n_accounts: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the distinct accounts in order of first appearance, and the place of each trace's account among them."""
    place_of, places = np.full(n_accounts, -1, np.int32), np.empty(account.size, np.int32)
    distinct, n = np.empty(min(n_accounts, account.size), np.int64), 0
    for k in range(account.size):
        one = account[k]
        if place_of[one] < 0:
            place_of[one] = n
            distinct[n] = one
            n += 1
        places[k] = place_of[one]
    return distinct[:n].copy(), places


@njit(cache=True, no_cfunc_wrapper=True)
def by_appearance(labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the distinct labels in order of first appearance, and the place of each label among them."""
    size = 16
    while size < 2 * labels.size:
        size *= 2
    mask, slots = np.uint64(size - 1), np.full(size, -1, np.int32)
    distinct, places, n = np.empty(labels.size, np.int64), np.empty(labels.size, np.int32), 0
    for k in range(labels.size):
        label = labels[k]
        word = np.uint64(label) * _MIX
        slot = (word ^ (word >> np.uint64(32))) & mask
        while slots[slot] >= 0 and distinct[slots[slot]] != label:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] < 0:
            slots[slot] = n
            distinct[n] = label
            n += 1
        places[k] = slots[slot]
    return distinct[:n].copy(), places


def shared_items(labels: NDArray[np.int64]) -> tuple[int, NDArray[np.int32]]:
    """Give numbers to labels that occur more than once.

    Parameters
    ----------
    labels : int64 (traces,)

    Returns
    -------
    n_items : int
        Numbers given. A few may be of labels that occur once, which is harmless.
    places : int32 (traces,)
        Each label's number; -1 only where it occurs once.
    """
    again = _met_again(labels)
    distinct, numbers = by_appearance(labels[again])
    places = np.full(labels.size, -1, np.int32)
    places[again] = numbers
    return distinct.size, places


@njit(cache=True, no_cfunc_wrapper=True)
def _met_again(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which labels share a counter with another trace's label; at most a fifth do so by chance alone.

    A counter has two bits (none, one, more), and there are at least four for each label: a quarter of the memory of the
    numbers themselves, and the only memory that is read and written at random.
    """
    size = 64
    while size < 4 * labels.size:
        size *= 2
    mask = np.uint64(size - 1)
    counters = np.zeros(size // 4, np.uint8)
    slots = np.empty(labels.size, np.uint32)
    for k in range(labels.size):
        word = np.uint64(labels[k]) * _MIX
        slot = (word >> np.uint64(29)) & mask
        slots[k] = slot
        place, shift = slot >> np.uint64(2), np.uint8(2) * np.uint8(slot & np.uint64(3))
        before = counters[place]
        counters[place] = before | np.uint8((1 + (((before >> shift) & 3) != 0)) << shift)
    again = np.empty(labels.size, np.bool_)
    for k in range(labels.size):
        again[k] = (counters[slots[k] >> 2] >> (2 * (slots[k] & 3))) & 2 != 0
    return again


@njit(cache=True, no_cfunc_wrapper=True)
def distinct_rows(
    account: NDArray[np.int32], item: NDArray[np.int32], n_rows: int, n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the items of each account in time order, each once."""
    start, first = first_of_each(account, item, n_rows, n_items)
    return start, item[first]


@njit(cache=True, no_cfunc_wrapper=True)
def times_of_each(
    account: NDArray[np.int32],
    item: NDArray[np.int32],
    start: NDArray[np.int64],
    entries: NDArray[np.int32],
    n_items: int,
) -> NDArray[np.int64]:
    """Return how often each account had each of its items (`distinct_rows`): int64 (entries,)."""
    begin = np.zeros(start.size, np.int64)
    for row in account:
        begin[row + 1] += 1
    begin = np.cumsum(begin)
    mine, free = np.empty(item.size, np.int32), begin[:-1].copy()
    for k in range(item.size):
        mine[free[account[k]]] = item[k]
        free[account[k]] += 1
    times, seen = np.ones(entries.size, np.int64), np.zeros(n_items, np.int64)
    for row in range(start.size - 1):
        for k in range(begin[row], begin[row + 1]):
            if mine[k] >= 0:
                seen[mine[k]] += 1
        for k in range(start[row], start[row + 1]):
            if entries[k] >= 0:
                times[k] = seen[entries[k]]
                seen[entries[k]] = 0
    return times


def held_by_many(start: NDArray[np.int64], entries: NDArray[np.int32], n_items: int, least: int) -> NDArray[np.int64]:
    """Return the places of entries whose items at least `least` (2 or more) rows have, rising.

    Examples
    --------
    >>> held_by_many(np.array([0, 2, 4]), np.array([0, 1, 1, -1], np.int32), 2, 2)
    array([1, 2])
    """
    shared = entries >= 0
    holders = np.bincount(entries[shared], minlength=n_items)
    return np.flatnonzero(shared & (holders[entries] >= least)) if n_items else np.empty(0, np.int64)


@njit(cache=True, no_cfunc_wrapper=True)
def first_of_each(
    account: NDArray[np.int32], item: NDArray[np.int32], n_rows: int, n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the traces by account, in time order, without those of an item that it had before.

    A counting sort, from which the repeats are removed.

    Returns
    -------
    start : int64 (n_rows + 1,)
        Account i's are `first[start[i]:start[i + 1]]`.
    first : int32
        Places among the traces.
    """
    begin = np.zeros(n_rows + 1, np.int64)
    for row in account:
        begin[row + 1] += 1
    begin = np.cumsum(begin)
    first, free = np.empty(item.size, np.int32), begin[:-1].copy()
    for k in range(item.size):
        first[free[account[k]]] = k
        free[account[k]] += 1
    start, last, end = np.zeros(n_rows + 1, np.int64), np.full(n_items, -1, np.int32), 0
    for row in range(n_rows):
        for k in range(begin[row], begin[row + 1]):
            one = item[first[k]]
            if one < 0 or last[one] != row:
                if one >= 0:
                    last[one] = row
                first[end] = first[k]
                end += 1
        start[row + 1] = end
    return start, first[:end].copy()


@njit(cache=True, no_cfunc_wrapper=True)
def take_rows(
    start: NDArray[np.int64], entries: NDArray[np.int32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the given rows of a matrix in the given order."""
    taken = np.zeros(rows.size + 1, np.int64)
    for i in range(rows.size):
        taken[i + 1] = taken[i] + start[rows[i] + 1] - start[rows[i]]
    out = np.empty(taken[-1], np.int32)
    for i in range(rows.size):
        free = np.uint64(taken[i])  # unsigned: for a signed index Numba tests whether it counts from the end
        for k in range(np.uint64(start[rows[i]]), np.uint64(start[rows[i] + 1])):
            out[free] = entries[k]
            free += np.uint64(1)
    return taken, out


@njit(cache=True, no_cfunc_wrapper=True)
def by_item(
    row_start: NDArray[np.int64], row_items: NDArray[np.int32], n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the holders (rows, rising) of each item that has a number."""
    start = np.zeros(n_items + 1, np.int64)
    for item in row_items:
        if item >= 0:
            start[item + 1] += 1
    start = np.cumsum(start)
    holders, free = np.empty(start[-1], np.int32), start[:-1].copy()
    for row in range(row_start.size - 1):
        for k in range(row_start[row], row_start[row + 1]):
            item = row_items[k]
            if item >= 0:
                holders[free[item]] = row
                free[item] += 1
    return start, holders
