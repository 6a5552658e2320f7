"""Costs: what the operation has cost its operator so far.

A ledger of accounts by kind, their upkeep while they wait, operator hours and promotion, computed from the state of a
run. An account is paid for when it is registered or taken over, used or not; accounts present at the start are paid for
at the start. Prices of accounts follow
the order of magnitude of Thomas et al. 2013, "Trafficking fraudulent accounts", USENIX Security; wages are not known.
"""

from __future__ import annotations

import numpy as np

from sim.population.accounts import Status
from sim.population.truth import Layer, Supply
from sim.state import RunState

ACCOUNT_ITEMS = ("fresh_accounts", "bought_accounts", "hijacked_accounts")
ITEMS = (*ACCOUNT_ITEMS, "upkeep", "operator_hours", "promotion")


def ledger(state: RunState, promotion: float, idle_days: float) -> dict[str, float]:
    """Return what was spent on each of `ITEMS` up to the end of the last step, US dollars.

    Parameters
    ----------
    state : RunState
    promotion : float
        Spent on it, US dollars.
    idle_days : float
        Days that accounts have waited to be used, all together.
    """
    prices, table, truth = state.config.operation.costs, state.accounts, state.world.truth
    first, end = state.config.scenario.n_organic, _end(state)
    paid = (table.created[first:] < end) | ((truth.supply == Supply.FRESH) & (truth.registered < end))
    bought = np.bincount(truth.supply[paid], minlength=len(Supply))
    acts = int(state.timeline.acts_count[truth.layer == Layer.CORE].sum())
    return {
        "fresh_accounts": prices.fresh * float(bought[Supply.FRESH]),
        "bought_accounts": prices.bought * float(bought[Supply.BOUGHT]),
        "hijacked_accounts": prices.hijacked * float(bought[Supply.HIJACKED]),
        "upkeep": prices.upkeep * idle_days,
        "operator_hours": prices.operator_hour * acts / prices.acts_per_hour,
        "promotion": promotion,
    }


def account_days(state: RunState) -> float:
    """Return the days that the operation's accounts have been there and not suspended, since the start of the run."""
    table, scenario = state.accounts, state.config.scenario
    rows = slice(scenario.n_organic, None)
    born = np.maximum(table.created[rows], scenario.start_epoch)
    fell = np.where(table.status[rows] == Status.SUSPENDED, table.suspended_at[rows], _end(state))
    return float(np.maximum(np.minimum(fell, _end(state)) - born, 0).sum()) / 86_400.0


def _end(state: RunState) -> int:
    return state.config.scenario.start_epoch + state.now
