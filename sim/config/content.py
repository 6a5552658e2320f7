"""What posts carry besides a topic, and what the platform's staff knew of accounts at the start."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.config.checks import check_ranges, probability, ranged


@dataclass(frozen=True, kw_only=True)
class SharedMaterial:
    """What a group posts from a common stock: the share of its posts that do, and how much there is to take from."""

    url: float = probability()  # of posts, that carry a link of the stock
    hashtags: float = probability()  # of posts, that carry a sequence of hashtags of the stock
    text: float = probability()  # of posts, that repeat a wording of the stock
    urls: int = ranged(1, 1_000_000)  # links in the stock, in each renewal
    hashtag_sequences: int = ranged(1, 1_000_000)
    texts: int = ranged(1, 1_000_000)

    def __post_init__(self) -> None:
        check_ranges(self, "content.*")


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Links, sequences of hashtags and wordings of posts."""

    renewal_hours: float = ranged(0.0, 87_600.0, open_low=True)  # after which stocks and what is popular are new
    # the public's own, and whatever is not taken from a stock
    url_share: float = probability()  # of posts, that carry a link
    own_url_share: float = probability()  # of those links, that nobody else posts
    popular_urls: int = ranged(1, 10_000_000)  # links of a topic and language in one renewal; Zipf's law, exponent 1
    hashtags_share: float = probability()  # of posts, that carry hashtags
    own_hashtags_share: float = probability()  # of their sequences, that nobody else posts
    popular_hashtags: int = ranged(1, 10_000_000)  # likewise
    headline_share: float = probability()  # of posts with a link, whose wording is the link's headline
    stock_text_share: float = probability()  # of posts, that say what many say (good morning), for a language
    stock_texts: int = ranged(1, 10_000_000)  # for a language, not renewed; Zipf's law, exponent 1
    # stocks: of benign groups by the kind's name, each group and renewal its own; and of the campaign, for a language
    groups: dict[str, SharedMaterial] = field(metadata={})
    campaign: SharedMaterial

    def __post_init__(self) -> None:
        check_ranges(self, "content")


@dataclass(frozen=True, kw_only=True)
class KnownAccountsConfig:
    """What the platform's staff think they know of accounts that existed at the start."""

    bad_share: float = probability()  # of the operation's accounts, that have been found out
    good_share: float = probability()  # of the public, that has been looked at and found real
    verified_good_share: float = probability()  # of verified accounts, likewise
    error_share: float = probability()  # of labels, that say the opposite of what is true

    def __post_init__(self) -> None:
        check_ranges(self, "known_accounts")
