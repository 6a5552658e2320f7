"""Access: the network and application that an account uses, and the time zone that it claims.

The platform is blocked in the operators' country, so they connect through VPNs, residential proxies and sometimes
unblocked mainland addresses. They share all of these with the public: people use the same VPN exits, some are
travellers or mainland users with unblocked access, and some use schedulers. A network is an arbitrary number that
stands for an exit node, a mainland address block, or a private line.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.population.accounts import Access

_OWN_CELL = 3  # exits that a cell's members come in by


def claimed_offsets(
    config: WorldConfig, language: NDArray[np.integer], accounts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the time zone that profiles claim, hours: their language's own, or for some a random language's.

    The operation's personas claim the time zones of the people that they impersonate.
    """
    offsets = np.array([config.organic.utc_offset_hours[name] for name in config.organic.languages])
    draw = stream(config.seed, Purpose.TIMEZONE)
    elsewhere = uniforms(draw, accounts) < config.organic.elsewhere_share
    other = np.floor(uniforms(draw, accounts, 1) * offsets.size).astype(np.int64)
    return np.asarray(offsets[np.where(elsewhere, other, language)])


def organic_networks(config: WorldConfig, access: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the network of each organic account; low numbers of exits are the popular ones: int32 (organic,)."""
    accounts = np.arange(access.size)
    draw = uniforms(stream(config.seed, Purpose.NETWORK), accounts)
    exits, blocks = _public_nodes(config)
    node = np.select(
        [access == Access.VPN, access == Access.MAINLAND],
        [np.floor(exits * draw**2), np.floor(blocks * draw)],
        accounts,
    )
    return _numbers(config, access, node.astype(np.int64))


def blocked_access(config: WorldConfig, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how accounts come in from a country that is blocked: VPNs, proxies, at times unblocked addresses."""
    vpn, mainland = config.operation.vpn_share, config.operation.mainland_share
    return np.select([draw < vpn, draw < vpn + mainland], [Access.VPN, Access.MAINLAND], Access.RESIDENTIAL)


def operation_networks(
    config: WorldConfig, access: NDArray[np.uint8], cell: NDArray[np.int32], first: int
) -> NDArray[np.int32]:
    """Return the network of each of the operation's accounts: int32 (operation accounts,).

    Parameters
    ----------
    config : WorldConfig
    access : uint8 (operation accounts,)
        An `Access`.
    cell : int32 (operation accounts,)
        The members of a cell share three exits; an account of no cell (-1) has one of the pool at random.
    first : int
        Number of the first account.
    """
    accounts, key = np.arange(first, first + access.size), stream(config.seed, Purpose.NETWORK)
    rules = config.operation
    nth = np.floor(uniforms(key, accounts, 1) * _OWN_CELL).astype(np.int64)
    draw = np.where(cell >= 0, uniforms(key, cell, 2, 1 + nth), uniforms(key, accounts, 3))
    node = accounts.copy()
    for kind, share, nodes, power in (
        (Access.VPN, rules.vpn_share, _public_nodes(config)[0], 2.0),
        (Access.MAINLAND, rules.mainland_share, _public_nodes(config)[1], 1.0),
    ):
        pool = max(1, math.ceil(access.size * share / rules.accounts_per_exit))
        ours = access == kind
        place = np.floor(draw[ours] * pool).astype(np.int64)
        node[ours] = np.floor(nodes * uniforms(key, place, 4, int(kind)) ** power)
    return _numbers(config, access, node)


def _public_nodes(config: WorldConfig) -> tuple[int, int]:
    """Return how many VPN exits and mainland address blocks there are."""
    organic = config.organic
    people = config.scenario.n_organic / organic.users_per_exit
    return max(1, math.ceil(people * organic.vpn_share)), max(1, math.ceil(people * organic.mainland_share))


def _numbers(config: WorldConfig, access: NDArray[np.uint8], node: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return numbers that tell nothing but whether two accounts share a node; by chance one pair in two billion."""
    draw = uniforms(stream(config.seed, Purpose.NETWORK), access, node, -1)
    return np.floor(draw * 2.0**31).astype(np.int32)
