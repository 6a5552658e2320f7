"""What posts carry besides a topic, and what the platform's staff knew of accounts at the start."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import check_ranges, described, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class SharedMaterial:
    """What a group posts from a common stock: the share of its posts that do, and how much there is to take from."""

    url: float = proportion("of posts, that carry a link of the stock")
    hashtags: float = proportion("of posts, that carry a sequence of hashtags of the stock")
    text: float = proportion("of posts, that repeat a wording of the stock")
    urls: int = ranged(1, 1_000_000, "in the stock, in each renewal", unit="links")
    hashtag_sequences: int = ranged(1, 1_000_000, "in the stock, in each renewal", unit="sequences")
    texts: int = ranged(1, 1_000_000, "in the stock, in each renewal", unit="wordings")

    def __post_init__(self) -> None:
        check_ranges(self, "content.*")


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Links, sequences of hashtags and wordings of posts."""

    renewal_hours: float = ranged(
        0.0, 87_600.0, "after which stocks and what is popular are new", unit="hours", open_low=True
    )
    # the public's own, and whatever is not taken from a stock
    url_share: float = proportion("of posts, that carry a link")
    own_url_share: float = proportion("of those links, that nobody else posts")
    popular_urls: int = ranged(
        1, 10_000_000, "of a topic and language in one renewal; Zipf's law, exponent 1", unit="links"
    )
    hashtags_share: float = proportion("of posts, that carry hashtags")
    own_hashtags_share: float = proportion("of their sequences, that nobody else posts")
    popular_hashtags: int = ranged(
        1, 10_000_000, "of a topic and language in one renewal; Zipf's law, exponent 1", unit="sequences"
    )
    headline_share: float = proportion("of posts with a link, whose wording is the link's headline")
    stock_text_share: float = proportion("of posts, that say what many say (good morning), for a language")
    stock_texts: int = ranged(
        1, 10_000_000, "of a language, that many say; not renewed; Zipf's law, exponent 1", unit="wordings"
    )
    groups: dict[str, SharedMaterial] = described(
        "stocks of benign groups, by the kind's name; each group and renewal has its own", allowed="NAME: keys below"
    )
    campaign: SharedMaterial = described("stock of the campaign, for a language")

    def __post_init__(self) -> None:
        check_ranges(self, "content")


@dataclass(frozen=True, kw_only=True)
class KnownAccountsConfig:
    """What the platform's staff think they know of accounts that existed at the start."""

    bad_share: float = proportion("of the operation's accounts, that have been found out")
    good_share: float = proportion("of the public, that has been looked at and found real")
    verified_good_share: float = proportion("of verified accounts, likewise")
    error_share: float = proportion("of what is known, that is the opposite of the truth")

    def __post_init__(self) -> None:
        check_ranges(self, "known_accounts")
