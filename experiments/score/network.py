"""The networks that methods find: the edges of those that score pairs, and their groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detectors import Fraudar, Fused, Multiplex, NullModel, SynchroTrap, WindowedCoRepost
from detectors.parts.similarity import SharedItems
from experiments.score.pairs import cut_of

_HALF = 0.5  # score of `null_model`: a false-discovery rate of 0.1
_EQUAL = 100_000  # pairs of one weight at the cut that are kept together
_ROUNDING = 1e-12
MOST_EDGES = 1_000_000  # of a method
Edges = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
_NONE: Edges = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


@dataclass
class Network:
    """What a method ties together.

    Attributes
    ----------
    one, other : int64 (edges,)
        Accounts, each pair once.
    weight : float64 (edges,)
    groups : list of int64 arrays
        Accounts, the largest group first.
    said : str
        What the edges and groups are, and where they were cut.
    """

    one: NDArray[np.int64] = field(default_factory=lambda: _NONE[0])
    other: NDArray[np.int64] = field(default_factory=lambda: _NONE[1])
    weight: NDArray[np.float64] = field(default_factory=lambda: _NONE[2])
    groups: list[NDArray[np.int64]] = field(default_factory=list)
    said: str = ""


def network_of(detector: Any, share: float) -> Network | None:
    """Return the network of a detector's last scoring; None of a method that ties nobody.

    Parameters
    ----------
    detector : object
        Scored.
    share : float
        Of its pairs, the heaviest.
    """
    if isinstance(detector, SharedItems | SynchroTrap):
        return _alike(detector, share)
    if isinstance(detector, NullModel):
        edges = detector.pairs(_HALF)
        if not edges[0].size:
            return Network(said="No pair shares more than chance explains, at a false-discovery rate of 0.1.")
        counted = "decades of the p-value, of those at or below the largest of an account that scores 0.5 or more"
        return _heaviest(edges, 1.0, counted)
    if isinstance(detector, WindowedCoRepost):
        one, other, weight = detector.edges(detector.min_weight)
        once = one < other
        count = "joint reposts within seconds; the lower account's, as the tool counts from each side"
        return _heaviest((one[once], other[once], weight[once].astype(np.float64)), share, count)
    if isinstance(detector, Fused):
        accounts, low, high, similarity = detector.network()
        return _heaviest((accounts[low], accounts[high], similarity), share, "the largest similarity of any trace")
    if isinstance(detector, Multiplex):
        one, other, tie = detector.edges()
        times = ", ".join(f"{name} {minutes:g} minutes" for name, minutes in detector.chosen.items())
        said = f"Groups are communities; the time of a layer: {times}. Edges: the {tie.size:,} heaviest ties."
        return Network(one, other, tie, detector.groups(), said)
    if isinstance(detector, Fraudar):
        accounts, posts = detector.block()
        said = f"The group is the densest block: {accounts.size:,} accounts, {posts.size:,} posts."
        return Network(groups=[accounts] if accounts.size else [], said=said)
    return None


def _alike(detector: SharedItems | SynchroTrap, share: float) -> Network:
    """Return the heaviest pairs of a method that compares accounts by what they share or do together."""
    counts, one, other, weight = detector.heaviest_pairs(MOST_EDGES)
    total = int(counts.sum())
    if not total:
        return Network(said="No two accounts with enough to be compared by share anything.")
    cut = cut_of(counts, share, MOST_EDGES)
    alike = weight >= cut - _ROUNDING
    one, other, weight = one[alike], other[alike], weight[alike]
    kept = f"{one.size:,} of {total:,} pairs that share something"
    said = " ".join(filter(None, [f"Cut at a similarity of {cut:.4g}: {kept}.", inexact(detector)]))
    return Network(one, other, weight, _components((one, other, weight)), said)


def inexact(detector: Any) -> str:
    """Say from where on the last scoring of a method, or of its parts, compares some pairs only; empty if nowhere."""
    if isinstance(detector, Fused):
        parts = {name: inexact(trace) for name, trace in detector.traces.items()}
        return " ".join(f"{name}: {said}" for name, said in parts.items() if said)
    if not isinstance(detector, SharedItems) or detector.inexact_from is None:
        return ""
    least = detector.inexact_from
    return (
        f"Exact but for what {least:,} accounts or more share, of which only pairs with one of {least - 2:,} count: "
        "all others' similarity is too low by that."
    )


def _heaviest(edges: Edges, share: float, what: str) -> Network:
    """Return the heaviest share of edges; of equal ones at the cut all, if that is not too many."""
    one, other, weight = edges
    if not weight.size:
        return Network(said="No two accounts are tied.")
    wanted = min(max(int(share * weight.size), 1), MOST_EDGES)
    cut = float(np.partition(weight, weight.size - wanted)[weight.size - wanted])
    kept = weight >= cut
    if np.count_nonzero(kept) > max(2 * wanted, _EQUAL) and (weight > cut).any():
        kept = weight > cut
        cut = float(weight[kept].min())
    chosen = one[kept], other[kept], weight[kept]
    said = f"Cut at a weight of {cut:.4g} ({what}): {chosen[0].size:,} of {weight.size:,} pairs."
    return Network(*chosen, _components(chosen), said)


def _components(edges: Edges) -> list[NDArray[np.int64]]:
    """Return the connected components, the largest first, of equal ones that of the lowest number."""
    accounts, places = np.unique(np.concatenate(edges[:2]), return_inverse=True)
    one, other = places.reshape(2, -1)
    graph = coo_array((np.ones(one.size, np.int8), (one, other)), shape=(accounts.size, accounts.size))
    labels = connected_components(graph, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    groups = np.split(accounts[order], np.flatnonzero(np.diff(labels[order])) + 1) if accounts.size else []
    return sorted(groups, key=lambda group: (-group.size, int(group[0])))
