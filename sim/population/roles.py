"""Roles and narratives: the task of each persona, and the subjects of the campaign over time.

A few accounts impersonate news outlets, some are commentators made for the campaign, and most are repurposed marketing
and spam accounts. A role multiplies the core's output and its shares of campaign posts and reposts; the mean over all
roles stays at the calibrated values. Campaign posts are divided among narratives by weights that change over time;
`campaign_volume` scales the share of campaign posts by date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.population.accounts import AccountTable


def assign_roles(
    table: AccountTable, config: WorldConfig, established: NDArray[np.bool_], followed: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return the role of each account of the core, and give outlets a profile, in place.

    Roles with a number of accounts take the followed ones with the lowest draws; roles by share come after one another,
    those made for the campaign (`registered_in_bulk`) out of the accounts registered in bulk.

    Parameters
    ----------
    table : AccountTable
    config : WorldConfig
    established, followed : bool (core,)
        Registered before the bulk, and with thousands of followers.

    Returns
    -------
    uint8 (core,)
        1 + index into `operation.roles`.
    """
    scenario, roles = config.scenario, list(config.operation.roles.values())
    draw = uniforms(stream(config.seed, Purpose.ROLE), np.arange(established.size), 2)
    role = np.full(established.size, len(roles), np.uint8)  # the last one has those that are left
    bulk_share = 1.0 - config.operation.established_share
    low, low_of_bulk = 0.0, 0.0
    for number, rules in enumerate(roles[:-1], 1):
        if rules.registered_in_bulk:
            high = low_of_bulk + rules.share / bulk_share if bulk_share else 0.0
            role[~established & (draw >= low_of_bulk) & (draw < high)] = number
            low_of_bulk = high
        else:
            role[(draw >= 1.0 - low - rules.share) & (draw < 1.0 - low)] = number  # from the other end
            low += rules.share
    planned = np.arange(established.size) < config.planned_core
    order = np.lexsort([draw, ~followed, ~planned])
    names, taken = list(config.organic.languages), 0
    for number, rules in enumerate(roles, 1):
        ours = order[taken : taken + rules.accounts]
        taken += rules.accounts
        role[ours] = number
        table.empty_bio[scenario.n_organic + ours] = False
        if rules.language in names:
            table.language[scenario.n_organic + ours] = names.index(rules.language)
    return role


def over_time(knots: Mapping[str, float], epochs: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return a value given on dates at times (seconds since 1970): straight lines between, level before and after.

    Returns
    -------
    float64 (times,)
    """
    moments = sorted(
        (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC).timestamp(), value) for day, value in knots.items()
    )
    return np.interp(epochs, [when for when, _ in moments], [value for _, value in moments])


def narrative_bounds(narratives: Mapping[str, Mapping[str, float]], epochs: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the upper bounds in [0, 1] between which a draw chooses a narrative: float64 (times, narratives - 1)."""
    weights = np.stack([over_time(knots, epochs) for knots in narratives.values()], axis=1)
    total = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, total, out=np.full(weights.shape, 1.0 / weights.shape[1]), where=total > 0.0)
    return np.asarray(np.cumsum(shares, axis=1)[:, :-1])
