"""The operation's other channels: paid promotion by state media, and a second platform."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.config.checks import ConfigError, check_ranges, date_of, probability, ranged


@dataclass(frozen=True, kw_only=True)
class SecondPlatformConfig:
    """Pages, groups and accounts on a second platform that push the same campaign."""

    pages: int = ranged(0, 10_000)
    groups: int = ranged(0, 10_000)
    accounts: int = ranged(0, 10_000)
    page_followers: float = ranged(0.0, 1e9)  # people who follow one of the pages, at scale 1
    group_members: float = ranged(0.0, 1e9)  # people who are in one of the groups
    account_friends: float = ranged(0.0, 1e9)  # people who are friends of one of the accounts
    overlap: float = probability()  # of these people, who belong to the public that the simulation draws a part of
    posts_per_day: float = ranged(0.0, 1e4)  # of one page, group or account on a working day
    view_probability: float = probability()  # that one of its people sees one of its posts
    removal_delay_hours: float = ranged(0.0, 87600.0)  # from a tip to the removal of everything

    def __post_init__(self) -> None:
        check_ranges(self, "operation.second_platform")


@dataclass(frozen=True, kw_only=True)
class PromotionConfig:
    """Paid promotion: state media, which say what they are, pay for their posts on the contested topic to be shown."""

    advertisers: dict[str, float] = field(metadata={"low": 0.0, "high": 1000.0})  # state media accounts by language
    followers: int = ranged(0, 2**31 - 1)  # of one of them, as shown
    posts_per_day: float = ranged(0.0, 1e4)  # of one of them, on a working day
    contested_share: float = probability()  # of their posts, those on the contested topic: they may be promoted
    # bought of 1,000 people of each language that is aimed at
    impressions_per_day: dict[str, float] = field(metadata={"low": 0.0, "high": 1e6})
    price: float = ranged(0.0, 1e3)  # US dollars an impression
    barred_on: str | None  # UTC day from which on a platform that acts bars them, whatever it finds; null: none

    def __post_init__(self) -> None:
        check_ranges(self, "operation.promotion")
        if self.barred_on is not None:
            date_of("operation.promotion.barred_on", self.barred_on)
        for language, number in self.advertisers.items():
            if number != int(number):
                raise ConfigError(f"operation.promotion.advertisers.{language} must be a whole number; got {number:g}.")
