"""The world of one seed: graph, accounts and truth, drawn once and shared by all runs with different policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.memory import check_memory
from sim.graph.csr import FollowerGraph, GraphError
from sim.graph.generate import generate
from sim.graph.own import read_network
from sim.population.accounts import NEVER, AccountTable
from sim.population.amplifiers import fill_amplifiers
from sim.population.core_plan import plan_of
from sim.population.follow_trains import amplifier_ties
from sim.population.idle import idle_accounts
from sim.population.organic import community_sizes, draw_groups, fill_organic, group_ties
from sim.population.personas import fill_core
from sim.population.state_media import fill_state_media
from sim.population.supply import hold_reserve, operation_ties, supply_of
from sim.population.truth import GroundTruth, Layer


@dataclass(frozen=True)
class World:
    """The initial state of a run.

    Accounts are numbered: the organic public, the persona core, the amplifiers. Detectors see pseudonyms.
    """

    config: WorldConfig
    graph: FollowerGraph
    accounts: AccountTable
    truth: GroundTruth

    def arrays(self) -> list[NDArray[Any]]:
        """Return all arrays of the world. None is ever written to: copies of a run share them."""
        parts = (self.graph, self.accounts, self.truth)
        return [value for part in parts for value in vars(part).values() if isinstance(value, np.ndarray)]


def build_world(config: WorldConfig) -> World:
    """Draw the world of a configuration.

    Raises
    ------
    sim.graph.csr.GraphError
        `graph.edge_list` names a file that cannot be used.
    ConfigError
        The world needs more memory than is available.
    """
    scenario = config.scenario
    n_organic, n = scenario.n_organic, scenario.n_accounts
    check_memory(config)
    group, kind, hub = draw_groups(config)
    idle = idle_accounts(config, group)
    if config.graph.edge_list is None:
        graph = generate(config.graph, community_sizes(config), config.seed, idle)
    else:
        graph = _own_graph(config.graph.edge_list, n_organic)
    table = AccountTable.empty(n)
    fill_organic(table, config, graph, (group, kind, hub), idle)
    supply = supply_of(config)
    role = fill_core(table, config, supply)
    cell = fill_amplifiers(table, config, supply)
    state_media = fill_state_media(table, config, supply, role)
    registered, idle_ends = hold_reserve(table, config, supply)
    cell[table.created[n - cell.size :] == NEVER] = -1  # those that were lost while they waited are in no cell

    people = operation_ties(table, config, supply)
    ties = group_ties(group, hub), people, amplifier_ties(table, config, supply, cell, people)
    graph = graph.with_ties(
        np.concatenate([followers for followers, _ in ties]), np.concatenate([followees for _, followees in ties]), n
    )
    table.follower_count[state_media] = config.operation.promotion.followers
    layer = np.full(n, Layer.ORGANIC, np.uint8)
    core = slice(n_organic, n_organic + scenario.n_core)
    layer[core] = Layer.CORE
    layer[n_organic + scenario.n_core :] = Layer.AMPLIFIER
    truth = GroundTruth(
        layer=layer,
        cell=np.concatenate([np.full(n - cell.size, -1, np.int32), cell]),
        role=np.concatenate([np.zeros(n_organic, np.uint8), role, np.zeros(scenario.n_amplifiers, np.uint8)]),
        role_names=(*config.operation.roles, "state_media"),
        supply=supply,
        registered=registered,
        idle_ends=idle_ends,
        group=np.concatenate([group, np.full(n - n_organic, -1, np.int32)]),
        group_kind=np.concatenate([kind, np.full(n - n_organic, -1, np.int8)]),
        group_kinds=tuple(config.organic.groups),
        state_media=state_media,
        plan=plan_of(
            config, role, np.isin(np.arange(core.start, core.stop), state_media), table.created[core],
            table.language[core],
        ),
    )  # fmt: skip
    table.freeze()
    return World(config, graph, table, truth)


def _own_graph(path: str, n_organic: int) -> FollowerGraph:
    """Return the network of a file, whose size must be that of the public (`sim.graph.own.sized` sees to it)."""
    network = read_network(path, n_organic)
    if network.graph.n != n_organic:
        raise GraphError(
            f"{path}: must hold {n_organic:,} accounts, as many as the public has; got {network.graph.n:,}."
        )
    return network.graph
