"""What an account reads when it logs in, and what the platform recommends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from sim.config.checks import ConfigError, check_ranges, one_of, probability, proportion, ranged

#: A person's lag is up to this share longer or shorter than the one in `FeedConfig.lag_hours`.
LAG_SPREAD = 0.1
_UNLISTED_HOURS = 24.0  # by when a post that the platform never recommended has been reposted (VoterFraud2020)


@dataclass(frozen=True, kw_only=True)
class FeedConfig:
    """What an account reads when it logs in."""

    ranking: str = one_of("chronological", "engagement", meaning="order in which items are shown")
    attention: int = ranged(1, 4096, "most items read in one session", unit="items")
    candidates: int = ranged(1, 65536, "newest items of followed accounts from which the ranking chooses", unit="items")
    acts_per_account: int = ranged(1, 4096, "newest acts of one account that its followers can be shown", unit="acts")
    engagement_weight: float = ranged(0.0, 1e3, "weight of ln(1 + reposts) in the rank", unit="weight")
    recency_half_life_hours: float = ranged(
        0.0, math.inf, "half-life of an item's rank with the post's age", unit="hours", open_low=True
    )
    recommended_share: float = proportion("share of attention given to items from outside the network")
    entries_per_hour: float = ranged(
        0.0, 1e4, "posts that enter a language's recommendations in an hour with as many reposts as usual", unit="posts"
    )
    lag_hours: list[float] = ranged(
        0.0,
        720.0,
        "times from a post's entry to when it is recommended, to each person after one of them",
        unit="hours",
    )
    lag_shares: list[float] = ranged(0.0, 1.0, "shares of people recommended a post after each of lag_hours",
                                     unit="share")  # fmt: skip
    relevance_match: float = probability("probability that a recommended item on the reader's interest is shown")
    relevance_mismatch: float = probability("probability that a recommended item on another topic is shown")
    followed_hours: float = ranged(
        0.0, 8760.0, "how far back in time acts of followed accounts are shown", unit="hours", open_low=True
    )
    repost_friction: float = proportion("share of the public's reposts prevented by a prompt to think first")
    missing_sign_factor: float = ranged(
        0.0, 1.0, "factor on a repost's weight in the recommendations for each sign of a real person that its account "
        "lacks: age, followers, a verified telephone", unit="factor",
    )  # fmt: skip
    known_age_days: float = ranged(0.0, 5000.0, "age from which an account counts as not new", unit="days")
    known_followers: int = ranged(0, 1_000_000_000, "followers from which an account counts as followed",
                                  unit="accounts")  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges(self, "feed")
        if self.candidates < self.attention:
            raise ConfigError(
                f"feed.candidates must be at least feed.attention ({self.attention}); got {self.candidates}."
            )
        if len(self.lag_hours) != len(self.lag_shares) or not self.lag_hours:
            raise ConfigError(
                f"feed.lag_shares must have one share for each of feed.lag_hours ({len(self.lag_hours)}), at least "
                f"one; got {len(self.lag_shares)}."
            )
        if not math.isclose(sum(self.lag_shares), 1.0, abs_tol=1e-6):
            raise ConfigError(f"feed.lag_shares must add up to 1; got {sum(self.lag_shares):g}.")

    @cached_property
    def unlisted_hours(self) -> float:
        """Age up to which a post that was never recommended is kept."""
        return max(self.followed_hours, _UNLISTED_HOURS)

    @cached_property
    def kept_hours(self) -> float:
        """Age up to which a post that was recommended is kept: as long as it can still be shown, or as any other."""
        return max(self.followed_hours + max(self.lag_hours) * (1.0 + LAG_SPREAD), self.unlisted_hours)
