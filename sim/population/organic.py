"""The organic public: its accounts and benign coordinated groups.

Activity is lognormal: with a log-sd near 2.1 a tenth of the accounts write four fifths of the posts (Pew Research
Center 2019), because a lognormal's top share is Phi(sigma - z). Some of the public is innocent yet coordinated (fans,
activists, newsrooms, commercial spam): members of a group follow its hub and repost it and one another far more often
than others do. They are the main source of false positives.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import OrganicConfig, WorldConfig
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.graph.csr import FollowerGraph
from sim.population.access import claimed_offsets, organic_networks
from sim.population.accounts import Access, AccountTable, Client
from sim.population.elite import elite_of, lasting_appeal
from sim.population.reposting import repost_shares

_DAY = 86_400
_GATHERING_DAYS = 90.0  # time in which a new account gathers its followers and followees
_FIRST_ACCOUNTS_YEARS_AGO = 12.0  # the platform opened to the public
_MONTH_DAYS = 30.0


def community_sizes(config: WorldConfig) -> NDArray[np.int64]:
    """Return the accounts per community: for each language the favourable camp, then the other one.

    Returns
    -------
    int64 (2 * languages,)
        Adds up to the number of organic accounts (largest remainders).
    """
    camps = np.array([config.organic.favourable_share, 1.0 - config.organic.favourable_share])
    exact = np.outer(np.array(list(config.organic.languages.values())), camps).ravel() * config.scenario.n_organic
    sizes = np.floor(exact).astype(np.int64)
    missing = config.scenario.n_organic - int(sizes.sum())
    sizes[np.argsort(-(exact - sizes), kind="stable")[:missing]] += 1
    return sizes


def draw_groups(config: WorldConfig) -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.int64]]:
    """Draw the benign coordinated groups.

    Members are chosen independently; the members of a kind, in account order, fill one group after another, so that
    groups lie inside one language and camp, except those at a border.

    Returns
    -------
    group : int32 (organic,)
        Number of the account's group, or -1.
    kind : int8 (organic,)
        Index of its kind in `config.organic.groups`, or -1.
    hub : int64 (groups,)
        The account that each group gathers around.
    """
    n = config.scenario.n_organic
    group, kind = np.full(n, -1, np.int32), np.full(n, -1, np.int8)
    draw = uniforms(stream(config.seed, Purpose.GROUP), np.arange(n))
    low, hubs, first = 0.0, [], 0
    for index, rules in enumerate(config.organic.groups.values()):
        members = np.flatnonzero((draw >= low) & (draw < low + rules.share))
        low += rules.share
        kind[members] = index
        numbers = np.arange(members.size) // rules.size
        group[members] = first + numbers
        hubs.append(members[:: rules.size])
        first += int(numbers[-1]) + 1 if members.size else 0
    return group, kind, np.concatenate([*hubs, np.empty(0, np.int64)]).astype(np.int64)


def reference_items(organic: OrganicConfig, sessions_per_day: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the items of mean appeal that a session is taken to show an account: float64, shape of the argument."""
    often = np.maximum(sessions_per_day, 1e-9).astype(np.float64)
    return np.asarray(organic.repost_reference_items * often**-organic.repost_reference_exponent)


def fill_organic(
    table: AccountTable,
    config: WorldConfig,
    graph: FollowerGraph,
    groups: tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.int64]],
    idle: NDArray[np.bool_],
) -> None:
    """Fill the organic rows of the table (the first ones), in place.

    An account that is idle no longer logs in; what it posted before is on its profile.
    """
    organic, n, seed = config.organic, config.scenario.n_organic, config.seed
    rows = np.arange(n)
    community = np.repeat(np.arange(2 * len(organic.languages)), community_sizes(config))
    language, camp = community // 2, np.where(community % 2 == 0, 1.0, -1.0)
    _, kind, hub = groups

    acts = organic.acts_per_month_median * np.exp(
        organic.acts_per_month_sigma * normals(stream(seed, Purpose.ACTIVITY), rows)
    )
    acts[hub] = np.maximum(acts[hub], 4.0 * _MONTH_DAYS)  # a hub is what its group gathers around: it posts daily
    elite, on_topic = elite_of(config, language, graph.follower_count())
    acts[elite] = np.maximum(acts[elite], organic.elite.acts_per_month)
    acts = np.minimum(acts, organic.acts_per_month_max)
    used = ~idle
    used[elite] = True
    per_day = np.where(used, acts, 0.0) / _MONTH_DAYS
    sessions = np.minimum(
        organic.sessions_per_day_at_daily_act * per_day**organic.sessions_exponent, organic.sessions_per_day_max
    )
    per_session = np.divide(per_day, sessions, out=np.zeros(n), where=sessions > 0)
    table.session_rate[:n] = sessions
    share = repost_shares(organic.repost_share, organic.never_repost_share, seed, rows)
    share[elite] = organic.elite.repost_share
    table.posts_per_session[:n] = (1.0 - share) * per_session
    table.repost_propensity[:n] = share * per_session / reference_items(organic, sessions)
    table.language[:n] = language
    table.utc_offset[:n] = claimed_offsets(config, language, rows)

    interest = stream(seed, Purpose.INTEREST)
    other = 1 + (uniforms(interest, rows, 1) * (organic.topics - 1)).astype(np.int64)
    contested = (uniforms(interest, rows) < organic.contested_interest) | (organic.topics == 1)
    contested[elite] = on_topic | (organic.topics == 1)
    table.interest[:n] = np.where(contested, 0, other)
    stance = camp * organic.stance_mean + organic.stance_sd * normals(stream(seed, Purpose.STANCE), rows)
    table.stance[:n] = np.clip(stance, -1.0, 1.0)

    rules = list(organic.groups.values())
    table.boost[:n] = np.array([r.boost for r in rules] + [1.0])[kind]
    table.post_appeal[hub] = np.array([r.appeal for r in rules] + [1.0])[kind[hub]]
    table.post_appeal[elite] *= lasting_appeal(config, elite)

    working = np.array([r.office_share for r in rules] + [organic.office_share])[kind]
    table.at_work[:n] = uniforms(stream(seed, Purpose.OFFICE), rows) < working
    table.created[:n] = registrations(config, groups)
    _fill_profiles(table, config, graph, acts)
    table.verified[elite] = True


def registrations(
    config: WorldConfig, groups: tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Return when each organic account was registered, seconds since 1970: int64 (organic,).

    Most at any time of twelve years, alike; newcomers within some days of the start, before it or after. A benign group
    gathers: its members register within some days of one another, as real people do for a concert or a protest, and
    spammers in an afternoon.
    """
    organic, scenario, n = config.organic, config.scenario, config.scenario.n_organic
    group, kind, hub = groups
    rows, draw = np.arange(n), stream(config.seed, Purpose.CREATED)
    lead = np.where(group >= 0, hub[group] if hub.size else 0, rows)  # whose draws say when: the group's hub
    rules = list(organic.groups.values())
    newcomers = np.array([r.newcomer_share for r in rules] + [organic.newcomer_share])[kind]
    within = np.array([r.joined_within_days for r in rules] + [0.0])[kind] * _DAY

    recent = uniforms(draw, lead, 1) < newcomers
    end = scenario.start_epoch + organic.newcomer_days * _DAY  # whenever the run ends: a longer run has the same past
    begin = scenario.start_epoch - organic.newcomer_days * _DAY
    first = scenario.start_epoch - _FIRST_ACCOUNTS_YEARS_AGO * 365.25 * _DAY
    early, late = np.where(recent, begin, first), np.where(recent, end, begin)
    when = early + uniforms(draw, lead) * np.maximum(late - early - within, 0.0) + uniforms(draw, rows, 2) * within
    return np.minimum(when, end).astype(np.int64)


def _fill_profiles(table: AccountTable, config: WorldConfig, graph: FollowerGraph, acts: NDArray[np.float64]) -> None:
    """Fill what the platform can see of the organic accounts."""
    organic, n, seed = config.organic, config.scenario.n_organic, config.seed
    rows, key = np.arange(n), stream(seed, Purpose.PROFILE)
    age_days = np.maximum((config.scenario.start_epoch - table.created[:n]) / _DAY, 0.0)
    months = age_days / _MONTH_DAYS
    table.post_count[:n] = np.minimum(acts * months * uniforms(stream(seed, Purpose.HISTORY), rows), 2**31 - 1)
    for shown, simulated in (
        (table.follower_count, graph.follower_count()),
        (table.following_count, graph.following_count()),
    ):
        gathered = np.minimum(age_days / _GATHERING_DAYS, 1.0)
        shown[:n] = np.minimum(simulated[:n] * config.graph.whole_ratio * gathered, 2**31 - 1)
    table.default_image[:n] = uniforms(key, rows, 0) < organic.default_image_share
    table.empty_bio[:n] = uniforms(key, rows, 1) < organic.empty_bio_share
    table.verified[:n] = uniforms(key, rows, 2) < organic.verified_share
    table.phone_verified[:n] = uniforms(key, rows, 3) < organic.phone_share
    access = uniforms(stream(seed, Purpose.ACCESS), rows)
    table.access[:n] = np.select(
        [access < organic.vpn_share, access < organic.vpn_share + organic.mainland_share],
        [Access.VPN, Access.MAINLAND], Access.RESIDENTIAL,
    )  # fmt: skip
    table.network[:n] = organic_networks(config, table.access[:n])
    client = uniforms(key, rows, 4)
    table.client[:n] = np.select(
        [client < organic.automation_share, client < organic.automation_share + organic.web_share],
        [Client.AUTOMATION, Client.WEB], Client.PHONE,
    )  # fmt: skip


def group_ties(group: NDArray[np.int32], hub: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the ties of the benign groups: each member follows its hub and the next two members, in a ring.

    Returns
    -------
    followers, followees : int32 (ties,)
    """
    members = np.flatnonzero(group >= 0)
    members = members[np.argsort(group[members], kind="stable")]
    of = group[members].astype(np.int64)
    first = np.searchsorted(of, np.arange(hub.size))
    size = np.diff(np.append(first, members.size))
    place = np.arange(members.size) - first[of]
    ties = [(members, hub[of])]
    for ahead in (1, 2):
        ties.append((members, members[first[of] + (place + ahead) % size[of]]))
    followers = np.concatenate([a for a, _ in ties])
    followees = np.concatenate([b for _, b in ties])
    apart = followers != followees
    return followers[apart].astype(np.int32), followees[apart].astype(np.int32)
