"""The investigation beside the automatic route: its people, what they go by, and when they act."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import ConfigError, check_ranges, date_of, probability, ranged


@dataclass(frozen=True, kw_only=True)
class InvestigationConfig:
    """A team of analysts who work from leads to the core; with no analysts there is no investigation."""

    analysts: float = ranged(0.0, 1e5)  # at scale 1; the team grows and shrinks with scenario.scale
    hours_per_day: float = ranged(0.0, 24.0)  # that an analyst works, weekends included
    hours_per_account: float = ranged(0.0, 1e4, open_low=True)  # of an analyst's time, to examine one account
    miss_rate: float = probability()  # that an examined account of the operation is taken for innocent
    false_alarm_rate: float = probability()  # that an examined innocent is taken for the operation's
    # leads
    top_scores: int = ranged(0, 1_000_000)  # accounts a day that the automatic route scores highest, at scale 1
    report_rate: float = probability()  # that a reader reports an item of the operation that it reads
    false_report_rate: float = probability()  # that somebody reports a post of the public
    tip_date: str | None  # UTC day on which another company names accounts of the core; null: no tip
    tip_accounts: int = ranged(0, 1_000_000)  # so many, at scale 1
    # expansion and end
    least_evidence: float = probability()  # accounts with less are not worth an analyst's time
    idle_days: int = ranged(1, 3660)  # without a new finding, after which the case is closed
    wave_after_days: int = ranged(0, 3660)  # from the closing to the takedown: approval and preparation
    wave_by: str | None  # UTC day of the takedown at the latest, if anything has been found; null: none
    least_accounts: int = ranged(1, 1_000_000)  # confirmed, at scale 1, for a network to be taken down
    # attribution
    prior: float = probability()  # that such a network is the state's, before its access is looked at
    attribution_least: float = probability()  # confidence from which it is made public, shared and acted upon

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.investigation")
        for name in ("tip_date", "wave_by"):
            day = getattr(self, name)
            if day is not None:
                date_of(f"enforcement.investigation.{name}", day)
        if not 0.0 < self.prior < 1.0:
            raise ConfigError(f"enforcement.investigation.prior must lie in (0, 1); got {self.prior}.")
