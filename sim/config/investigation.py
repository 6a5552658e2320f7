"""The investigation beside the automatic route: its people, what they go by, and when they act."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import ConfigError, check_ranges, date_of, described, probability, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class InvestigationConfig:
    """A team of analysts who work from leads to the core; with no analysts there is no investigation."""

    analysts: float = ranged(
        0.0, 1e5, "at scale 1: the team grows and shrinks with scenario.scale; 0: no investigation", unit="people"
    )
    hours_per_day: float = ranged(0.0, 24.0, "that an analyst works, weekends included", unit="hours")
    hours_per_account: float = ranged(
        0.0, 1e4, "of an analyst's time, to examine one account", unit="hours", open_low=True
    )
    miss_rate: float = probability("that an examined account of the operation is taken for innocent")
    false_alarm_rate: float = probability("that an examined innocent is taken for the operation's")
    # leads
    top_scores: int = ranged(
        0, 1_000_000, "a day that the automatic route scores highest, as leads, at scale 1", unit="accounts"
    )
    report_rate: float = probability("that a reader reports an item of the operation that it reads")
    false_report_rate: float = probability("that somebody reports a post of the public")
    tip_date: str | None = described(
        "on which another company names accounts of the core; null: no tip", unit="UTC day", allowed="YYYY-MM-DD, null"
    )
    tip_accounts: int = ranged(0, 1_000_000, "that the tip names, at scale 1", unit="accounts")
    # expansion and end
    least_evidence: float = proportion("of confirmed accounts among its like, from which an account is examined")
    idle_days: int = ranged(1, 3660, "without a new finding, after which the case is closed", unit="days")
    wave_after_days: int = ranged(0, 3660, "from the closing to the takedown: approval and preparation", unit="days")
    wave_by: str | None = described(
        "of the takedown at the latest, if anything has been found; null: none", unit="UTC day",
        allowed="YYYY-MM-DD, null",
    )  # fmt: skip
    least_accounts: int = ranged(1, 1_000_000, "confirmed, at scale 1, for a network to be taken down", unit="accounts")
    # attribution
    prior: float = probability("that such a network is the state's, before its access is looked at; neither 0 nor 1")
    attribution_least: float = probability("confidence from which it is made public, shared and acted upon")

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.investigation")
        for name in ("tip_date", "wave_by"):
            day = getattr(self, name)
            if day is not None:
                date_of(f"enforcement.investigation.{name}", day)
        if not 0.0 < self.prior < 1.0:
            raise ConfigError(f"enforcement.investigation.prior must lie in (0, 1); got {self.prior}.")
