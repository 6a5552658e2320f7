"""Reports and blocks by readers: who makes them, and of what."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import check_ranges, probability, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class ReportsConfig:
    """How readers report posts to the platform and block their authors (`sim.public.reports`)."""

    people_share: float = proportion("share of people who report or block at all")
    spread: float = ranged(0.0, 4.0, "spread among them of how readily they do", unit="log-sd")
    report_probability: float = probability(
        "probability, the mean over all people, of reporting an item from outside their network that they do not mind"
    )
    block_probability: float = probability(
        "probability, the mean over all people, of blocking the author of such an item; most who report block, too"
    )
    followed: float = ranged(
        0.0, 1.0, "factor on both for an item that came by an account which the reader follows", unit="factor"
    )
    disagreement: float = ranged(
        1.0, 1e3, "factor on both for a post on the contested topic of the opposite extreme of stance; 1 ignores it",
        unit="factor",
    )  # fmt: skip
    suspect_look: float = ranged(
        1.0, 100.0, "factor on both for each sign of a throwaway account: default picture, no bio, few followers",
        unit="factor",
    )  # fmt: skip
    few_followers: int = ranged(0, 1_000_000, "followers, as shown, below which an account has few", unit="accounts")

    def __post_init__(self) -> None:
        check_ranges(self, "organic.reports")
