"""Figures of a scored log: the network that a method found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from experiments.report.style import COLOURS, GREY, STYLE, literal, new_figure
from sim.config import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.score.run import Result

_MOST = 5_000  # accounts: the layout takes minutes for more


def network_figure(found: Result, method: str, kinds: Mapping[str, str] | None = None) -> Figure:
    """Draw the edges that a method kept, accounts that share more standing closer together.

    Parameters
    ----------
    found : Result
    method : str
        A detector that ties accounts to each other.
    kinds : mapping of str to str, optional
        What accounts are known to be, by their ids in the log: a colour each, grey where it is not known.

    Raises
    ------
    ConfigError
        The method was not run or ties nobody, or it ties too many accounts to be drawn.
    """
    import networkx as nx

    network = next((one.network for one in found.scored if one.name == method), None)
    if network is None or not network.one.size:
        tied = ", ".join(one.name for one in found.scored if one.network is not None and one.network.one.size)
        raise ConfigError(f"method must be one that found edges ({tied or 'none did'}); got {method!r}.")
    accounts = np.unique(np.concatenate([network.one, network.other]))
    if accounts.size > _MOST:
        raise ConfigError(f"{method} ties {accounts.size:,} accounts, and {_MOST:,} can be drawn; keep fewer edges.")
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(network.one.tolist(), network.other.tolist(), network.weight, strict=True))
    known = [kinds.get(id_, "") if kinds is not None else "" for id_ in found.log.ids.take(accounts).to_pylist()]
    at = nx.spring_layout(graph, seed=1)
    with matplotlib.rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1, (7.0, 4.8))
        nx.draw_networkx_edges(graph, at, ax=ax, width=0.3, alpha=0.5)
        for kind in sorted(set(known)):
            nodes = [node for node, one in zip(accounts.tolist(), known, strict=True) if one == kind]
            colour = COLOURS[sorted({*known} - {""}).index(kind) % len(COLOURS)] if kind else GREY
            label = f"{literal(kind) or 'not known'} ({len(nodes):,})"
            nx.draw_networkx_nodes(graph, at, nodes, node_size=18, node_color=colour, ax=ax, label=label)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
        ax.set_title(f"Pairs that {literal(method)} finds most alike", fontsize=9)
        ax.set_axis_off()
    return figure
