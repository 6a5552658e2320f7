"""What an amplifier is good for."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import check_ranges, described, ranged


@dataclass(frozen=True, kw_only=True)
class CapacityConfig:
    """How much an amplifier does, at any scale and however many there are (`sim.operation.capacity`)."""

    limited: bool = described(
        "whether amplifiers have a capacity: then orders go out by orders_per_day, in place of cells_per_post"
    )
    acts_per_month_median: float = ranged(
        0.0, 1e5, "median number of acts in 30 days of an amplifier, cover included", unit="acts"
    )
    acts_per_month_sigma: float = ranged(0.0, 4.0, "spread of acts in 30 days between amplifiers", unit="log-sd")
    orders_per_day: float = ranged(
        0.0, 1e3, "mean number of posts a day that a cell is assigned, whatever the core writes", unit="orders",
        open_low=True,
    )  # fmt: skip
    break_share: float = ranged(
        0.0, 0.9, "share of weeks in which an amplifier does nothing, each by itself; in the others it does more",
        unit="share",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges(self, "operation.capacity")
