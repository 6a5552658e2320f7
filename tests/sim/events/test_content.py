"""What posts carry: drawn by their identity, from stocks, from what is popular, or their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim import ConfigError, load_scenario
from sim.config import WorldConfig
from sim.events.content import FIELDS, NONE, Content, _zipf
from sim.events.records import POSTED
from sim.population.truth import GroundTruth, Layer, Origin

N = 6000  # of them the first 2,000 in group 0 (fans), the next in group 1 (newsrooms), the rest in none


def config(**changes: float) -> WorldConfig:
    return load_scenario("hk2019", scale=0.01, seed=3, overrides=[f"content.{k}={v}" for k, v in changes.items()])


#: Nothing is popular.
ALONE = config(own_url_share=1.0, own_hashtags_share=1.0, headline_share=0.0, stock_text_share=0.0)


def content(of: WorldConfig | None = None) -> Content:
    group = np.repeat(np.array([0, 1, -1], np.int32), N // 3)
    truth = GroundTruth(
        layer=np.full(N, Layer.ORGANIC, np.uint8), cell=np.full(N, -1, np.int32), role=np.zeros(N, np.uint8),
        role_names=("none",), supply=np.zeros(N, np.uint8), registered=np.zeros(N, np.int64),
        idle_ends=np.zeros(N, np.int64), group=group,
        group_kind=group.astype(np.int8), group_kinds=("fans", "newsrooms"),
        state_media=np.empty(0, np.int64),
    )  # fmt: skip
    return Content(of or config(), truth)


def posts(origin: int = Origin.ORGANIC, day: int = 0, language: int = 0) -> np.ndarray:
    """One post of each account, at a second of its own."""
    out = np.zeros(N, POSTED)
    out["author"], out["time"] = np.arange(N), 86_400 * day + np.arange(N)
    out["origin"], out["language"], out["topic"] = origin, language, 1
    return out


def spread(share: float, n: int) -> float:
    """Four standard deviations of a share of n: passed by one seed in 16,000."""
    return 4 * np.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_post_carries_hangs_on_nothing_but_the_post(name: str) -> None:
    some = posts()
    whole, order = content().of(name, some), np.argsort(np.arange(N) * 7919 % N, kind="stable")
    assert (content().of(name, some[order]) == whole[order]).all()
    assert (content().of(name, some[100:101]) == whole[100:101]).all()
    some["reposts"], some["appeal"], some["stance"] = 7, 2.0, -1.0
    assert (content().of(name, some) == whole).all()
    other = replace(config(), seed=4)
    assert (content(other).of(name, some) != whole).mean() > 0.3


def test_shares_of_posts_with_links_and_hashtags_are_those_configured() -> None:
    rest = slice(2 * N // 3, None)  # in no group
    for name, share in (("url", config().content.url_share), ("hashtags", config().content.hashtags_share)):
        carried = content().of(name, posts())[rest]
        assert abs((carried != NONE).mean() - share) < spread(share, N // 3)
    assert (content().of("text", posts()) != NONE).all()


def test_a_group_shares_its_own_stock_and_renews_it() -> None:
    """Fans take hashtags in half of their posts, out of eight sequences a day; those of another day are others."""
    fans = slice(0, N // 3)
    days = [content().of("hashtags", posts(day=day))[fans] for day in (0, 1)]
    for of_day in days:
        values, counts = np.unique(of_day[of_day != NONE], return_counts=True)
        stock = values[counts > 50]
        assert stock.size == 8
        assert abs(np.isin(of_day, stock).mean() - 0.5) < spread(0.5, N // 3)
    common = np.intersect1d(*days)
    assert (np.isin(days[0], common) & (days[0] != NONE)).mean() < 0.01


def test_the_campaign_shares_its_stock_within_a_language_and_with_nobody_else() -> None:
    for name, share, size in (("url", 0.35, 60), ("hashtags", 0.3, 15), ("text", 0.15, 80)):
        campaign = content(ALONE).of(name, posts(Origin.CAMPAIGN))
        values, counts = np.unique(campaign[campaign != NONE], return_counts=True)
        stock = values[counts > 1]
        assert stock.size == size
        assert abs(np.isin(campaign, stock).mean() - share) < spread(share, N)
        for other in (posts(Origin.CAMPAIGN, language=1), posts(Origin.CAMPAIGN, day=1), posts(Origin.COVER), posts()):
            assert not np.isin(content(ALONE).of(name, other), stock).any()
    assert (content().of("url", posts(Origin.COVER)) == content().of("url", posts())).all()


def test_without_stocks_or_popular_material_nothing_is_shared() -> None:
    rest = posts()[2 * N // 3 :]
    for name in FIELDS:
        carried = content(ALONE).of(name, rest)
        carried = carried[carried != NONE]
        assert np.unique(carried).size == carried.size > 0


def test_a_headline_is_shared_by_those_who_share_the_link() -> None:
    by_button = content(config(headline_share=1.0, stock_text_share=0.0))
    rest = posts()[2 * N // 3 :]
    url, text = by_button.of("url", rest), by_button.of("text", rest)
    linked = url != NONE
    _, links = np.unique(url[linked], return_inverse=True)
    _, texts = np.unique(text[linked], return_inverse=True)
    assert (links[:, None] == links).tolist() == (texts[:, None] == texts).tolist()
    assert links.max() + 1 < linked.sum()


def test_what_is_popular_follows_zipfs_law() -> None:
    """The rank's logarithm is uniform: of 1,023 links the first has a tenth, the first three a fifth."""
    rank = _zipf((np.arange(100_000) + 0.5) / 100_000, 1023)
    assert (rank.min(), rank.max()) == (0, 1022)
    assert abs((rank == 0).mean() - 0.1) < 1e-3
    assert abs((rank < 3).mean() - 0.2) < 1e-3


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("content.url_share=2", r"content\.url_share must lie in \[0, 1\]; got 2\.0"),
        ("content.renewal_hours=0", r"content\.renewal_hours must lie in \(0, 87600\]; got 0\.0"),
        ("content.groups.fans.texts=0", r"content\.\*\.texts must lie in \[1, 1e\+06\]; got 0"),
        ("content.campaign.text=-1", r"content\.\*\.text must lie in \[0, 1\]; got -1\.0"),
        ("content.groups.fans.poem=1", r"content\.groups\.fans\.poem is not an option"),
        ("known_accounts.error_share=1.5", r"known_accounts\.error_share must lie in \[0, 1\]; got 1\.5"),
    ],
)
def test_values_out_of_range_are_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_scenario("hk2019", overrides=[override])
