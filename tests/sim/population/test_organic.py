"""The organic public: how active, when awake, of which camp, and which of it is innocent yet coordinated.

What is expected is read from the configuration. Accounts are drawn independently; `CHANCE` is the chance of a false
alarm of each statistical test.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import load_scenario
from sim.config import BenignGroup, WorldConfig
from sim.population.elite import elite_of
from sim.population.organic import community_sizes, draw_groups, group_ties, reference_items, registrations
from sim.population.rhythm import daily_rhythm, weekly_rhythm
from sim.population.world import World, build_world

CHANCE = 1e-6
N = 20_000
LANGUAGES = list(load_scenario("hk2019").organic.languages)


@cache
def config(*overrides: str) -> WorldConfig:
    basis = [
        "scenario.scale=1",
        f"scenario.organic={N}",
        "scenario.core=0",
        "scenario.amplifiers=0",
        "graph.mean_following=2",
        "organic.idle_share=0",
    ]
    return load_scenario("hk2019", scale=1.0, seed=1, overrides=[*basis, *overrides])


@cache
def world() -> World:
    return build_world(config())


def acts_per_month() -> np.ndarray:
    """Return the acts that each account is drawn to make in thirty days, by its log-ins and what it does in each."""
    table, organic = world().accounts, config().organic
    reposts = table.repost_propensity.astype(float) * reference_items(organic, table.session_rate)
    return table.session_rate * (table.posts_per_session + reposts) * 30.0


def elite() -> np.ndarray:
    table, graph = world().accounts, world().graph
    return elite_of(config(), table.language.astype(np.int64), graph.follower_count())[0]


# How active.


def test_activity_is_lognormal_as_configured() -> None:
    # Hubs are more active by design, and the most active are cut off: the law is held below the cut without hubs.
    organic, (_, _, hub) = config().organic, draw_groups(config())
    acts = np.delete(acts_per_month(), np.union1d(hub, elite()))
    law = stats.norm(np.log(organic.acts_per_month_median), organic.acts_per_month_sigma)
    below = acts < 0.999 * organic.acts_per_month_max
    capped = law.sf(np.log(organic.acts_per_month_max))
    assert stats.kstest(law.cdf(np.log(acts[below])) / (1.0 - capped), "uniform").pvalue > CHANCE
    assert stats.binomtest(int((~below).sum()), acts.size, capped).pvalue > CHANCE
    assert acts.max() <= 1.001 * organic.acts_per_month_max
    assert np.log(acts).std() == pytest.approx(organic.acts_per_month_sigma, rel=0.03)  # six standard errors


def test_the_most_active_tenth_writes_what_the_lognormal_says() -> None:
    # The share of a lognormal cut off at the maximum; ten seeds scatter by 0.006 around it.
    organic, acts = config().organic, np.sort(acts_per_month())[::-1]
    sigma = organic.acts_per_month_sigma
    quantiles = (np.arange(1_000_000) + 0.5) / 1_000_000
    law = organic.acts_per_month_median * np.exp(sigma * stats.norm.ppf(quantiles))
    law = np.minimum(law, organic.acts_per_month_max)
    share = acts[: N // 10].sum() / acts.sum()
    assert share == pytest.approx(law[-100_000:].sum() / law.sum(), abs=0.02)


def test_log_ins_grow_with_activity_by_the_configured_power_and_no_further_than_the_most() -> None:
    organic, table = config().organic, world().accounts
    per_day = acts_per_month() / 30.0
    expected = organic.sessions_per_day_at_daily_act * per_day**organic.sessions_exponent
    assert table.session_rate == pytest.approx(np.minimum(expected, organic.sessions_per_day_max), rel=1e-4)


def test_what_a_neutral_session_offers_meets_an_account_s_own_share_of_reposts() -> None:
    organic, table = config().organic, world().accounts
    reposts = table.repost_propensity.astype(float) * reference_items(organic, table.session_rate)
    share = np.delete(reposts / (reposts + table.posts_per_session), elite())
    assert np.mean(share == 0.0) == pytest.approx(organic.never_repost_share, abs=0.02)
    at, law = np.array(organic.repost_share).T
    levels = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    assert np.quantile(share[share > 0.0], levels) == pytest.approx(np.interp(levels, at, law), abs=0.02)


# When awake.


@pytest.mark.parametrize(("minutes", "start"), [(20, "2019-07-20"), (60, "2019-07-22"), (720, "2016-10-09")])
def test_a_week_s_rhythm_averages_to_one_and_work_is_from_monday_to_friday(minutes: int, start: str) -> None:
    scenario = replace(config().scenario, step_minutes=minutes, start=start)
    rhythm, n = weekly_rhythm(replace(config(), scenario=scenario)), len(LANGUAGES)
    assert rhythm.shape == (2 * n, 7 * 1440 // minutes)
    assert rhythm.mean(axis=1) == pytest.approx(1.0)
    assert (rhythm[:n, : 1440 // minutes] == daily_rhythm(config().organic, minutes)).all()
    if minutes <= 60:
        for language, row in zip(LANGUAGES, rhythm[n:], strict=True):
            busy = np.flatnonzero(row > 1.0) * minutes * 60 + scenario.start_epoch
            offset = dt.timedelta(hours=config().organic.utc_offset_hours[language])
            local = [dt.datetime.fromtimestamp(at, dt.UTC) + offset for at in busy.tolist()]
            assert len(busy) * minutes == 5 * 9 * 60
            assert all(at.weekday() < 5 and 9 <= at.hour < 18 for at in local)


def test_a_share_of_the_public_and_all_of_the_newsrooms_log_in_from_work() -> None:
    organic, at_work = config().organic, world().accounts.at_work
    group, kind, _ = draw_groups(config())
    for index, rules in enumerate(organic.groups.values()):
        members = np.flatnonzero(kind == index)
        assert np.mean(at_work[members]) == pytest.approx(rules.office_share, abs=5.0 * 0.5 / np.sqrt(members.size))
    assert np.mean(at_work[group < 0]) == pytest.approx(organic.office_share, abs=0.02)


@pytest.mark.parametrize("minutes", [5, 30, 60, 90, 720])
def test_the_daily_rhythm_averages_to_one(minutes: int) -> None:
    rhythm = daily_rhythm(config().organic, minutes)
    assert rhythm.shape == (len(LANGUAGES), 1440 // minutes)
    assert rhythm.mean(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_daily_rhythm_peaks_at_the_peak_hour_of_local_time_and_is_lowest_twelve_hours_away(language: str) -> None:
    organic = config().organic
    rhythm = daily_rhythm(organic, 15)[LANGUAGES.index(language)]
    local = (np.arange(96) * 0.25 + 0.125 + organic.utc_offset_hours[language]) % 24

    def apart(hour: float, other: float) -> float:
        return abs((hour - other + 12) % 24 - 12)

    assert apart(local[rhythm.argmax()], organic.peak_hour) <= 0.125 + 1e-9
    assert apart(local[rhythm.argmin()], organic.peak_hour + 12) <= 0.125 + 1e-9
    assert rhythm.min() / rhythm.max() == pytest.approx(organic.night_floor, abs=0.001)


# Of which camp.


@pytest.mark.parametrize("organic", [2, 3, 7, 101, 1500, 12_345])
def test_communities_add_up_and_none_is_off_its_share_by_an_account(organic: int) -> None:
    rules = config(f"scenario.organic={organic}")
    sizes = community_sizes(rules)
    favourable = rules.organic.favourable_share
    exact = [
        share * camp * organic for share in rules.organic.languages.values() for camp in (favourable, 1 - favourable)
    ]
    assert sizes.sum() == organic
    assert np.abs(sizes - exact).max() < 1.0


def test_languages_follow_one_another_in_the_order_of_the_communities_and_set_the_clock() -> None:
    organic, table = config().organic, world().accounts
    of_language = community_sizes(config()).reshape(-1, 2).sum(axis=1)
    assert table.language.tolist() == np.repeat(np.arange(len(LANGUAGES)), of_language).tolist()
    offsets = np.array([organic.utc_offset_hours[name] for name in LANGUAGES])
    own = table.utc_offset == offsets[table.language]
    # Those who claim any language's time zone may hit upon their own.
    share = 1.0 - organic.elsewhere_share * (1.0 - 1.0 / len(LANGUAGES))
    assert own.mean() == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / own.size))


def test_stance_leans_to_the_operation_in_the_favourable_camp_and_away_in_the_other() -> None:
    organic, stance = config().organic, world().accounts.stance
    camp = np.repeat(np.tile([1.0, -1.0], len(LANGUAGES)), community_sizes(config()))
    assert np.abs(stance).max() <= 1.0
    for side in (1.0, -1.0):
        own = stance[camp == side]
        law = stats.norm(side * organic.stance_mean, organic.stance_sd)
        inside = own[np.abs(own) < 1.0]
        low, high = law.cdf([-1.0, 1.0])
        assert stats.kstest((law.cdf(inside) - low) / (high - low), "uniform").pvalue > CHANCE
        assert stats.binomtest(int(np.count_nonzero(own == side)), own.size, law.sf(1.0) if side > 0 else low)


def test_the_contested_topic_interests_the_configured_share_and_the_others_are_alike() -> None:
    organic = config().organic
    counts = np.bincount(world().accounts.interest, minlength=organic.topics)
    share = np.full(organic.topics, (1.0 - organic.contested_interest) / (organic.topics - 1))
    share[0] = organic.contested_interest
    assert stats.chisquare(counts, share * N).pvalue > CHANCE


def test_what_the_platform_sees_has_the_configured_shares() -> None:
    organic, table = config().organic, world().accounts
    seen = {
        "default_image_share": table.default_image,
        "empty_bio_share": table.empty_bio,
        "verified_share": table.verified,
        "phone_share": table.phone_verified,
        "vpn_share": table.access == 1,
    }
    for name, column in seen.items():  # fmt: skip
        assert stats.binomtest(int(column.sum()), N, getattr(organic, name)).pvalue > CHANCE, name


def test_newcomers_have_the_configured_share_and_come_evenly() -> None:
    rules = config(
        "organic.newcomer_share=0.3",
        "organic.newcomer_days=20",
        *(f"organic.groups.{kind}.share=0" for kind in config().organic.groups),
    )
    created = build_world(rules).accounts.created - rules.scenario.start_epoch
    recent = created >= -20 * 86_400
    assert stats.binomtest(int(recent.sum()), N, 0.3).pvalue > CHANCE
    assert stats.kstest(created[recent] / 86_400, stats.uniform(-20, 40).cdf).pvalue > CHANCE


def test_a_group_gathers_within_its_days() -> None:
    rules = config()
    group, kind, hub = groups = draw_groups(rules)
    created, kinds = registrations(rules, groups), list(rules.organic.groups.values())
    for number in range(hub.size):
        members = created[group == number]
        assert members.max() - members.min() <= kinds[kind[hub[number]]].joined_within_days * 86_400


# Innocent yet coordinated.


def test_groups_have_the_configured_size_and_share_of_the_public() -> None:
    rules, (group, kind, hub) = config(), draw_groups(config())
    assert ((group >= 0) == (kind >= 0)).all()
    sizes = np.bincount(group[group >= 0])
    assert sizes.size == hub.size
    assert (group[hub] == np.arange(hub.size)).all()
    for number, wanted in enumerate(rules.organic.groups.values()):
        members = int(np.count_nonzero(kind == number))
        assert stats.binomtest(members, N, wanted.share).pvalue > CHANCE
        own = np.unique(group[kind == number])
        assert (sizes[own[:-1]] == wanted.size).all()  # the last takes what is left
        assert sizes[own[-1]] == members - wanted.size * (own.size - 1) <= wanted.size


def test_everybody_may_belong_to_a_group_and_nobody_must() -> None:
    rules = config()
    everybody = {
        "all": BenignGroup(
            share=1.0, size=7, boost=2.0, appeal=1.0, newcomer_share=0.0, joined_within_days=0.0, office_share=0.0
        )
    }
    group, kind, hub = draw_groups(replace(rules, organic=replace(rules.organic, groups=everybody)))
    assert (kind == 0).all()
    assert hub.size == group.max() + 1 == -(-N // 7)
    group, kind, hub = draw_groups(replace(rules, organic=replace(rules.organic, groups={})))
    assert (group == -1).all()
    assert hub.size == 0


def test_members_of_a_group_share_language_and_camp_but_for_those_at_a_border() -> None:
    group, _, _ = draw_groups(config())
    sizes = community_sizes(config())
    community = np.repeat(np.arange(sizes.size), sizes)
    mixed = [np.unique(community[group == number]).size > 1 for number in range(int(group.max()) + 1)]
    assert sum(mixed) <= len(config().organic.groups) * (sizes.size - 1)
    assert sum(mixed) < len(mixed)


def test_each_member_follows_its_hub_and_the_next_two_of_the_ring() -> None:
    group = np.array([0, -1, 1, 0, 1, 0, 0, -1, 2, 0, 3, 3], np.int32)
    hub = np.array([0, 2, 8, 10])
    ties = sorted(zip(*(side.tolist() for side in group_ties(group, hub)), strict=True))
    rings = {0: [0, 3, 5, 6, 9], 2: [2, 4], 8: [8], 10: [10, 11]}
    expected = []
    for centre, ring in rings.items():
        for place, member in enumerate(ring):
            expected += [(member, other) for other in (
                centre, ring[(place + 1) % len(ring)], ring[(place + 2) % len(ring)]) if other != member]  # fmt: skip
    assert ties == sorted(expected)


def test_in_the_world_members_do_follow_their_hubs_and_are_boosted_and_hubs_post_daily() -> None:
    organic, table = config().organic, world().accounts
    group, kind, hub = draw_groups(config())
    for member in np.flatnonzero(group >= 0)[::37]:
        if member != hub[group[member]]:
            assert hub[group[member]] in world().graph.following(int(member))
    boosts = np.array([wanted.boost for wanted in organic.groups.values()] + [1.0])
    appeals = np.array([wanted.appeal for wanted in organic.groups.values()])
    assert (table.boost == boosts[kind].astype(np.float32)).all()
    plain = np.setdiff1d(hub, elite())  # an author of the elite has an appeal of its own
    assert (table.post_appeal[plain] == appeals[kind[plain]].astype(np.float32)).all()
    assert (np.delete(table.post_appeal, np.union1d(hub, elite())) == 1.0).all()
    assert acts_per_month()[hub].min() > 30.0
