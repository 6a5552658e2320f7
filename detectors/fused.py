"""Fused traces: accounts that are central in the network of all that accounts have in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from detectors.base import (
    Detector,
    DetectorError,
    Evidence,
    FloatArray,
    accounts_of,
    check_account,
    not_scored,
    nothing_observed,
)
from detectors.co_repost import CoRepost
from detectors.co_url import CoUrl
from detectors.copy_paste import CopyPaste
from detectors.fast_repost import FastRepost
from detectors.hashtag_sequence import HashtagSequence
from detectors.parts.incidence import by_appearance
from detectors.parts.parameters import require_at_least, require_limit, require_number
from detectors.parts.ranks import shares_below
from detectors.parts.similarity import SharedItems
from sim.observation import Observation

_DECIMALS = 6  # of the logarithm of centrality: the last bits must not decide which account ranks first
_TOLERANCE = 1e-9  # change of a centrality in an iteration, over the largest


class Fused(Detector):
    """Scores accounts by the percentile of their eigenvector centrality in the network of all traces.

    There is one network for each trace (same reposts, fast reposts, same links, same hashtags, same wordings), in which
    two accounts are tied where they are alike; the fused network [1]_ has a tie where any of them has one, as strong as
    the strongest. Drivers of an operation are alike in several ways and to many, so they are central: accounts are
    pruned by eigenvector centrality. The paper chooses the percentile of centrality above which accounts are called
    coordinated; here the score is that percentile, and the threshold is the policy's. The program of its authors takes
    all ties as equal; here they weigh by similarity unless `weighted` is False. Their second method, a classifier on
    node2vec embeddings of the fused network, needs labels and is not here.

    An eigenvector is concentrated on the densest part of a network: smaller groups apart from it come next to last,
    whatever they do, and there is always a most central account, operation or not. Both are properties of the method.

    It reads what its traces read and costs what they cost together, plus 20 bytes for each pair at least
    `min_similarity` alike and one pass over these pairs an iteration. A pair is kept only where one of the two is among
    the first `max_holders` of an item, so there are at most `max_holders` pairs for each trace in the windows.

    Parameters
    ----------
    traces : mapping of str to SharedItems, optional
        The traces by name, fresh; co_repost, fast_repost, co_url, hashtag_sequence and copy_paste as they are by
        default.
    min_similarity : float
        Pairs less alike by a trace are not tied by it; in (0, 1].
    iterations : int
        The largest number of iterations of the power method; at least 1. It stops where no centrality changes any more,
        which takes hundreds where two parts of the network are nearly as dense.
    weighted : bool
        Whether centrality goes by similarity; False: all ties are equal, as in the authors' program.
    max_traces : int or None
        If the windows hold more traces, of all kinds together, scoring is refused with a message; None takes any
        number.

    References
    ----------
    .. [1] L. Luceri, V. Pantè, K. Burghardt and E. Ferrara, "Unmasking the Web of Deceit: Uncovering Coordinated
       Activity to Expose Information Operations on Twitter", WWW 2024, 2530-2541, doi:10.1145/3589334.3645529.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import CoUrl, Fused, HashtagSequence
    >>> from sim.observation import POST, Observation
    >>> detector = Fused({"links": CoUrl(min_urls=1), "hashtags": HashtagSequence(min_sequences=1)})
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=5, columns={}, events={
    ...     "time": np.arange(6), "account": np.array([0, 1, 2, 1, 2, 3]), "kind": np.full(6, POST),
    ...     "url": np.array([7, 7, 0, 8, 8, 9]), "hashtags": np.array([5, 0, 5, 0, 0, 0])}))
    >>> detector.score().round(2)
    array([0.67, 0.17, 0.67, 0.  ,  nan])
    """

    requires: frozenset[str]

    def __init__(
        self,
        traces: Mapping[str, SharedItems] | None = None,
        min_similarity: float = 0.2,
        iterations: int = 1000,
        max_traces: int | None = 2_500_000,
        weighted: bool = True,
    ) -> None:
        if not isinstance(weighted, bool):
            raise ValueError(f"Fused.weighted must be True or False; got {weighted!r}.")
        self.weighted = weighted
        if traces is None:
            traces = {
                "co_repost": CoRepost(), "fast_repost": FastRepost(), "co_url": CoUrl(),
                "hashtag_sequence": HashtagSequence(), "copy_paste": CopyPaste(),
            }  # fmt: skip
        if not isinstance(traces, Mapping):
            raise ValueError(f"Fused.traces must be a mapping of names to detectors; got {traces!r}.")
        if not traces:
            raise ValueError("Fused.traces must hold at least one trace; got none.")
        for name, trace in traces.items():
            if not isinstance(trace, SharedItems):
                raise ValueError(f"Fused.traces.{name} must compare shared items; got {type(trace).__name__}.")
        require_number("Fused", min_similarity=min_similarity)
        if not 0.0 < min_similarity <= 1.0:
            raise ValueError(f"Fused.min_similarity must lie in (0, 1]; got {min_similarity}.")
        require_at_least("Fused", 1, iterations=iterations)
        require_limit("Fused", max_traces=max_traces)
        self.max_traces = max_traces
        self.traces, self.min_similarity, self.iterations = dict(traces), min_similarity, iterations
        self.requires = frozenset().union(*(trace.requires for trace in self.traces.values()))
        self._n_accounts = -1
        self._scores: FloatArray = np.empty(0)
        self._alike: FloatArray = np.empty((0, 0))  # (traces, accounts): largest similarity by each trace
        self._centrality: FloatArray = np.empty(0)
        self._ties: NDArray[np.int64] = np.empty(0, np.int64)

    def observe(self, observation: Observation) -> None:
        """Let every trace observe the step."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        for trace in self.traces.values():
            trace.observe(observation)

    def score(self) -> FloatArray:
        """Return the share of tied accounts that are less central, equals half; float64 (accounts,).

        0 where an account is like no other; NaN where no trace has enough of it.

        Raises
        ------
        DetectorError
            There are more than `max_traces`.
        """
        if self._n_accounts < 0:
            raise nothing_observed(self)
        n_traces = sum(trace.n_traces for trace in self.traces.values())
        if self.max_traces is not None and n_traces > self.max_traces:
            raise DetectorError(
                f"detector Fused compares at most {self.max_traces:,} traces (max_traces); "
                f"the windows hold {n_traces:,}."
            )
        self._alike = np.stack([trace.score() for trace in self.traces.values()])
        self._scores = np.where(np.isnan(self._alike).all(axis=0), np.nan, 0.0)
        self._centrality, self._ties = np.zeros(self._n_accounts), np.zeros(self._n_accounts, np.int64)
        accounts, one, other, similarity = self.network()
        if one.size:
            tie = similarity if self.weighted else np.ones(similarity.size)
            central = _centrality(one, other, tie, accounts.size, self.iterations)
            self._centrality[accounts] = central
            self._ties[accounts] = np.bincount(np.concatenate([one, other]), minlength=accounts.size)
            with np.errstate(divide="ignore"):
                order = np.asarray(np.round(np.log(central), _DECIMALS), np.float64)
            self._scores[accounts] = shares_below(order)
        return self._scores.copy()

    def network(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], FloatArray]:
        """Return the fused network of the last scoring.

        Returns
        -------
        accounts : int64 (nodes,)
            In an order that does not depend on how accounts are numbered.
        one, other : int32 (pairs,)
            Places in `accounts`, each pair once.
        similarity : float64 (pairs,)
            The largest of any trace.
        """
        parts = [trace.pairs(self.min_similarity) for trace in self.traces.values()]
        one, other, similarity = (np.concatenate(part) for part in zip(*parts, strict=True))
        accounts, places = by_appearance(np.concatenate([one, other]))
        low, high = np.sort(places.reshape(2, -1), axis=0)
        order = np.lexsort((-similarity, high, low))
        low, high, similarity = low[order], high[order], similarity[order]
        first = np.ones(low.size, np.bool_)
        first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        return accounts, low[first], high[first], similarity[first]

    def centrality(self) -> FloatArray:
        """Return eigenvector centralities of the last scoring, float64 (accounts,), the largest being 1."""
        return self._centrality.copy()

    def explain(self, account: int) -> Evidence:
        """Say to how many accounts it is tied, and by which trace it is most like another."""
        if self._scores.size != self._n_accounts:
            raise not_scored(self)
        check_account(self, account, self._n_accounts)
        score, alike = float(self._scores[account]), self._alike[:, account]
        if np.isnan(score):
            return Evidence(account, "No trace has enough of it: too little to say.")
        most = int(np.nanargmax(alike))
        name = list(self.traces)[most]
        ties, central = int(self._ties[account]), float(self._centrality[account])
        return Evidence(
            account,
            f"Alike to {ties} accounts in the fused network, more central than {score:.0%} of those in it; most alike "
            f"by {name} ({alike[most]:.2f}).",
            {"ties": ties, "centrality": central, "percentile": score}
            | {trace: float(a) for trace, a in zip(self.traces, alike, strict=True) if not np.isnan(a)},
        )


def _centrality(
    one: NDArray[np.int32], other: NDArray[np.int32], similarity: FloatArray, n: int, iterations: int
) -> FloatArray:
    """Return eigenvector centralities by the power method, float64 (n,), the largest being 1.

    Each account also counts for itself, which leaves the vectors alone and lets the method converge where the network
    has two sides.
    """
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    network = coo_array((np.concatenate([similarity, similarity]), (rows, columns)), shape=(n, n)).tocsr()
    central = np.ones(n)
    for _ in range(iterations):
        before = central
        central = network @ before + before
        central /= central.max()
        if np.abs(central - before).max() < _TOLERANCE:
            break
    return central
