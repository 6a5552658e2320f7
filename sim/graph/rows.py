"""Compressed sparse rows, compiled: group, transpose, renumber, sort and merge them, each linear in the entries."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core import compiled  # noqa: F401 - sets Numba up

_SHORT = 192  # numbers of a row that are sorted by counting


@njit(cache=True, no_cfunc_wrapper=True)
def count(keys: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Return how often each number in [0, n) occurs: int32 (n,)."""
    out = np.zeros(n, np.int32)
    for k in range(keys.size):
        out[keys[k]] += 1
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def offsets(counts: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where each row begins, and the end of the last: int64 (rows + 1,)."""
    out = np.zeros(counts.size + 1, np.int64)
    for i in range(counts.size):
        out[i + 1] = out[i] + counts[i]
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def group(keys: NDArray[np.int32], values: NDArray[np.int32], n: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Sort values by key with a counting sort, keeping their order within a key.

    Returns
    -------
    indptr : int64 (n + 1,)
    grouped : int32 (values,)
    """
    indptr = offsets(count(keys, n))
    place = indptr[:-1].copy()
    grouped = np.empty(values.size, np.int32)
    for k in range(keys.size):
        grouped[place[keys[k]]] = values[k]
        place[keys[k]] += 1
    return indptr, grouped


@njit(cache=True, no_cfunc_wrapper=True)
def transpose(indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Turn rows into columns; rows are visited in order, so the columns come out sorted."""
    out_indptr = offsets(count(indices, indptr.size - 1))
    place = out_indptr[:-1].copy()
    out = np.empty(indices.size, np.int32)
    for i in range(indptr.size - 1):
        for k in range(indptr[i], indptr[i + 1]):
            out[place[indices[k]]] = i
            place[indices[k]] += 1
    return out_indptr, out


@njit(cache=True, no_cfunc_wrapper=True)
def renumbered_rows(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], number: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give accounts other numbers; rows are sorted anew."""
    n = indptr.size - 1
    out_indptr, out = np.zeros(n + 1, np.int64), np.empty(indptr[-1], np.int32)
    for i in range(n):
        out_indptr[number[i] + 1] = indptr[i + 1] - indptr[i]
    out_indptr = np.cumsum(out_indptr)
    for i in range(n):
        at = out_indptr[number[i]]
        for k in range(indptr[i], indptr[i + 1]):
            out[at + k - indptr[i]] = number[indices[k]]
        sort_row(out[at : out_indptr[number[i] + 1]])
    return out_indptr, out


@njit(cache=True, no_cfunc_wrapper=True)
def sort_row(row: NDArray[np.int32]) -> None:
    """Sort a row of account numbers in place.

    A short row, which most are, by counting for each number those that are less: quadratic, but the processor compares
    16 at a time and has no branch to guess, which makes it three times as fast as sorting by insertion.
    """
    if row.size > _SHORT:
        row.sort()
        return
    numbers = row.copy()
    row[:] = -1
    for number in numbers:
        place = np.int32(0)
        for other in numbers:
            place += np.int32(other < number)
        row[place] = number
    for k in range(1, row.size):  # equal numbers were put in one place and left the next ones empty
        if row[k] < 0:
            row[k] = row[k - 1]


@njit(cache=True, no_cfunc_wrapper=True)
def sort_rows(indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> int:
    """Sort each row and close up over repeated values, in place; return how many are left."""
    start, kept = np.int64(0), np.int64(0)
    for i in range(indptr.size - 1):
        end, last = indptr[i + 1], np.int32(-1)
        sort_row(indices[start:end])
        for k in range(start, end):
            if indices[k] != last:
                last = indices[k]
                indices[kept] = last
                kept += 1
        indptr[i + 1] = kept
        start = end
    return int(kept)


def merge(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], more_indptr: NDArray[np.int64], more: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Merge two graphs of sorted, distinct rows, row by row; what is in both counts once.

    Parameters
    ----------
    indptr, more_indptr : int64 (n + 1,)
    indices, more : int32
        Either may be longer than its rows: what lies behind the last row is not read.

    Returns
    -------
    indptr : int64 (n + 1,)
    indices : int32 (ties,)
    """
    out_indptr = np.zeros(indptr.size, np.int64)
    out = np.empty(indptr[-1] + more_indptr[-1], np.int32)
    kept = _merge_rows(indptr, indices, more_indptr, more, out_indptr, out)
    out.resize(kept, refcheck=False)  # in place: a copy would double the peak memory
    return out_indptr, out


@njit(cache=True, no_cfunc_wrapper=True)
def _merge_rows(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    more_indptr: NDArray[np.int64],
    more: NDArray[np.int32],
    out_indptr: NDArray[np.int64],
    out: NDArray[np.int32],
) -> int:
    at = np.int64(0)
    for i in range(indptr.size - 1):
        k, end = indptr[i], indptr[i + 1]
        m, more_end = more_indptr[i], more_indptr[i + 1]
        while k < end and m < more_end:
            a, b = indices[k], more[m]
            out[at] = min(a, b)
            at += 1
            k += a <= b
            m += b <= a
        while k < end:
            out[at] = indices[k]
            at += 1
            k += 1
        while m < more_end:
            out[at] = more[m]
            at += 1
            m += 1
        out_indptr[i + 1] = at
    return int(at)


@njit(cache=True, no_cfunc_wrapper=True)
def count_triangles(indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> int:
    """Return the triangles of a graph without cycles, each pair of accounts tied once, from first to second.

    Cost: the sum over ties of the second account's ties, least where ties run from few ties to many.
    """
    seen = np.full(indptr.size - 1, -1, np.int32)  # by account, the last one that is tied to it
    found = 0
    for i in range(indptr.size - 1):
        for k in range(indptr[i], indptr[i + 1]):
            seen[indices[k]] = i
        for k in range(indptr[i], indptr[i + 1]):
            for m in range(indptr[indices[k]], indptr[indices[k] + 1]):
                found += seen[indices[m]] == i
    return found
