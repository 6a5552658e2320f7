"""Similarity of accounts by what they share: the engine of the detectors that compare traces of behaviour.

Each account is a vector over the items that it had in a sliding window, weighted by TF-IDF, so that what everybody has
says little; two accounts are as similar as the cosine of their vectors. An account's score is its largest similarity to
any other account.

D. Pacheco, P.-M. Hui, C. Torres-Lugo, B. T. Truong, A. Flammini and F. Menczer, "Uncovering Coordinated Networks on
Social Media: Methods and Case Studies", ICWSM 15 (2021), 455-466, doi:10.1609/icwsm.v15i1.18075. They cut the
similarity network once, at a top share of its edges, and call the components that remain coordinated. Here the
threshold is left to the policy, and nothing is lost by that: the accounts that score at least s are exactly those that
are not alone in the network cut at s, and `groups(s)` are its components.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, Evidence, FloatArray, check_account, nothing_observed
from detectors.parts.incidence import accounts_by_appearance, by_item, distinct_rows, shared_items, take_rows
from sim.observation import Observation

_DECIMALS = 12  # sums taken in another order differ in the last bits, which must not decide who is alike
_NO_LIMIT = 2**62


@dataclass(frozen=True)
class Matrix:
    """The accounts with items enough, and their items; nothing in it depends on how either is numbered.

    Rows (accounts) are in order of priority, and so are the holders of an item; the items of a row are in time order.
    Items that are had once have the number -1 and no holders: they count in a row's length and nowhere else.
    """

    accounts: NDArray[np.int64]  # (rows,) account of a row
    row_start: NDArray[np.int64]  # (rows + 1,)
    row_items: NDArray[np.int32]  # (entries,)
    item_start: NDArray[np.int64]  # (items + 1,)
    holders: NDArray[np.int32]  # (entries,) rows
    weight: FloatArray  # (items + 1,) squared inverse document frequency; the last of those had once
    inverse_norm: FloatArray  # (rows,)

    def items_of(self, row: int) -> NDArray[np.int32]:
        """Return the numbers of a row's items, without those that nobody else had."""
        items = self.row_items[self.row_start[row] : self.row_start[row + 1]]
        return items[items >= 0]


class SharedItems(Detector):
    """Scores accounts by their largest TF-IDF cosine to another account over the items that they share.

    What an item is (a post reposted, a link, a wording) is for a subclass to say, in `_traces`; each account is a
    vector of zeros and ones over the items that it had in a sliding window. The weight of an item is its smoothed
    inverse document frequency, ln((1 + n) / (1 + d)) + 1, for n accounts that have enough and d of them that have this
    one: scikit-learn's TfidfTransformer(). Accounts with too few items are left out before anything is counted.

    `observe` is O(events) and keeps 20 bytes per trace in the window. `score` is O(traces + sum over items of
    d * min(d, max_holders)) for items with d holders: at most traces * max_holders, and linear in the accounts. No
    account x account matrix is made: the similarities of one account are added up in a dense row, which is cleared by
    the list of its touched places (F. G. Gustavson, ACM TOMS 4 (1978), 250-269), and only the maxima are kept.

    Parameters
    ----------
    window_hours : float
        Traces older than this at the end of the last step are forgotten; above 0.
    min_items : int
        Accounts with fewer distinct items in the window are NaN. At least 1; but with 1, all who have one item and
        nothing else are perfectly alike.
    max_holders : int or None
        Bounds the cost of a popular item, at a price: of an item with more holders, only pairs with at least one member
        among its first `max_holders` in priority count. Priority is a lot drawn afresh for each scoring and the same
        for all items, so that an account that is compared at all is compared by all that it has. The similarity of
        other pairs is too low by what those items weigh, which is little, as they are popular: a score is never above
        the exact one. At least 1; None compares all.
    """

    _names: ClassVar[tuple[str, str, str]] = ("window_hours", "min_items", "max_holders")  # of the parameters
    _had, _things = "Had", "items"  # how `explain` speaks of it

    def __init__(self, window_hours: float, min_items: int, max_holders: int | None) -> None:
        name, (window, least, most) = type(self).__name__, self._names
        if not 0.0 < window_hours < float("inf"):
            raise ValueError(f"{name}.{window} must be above 0 and finite; got {window_hours}.")
        if min_items < 1:
            raise ValueError(f"{name}.{least} must be at least 1; got {min_items}.")
        if max_holders is not None and max_holders < 1:
            raise ValueError(f"{name}.{most} must be at least 1, or None for no limit; got {max_holders}.")
        self.window_hours, self._min_items = window_hours, min_items
        self._limit = _NO_LIMIT if max_holders is None else max_holders
        self._n_accounts, self._end = -1, 0
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]] = []  # time, account, item
        self._matrix: Matrix | None = None
        self._scores: FloatArray = np.empty(0)

    @abstractmethod
    def _traces(self, observation: Observation) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return time, account and item of the step's traces, in time order."""

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the parts that have left the window."""
        self._n_accounts, self._end = observation.n_accounts, observation.end
        time, account, item = self._traces(observation)
        if time.size:
            self._parts.append((time.astype(np.int64), account.astype(np.int32), item.astype(np.int64)))
        while self._parts and self._parts[0][0][-1] < self._oldest:
            del self._parts[0]

    def score(self) -> FloatArray:
        """Return each account's largest cosine to another, float64 (accounts,); NaN where it has too few items."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
        self._matrix = matrix = self._build()
        if matrix is not None:
            best = _largest_cosines(
                matrix.row_start, matrix.row_items, matrix.item_start, matrix.holders, matrix.weight,
                matrix.inverse_norm, self._limit,
            )  # fmt: skip
            self._scores[matrix.accounts] = np.minimum(np.round(best, _DECIMALS), 1.0)
        return self._scores.copy()

    def groups(self, threshold: float) -> list[NDArray[np.int64]]:
        """Return the groups of the last scoring: components of the network of pairs at least `threshold` alike.

        Parameters
        ----------
        threshold : float
            In (0, 1].

        Returns
        -------
        list of int64 arrays
            Account numbers in rising order, two or more a group; largest groups first.
        """
        if not 0.0 < threshold <= 1.0:
            raise ValueError(f"{type(self).__name__}.groups: threshold must lie in (0, 1]; got {threshold}.")
        self._require_scored()
        if self._matrix is None:
            return []
        group = self._components(threshold)
        order = np.argsort(group, kind="stable")
        members = np.split(self._matrix.accounts[order], np.flatnonzero(np.diff(group[order])) + 1)
        return sorted((np.sort(one) for one in members if one.size > 1), key=len, reverse=True)

    def pairs(self, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """Return the network of the last scoring: pairs at least `threshold` alike, each once.

        Parameters
        ----------
        threshold : float
            In (0, 1].

        Returns
        -------
        one, other : int64 (pairs,)
            Accounts, in an order that does not hang on how accounts are numbered.
        similarity : float64 (pairs,)
        """
        if not 0.0 < threshold <= 1.0:
            raise ValueError(f"{type(self).__name__}.pairs: threshold must lie in (0, 1]; got {threshold}.")
        self._require_scored()
        matrix = self._matrix
        if matrix is None:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        one, other, cosine = _pairs(
            matrix.row_start, matrix.row_items, matrix.item_start, matrix.holders, matrix.weight, matrix.inverse_norm,
            self._limit, threshold,
        )  # fmt: skip
        return matrix.accounts[one], matrix.accounts[other], np.minimum(np.round(cosine, _DECIMALS), 1.0)

    def explain(self, account: int) -> Evidence:
        """Name the nearest neighbour at the last scoring, what the two share, and the group around them."""
        self._require_scored()
        check_account(self, account, self._n_accounts)
        score, matrix = float(self._scores[account]), self._matrix
        if matrix is None or np.isnan(score):
            few = f"fewer than {self._min_items} {self._things} in the last {self.window_hours:g} hours"
            return Evidence(account, f"{self._had} {few}: too little to say.")
        row = int(np.flatnonzero(matrix.accounts == account)[0])
        if score == 0.0:
            return Evidence(
                account,
                f"Shares none of its {self._things} with a scored account.",
                {"similarity": 0.0, f"shared_{self._things}": 0},
            )
        other = int(np.argmax(self._similarities(matrix, row)))
        shared = np.intersect1d(matrix.items_of(row), matrix.items_of(other)).size
        group = self._components(score)
        size = int((group == group[row]).sum())
        nearest = int(matrix.accounts[other])
        return Evidence(
            account,
            f"{self._had} {shared} of the same {self._things} as account {nearest} (similarity {score:.2f}), "
            f"in a group of {size} accounts at least that alike.",
            {"nearest": nearest, "similarity": score, f"shared_{self._things}": shared, "group_size": size},
        )

    @property
    def n_traces(self) -> int:
        """Traces kept: those of the window, and what is left of its oldest step."""
        return sum(time.size for time, _, _ in self._parts)

    @property
    def _oldest(self) -> float:
        return self._end - 3600.0 * self.window_hours

    def _require_scored(self) -> None:
        if self._scores.size != self._n_accounts:
            raise DetectorError(
                f"detector {type(self).__name__} was asked for reasons before it scored; call score first."
            )

    def _counting(
        self, account: NDArray[np.int32], item: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return those of the window's traces that count: all, unless a detector asks for more."""
        return account, item

    def _build(self) -> Matrix | None:
        """Return the window's matrix, or None if no account has enough."""
        # Only the oldest part can reach out of the window: parts are steps, in order.
        parts = [
            (part, int(np.searchsorted(part[0], self._oldest)) if n == 0 else 0) for n, part in enumerate(self._parts)
        ]
        if not parts:
            return None
        account = np.concatenate([part[1][cut:] for part, cut in parts])
        account, label = self._counting(account, np.concatenate([part[2][cut:] for part, cut in parts]))
        if not account.size:
            return None
        labels, account = accounts_by_appearance(account, self._n_accounts)
        n_items, item = shared_items(label)
        start, entries = distinct_rows(account, item, labels.size, n_items)
        rows = np.flatnonzero(np.diff(start) >= self._min_items)
        if not rows.size:
            return None
        rows = rows[np.argsort(draws_of(rows), kind="stable")]
        row_start, row_items = take_rows(start, entries, rows)
        item_start, holders = by_item(row_start, row_items, n_items)
        weight = (np.log((1.0 + rows.size) / (1.0 + np.append(np.diff(item_start), 1))) + 1.0) ** 2
        norms = _inverse_norms(row_start, row_items, weight)
        return Matrix(labels[rows], row_start, row_items, item_start, holders, weight, norms)

    def _components(self, threshold: float) -> NDArray[np.int64]:
        assert self._matrix is not None
        matrix = self._matrix
        return np.asarray(_components(
            matrix.row_start, matrix.row_items, matrix.item_start, matrix.holders, matrix.weight,
            matrix.inverse_norm, self._limit, threshold,
        ))  # fmt: skip

    def _similarities(self, matrix: Matrix, row: int) -> FloatArray:
        """Return the similarity of one row to all, float64 (rows,), 0 to itself."""
        products = np.zeros(matrix.accounts.size)
        for item in matrix.items_of(row):
            holders = matrix.holders[matrix.item_start[item] : matrix.item_start[item + 1]]
            first = int(np.searchsorted(holders, row)) < self._limit
            products[holders if first else holders[: self._limit]] += matrix.weight[item]
        products[row] = 0.0
        return products * matrix.inverse_norm * matrix.inverse_norm[row]


def draws_of(rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a lot for each number (SplitMix64), as priority by order of appearance would favour the busy."""
    word = (rows.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@njit(cache=True)
def _inverse_norms(row_start: NDArray[np.int64], row_items: NDArray[np.int32], weight: FloatArray) -> FloatArray:
    """Return one over each row's length; the weights are squares already."""
    out = np.empty(row_start.size - 1)
    for row in range(out.size):
        total = 0.0
        for k in range(row_start[row], row_start[row + 1]):
            total += weight[row_items[k]]
        out[row] = 1.0 / np.sqrt(total)
    return out


@njit(cache=True, inline="always")
def _add_up(row, row_start, row_items, item_start, holders, weight, limit, passed, products, touched):  # type: ignore[no-untyped-def]
    """Add up the products of a row with all later rows; return how many are not zero (`touched` lists them).

    Rows come in rising order, so `passed[item]` holders of an item are behind us and need no search. Only the first
    `limit` holders of an item look at those after them: every pair is met once, from its member of higher priority.
    Places are unsigned where it counts: Numba asks of every signed one whether it is meant from the end.
    """
    count = np.uint64(0)
    for k in range(row_start[row], row_start[row + 1]):
        item = row_items[k]
        if item < 0:
            continue
        place = passed[item]
        passed[item] = place + 1
        if place >= limit:
            continue
        squared = weight[item]
        for m in range(np.uint64(item_start[item] + place + 1), np.uint64(item_start[item + 1])):
            other = np.uint32(holders[m])
            before = products[other]
            touched[count] = other  # kept if it is new: a branch here, the processor could not guess
            count += np.uint64(before == 0.0)
            products[other] = before + squared
    return np.int64(count)


@njit(cache=True)
def _largest_cosines(
    row_start: NDArray[np.int64], row_items: NDArray[np.int32], item_start: NDArray[np.int64],
    holders: NDArray[np.int32], weight: FloatArray, inverse_norm: FloatArray, limit: int,
) -> FloatArray:  # fmt: skip
    """Return each row's largest cosine to another row, 0 if it shares nothing."""
    n = inverse_norm.size
    best, products, touched = np.zeros(n), np.zeros(n), np.empty(n, np.uint32)
    passed = np.zeros(weight.size, np.int32)
    for row in range(n):
        count = _add_up(row, row_start, row_items, item_start, holders, weight, limit, passed, products, touched)
        own = best[row]
        for t in range(count):
            other = touched[t]
            cosine = products[other] * inverse_norm[row] * inverse_norm[other]
            products[other] = 0.0
            own = max(own, cosine)
            if cosine > best[other]:
                best[other] = cosine
        best[row] = own
    return best


@njit(cache=True)
def _components(
    row_start: NDArray[np.int64], row_items: NDArray[np.int32], item_start: NDArray[np.int64],
    holders: NDArray[np.int32], weight: FloatArray, inverse_norm: FloatArray, limit: int, threshold: float,
) -> NDArray[np.int64]:  # fmt: skip
    """Return each row's component among pairs at least `threshold` alike: union-find, so that no edge is kept."""
    n = inverse_norm.size
    least = threshold - 0.5 * 10.0**-_DECIMALS  # what is rounded up to the threshold
    products, touched, passed = np.zeros(n), np.empty(n, np.uint32), np.zeros(weight.size, np.int32)
    parent = np.arange(n)
    for row in range(n):
        count = _add_up(row, row_start, row_items, item_start, holders, weight, limit, passed, products, touched)
        for t in range(count):
            other = touched[t]
            if products[other] * inverse_norm[row] * inverse_norm[other] >= least:
                _join(parent, row, other)
            products[other] = 0.0
    for row in range(n):
        parent[row] = _root(parent, row)
    return parent


@njit(cache=True)
def _pairs(
    row_start: NDArray[np.int64], row_items: NDArray[np.int32], item_start: NDArray[np.int64],
    holders: NDArray[np.int32], weight: FloatArray, inverse_norm: FloatArray, limit: int, threshold: float,
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:  # fmt: skip
    """Return the pairs of rows at least `threshold` alike, and how alike they are."""
    n, found = inverse_norm.size, np.int64(0)
    least = threshold - 0.5 * 10.0**-_DECIMALS  # what is rounded up to the threshold
    products, touched, passed = np.zeros(n), np.empty(n, np.uint32), np.zeros(weight.size, np.int32)
    one, others, cosines = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024)
    for row in range(n):
        count = _add_up(row, row_start, row_items, item_start, holders, weight, limit, passed, products, touched)
        if found + count > one.size:
            room = max(found + count, 2 * one.size)
            more, more_others, more_cosines = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
            more[:found], more_others[:found], more_cosines[:found] = one[:found], others[:found], cosines[:found]
            one, others, cosines = more, more_others, more_cosines
        for t in range(count):
            other = touched[t]
            cosine = products[other] * inverse_norm[row] * inverse_norm[other]
            if cosine >= least:
                one[found], others[found], cosines[found] = row, other, cosine
                found += 1
            products[other] = 0.0
    return one[:found].copy(), others[:found].copy(), cosines[:found].copy()


@njit(cache=True)
def _root(parent: NDArray[np.int64], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@njit(cache=True)
def _join(parent: NDArray[np.int64], row: int, other: int) -> None:
    one, two = _root(parent, row), _root(parent, other)
    parent[max(one, two)] = min(one, two)
