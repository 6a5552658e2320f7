"""Tables and networks of a run for pandas, NetworkX and matplotlib, all under one numbering: the world's.

A detector's numbers are pseudonyms, drawn for the run, and not these. `model.accounts_of(pseudonyms)` gives the world's
numbers of what a detector names, `model.explain(account)` its evidence under them, and `accounts_frame` has a column
`pseudonym`. pandas, NetworkX and matplotlib are imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError
from sim.core.rng import Purpose, stream, uniforms
from sim.events.records import REPOST
from sim.platform.platform import Platform
from sim.population.accounts import Status
from sim.population.truth import Layer
from sim.state import RunState

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.axes import Axes

#: Names of the layers and of the statuses in tables and networks, by their numbers.
LAYERS = tuple(layer.name.lower() for layer in Layer)
STATUSES = tuple(status.name.lower() for status in Status)
COLOURS = {"organic": "#7f8c8d", "core": "#c0392b", "amplifier": "#e69f00"}
MARKERS = {"active": "o", "challenged": "^", "suspended": "X"}
_MOST_TIES = 5_000_000  # a NetworkX graph of more takes several gigabytes
_CORE, _AMPLIFIERS = 6, 3  # one in 6 plotted nodes is a persona, one in 3 an amplifier


def accounts_frame(state: RunState, platform: Platform) -> pd.DataFrame:
    """Return all accounts, what the platform sees of them and what they are.

    Returns
    -------
    pandas.DataFrame
        Index `account`. The columns of `AccountTable.to_frame`, `language` by its name; `acts` in the run so far; the
        truth: `layer`, `role` of a persona, `cell` of an amplifier (-1: none), `group` of innocent coordinated
        accounts (-1: none); and `pseudonym`, the number by which detectors know the account.
    """
    import pandas as pd

    truth, frame = state.world.truth, state.accounts.to_frame()
    languages = list(state.config.organic.languages)
    frame["language"] = pd.Categorical.from_codes(state.accounts.language, languages)
    frame["acts"] = state.timeline.acts_count
    frame["layer"] = pd.Categorical.from_codes(truth.layer, list(LAYERS))
    frame["role"] = pd.Categorical.from_codes(truth.role.astype(np.int16) - 1, list(truth.role_names))
    frame["cell"], frame["group"], frame["pseudonym"] = truth.cell, truth.group, platform.pseudonyms
    return frame


def scores(state: RunState, platform: Platform) -> pd.DataFrame:
    """Return the last scores of each route.

    Returns
    -------
    pandas.DataFrame
        Columns `account`, the world's number, `layer`, and one for each route by its name (`main` first), NaN where it
        has no score; no route where there is no detector.
    """
    import pandas as pd

    layer = pd.Categorical.from_codes(state.world.truth.layer, list(LAYERS))
    columns = {route.name: route.scores.copy() for route, _ in platform.routes}
    return pd.DataFrame({"account": np.arange(len(state.accounts)), "layer": layer, **columns})


def repost_network(state: RunState, *, least: int = 1) -> nx.DiGraph:
    """Return who reposted whom up to now, as far as the log keeps it (`scenario.organic_log_share`).

    Parameters
    ----------
    least : int
        Edges of fewer reposts are left out, and accounts without edges.

    Returns
    -------
    networkx.DiGraph
        An edge from each account to each that it reposted, `weight` being how often; reposts of oneself are left out.
        Nodes are the world's account numbers, with `layer` and `status`.

    Raises
    ------
    ConfigError
        `least` is no whole number of at least 1, or there would be more edges than NetworkX can hold in reason.
    """
    if isinstance(least, bool) or not isinstance(least, int | np.integer) or least < 1:
        raise ConfigError(f"least must be a whole number of at least 1; got {least!r}.")
    who, author, count = _reposts(state)
    kept = count >= least
    return _graph(state, who[kept], author[kept], weight=count[kept])


def follower_network(state: RunState, accounts: NDArray[np.integer] | None = None) -> nx.DiGraph:
    """Return who follows whom.

    Parameters
    ----------
    accounts : int (some,), optional
        Only these and the ties among them; all by default.

    Returns
    -------
    networkx.DiGraph
        An edge from each follower to each account that it follows, `weight` being how often it reposted that account
        up to now (0: never). Nodes are the world's account numbers, with `layer` and `status`.

    Raises
    ------
    ConfigError
        An account is unknown, or there would be more edges than NetworkX can hold in reason.
    """
    graph, n = state.world.graph, len(state.accounts)
    chosen = np.arange(n) if accounts is None else np.unique(np.asarray(accounts))
    if chosen.size and not (chosen.dtype.kind in "iu" and 0 <= chosen[0] <= chosen[-1] < n):
        raise ConfigError(f"accounts must be whole numbers in [0, {n}); got {chosen[0]} to {chosen[-1]}.")
    inside = np.zeros(n, np.bool_)
    inside[chosen] = True
    rows = [graph.following(account) for account in chosen.tolist()] if accounts is not None else [graph.indices]
    counts = graph.following_count()[chosen]
    follower, followee = np.repeat(chosen, counts).astype(np.int64), np.concatenate([graph.indices[:0], *rows])
    kept = inside[followee]
    follower, followee = follower[kept], followee[kept].astype(np.int64)
    who, author, count = _reposts(state)
    pairs, wanted = who * n + author, follower * n + followee
    place = np.minimum(np.searchsorted(pairs, wanted), max(pairs.size - 1, 0))
    weight = np.where(pairs[place] == wanted, count[place], 0) if pairs.size else np.zeros(wanted.size, np.int64)
    return _graph(state, follower, followee, weight=weight, nodes=chosen)


def plot_network(state: RunState, *, nodes: int = 300, ax: Axes | None = None) -> Axes:
    """Draw a part of the repost network.

    Of the accounts with reposts, one sixth of the nodes are personas and one third amplifiers, drawn at random; the
    rest are people tied to these, or to such people. Colours are layers, shapes are statuses, and a node is the larger
    the more often it was reposted among those shown. One run gives one picture.

    Parameters
    ----------
    nodes : int
        Accounts shown at most, from 2 to 2000.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Raises
    ------
    ConfigError
        `nodes` is out of range.
    """
    import matplotlib.pyplot as plt
    import networkx as nx

    if not isinstance(nodes, int) or not 2 <= nodes <= 2000:
        raise ConfigError(f"nodes must be a whole number in [2, 2000]; got {nodes!r}.")
    who, author, count = _reposts(state)
    shown = _thinned(state, who, author, nodes)
    kept = shown[who] & shown[author]
    graph = _graph(state, who[kept], author[kept], weight=count[kept])
    if ax is None:
        _, ax = plt.subplots(figsize=(8.0, 7.0), layout="constrained")
    at = nx.spring_layout(graph, seed=state.config.seed % 2**32, k=2.0 / max(len(graph), 1) ** 0.5, weight=None)
    nx.draw_networkx_edges(graph, at, ax=ax, arrows=False, width=0.4, alpha=0.25)
    size = {node: 18.0 + 12.0 * reposts**0.5 for node, reposts in graph.in_degree(weight="weight")}
    for layer in LAYERS:
        for status in STATUSES:
            some = [node for node, data in graph.nodes(data=True) if data == {"layer": layer, "status": status}]
            larger = 1.0 if status == "active" else 1.6  # a cross hides its colour where it is small
            if some:
                nx.draw_networkx_nodes(
                    graph, at, nodelist=some, ax=ax, node_shape=MARKERS[status], node_color=COLOURS[layer],
                    node_size=[larger * size[node] for node in some], edgecolors="black", linewidths=larger - 0.8,
                    label=f"{layer}, {status} ({len(some)})",
                )  # fmt: skip
    if len(graph):
        ax.legend(loc="upper left", fontsize="small", markerscale=0.8, framealpha=0.9)
    ax.set_title(f"{state.config.scenario.name}, scale {state.config.scenario.scale:g}, seed {state.config.seed}: "
                 f"who reposted whom, {len(graph)} accounts",
                 parse_math=False)  # fmt: skip
    ax.set_axis_off()
    return ax


def _reposts(state: RunState) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return who reposted whom and how often, each pair once, by account."""
    log, n = state.activity, len(state.accounts)
    rows = (log["kind"] == REPOST) & (log["account"] != log["author"])
    pairs, count = np.unique(log["account"][rows].astype(np.int64) * n + log["author"][rows], return_counts=True)
    return pairs // n, pairs % n, count


def _graph(
    state: RunState,
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    *,
    weight: NDArray[np.int64],
    nodes: NDArray[np.int64] | None = None,
) -> nx.DiGraph:
    """Return a graph of accounts with their layer and status; those with edges, unless `nodes` says which."""
    import networkx as nx

    if source.size > _MOST_TIES:
        raise ConfigError(
            f"a NetworkX graph may have {_MOST_TIES:,} edges here; this one has {source.size:,}. Take fewer accounts, "
            "a larger `least`, or model.activity and model.world.graph, which hold arrays."
        )
    chosen = np.union1d(source, target) if nodes is None else nodes
    layer, status = state.world.truth.layer[chosen].tolist(), state.accounts.status[chosen].tolist()
    graph = nx.DiGraph()
    graph.add_nodes_from(
        (account, {"layer": LAYERS[of], "status": STATUSES[now]})
        for account, of, now in zip(chosen.tolist(), layer, status, strict=True)
    )
    graph.add_weighted_edges_from(zip(source.tolist(), target.tolist(), weight.tolist(), strict=True))
    return graph


def _thinned(state: RunState, who: NDArray[Any], author: NDArray[Any], most: int) -> NDArray[np.bool_]:
    """Return which accounts are drawn, at most so many, chosen by draws keyed by account."""
    n, layer = len(state.accounts), state.world.truth.layer
    draw = uniforms(stream(state.config.seed, Purpose.PICTURE), np.arange(n))
    shown, tied = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    tied[who], tied[author] = True, True

    def take(candidates: NDArray[np.bool_], number: int) -> None:
        some = np.flatnonzero(candidates & ~shown)
        shown[some[np.argsort(draw[some], kind="stable")[: max(number, 0)]]] = True

    take(tied & (layer == Layer.CORE), most // _CORE)
    take(tied & (layer == Layer.AMPLIFIER), most // _AMPLIFIERS)
    people = layer == Layer.ORGANIC
    if not shown.any():  # no operation: begin with some of the public
        take(tied & people, most // 2)
    for share in (2, 1):  # half of what is left for those tied to these, the rest for those tied to either
        near = np.zeros(n, np.bool_)
        near[who[shown[author]]] = near[author[shown[who]]] = True
        take(near & people, (most - int(shown.sum())) // share)
    return shown
