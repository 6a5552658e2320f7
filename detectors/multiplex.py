"""Multiplex: communities of accounts that act on the same objects at about the same times, in several traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, Evidence, FloatArray, accounts_of, check_account, not_scored, nothing_observed
from detectors.parts.coactions import Layer
from detectors.parts.incidence import by_appearance
from detectors.parts.parameters import require_at_least, require_positive
from detectors.parts.traces import KINDS, fields_of, traces
from detectors.parts.window import TraceWindow
from sim.observation import Observation

_DECIMALS = 12  # sums taken in another order differ in the last bits
Edges = tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]


class Multiplex(Detector):
    """Scores accounts by how much of what they did their own community did at about the same time.

    Accounts that work together act on the same objects, near in time, and not always by one trace: so each trace
    (reposts, links, hashtags) is a layer of a multiplex network [1]_. In a layer, two acts on one object that are t
    seconds apart count exp(-t / s) / (d - 1) for an object with d acts, which is the collaboration model of [2]_ with a
    clock; a tie is their sum over the root of the product of the two accounts' acts, so that the busy are not tied to
    everybody. The time s of a layer is that of `minutes` for which its communities have the highest modularity. The
    layers, each with ties that add up to one, are laid on one another, and communities found in the whole, by the
    method of Louvain [3]_ (NetworkX).

    The paper reports communities. Here an account has a score: the share of its acts, in all layers, that its own
    community of `min_group` or more accompanied, each act counting by how near the others were: the mean of
    exp(-t / s) over the other acts on the object, those of other communities counting none. 1 is all of them within an
    instant, and nobody else.

    It reads what its traces need. Cost: 20 bytes an act in the window; a scoring is linear in the pairs of acts, of
    which it keeps 32 bytes each, and runs Louvain on the `max_ties` heaviest ties, once for each layer and time and
    once for the whole: some three seconds for 10,000 ties, three layers and four times.

    Parameters
    ----------
    traces : list of str
        Layers: `repost`, `url`, `hashtags`, `text`; one or more.
    window_hours : float
        Acts older than this at the end of the last step are forgotten; above 0.
    minutes : list of float
        Times that a layer chooses its own from; above 0.
    min_acts : int
        Accounts with fewer acts in all layers together are NaN; at least 1.
    min_group : int
        Smaller communities do not count; at least 2.
    max_acts : int
        Objects of more acts are left out; at least 2.
    max_pairs : int
        Of acts in a layer: where there are more, objects of fewer acts than `max_acts` are left out.
    max_ties : int
        In a layer, of which the heaviest are kept.
    seed : int
        Of Louvain's order of accounts.

    References
    ----------
    .. [1] L. Iannucci, E. Muratore, A. Matakos and M. Kivelä, "Detecting Coordinated Activities Through Temporal,
       Multiplex, and Collaborative Analysis", arXiv:2512.19677 (2025).
    .. [2] M. E. J. Newman, "Scientific collaboration networks. II", Physical Review E 64 (2001), 016132.
    .. [3] V. D. Blondel, J.-L. Guillaume, R. Lambiotte and E. Lefebvre, "Fast unfolding of communities in large
       networks", Journal of Statistical Mechanics (2008), P10008.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import Multiplex
    >>> from sim.observation import REPOST, Observation
    >>> detector = Multiplex(["repost"], minutes=[10.0], min_acts=2)
    >>> detector.observe(Observation(step=0, start=0, end=900, n_accounts=6, columns={}, events={
    ...     "time": np.array([0, 1, 2, 100, 101, 102, 800, 801]), "account": np.array([0, 1, 2, 0, 1, 2, 3, 3]),
    ...     "post": np.array([7, 7, 7, 8, 8, 8, 7, 9]), "kind": np.full(8, REPOST), "author": np.full(8, 5)}))
    >>> detector.score().round(2)
    array([0.88, 0.88, 0.88, 0.13,  nan,  nan])
    """

    requires: frozenset[str]

    def __init__(
        self,
        traces: Sequence[str] = ("repost", "url", "hashtags"),
        window_hours: float = 168.0,
        minutes: Sequence[float] = (1.0, 10.0, 60.0, 360.0),
        min_acts: int = 3,
        min_group: int = 3,
        max_acts: int = 100,
        max_pairs: int = 20_000_000,
        max_ties: int = 10_000,
        seed: int = 0,
    ) -> None:
        for name, given in (("traces", traces), ("minutes", minutes)):
            if isinstance(given, str) or not isinstance(given, Sequence) or not given:
                raise ValueError(f"Multiplex.{name} must be a list of one or more; got {given!r}.")
        self.requires = frozenset().union(*(fields_of(name, "Multiplex") for name in traces))
        if len(set(traces)) < len(traces):
            raise ValueError(f"Multiplex.traces must name different traces; got {list(traces)!r}.")
        require_positive("Multiplex", window_hours=window_hours)
        for each in minutes:
            require_positive("Multiplex", minutes=each)
        require_at_least("Multiplex", 1, min_acts=min_acts, max_pairs=max_pairs, max_ties=max_ties)
        require_at_least("Multiplex", 2, min_group=min_group, max_acts=max_acts)
        require_at_least("Multiplex", 0, seed=seed)
        self.traces, self.window_hours, self.minutes = tuple(traces), window_hours, tuple(minutes)
        self.min_acts, self.min_group, self.max_acts = min_acts, min_group, max_acts
        self.max_pairs, self.max_ties, self.seed = max_pairs, max_ties, seed
        self._n_accounts = -1
        self._windows = [TraceWindow(window_hours) for _ in traces]
        self._scores: FloatArray = np.empty(0)
        self._accounts = np.empty(0, np.int64)  # of the nodes
        self._group = np.empty(0, np.int64)  # of each node; -1: of none that counts
        self._edges: Edges = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        self.chosen: dict[str, float] = {}  # minutes of each layer, at the last scoring

    def observe(self, observation: Observation) -> None:
        """Keep the step's acts; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        for window, name in zip(self._windows, self.traces, strict=True):
            window.add(observation.end, *traces(observation, name))
        self._scores = np.empty(0)

    def score(self) -> FloatArray:
        """Return the share of each account's acts that its community accompanied, float64 (accounts,)."""
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
        sizes = [window.n_traces for window in self._windows]
        every = np.concatenate([window.accounts() for window in self._windows]).astype(np.int64)
        self._accounts, node = by_appearance(every)
        n = self._accounts.size
        layers = [
            Layer.of(
                window.times(), nodes.astype(np.int64), window.items(), n, most_acts=self.max_acts,
                most_pairs=self.max_pairs,
            )
            for window, nodes in zip(self._windows, np.split(node, np.cumsum(sizes)[:-1]), strict=True)
        ]  # fmt: skip
        seconds = [self._time_of(layer) for layer in layers]
        self.chosen = dict(zip(self.traces, [one / 60.0 for one in seconds], strict=True))
        one, other, weight = self._whole(layers, seconds)
        self._group = self._communities(one, other, weight, n)
        self._edges = self._accounts[one], self._accounts[other], weight
        acts = np.sum([layer.acts for layer in layers], axis=0)
        along = np.sum([layer.inside(s, self._group) for layer, s in zip(layers, seconds, strict=True)], axis=0)
        enough = acts >= self.min_acts
        share = np.round(along[enough] / acts[enough], _DECIMALS)
        self._scores[self._accounts[enough]] = np.minimum(share, 1.0)
        return self._scores.copy()

    def groups(self) -> list[NDArray[np.int64]]:
        """Return the communities of the last scoring, `min_group` accounts or more, the largest first."""
        self._require_scored()
        order = np.argsort(self._group, kind="stable")
        order = order[self._group[order] >= 0]
        members = np.split(self._accounts[order], np.flatnonzero(np.diff(self._group[order])) + 1) if order.size else []
        return sorted((np.sort(one) for one in members), key=len, reverse=True)

    def edges(self) -> Edges:
        """Return the ties of the last scoring, all layers together: accounts, and weight; each pair once."""
        self._require_scored()
        return self._edges

    def explain(self, account: int) -> Evidence:
        """Say how large its community is, and how much of what it did that accompanied."""
        self._require_scored()
        check_account(self, account, self._n_accounts)
        score = float(self._scores[account])
        if np.isnan(score):
            few = f"fewer than {self.min_acts} acts in the last {self.window_hours:g} hours"
            return Evidence(account, f"It has {few}: too little to say.")
        group = self._group[np.flatnonzero(self._accounts == account)[0]]
        if group < 0:
            return Evidence(account, f"Belongs to no community of {self.min_group} accounts or more.", {"share": 0.0})
        size = int(np.count_nonzero(self._group == group))
        layers = ", ".join(f"{KINDS[name][1]} within some {minutes:g} minutes" for name, minutes in self.chosen.items())
        return Evidence(
            account,
            f"Belongs to a community of {size} accounts that accompanied {score:.0%} of what it did ({layers}).",
            {"share": score, "community": size},
        )

    def _require_scored(self) -> None:
        if self._n_accounts < 0 or self._scores.size != self._n_accounts:
            raise not_scored(self)

    def _time_of(self, layer: Layer) -> float:
        """Return the seconds for which the layer's communities have the highest modularity; of equal ones the least."""
        from networkx.algorithms.community import louvain_communities, modularity

        times = [60.0 * each for each in sorted(self.minutes)]
        if len(times) == 1 or not layer.one.size:
            return times[0]
        found = []
        for seconds in times:
            graph = _graph(*_heaviest(*layer.ties(seconds), self.max_ties))
            if not graph.number_of_edges():
                found.append(-1.0)
                continue
            found.append(round(modularity(graph, louvain_communities(graph, seed=self.seed)), _DECIMALS))
        return times[int(np.argmax(found))]

    def _whole(self, layers: Sequence[Layer], seconds: Sequence[float]) -> Edges:
        """Return the ties of all layers, those of each adding up to one."""
        parts = []
        for layer, each in zip(layers, seconds, strict=True):
            one, other, weight = _heaviest(*layer.ties(each), self.max_ties)
            parts.append((one, other, weight / weight.sum() if weight.size else weight))
        one, other, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
        key, place = np.unique(one.astype(np.int64) << 32 | other, return_inverse=True)
        total: FloatArray = np.bincount(place, weight, minlength=key.size).astype(np.float64)
        return key >> 32, key & 0xFFFFFFFF, total

    def _communities(
        self, one: NDArray[np.int64], other: NDArray[np.int64], weight: FloatArray, n: int
    ) -> NDArray[np.int64]:
        """Return the community of each of n nodes, -1 where it is too small: int64 (n,)."""
        from networkx.algorithms.community import louvain_communities

        group = np.full(n, -1, np.int64)
        graph = _graph(one, other, weight)
        if graph.number_of_edges():
            for number, members in enumerate(louvain_communities(graph, seed=self.seed)):
                if len(members) >= self.min_group:
                    group[list(members)] = number
        return group


def _heaviest(
    one: NDArray[np.int32], other: NDArray[np.int32], weight: FloatArray, most: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Return the heaviest ties, above 0, in the order given; of equal ones at the end the first."""
    order = np.argsort(-np.round(weight, _DECIMALS), kind="stable")[:most]
    kept = np.sort(order[weight[order] > 0.0])
    return one[kept], other[kept], weight[kept]


def _graph(one: NDArray[Any], other: NDArray[Any], weight: FloatArray):  # type: ignore[no-untyped-def]
    """Return a NetworkX graph."""
    from networkx import Graph  # slow to import

    graph = Graph()
    graph.add_weighted_edges_from(zip(one.tolist(), other.tolist(), weight.tolist(), strict=True))
    return graph
