"""The operation's other channels: paid promotion by state media, and a second platform."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import ConfigError, check_ranges, date_of, described, probability, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class SecondPlatformConfig:
    """Pages, groups and accounts on a second platform that push the same campaign."""

    pages: int = ranged(0, 10_000, "number of pages that the operation runs", unit="pages")
    groups: int = ranged(0, 10_000, "number of groups that the operation runs", unit="groups")
    accounts: int = ranged(0, 10_000, "number of accounts that the operation runs", unit="accounts")
    page_followers: float = ranged(0.0, 1e9, "followers of each page, at scale 1", unit="people")
    group_members: float = ranged(0.0, 1e9, "members of each group, at scale 1", unit="people")
    account_friends: float = ranged(0.0, 1e9, "friends of each account, at scale 1", unit="people")
    overlap: float = proportion("share of these people who belong to the platform's public")
    posts_per_day: float = ranged(0.0, 1e4, "posts of each page, group or account on a working day", unit="posts")
    view_probability: float = probability("probability that a follower, member or friend sees a given post")
    removal_delay_hours: float = ranged(
        0.0, 87600.0, "time from a tip to the removal of all pages, groups and accounts", unit="hours"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "operation.second_platform")


@dataclass(frozen=True, kw_only=True)
class PromotionConfig:
    """Paid promotion: state media, which say what they are, pay for their posts on the contested topic to be shown."""

    advertisers: dict[str, float] = ranged(
        0.0, 1000.0, "number of advertising state media, by language; whole numbers", unit="accounts"
    )
    followers: int = ranged(0, 2**31 - 1, "followers shown on the profile of each advertiser", unit="accounts")
    posts_per_day: float = ranged(0.0, 1e4, "posts of each advertiser on a working day", unit="posts")
    contested_share: float = proportion("share of their posts on the contested topic, which may be promoted")
    impressions_per_day: dict[str, float] = ranged(
        0.0, 1e6, "impressions bought per 1,000 people, for each targeted language", unit="impressions"
    )
    price: float = ranged(0.0, 1e3, "price of one impression", unit="US dollars")
    barred_on: str | None = described(
        "date from which a platform that acts bars all advertisers; null: never", unit="UTC day",
        allowed="YYYY-MM-DD, null",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges(self, "operation.promotion")
        if self.barred_on is not None:
            date_of("operation.promotion.barred_on", self.barred_on)
        for language, number in self.advertisers.items():
            if number != int(number):
                raise ConfigError(f"operation.promotion.advertisers.{language} must be a whole number; got {number:g}.")
