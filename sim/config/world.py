"""What a world is built from: who takes part, the graph, the public, the feed, and all of it together."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cached_property

from sim.config.checks import (
    ConfigError,
    check_ranges,
    date_of,
    described,
    named,
    one_of,
    probability,
    proportion,
    quantiles,
    ranged,
    shares,
)
from sim.config.content import ContentConfig, KnownAccountsConfig
from sim.config.feed import FeedConfig
from sim.config.operation import OperationConfig
from sim.config.reports import ReportsConfig

_FIRST_DAY, _LAST_DAY = "1970-01-01", "2200-01-01"  # on either side of which no times of day are kept


@dataclass(frozen=True, kw_only=True)
class ScenarioConfig:
    """Who takes part, when, and for how long. `scale` multiplies all three layers."""

    name: str = named("the scenario's name in tables and files")
    start: str = described("first day of the run", unit="UTC day", allowed=f"{_FIRST_DAY} to {_LAST_DAY}")
    days: int = ranged(1, 3660, "length of the run", unit="days")
    announced: str | None = described(
        "day on which the takedown was announced: what is cut off is also measured before it and from it on, "
        "if it lies in the run and not at its start",
        unit="UTC day", allowed="a day, null", default=None,
    )  # fmt: skip
    step_minutes: int = ranged(5, 720, "length of a step; a divisor of a day", unit="minutes")
    scale: float = ranged(0.0, 1000.0, "multiplies all three layers; 1 is full size", unit="factor", open_low=True)
    organic: int = ranged(1, 100_000_000, "organic accounts at scale 1", unit="accounts")
    core: int = ranged(0, 10_000_000, "persona accounts at scale 1", unit="accounts")
    amplifiers: int = ranged(0, 100_000_000, "amplifier accounts at scale 1", unit="accounts")
    organic_log_share: float = proportion("share of organic accounts whose acts are logged")

    def __post_init__(self) -> None:
        check_ranges(self, "scenario")
        if 1440 % self.step_minutes:
            raise ConfigError(f"scenario.step_minutes must divide a day of 1440 minutes; got {self.step_minutes}.")
        date_of("scenario.start", self.start)
        if not _FIRST_DAY <= self.start <= _LAST_DAY:
            raise ConfigError(f"scenario.start must lie in [{_FIRST_DAY}, {_LAST_DAY}]; got {self.start}.")
        if self.announced is not None:
            date_of("scenario.announced", self.announced)
        if self.n_organic < 2:
            raise ConfigError(f"scenario.scale must leave at least two organic accounts; got {self.scale}.")

    @cached_property
    def n_organic(self) -> int:
        return round(self.organic * self.scale)

    @cached_property
    def n_core(self) -> int:
        return round(self.core * self.scale)

    @cached_property
    def n_amplifiers(self) -> int:
        return round(self.amplifiers * self.scale)

    @cached_property
    def n_accounts(self) -> int:
        return self.n_organic + self.n_core + self.n_amplifiers

    @cached_property
    def n_steps(self) -> int:
        return self.days * 1440 // self.step_minutes

    @cached_property
    def step_seconds(self) -> int:
        return self.step_minutes * 60

    @cached_property
    def start_epoch(self) -> int:
        """Start of the first step, seconds since 1970-01-01 UTC."""
        day = dt.date.fromisoformat(self.start)
        return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())

    @cached_property
    def announced_seconds(self) -> int | None:
        """Beginning of the day of the announcement, seconds from the start; None unless days lie on either side."""
        if self.announced is None:
            return None
        seconds = self.seconds_to(self.announced)
        return seconds if 0 < seconds < self.days * 86_400 else None

    def seconds_to(self, date: str) -> int:
        """Return the seconds from the start of the run to the beginning of a UTC day, YYYY-MM-DD."""
        return int(dt.datetime.fromisoformat(date).replace(tzinfo=dt.UTC).timestamp()) - self.start_epoch


@dataclass(frozen=True, kw_only=True)
class GraphConfig:
    """The follower graph of the organic public."""

    edge_list: str | None = described(
        "a network of your own instead of a drawn graph: an edge list, GraphML or GML; its size is that of the public",
        allowed="a path, null",
    )
    mean_following: float = ranged(0.0, 10_000.0, "mean number of accounts that an account follows", unit="accounts")
    following_sigma: float = ranged(0.0, 4.0, "spread of the number of accounts followed", unit="log-sd")
    followers_sigma: float = ranged(0.0, 4.0, "spread of attractiveness, and so of in-degree", unit="log-sd")
    reciprocity: float = ranged(0.0, 0.9, "share of ties that are mutual", unit="share")
    homophily: float = proportion("share of ties inside an account's community (language and stance)")
    closure: float = proportion("share of community ties inside an account's neighbourhood, which makes triangles")
    neighbourhood: int = ranged(2, 100_000, "size of a neighbourhood within a community", unit="accounts")
    whole_ratio: float = ranged(1.0, 1e6, "followers on the whole platform per follower in the simulated part")

    def __post_init__(self) -> None:
        check_ranges(self, "graph")
        if self.edge_list == "":
            raise ConfigError("graph.edge_list must name a file, or be null; got ''.")


@dataclass(frozen=True, kw_only=True)
class BenignGroup:
    """One kind of innocent yet coordinated accounts, who repost their hubs and one another."""

    share: float = proportion("share of the organic public in groups of this kind")
    size: int = ranged(2, 100_000, "size of one group", unit="accounts")
    boost: float = ranged(1.0, 1e6, "factor on the probability of reposting a member of the same group", unit="factor")
    appeal: float = ranged(0.0, 1e3, "factor on the appeal of the hubs' posts", unit="factor")
    office_share: float = proportion("share of the members who log in from work")
    newcomer_share: float = proportion("share of groups formed within organic.newcomer_days of the start")
    joined_within_days: float = ranged(
        0.0, 5000.0, "longest time between the first and last registration in a group", unit="days"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "organic.groups.*")


@dataclass(frozen=True, kw_only=True)
class EliteConfig:
    """The accounts with most followers in each language: verified, busy, and known for what they write about."""

    followers_share: float = proportion("share of all follows of a language's public that are of its elite")
    acts_per_month: float = ranged(0.0, 1e5, "least acts in 30 days", unit="acts")
    repost_share: float = proportion("share of reposts in their acts")
    contested_share: float = proportion("share of them, stratified by language and followers, on the contested topic")
    appeal_sigma: float = ranged(0.0, 4.0, "spread of the appeal that is the author's own and lasts", unit="log-sd")

    def __post_init__(self) -> None:
        check_ranges(self, "organic.elite")


@dataclass(frozen=True, kw_only=True)
class OrganicConfig:
    """The organic public: activity, rhythm, interests, stance, behaviour, profiles."""

    languages: dict[str, float] = shares("shares of accounts, by language")
    utc_offset_hours: dict[str, int] = ranged(-12, 14, "offset of local time from UTC, by language", unit="hours")
    topics: int = ranged(1, 255, "number of topics; topic 0 is the contested one", unit="topics")
    contested_interest: float = proportion("share of accounts whose main interest is the contested topic")
    topic_loyalty: float = proportion("share of own posts on the main interest")
    favourable_share: float = proportion("share of each language's public in the camp that leans to the operation")
    stance_mean: float = ranged(0.0, 1.0, "distance of a camp's mean stance from 0, stance being in [-1, 1]")
    stance_sd: float = ranged(0.0, 1.0, "standard deviation of stance within a camp")
    acts_per_month_median: float = ranged(
        0.0, 1e5, "median number of posts and reposts of an account in 30 days", unit="acts"
    )
    acts_per_month_sigma: float = ranged(0.0, 4.0, "spread of acts in 30 days between accounts", unit="log-sd")
    acts_per_month_max: float = ranged(0.0, 1e5, "largest number of acts in 30 days", unit="acts")
    sessions_per_day_at_daily_act: float = ranged(
        0.0, 1e4, "log-ins a day of an account that acts once a day", unit="sessions"
    )
    sessions_exponent: float = ranged(0.0, 1.0, "exponent of activity in the number of sessions", unit="exponent")
    sessions_per_day_max: float = ranged(0.0, 1e4, "largest number of log-ins a day", unit="sessions")
    night_floor: float = proportion("activity at the quietest hour divided by that at the busiest")
    office_floor: float = proportion("activity from work outside working hours divided by that in them")
    peak_hour: float = ranged(0.0, 24.0, "busiest hour, local time", unit="hour")
    idle_share: float = proportion("share of accounts that never log in, and that nobody follows")
    news_days_per_month: float = ranged(
        0.0, 30.0, "days on which a topic is everybody's main interest, each topic by itself", unit="days in 30 days"
    )
    susceptibility_sigma: float = ranged(
        0.0, 4.0, "spread of how readily people come to follow the operation's accounts", unit="log-sd"
    )
    office_share: float = proportion("share of accounts that log in from work: Monday to Friday, 9 to 18 local time")
    never_repost_share: float = proportion("share of accounts that never repost")
    repost_share: list[list[float]] = quantiles("share of reposts in the acts of an account that reposts at all")
    repost_reference_items: float = ranged(
        0.0, 1e4, "items of mean appeal that a session must show, at one log-in a day, to reach an account's share",
        unit="items", open_low=True,
    )  # fmt: skip
    repost_reference_exponent: float = ranged(
        0.0, 1.0, "exponent with which these items fall with the log-ins a day: who looks more often finds less new",
        unit="exponent",
    )  # fmt: skip
    repost_probability_max: float = probability("largest probability of reposting one item")
    appeal_sigma: float = ranged(0.0, 4.0, "spread of the appeal of posts, whose mean is 1", unit="log-sd")
    interest_match: float = ranged(0.0, 1e3, "factor on reposting a post on the reader's main interest", unit="factor")
    interest_mismatch: float = ranged(0.0, 1e3, "factor on reposting a post on another topic", unit="factor")
    foreign_language: float = ranged(0.0, 1.0, "factor on reposting a post in another language", unit="factor")
    secondhand: float = ranged(0.0, 1.0, "factor on reposting an item that is itself a repost", unit="factor")
    shown_by_platform: float = ranged(
        0.0, 1.0, "factor on reposting an item that the platform recommends or is paid to show, at any age",
        unit="factor",
    )  # fmt: skip
    agreement_weight: float = ranged(
        0.0, 1.0, "influence of stance on reposting: 0 ignores it; 1 never reposts the opposite extreme", unit="weight"
    )
    social_proof: float = ranged(
        0.0,
        100.0,
        "weight of earlier reposts: factor on reposting 1 + social_proof * ln(1 + reposts so far)",
        unit="weight",
    )
    novelty_half_life_hours: float = ranged(
        0.0, math.inf, "half-life with a post's age of the probability of reposting it from those followed",
        unit="hours", open_low=True,
    )  # fmt: skip
    belief: str = one_of("none", "bounded_confidence", "degroot", meaning="how stance moves with exposure")
    belief_rate: float = proportion("share of the gap between stances that one session closes")
    confidence_bound: float = ranged(0.0, 2.0, "largest gap between stances that still persuades (bounded_confidence)")
    elite: EliteConfig = described("authors whom most people of a language know: media, politicians, stars")
    reports: ReportsConfig = described("reports to the platform, and blocks, by readers")
    groups: dict[str, BenignGroup] = described("innocent yet coordinated accounts, by kind", allowed="NAME: keys below")
    newcomer_share: float = proportion("share of accounts registered within newcomer_days before or after the start")
    newcomer_days: float = ranged(
        0.0, 3660.0, "days before and after the start in which newcomers register", unit="days"
    )
    default_image_share: float = proportion("share of accounts with the default picture")
    empty_bio_share: float = proportion("share of accounts without a bio")
    verified_share: float = proportion("share of accounts that are verified")
    phone_share: float = proportion("share of accounts with a verified telephone")
    vpn_share: float = proportion("share of accounts that use a VPN")
    mainland_share: float = proportion("share of accounts that use unblocked mainland addresses, such as travellers")
    users_per_exit: float = ranged(
        0.0, 1e6, "mean number of organic accounts per VPN exit or mainland block", unit="accounts",
        open_low=True,
    )  # fmt: skip
    web_share: float = proportion("share of accounts that use the web site")
    automation_share: float = proportion(
        "share of accounts that use a scheduler or are honest bots; the rest use the phone app"
    )
    elsewhere_share: float = proportion(
        "share of accounts that claim the time zone of a random language instead of their own"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "organic")
        for one, other in (("vpn_share", "mainland_share"), ("web_share", "automation_share")):
            both = getattr(self, one) + getattr(self, other)
            if both > 1.0:
                raise ConfigError(f"organic.{one} + organic.{other} must be at most 1; got {both:g}.")
        if set(self.languages) != set(self.utc_offset_hours):
            raise ConfigError(
                "organic.utc_offset_hours must name the languages of organic.languages "
                f"({', '.join(sorted(self.languages))}); got {', '.join(sorted(self.utc_offset_hours)) or 'none'}."
            )
        total = sum(group.share for group in self.groups.values())
        if total > 1.0:
            raise ConfigError(f"organic.groups.*.share must add up to at most 1; got {total:g}.")


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """All that a world is built from. The defence (detector and enforcement) is no part of it."""

    seed: int = described("seed of every random draw", allowed="[0, 2**63)")
    scenario: ScenarioConfig = described("who takes part, when, for how long")
    graph: GraphConfig = described("who follows whom among the public")
    organic: OrganicConfig = described("how the public behaves")
    operation: OperationConfig = described("how the operation works")
    feed: FeedConfig = described("what the platform shows")
    content: ContentConfig = described("links, hashtags and wordings that posts carry")
    known_accounts: KnownAccountsConfig = described("what the platform's staff knew of accounts at the start")

    @cached_property
    def planned_core(self) -> int:
        """Accounts of the core that are there by plan; the others are a reserve."""
        return self.scenario.n_core - round(self.scenario.n_core * self.operation.supply.core.reserve_share)

    @cached_property
    def planned_amplifiers(self) -> int:
        """Amplifiers registered by plan; the others are a reserve."""
        n = self.scenario.n_amplifiers
        return n - round(n * self.operation.supply.amplifiers.reserve_share)

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise ConfigError(f"seed must be a whole number in [0, 2**63); got {self.seed!r}.")
        unknown = sorted(set(self.operation.languages) - set(self.organic.languages))
        if unknown:
            raise ConfigError(
                f"operation.languages must be among organic.languages ({', '.join(self.organic.languages)}); "
                f"got {', '.join(unknown)}."
            )
