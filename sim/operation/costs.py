"""Costs: what the operation has cost its operator so far.

A ledger of accounts by kind, of operator hours and of promotion, made from what a run has come to. An account is paid
for when it is registered or taken over: those that the campaign began with, at its start. Prices of accounts follow the
order of magnitude of Thomas et al. 2013, "Trafficking fraudulent accounts", USENIX Security; wages are not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.population.accounts import Status
from sim.population.truth import Layer, Supply

if TYPE_CHECKING:
    from sim.model import InfluenceModel

ACCOUNT_ITEMS = ("fresh_accounts", "bought_accounts", "hijacked_accounts")
ITEMS = (*ACCOUNT_ITEMS, "operator_hours", "promotion")


def ledger(model: InfluenceModel) -> dict[str, float]:
    """Return what was spent on each of `ITEMS` up to the end of the last step, US dollars."""
    prices, table, truth = model.config.operation.costs, model.accounts, model.world.truth
    first, end = model.config.scenario.n_organic, _end(model)
    paid = table.created[first:] < end
    bought = np.bincount(truth.supply[paid], minlength=len(Supply))
    acts = int(model.timeline.acts_count[truth.layer == Layer.CORE].sum())
    return {
        "fresh_accounts": prices.fresh * float(bought[Supply.FRESH]),
        "bought_accounts": prices.bought * float(bought[Supply.BOUGHT]),
        "hijacked_accounts": prices.hijacked * float(bought[Supply.HIJACKED]),
        "operator_hours": prices.operator_hour * acts / prices.acts_per_hour,
        "promotion": model.promotion.cost,
    }


def account_days(model: InfluenceModel) -> float:
    """Return the days that the operation's accounts have been there and not suspended, since the start of the run."""
    table, scenario = model.accounts, model.config.scenario
    rows = slice(scenario.n_organic, None)
    born = np.maximum(table.created[rows], scenario.start_epoch)
    fell = np.where(table.status[rows] == Status.SUSPENDED, table.suspended_at[rows], _end(model))
    return float(np.maximum(np.minimum(fell, _end(model)) - born, 0).sum()) / 86_400.0


def _end(model: InfluenceModel) -> int:
    return model.config.scenario.start_epoch + model.step_number * model.config.scenario.step_seconds
