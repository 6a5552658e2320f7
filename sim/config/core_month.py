"""What the persona core does in a month, as a record has it: days, time in use, sittings and desks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sim.config.checks import ConfigError, check_ranges, date_of, described, proportion, quantiles, ranged


@dataclass(frozen=True, kw_only=True)
class DaysConfig:
    """How much the core does on each day. It is divided among the personas in use by `acts_per_day_sigma`."""

    accounts: int = ranged(
        1, 10_000_000, "accounts of the recorded core; another core does as much for each of its own"
    )
    acts: dict[str, float] = ranged(
        0.0, 1e9, "posts and reposts of the recorded core by the operator's day; days left out between have none",
        unit="acts",
    )  # fmt: skip
    otherwise: float = ranged(
        0.0, 1e9, "the same on a working day before and after these dates; weekend_factor lowers it", unit="acts"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "operation.days")
        for day in self.acts:
            date_of(f"operation.days.acts.{day}", day)

    def on(self, day: dt.date, weekend_factor: float) -> float:
        """Return the acts of the recorded core on a day of the operator's calendar."""
        text = day.isoformat()
        if self.acts and min(self.acts) <= text <= max(self.acts):
            return self.acts.get(text, 0.0)
        return self.otherwise * (weekend_factor if day.weekday() >= 5 else 1.0)


@dataclass(frozen=True, kw_only=True)
class SpansConfig:
    """When a persona is in use: from a first day, for some days. Roles by number and state media always are."""

    begins: list[str] = described(
        "first days of use: equal numbers of personas between neighbouring dates", unit="UTC days",
        allowed="two or more dates, rising",
    )  # fmt: skip
    days: list[list[float]] = described(
        "quantiles of the time from first to last use", unit="days", allowed="[[0, DAYS], ..., [1, DAYS]]"
    )

    def __post_init__(self) -> None:
        begins = [date_of(f"operation.spans.begins[{i}]", day) for i, day in enumerate(self.begins)]
        if len(begins) < 2 or begins != sorted(begins):
            raise ConfigError(f"operation.spans.begins must be two or more dates, rising; got {self.begins}.")
        whole = len(self.days) >= 2 and all(len(pair) == 2 for pair in self.days)
        at, days = ([pair[i] for pair in self.days] if whole else [] for i in (0, 1))
        if not whole or (at[0], at[-1]) != (0.0, 1.0) or at != sorted(set(at)) or days != sorted(days) or days[0] < 0.0:
            raise ConfigError(
                "operation.spans.days must be pairs of probability and days, both rising, from probability 0 to 1; "
                f"got {self.days}."
            )


@dataclass(frozen=True, kw_only=True)
class SittingsConfig:
    """A persona acts a few times at a sitting, not once an hour."""

    acts: float = ranged(1.0, 100.0, "mean number of acts in a sitting", unit="acts")
    gap_seconds: float = ranged(
        0.0, 86_400.0, "mean time between two acts of a sitting (exponential)", unit="seconds", open_low=True
    )

    def __post_init__(self) -> None:
        check_ranges(self, "operation.sittings")


@dataclass(frozen=True, kw_only=True)
class DesksConfig:
    """Several personas are run from one desk: by the same hand, or by a scheduler."""

    accounts: int = ranged(1, 10_000_000, "personas of a desk: of one language, taken into use one after another")
    together: float = ranged(1.0, 1e4, "mean number of its sittings that begin at one time", unit="sittings")
    within_seconds: float = ranged(0.0, 3600.0, "time within which they begin", unit="seconds")

    def __post_init__(self) -> None:
        check_ranges(self, "operation.desks")


@dataclass(frozen=True, kw_only=True)
class CoreRepostSharesConfig:
    """How the share of reposts differs between personas."""

    quantiles: list[list[float]] = quantiles("the share of reposts in a persona's acts, in place of core_repost_share")
    with_output: float = proportion(
        "correlation of that quantile with the quantile of a persona's output (normal ranks)"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "operation.core_repost_shares")


def check_following(key: str, bins: list[list[float]]) -> None:
    """Check a joint table of followers and followees: rows of two bins, each with an end left out, and a weight.

    Raises
    ------
    ConfigError
        A row is no such row, or none has a weight.
    """
    for row in bins:
        if len(row) != 5 or not (0 <= row[0] < row[1] and 0 <= row[2] < row[3] <= 2**31 and row[4] >= 0):
            raise ConfigError(
                f"{key} must hold rows [FOLLOWERS, BELOW, FOLLOWING, BELOW, WEIGHT], each bin rising; got {row}."
            )
    if not sum(row[4] for row in bins) > 0.0:
        raise ConfigError(f"{key} must hold a row with a weight; got none.")
