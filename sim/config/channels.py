"""The operation's other channels: paid promotion by state media, and a second platform."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import ConfigError, check_ranges, date_of, described, probability, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class SecondPlatformConfig:
    """Pages, groups and accounts on a second platform that push the same campaign."""

    pages: int = ranged(0, 10_000, "of the operation", unit="pages")
    groups: int = ranged(0, 10_000, "of the operation", unit="groups")
    accounts: int = ranged(0, 10_000, "of the operation", unit="accounts")
    page_followers: float = ranged(0.0, 1e9, "who follow one of the pages, at scale 1", unit="people")
    group_members: float = ranged(0.0, 1e9, "who are in one of the groups, at scale 1", unit="people")
    account_friends: float = ranged(0.0, 1e9, "who are friends of one of the accounts, at scale 1", unit="people")
    overlap: float = proportion("of these people, who belong to the public that the simulation draws a part of")
    posts_per_day: float = ranged(0.0, 1e4, "of one page, group or account on a working day", unit="posts")
    view_probability: float = probability("that one of its people sees one of its posts")
    removal_delay_hours: float = ranged(0.0, 87600.0, "from a tip to the removal of everything", unit="hours")

    def __post_init__(self) -> None:
        check_ranges(self, "operation.second_platform")


@dataclass(frozen=True, kw_only=True)
class PromotionConfig:
    """Paid promotion: state media, which say what they are, pay for their posts on the contested topic to be shown."""

    advertisers: dict[str, float] = ranged(
        0.0, 1000.0, "state media that pay, by language; whole numbers", unit="accounts"
    )
    followers: int = ranged(0, 2**31 - 1, "of one of them, as shown", unit="accounts")
    posts_per_day: float = ranged(0.0, 1e4, "of one of them, on a working day", unit="posts")
    contested_share: float = proportion("of their posts, on the contested topic: they may be promoted")
    impressions_per_day: dict[str, float] = ranged(
        0.0, 1e6, "bought of 1,000 people of each language that is aimed at", unit="impressions"
    )
    price: float = ranged(0.0, 1e3, "of an impression", unit="US dollars")
    barred_on: str | None = described(
        "from which on a platform that acts bars them, whatever it finds; null: none", unit="UTC day",
        allowed="YYYY-MM-DD, null",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges(self, "operation.promotion")
        if self.barred_on is not None:
            date_of("operation.promotion.barred_on", self.barred_on)
        for language, number in self.advertisers.items():
            if number != int(number):
                raise ConfigError(f"operation.promotion.advertisers.{language} must be a whole number; got {number:g}.")
