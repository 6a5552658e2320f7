"""The investigation beside the automatic route: its people, what they go by, and when they act."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import ConfigError, check_ranges, date_of, described, probability, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class InvestigationConfig:
    """A team of analysts who work from leads to the core; with no analysts there is no investigation."""

    analysts: float = ranged(
        0.0, 1e5, "number of analysts at scale 1, multiplied by scenario.scale; 0: no investigation", unit="people"
    )
    hours_per_day: float = ranged(0.0, 24.0, "working hours of an analyst a day, weekends included", unit="hours")
    hours_per_account: float = ranged(
        0.0, 1e4, "time that an analyst needs to examine one account", unit="hours", open_low=True
    )
    miss_rate: float = probability("probability that an examined operation account is judged innocent")
    false_alarm_rate: float = probability(
        "probability that an examined innocent account is judged to be the operation's"
    )
    # leads
    top_scores: int = ranged(
        0, 1_000_000, "accounts with the highest automatic scores taken as leads each day, at scale 1", unit="accounts"
    )
    tip_date: str | None = described(
        "date on which another company names accounts of the core; null, or before the run's first day: no tip",
        unit="UTC day",
        allowed="YYYY-MM-DD, null",
    )
    tip_accounts: int = ranged(0, 1_000_000, "number of accounts that the tip names, at scale 1", unit="accounts")
    # expansion and end
    least_evidence: float = proportion(
        "share of confirmed accounts among those with a shared trait from which an account is examined"
    )
    idle_days: int = ranged(1, 3660, "days without a new finding after which the case is closed", unit="days")
    wave_after_days: int = ranged(
        0, 3660, "time from closing the case to the takedown, for approval and preparation", unit="days"
    )
    wave_by: str | None = described(
        "latest date of the takedown, if `least_accounts` are confirmed; null, or before the run's first day: none",
        unit="UTC day", allowed="YYYY-MM-DD, null",
    )  # fmt: skip
    least_accounts: int = ranged(
        1, 1_000_000, "least confirmed accounts for a network to be taken down, at scale 1", unit="accounts"
    )
    # attribution
    prior: float = probability(
        "prior probability that a network is the state's, before access is examined; neither 0 nor 1"
    )
    attribution_least: float = probability(
        "confidence from which the attribution leads to tip, advertising bar and referral"
    )

    bars_advertising: bool = described("whether such an attribution bars state media from advertising", default=True)

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.investigation")
        for name in ("tip_date", "wave_by"):
            day = getattr(self, name)
            if day is not None:
                date_of(f"enforcement.investigation.{name}", day)
        if not 0.0 < self.prior < 1.0:
            raise ConfigError(f"enforcement.investigation.prior must lie in (0, 1); got {self.prior}.")
