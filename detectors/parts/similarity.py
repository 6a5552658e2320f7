"""The base class of the detectors that compare accounts by what they share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, not_scored, nothing_observed
from detectors.parts.cosines import (
    BINS,
    DECIMALS,
    Matrix,
    components,
    cosines_of,
    heaviest_pairs,
    largest_cosines,
    similar_pairs,
    weighted,
)
from detectors.parts.draws import draws_of
from detectors.parts.incidence import (
    accounts_by_appearance,
    distinct_rows,
    held_by_many,
    shared_items,
    take_rows,
    times_of_each,
)
from detectors.parts.parameters import require_limit, require_number, require_positive
from detectors.parts.rules import MAX_WORK, NO_LIMIT, Rules, affordable, chosen
from detectors.parts.window import TraceWindow
from sim.observation import Observation


class SharedItems(Detector):
    """Scores accounts by their largest TF-IDF cosine to another account over the items that they share.

    A subclass says in `_traces` what an item is: a post reposted, a link, a wording. Each account is a vector of zeros
    and ones over the items that it had in a sliding window. The weight of an item is its smoothed inverse document
    frequency, ln((1 + n) / (1 + d)) + 1, for n accounts with enough items and d of them with this one: scikit-learn's
    TfidfTransformer(). What everybody has weighs little. Accounts with too few items are left out before anything is
    counted.

    The paper [1]_ cuts the similarity network once, at a top share of its edges, and calls the remaining components
    coordinated. Here the threshold is left to the policy, and nothing is lost by that: the accounts that score at least
    s are exactly those that are not alone in the network cut at s, and `groups(s)` are its components.

    Cost: `observe` is O(events) and keeps 20 bytes per trace in the window. `score` is O(traces + sum over items of
    d * min(d, max_holders)) for items with d holders: at most traces * max_holders, and linear in the accounts. No
    account x account matrix is made (`detectors.parts.cosines`).

    Parameters
    ----------
    window_hours : float
        Traces older than this at the end of the last step are forgotten; above 0.
    min_items : int
        Accounts with fewer distinct items in the window are NaN. At least 1; but with 1, all accounts that have one
        item and nothing else are perfectly alike.
    max_holders : int or None
        Bounds the cost of each popular item, at a price: of an item with more holders, only pairs with at least one
        member
        among its first `max_holders` in priority count. Priority is drawn at random, afresh for each scoring and the
        same for all items, so that an account that is compared at all is compared by all that it has. The similarity of
        other pairs is too low by the weight of those items, which is small, as they are popular: a score is never above
        the exact one. At least 1; None compares all.
    max_work : int or None
        Additions of a scoring, the most: where comparing all holders would take more, as many are compared as it
        allows, and `inexact_from` says from which number of holders on that is. At least 1; None takes any number.
    min_holders : int
        Items of fewer scored accounts are left out of the vectors; at least 1, which leaves out none.
    counts : str
        What an item counts for an account that had it t times: `binary` 1, `linear` t, `sublinear` 1 + ln t.
    preset : str or None
        Rules of a published program, in the place of `min_items`, `max_holders`, `min_holders` and `counts`.

    References
    ----------
    .. [1] D. Pacheco, P.-M. Hui, C. Torres-Lugo, B. T. Truong, A. Flammini and F. Menczer, "Uncovering Coordinated
       Networks on Social Media: Methods and Case Studies", ICWSM 15 (2021), 455-466, doi:10.1609/icwsm.v15i1.18075.
    """

    _names: ClassVar[tuple[str, str, str]] = ("window_hours", "min_items", "max_holders")  # of the parameters
    _had, _things = "Had", "items"  # how `explain` speaks of it
    _presets: ClassVar[dict[str, Rules]] = {}

    def __init__(
        self,
        window_hours: float,
        min_items: int,
        max_holders: int | None,
        *,
        max_work: int | None = MAX_WORK,
        min_holders: int = 1,
        counts: str = "binary",
        preset: str | None = None,
    ) -> None:
        name, (window, least, most) = type(self).__name__, self._names
        require_positive(name, **{window: window_hours})
        require_limit(name, max_work=max_work)
        given = Rules(least=min_items, min_holders=min_holders, counts=counts, max_holders=max_holders)
        self._rules = chosen(name, given, preset, self._presets, {"least": least, "max_holders": most})
        self.window_hours, self.max_work, self.preset = window_hours, max_work, preset
        self._limit = NO_LIMIT  # of the last scoring
        self.keep_pairs = 0  # so many of the most alike pairs are kept at a scoring, which `heaviest_pairs` gives then
        self._kept: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], FloatArray] | None = None
        self._n_accounts = -1
        self._window = TraceWindow(window_hours)
        self._matrix: Matrix | None = None  # of the last scoring
        self._accounts: NDArray[np.int64] = np.empty(0, np.int64)  # of its rows
        self._scores: FloatArray = np.empty(0)

    @abstractmethod
    def _traces(self, observation: Observation) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return time, account and item of the step's traces, in time order."""

    def observe(self, observation: Observation) -> None:
        """Keep the step's traces; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        self._window.add(observation.end, *self._traces(observation))

    def score(self) -> FloatArray:
        """Return each account's largest cosine to another, float64 (accounts,); NaN where it has too few items."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
        enough, self._accounts, self._matrix = self._build()
        self._scores[enough] = 0.0
        self._kept = None
        if self._matrix is not None:
            if self.keep_pairs:
                best, *_ = found = heaviest_pairs(self._matrix, self._limit, self.keep_pairs)
                self._kept = found[1:]
            else:
                best = largest_cosines(self._matrix, self._limit)
            self._scores[self._accounts] = np.minimum(np.round(best, DECIMALS), 1.0)
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
        self._check_threshold("groups", threshold)
        if self._matrix is None:
            return []
        group = components(self._matrix, self._limit, threshold)
        order = np.argsort(group, kind="stable")
        members = np.split(self._accounts[order], np.flatnonzero(np.diff(group[order])) + 1)
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
            Accounts, in an order that does not depend on how accounts are numbered.
        similarity : float64 (pairs,)
        """
        self._check_threshold("pairs", threshold)
        if self._matrix is None:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        one, other, cosine = similar_pairs(self._matrix, self._limit, threshold)
        return self._accounts[one], self._accounts[other], np.minimum(np.round(cosine, DECIMALS), 1.0)

    def heaviest_pairs(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """Count the pairs that share something at the last scoring, and return the most alike of them.

        Parameters
        ----------
        most : int
            About how many are returned; more where so many are equally alike.

        Returns
        -------
        counts : int64 (10,000,)
            Pairs by similarity: bin i counts from i / 10,000 on.
        one, other : int64 (pairs,)
            At least the highest bins that have no more than `most` together.
        similarity : float64 (pairs,)
        """
        self._require_scored()
        if self._matrix is None:
            return np.zeros(BINS, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        kept = self._kept
        if kept is None or self.keep_pairs < most:
            kept = heaviest_pairs(self._matrix, self._limit, most)[1:]
        counts, one, other, cosine = kept
        return counts, self._accounts[one], self._accounts[other], np.minimum(np.round(cosine, DECIMALS), 1.0)

    @property
    def inexact_from(self) -> int | None:
        """Holders from which on an item counts only for some pairs at the last scoring; None: all pairs are exact."""
        return None if self._limit == NO_LIMIT else self._limit + 2

    def explain(self, account: int) -> Evidence:
        """Name the nearest neighbour at the last scoring, what the two share, and the group around them."""
        self._require_scored()
        check_account(self, account, self._n_accounts)
        score, matrix = float(self._scores[account]), self._matrix
        if matrix is None or np.isnan(score):
            least = max(self._rules.least, self._rules.least_acts)
            few = f"fewer than {least} {self._things} in the last {self.window_hours:g} hours"
            return Evidence(account, f"{self._had} {few}: too little to say.")
        if score == 0.0:
            return Evidence(
                account,
                f"Shares none of its {self._things} with a scored account.",
                {"similarity": 0.0, f"shared_{self._things}": 0},
            )
        row = int(np.flatnonzero(self._accounts == account)[0])
        other = int(np.argmax(cosines_of(matrix, row, self._limit)))
        shared = np.intersect1d(matrix.items_of(row), matrix.items_of(other)).size
        group = components(matrix, self._limit, score)
        size = int((group == group[row]).sum())
        nearest = int(self._accounts[other])
        return Evidence(
            account,
            f"{self._had} {shared} of the same {self._things} as account {nearest} (similarity {score:.2f}), "
            f"in a group of {size} accounts linked at {score:.2f} or more.",
            {"nearest": nearest, "similarity": score, f"shared_{self._things}": shared, "group_size": size},
        )

    @property
    def n_traces(self) -> int:
        """Traces kept: those of the window, and the rest of its oldest step."""
        return self._window.n_kept

    def _require_scored(self) -> None:
        if self._scores.size != self._n_accounts:
            raise not_scored(self)

    def _check_threshold(self, method: str, threshold: float) -> None:
        require_number(f"{type(self).__name__}.{method}", threshold=threshold)
        if not 0.0 < threshold <= 1.0:
            raise ValueError(f"{type(self).__name__}.{method}: threshold must lie in (0, 1]; got {threshold}.")
        self._require_scored()

    def _counting(
        self, account: NDArray[np.int32], item: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return those of the window's traces that count: all, unless a detector asks for more."""
        return account, item

    def _build(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Matrix | None]:
        """Return the accounts with enough items; those that are compared, in order of priority; and their matrix."""
        rules = self._rules
        account, label = self._counting(self._window.accounts(), self._window.items())
        distinct, account = accounts_by_appearance(account, self._n_accounts)
        n_items, item = shared_items(label)
        start, entries = distinct_rows(account, item, distinct.size, n_items)
        enough = np.diff(start) >= rules.least
        if rules.least_acts > 1:
            enough &= np.bincount(account, minlength=distinct.size) >= rules.least_acts
        rows = np.flatnonzero(enough)
        if not rows.size:
            return rows, rows, None
        rows = rows[np.argsort(draws_of(rows), kind="stable")]
        row_start, row_items = take_rows(start, entries, rows)
        factor = np.empty(0)
        if rules.counts != "binary":
            times = times_of_each(account, item, start, entries, n_items).astype(np.int32)
            factor = take_rows(start, times, rows)[1].astype(np.float64)
            factor = 1.0 + np.log(factor) if rules.counts == "sublinear" else factor
        compared = rows
        if rules.min_holders > 1:
            kept = held_by_many(row_start, row_items, n_items, rules.min_holders)
            left = np.diff(np.searchsorted(kept, row_start))
            some = left > 0 if rules.only_the_rest else np.ones(left.size, np.bool_)
            compared, row_items, factor = rows[some], row_items[kept], factor[kept] if factor.size else factor
            row_start = np.concatenate([[0], np.cumsum(left[some])])
        matrix = weighted(row_start, row_items, n_items, factor) if compared.size else None
        if matrix is not None:
            self._limit = affordable(np.diff(matrix.item_start), rules.max_holders, self.max_work)
        return distinct[rows], distinct[compared], matrix
