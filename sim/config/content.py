"""What posts carry besides a topic, and what the platform's staff knew of accounts at the start."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.checks import check_ranges, described, proportion, ranged


@dataclass(frozen=True, kw_only=True)
class SharedMaterial:
    """What a group posts from a common stock: the share of its posts that do, and how much there is to take from."""

    url: float = proportion("share of posts that carry a link from the stock")
    hashtags: float = proportion("share of posts that carry a sequence of hashtags from the stock")
    text: float = proportion("share of posts that repeat a wording from the stock")
    urls: int = ranged(1, 1_000_000, "size of the stock of links, in each renewal", unit="links")
    hashtag_sequences: int = ranged(
        1, 1_000_000, "size of the stock of hashtag sequences, in each renewal", unit="sequences"
    )
    texts: int = ranged(1, 1_000_000, "size of the stock of wordings, in each renewal", unit="wordings")

    def __post_init__(self) -> None:
        check_ranges(self, "content.*")


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Links, sequences of hashtags and wordings of posts."""

    renewal_hours: float = ranged(
        0.0, 87_600.0, "time after which stocks and popular material are renewed", unit="hours", open_low=True
    )
    # the public's own, and whatever is not taken from a stock
    url_share: float = proportion("share of posts that carry a link")
    own_url_share: float = proportion("share of these links that nobody else posts")
    popular_urls: int = ranged(
        1, 10_000_000, "popular links per topic, language and renewal; Zipf's law, exponent 1", unit="links"
    )
    hashtags_share: float = proportion("share of posts that carry hashtags")
    own_hashtags_share: float = proportion("share of these hashtag sequences that nobody else posts")
    popular_hashtags: int = ranged(
        1, 10_000_000, "popular sequences per topic, language and renewal; Zipf's law, exponent 1", unit="sequences"
    )
    headline_share: float = proportion("share of posts with a link whose wording is the link's headline")
    stock_text_share: float = proportion(
        "share of posts with a common wording of their language (such as good morning)"
    )
    stock_texts: int = ranged(
        1, 10_000_000, "common wordings per language; not renewed; Zipf's law, exponent 1", unit="wordings"
    )
    groups: dict[str, SharedMaterial] = described(
        "stocks of benign groups, by the kind's name; each group and renewal has its own", allowed="NAME: keys below"
    )
    campaign: SharedMaterial = described("stock of the campaign; each language has its own")

    def __post_init__(self) -> None:
        check_ranges(self, "content")


@dataclass(frozen=True, kw_only=True)
class KnownAccountsConfig:
    """What the platform's staff think they know of accounts that existed at the start."""

    bad_share: float = proportion("share of the operation's accounts that are known as such")
    good_share: float = proportion("share of organic accounts that were examined and found genuine")
    verified_good_share: float = proportion("share of verified accounts that were examined and found genuine")
    error_share: float = proportion("share of known accounts whose label is wrong")

    def __post_init__(self) -> None:
        check_ranges(self, "known_accounts")
