"""Largest cosines between the rows of a sparse matrix, without a matrix of rows x rows.

The similarities of one row are added up in a dense row, which is cleared by the list of its touched places (F. G.
Gustavson, ACM Transactions on Mathematical Software 4 (1978), 250-269); only maxima, components or the pairs above a
threshold are kept. Partners are gone through in blocks of `BLOCK` rows, so that the sums stay small enough for the
caches: of a million rows with ten million entries that saves a fifth of the time, of 400,000 a seventh, of 60,000 a
tenth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import FloatArray
from detectors.parts.growing import with_room
from detectors.parts.incidence import by_item
from detectors.parts.union_find import join, root

BINS = 10_000  # of similarities that are counted
BLOCK = 1 << 15  # rows
NO_BOUND = 2**62
_ONCE = np.empty(0)
DECIMALS = 12  # sums taken in another order differ in the last bits, which must not decide who is alike


class Matrix(NamedTuple):
    """Rows (accounts) in order of priority, and the items of each in time order.

    Nothing in it depends on how accounts or items are numbered. The holders of an item are rows in rising order. Items
    that occur once have the number -1 and no holders: they count in a row's length and nowhere else.
    """

    row_start: NDArray[np.int64]  # (rows + 1,)
    row_items: NDArray[np.int32]  # (entries,)
    item_start: NDArray[np.int64]  # (items + 1,)
    holders: NDArray[np.int32]  # (entries,) rows
    weight: FloatArray  # (items + 1,) squared inverse document frequency; the last is that of items that occur once
    inverse_norm: FloatArray  # (rows,) 0 where a row has no items
    row_factor: FloatArray  # (entries,) by which an item counts for a row; empty where all count once
    holder_factor: FloatArray  # (entries,) the same in the order of `holders`

    def items_of(self, row: int) -> NDArray[np.int32]:
        """Return the numbers of a row's items, without those that no other row has."""
        items = self.row_items[self.row_start[row] : self.row_start[row + 1]]
        return items[items >= 0]

    def factors_of(self, row: int) -> FloatArray:
        """Return by what these items count for the row; empty where all count once."""
        part = slice(self.row_start[row], self.row_start[row + 1])
        return self.row_factor[part][self.row_items[part] >= 0] if self.row_factor.size else self.row_factor


def weighted(
    row_start: NDArray[np.int64], row_items: NDArray[np.int32], n_items: int, factor: FloatArray = _ONCE
) -> Matrix:
    """Return the matrix of rows of items, weighted by smoothed inverse document frequency.

    The weight of an item is ln((1 + n) / (1 + d)) + 1 for n rows and d holders: scikit-learn's TfidfTransformer().

    Parameters
    ----------
    row_start, row_items
        As in `Matrix`.
    n_items : int
    factor : float64 (entries,), optional
        Term frequencies, by which the weights are multiplied; without them an item counts once.
    """
    item_start, holders = by_item(row_start, row_items, n_items)
    n_rows = row_start.size - 1
    weight = (np.log((1.0 + n_rows) / (1.0 + np.append(np.diff(item_start), 1))) + 1.0) ** 2
    theirs = factor
    if factor.size:
        shared = np.flatnonzero(row_items >= 0)
        theirs = factor[shared[np.argsort(row_items[shared], kind="stable")]]
    norms = _inverse_norms(row_start, row_items, weight, factor)
    return Matrix(row_start, row_items, item_start, holders, weight, norms, factor, theirs)


def cosines_of(matrix: Matrix, row: int, limit: int) -> FloatArray:
    """Return the cosine of one row to every row, float64 (rows,), 0 to itself."""
    products = np.zeros(matrix.inverse_norm.size)
    own, counted = matrix.factors_of(row), matrix.row_factor.size > 0
    for place, item in enumerate(matrix.items_of(row)):
        part = slice(matrix.item_start[item], matrix.item_start[item + 1])
        holders = matrix.holders[part]
        compared = slice(None) if int(np.searchsorted(holders, row)) < limit else slice(limit)
        weight = matrix.weight[item] * (own[place] * matrix.holder_factor[part][compared] if counted else 1.0)
        products[holders[compared]] += weight
    products[row] = 0.0
    return products * matrix.inverse_norm * matrix.inverse_norm[row]


@njit(cache=True, no_cfunc_wrapper=True)
def _inverse_norms(
    row_start: NDArray[np.int64], row_items: NDArray[np.int32], weight: FloatArray, factor: FloatArray
) -> FloatArray:
    """Return one over each row's length, 0 for an empty one; the weights are squares already."""
    out = np.zeros(row_start.size - 1)
    for row in range(out.size):
        total = 0.0
        for k in range(row_start[row], row_start[row + 1]):
            total += weight[row_items[k]] * factor[k] ** 2 if factor.size else weight[row_items[k]]
        if total > 0.0:
            out[row] = 1.0 / np.sqrt(total)
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _places(matrix: Matrix) -> NDArray[np.int32]:
    """Return which of an item's holders each entry is, counted from 0: int32 (entries,)."""
    places, passed = np.zeros(matrix.row_items.size, np.int32), np.zeros(matrix.weight.size, np.int32)
    for k in range(matrix.row_items.size):
        item = matrix.row_items[k]
        if item >= 0:
            places[k] = passed[item]
            passed[item] += 1
    return places


@njit(cache=True, inline="always")
def _next_block(matrix, begin, end, low, high):  # type: ignore[no-untyped-def]
    """Move `low` and `high` on to the holders of each item that are rows in [begin, end)."""
    low[:] = high
    for k in range(matrix.row_start[begin], matrix.row_start[end]):
        if matrix.row_items[k] >= 0:
            high[matrix.row_items[k]] += 1


@njit(cache=True, inline="always")
def _add_up(row, matrix, limit, places, low, high, begin, products, touched):  # type: ignore[no-untyped-def]
    """Add up the products of a row with all later rows of a block; return how many are not zero (`touched` lists them).

    Only the first `limit` holders of an item are compared with those after them: every pair is met once, from its
    member of higher priority. Rows are numbered from the block's first, `begin`. Indices are unsigned in the inner
    loop: for a signed one Numba tests whether it counts from the end.
    """
    row_start, row_items, item_start, holders, weight, _, row_factor, holder_factor = matrix
    counted = row_factor.size > 0
    count, base = np.uint64(0), np.uint32(begin)
    for k in range(row_start[row], row_start[row + 1]):
        item, place = row_items[k], places[k]
        if item < 0 or place >= limit:
            continue
        last = high[item]
        first = max(low[item], item_start[item] + place + 1)
        if first >= last:
            continue
        squared = weight[item]
        if counted:
            squared *= row_factor[k]
            for m in range(np.uint64(first), np.uint64(last)):
                other = np.uint32(holders[m]) - base
                before = products[other]
                touched[count] = other
                count += np.uint64(before == 0.0)
                products[other] = before + squared * holder_factor[m]
            continue
        for m in range(np.uint64(first), np.uint64(last)):
            other = np.uint32(holders[m]) - base
            before = products[other]
            touched[count] = other  # kept only if it is new: a branch here could not be predicted
            count += np.uint64(before == 0.0)
            products[other] = before + squared
    return np.int64(count)


@njit(cache=True, no_cfunc_wrapper=True)
def largest_cosines(matrix: Matrix, limit: int) -> FloatArray:
    """Return each row's largest cosine to another row, float64 (rows,); 0 if it shares nothing.

    Of each item only pairs with a member among its first `limit` holders are compared.
    """
    inverse_norm = matrix.inverse_norm
    n = inverse_norm.size
    best, products, touched = np.zeros(n), np.zeros(min(n, BLOCK)), np.empty(min(n, BLOCK) + 1, np.uint32)
    places, low = _places(matrix), matrix.item_start[:-1].copy()
    high = low.copy()
    for begin in range(0, n, BLOCK):
        end = min(begin + BLOCK, n)
        _next_block(matrix, begin, end, low, high)
        for row in range(end):
            count = _add_up(row, matrix, limit, places, low, high, begin, products, touched)
            own = best[row]
            for t in range(count):
                other = touched[t]
                cosine = products[other] * inverse_norm[row] * inverse_norm[begin + other]
                products[other] = 0.0
                own = max(own, cosine)
                if cosine > best[begin + other]:
                    best[begin + other] = cosine
            best[row] = own
    return best


@njit(cache=True, no_cfunc_wrapper=True)
def components(matrix: Matrix, limit: int, threshold: float) -> NDArray[np.int64]:
    """Return each row's component among pairs at least `threshold` alike, int64 (rows,): no edge is kept."""
    inverse_norm = matrix.inverse_norm
    n = inverse_norm.size
    least = threshold - 0.5 * 10.0**-DECIMALS  # what is rounded up to the threshold
    products, touched = np.zeros(min(n, BLOCK)), np.empty(min(n, BLOCK) + 1, np.uint32)
    places, low = _places(matrix), matrix.item_start[:-1].copy()
    high, parent = low.copy(), np.arange(n)
    for begin in range(0, n, BLOCK):
        end = min(begin + BLOCK, n)
        _next_block(matrix, begin, end, low, high)
        for row in range(end):
            for t in range(_add_up(row, matrix, limit, places, low, high, begin, products, touched)):
                other = touched[t]
                if products[other] * inverse_norm[row] * inverse_norm[begin + other] >= least:
                    join(parent, row, begin + other)
                products[other] = 0.0
    for row in range(n):
        parent[row] = root(parent, row)
    return parent


@njit(cache=True, no_cfunc_wrapper=True)
def similar_pairs(
    matrix: Matrix, limit: int, threshold: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Return the pairs of rows at least `threshold` alike, and how alike they are."""
    least = threshold - 0.5 * 10.0**-DECIMALS  # what is rounded up to the threshold
    _, _, one, other, cosine = _pairs(matrix, limit, least, NO_BOUND)
    return one, other, cosine


def heaviest_pairs(
    matrix: Matrix, limit: int, most: int
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Return each row's largest cosine, and in the same pass how alike all pairs are, and the most alike of them.

    Returns
    -------
    best : float64 (rows,)
        As of `largest_cosines`.
    counts : int64 (BINS,)
        Pairs of rows that share something: bin i from i / BINS on.
    one, other : int32 (pairs,)
        All of the highest bins that together have no more than `most`, or of the highest alone; and some others.
    cosine : float64 (pairs,)
    """
    return _pairs(matrix, limit, 0.0, most)


@njit(cache=True, inline="always")
def bin_of(cosine: float) -> int:
    """Return the bin of a similarity."""
    return int(min(cosine * BINS + 1e-9, BINS - 1.0))


@njit(cache=True, no_cfunc_wrapper=True)
def _pairs(
    matrix: Matrix, limit: int, least: float, most: int
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Return the largest cosines, how many pairs have which, and those of `least` or more, as far as `most` allows.

    Where there is no room, the pairs of the lowest bins are given up.
    """
    inverse_norm = matrix.inverse_norm
    n, found, lowest = inverse_norm.size, np.int64(0), np.int64(0)
    products, touched = np.zeros(min(n, BLOCK)), np.empty(min(n, BLOCK) + 1, np.uint32)
    places, low = _places(matrix), matrix.item_start[:-1].copy()
    high, counts, best = low.copy(), np.zeros(BINS, np.int64), np.zeros(n)
    one, others, cosines = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024)
    for begin in range(0, n, BLOCK):
        end = min(begin + BLOCK, n)
        _next_block(matrix, begin, end, low, high)
        for row in range(end):
            count = _add_up(row, matrix, limit, places, low, high, begin, products, touched)
            if found + count > one.size and found > most:
                lowest = _cut(counts, most, lowest)
                found = _give_up(one, others, cosines, found, lowest)
            one, others = with_room(one, found, count), with_room(others, found, count)
            cosines = with_room(cosines, found, count)
            for t in range(count):
                other = touched[t]
                cosine = products[other] * inverse_norm[row] * inverse_norm[begin + other]
                place = bin_of(cosine)
                counts[place] += 1
                best[row], best[begin + other] = max(best[row], cosine), max(best[begin + other], cosine)
                if cosine >= least and place >= lowest:
                    one[found], others[found], cosines[found] = row, begin + other, cosine
                    found += 1
                products[other] = 0.0
    return best, counts, one[:found].copy(), others[:found].copy(), cosines[:found].copy()


@njit(cache=True)
def _cut(counts: NDArray[np.int64], most: int, lowest: int) -> int:
    """Return the lowest bin from which on there are no more than `most` pairs; never above the highest that has any."""
    beyond, cut = 0, BINS
    for place in range(BINS - 1, -1, -1):
        beyond += counts[place]
        if beyond > most and cut < BINS:
            break
        if counts[place]:
            cut = place
    return max(cut, lowest)


@njit(cache=True)
def _give_up(one: NDArray[np.int32], others: NDArray[np.int32], cosines: FloatArray, found: int, lowest: int) -> int:
    """Move the pairs of bin `lowest` or more to the front; return how many they are."""
    kept = 0
    for k in range(found):
        if bin_of(cosines[k]) >= lowest:
            one[kept], others[kept], cosines[kept] = one[k], others[k], cosines[k]
            kept += 1
    return kept
