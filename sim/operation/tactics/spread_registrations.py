"""Spread registrations: accounts are registered evenly over weeks, so that no day stands out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.config.checks import check_ranges, ranged
from sim.config.operation import OperationConfig
from sim.operation.tactics.base import Tactic


@dataclass(frozen=True, kw_only=True)
class SpreadRegistrations(Tactic):
    """`spread_registrations`: planned accounts and the reserve are registered evenly over weeks.

    What is registered ahead waits: it has upkeep, and some of it is lost (`operation.supply.idle_loss_per_day`).
    """

    lead_days: float = ranged(0.0, 3660.0, "days before the start from which on accounts are registered", unit="days")
    days: float = ranged(0.0, 400.0, "days over which planned accounts are registered", unit="days", open_low=True)

    def __post_init__(self) -> None:
        check_ranges(self, "operation.tactic_options.spread_registrations")

    def plan(self, operation: OperationConfig) -> OperationConfig:
        """Return the operation with one long wave, and a reserve that is registered before the start."""
        return replace(
            operation, wave_days=[-self.lead_days], wave_weights=[1.0], wave_spread_hours=24.0 * self.days,
            supply=replace(operation.supply, lead_days=self.lead_days),
        )  # fmt: skip
