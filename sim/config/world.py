"""What a world is built from: who takes part, the graph, the public, the feed, and all of it together."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from functools import cached_property

from sim.config.checks import ConfigError, check_ranges, date_of, one_of, probability, ranged, shares
from sim.config.content import ContentConfig, KnownAccountsConfig
from sim.config.operation import OperationConfig

_FIRST_DAY, _LAST_DAY = "1970-01-01", "2200-01-01"  # on either side of which no times of day are kept


@dataclass(frozen=True, kw_only=True)
class ScenarioConfig:
    """Who takes part, when, and for how long. `scale` multiplies all three layers."""

    name: str
    start: str  # first day, UTC, YYYY-MM-DD
    days: int = ranged(1, 3660)
    step_minutes: int = ranged(5, 720)
    scale: float = ranged(0.0, 1000.0, open_low=True)
    organic: int = ranged(1, 100_000_000)  # accounts at scale 1
    core: int = ranged(0, 10_000_000)  # persona accounts at scale 1
    amplifiers: int = ranged(0, 100_000_000)  # amplifier accounts at scale 1
    organic_log_share: float = probability()  # share of organic accounts whose acts the log keeps

    def __post_init__(self) -> None:
        check_ranges(self, "scenario")
        if 1440 % self.step_minutes:
            raise ConfigError(f"scenario.step_minutes must divide a day of 1440 minutes; got {self.step_minutes}.")
        date_of("scenario.start", self.start)
        if not _FIRST_DAY <= self.start <= _LAST_DAY:
            raise ConfigError(f"scenario.start must lie in [{_FIRST_DAY}, {_LAST_DAY}]; got {self.start}.")
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

    def seconds_to(self, date: str) -> int:
        """Return the seconds from the start of the run to the beginning of a UTC day, YYYY-MM-DD."""
        return int(dt.datetime.fromisoformat(date).replace(tzinfo=dt.UTC).timestamp()) - self.start_epoch


@dataclass(frozen=True, kw_only=True)
class GraphConfig:
    """The follower graph of the organic public."""

    edge_list: str | None  # a file of followers and followees (CSV or Parquet, plain or gzip) instead of a drawn graph
    mean_following: float = ranged(0.0, 10_000.0)  # mean number of accounts that an account follows
    following_sigma: float = ranged(0.0, 4.0)  # log-sd of the number followed
    followers_sigma: float = ranged(0.0, 4.0)  # log-sd of an account's attractiveness, hence of its in-degree
    reciprocity: float = ranged(0.0, 0.9)  # share of ties that are mutual
    homophily: float = probability()  # share of ties inside the own community (language and stance)
    closure: float = probability()  # share of community ties drawn inside the own neighbourhood, which makes triangles
    neighbourhood: int = ranged(2, 100_000)  # accounts in a neighbourhood
    whole_ratio: float = ranged(1.0, 1e6)  # followers on the whole platform per follower in the simulated part

    def __post_init__(self) -> None:
        check_ranges(self, "graph")
        if self.edge_list == "":
            raise ConfigError("graph.edge_list must name a file, or be null; got ''.")


@dataclass(frozen=True, kw_only=True)
class BenignGroup:
    """One kind of innocent yet coordinated accounts, who repost their hubs and one another."""

    share: float = probability()  # of the organic public
    size: int = ranged(2, 100_000)  # accounts in one group
    boost: float = ranged(1.0, 1e6)  # factor on the probability of reposting a member of the own group
    appeal: float = ranged(0.0, 1e3)  # factor on the appeal of the hubs' posts
    newcomer_share: float = probability()  # of the groups, that gathered in the newcomers' days (organic.newcomer_days)
    joined_within_days: float = ranged(0.0, 5000.0)  # from the first registration in a group to the last, at most

    def __post_init__(self) -> None:
        check_ranges(self, "organic.groups.*")


@dataclass(frozen=True, kw_only=True)
class OrganicConfig:
    """The organic public: activity, rhythm, interests, stance, behaviour, profiles."""

    languages: dict[str, float] = shares()  # share of accounts per language
    utc_offset_hours: dict[str, int] = field(metadata={"low": -12, "high": 14})  # local time per language
    topics: int = ranged(1, 255)  # topic 0 is the contested one
    contested_interest: float = probability()  # share of accounts whose main interest is the contested topic
    topic_loyalty: float = probability()  # share of own posts on the main interest
    favourable_share: float = probability()  # share of a language's public in the camp that leans to the operation
    stance_mean: float = probability()  # distance of a camp's mean stance from 0, stance being in [-1, 1]
    stance_sd: float = ranged(0.0, 1.0)
    acts_per_month_median: float = ranged(0.0, 1e5)  # posts and reposts in 30 days
    acts_per_month_sigma: float = ranged(0.0, 4.0)  # log-sd
    acts_per_month_max: float = ranged(0.0, 1e5)
    sessions_per_day_at_daily_act: float = ranged(0.0, 1e4)  # log-ins a day of an account that acts once a day
    sessions_exponent: float = probability()  # sessions grow as activity to this power
    sessions_per_day_max: float = ranged(0.0, 1e4)
    night_floor: float = probability()  # activity at the quietest hour / at the busiest
    peak_hour: float = ranged(0.0, 24.0)  # local
    repost_share: float = probability()  # of an account's acts, as targeted by its propensity
    repost_reference_items: float = ranged(0.1, 1e4)  # items of mean appeal a session must offer to meet that share
    repost_probability_max: float = probability()  # ceiling of the probability of reposting one item
    appeal_sigma: float = ranged(0.0, 4.0)  # log-sd of a post's appeal, whose mean is 1
    interest_match: float = ranged(0.0, 1e3)  # factor when the post is on the reader's main interest
    interest_mismatch: float = ranged(0.0, 1e3)  # factor when it is not
    foreign_language: float = ranged(0.0, 1.0)  # factor when the post is in another language
    secondhand: float = ranged(0.0, 1.0)  # factor when the item does not come from the post's author
    agreement_weight: float = probability()  # 0 ignores stance; 1 never reposts the opposite extreme
    social_proof: float = ranged(0.0, 100.0)  # factor is 1 + social_proof * ln(1 + reposts so far)
    novelty_half_life_hours: float = ranged(
        0.0, math.inf, open_low=True
    )  # of the repost probability, by the post's age
    belief: str = one_of("none", "bounded_confidence", "degroot")  # how stance moves with exposure
    belief_rate: float = probability()  # share of the gap that one session closes
    confidence_bound: float = ranged(0.0, 2.0)  # largest gap that still persuades, for bounded_confidence
    groups: dict[str, BenignGroup] = field(metadata={})
    newcomer_share: float = probability()  # registered within `newcomer_days` of the start, before it or after
    newcomer_days: float = ranged(0.0, 3660.0)
    default_image_share: float = probability()
    empty_bio_share: float = probability()
    verified_share: float = probability()
    phone_share: float = probability()
    vpn_share: float = probability()
    mainland_share: float = probability()  # come in by unblocked mainland addresses: travellers, those who got through
    users_per_exit: float = ranged(0.0, 1e6, open_low=True)  # people of the simulated public on one exit or block, mean
    web_share: float = probability()  # act by the web site
    automation_share: float = probability()  # act by a scheduler or are an honest bot; the rest by phone
    elsewhere_share: float = probability()  # claim the time zone of any language and not that of their own

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
class FeedConfig:
    """What an account reads when it logs in."""

    ranking: str = one_of("chronological", "engagement")
    attention: int = ranged(1, 4096)  # items read in one session at most
    candidates: int = ranged(1, 65536)  # newest items of the followed accounts that ranking chooses from
    acts_per_account: int = ranged(1, 4096)  # newest acts of one account that its followers are shown
    engagement_weight: float = ranged(0.0, 1e3)  # of ln(1 + reposts) in the rank
    recency_half_life_hours: float = ranged(0.0, math.inf, open_low=True)  # of an item's rank, by the post's age
    recommended_share: float = probability()  # of attention, given to items from outside the network
    trends_per_step: int = ranged(0, 10_000)  # posts that enter a language's recommendations in a step, at most
    trend_minimum_reposts: int = ranged(1, 1_000_000)  # before a post can be recommended
    relevance_match: float = probability()  # that a recommended item on the reader's interest is shown to the reader
    relevance_mismatch: float = probability()  # the same for other topics
    post_lifetime_hours: float = ranged(0.0, 8760.0, open_low=True)  # older posts are not shown
    repost_friction: float = probability()  # share of the public's reposts that being asked to think first prevents

    def __post_init__(self) -> None:
        check_ranges(self, "feed")
        if self.candidates < self.attention:
            raise ConfigError(
                f"feed.candidates must be at least feed.attention ({self.attention}); got {self.candidates}."
            )


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """All that a world is built from. The defence (detector and enforcement) is no part of it."""

    seed: int
    scenario: ScenarioConfig
    graph: GraphConfig
    organic: OrganicConfig
    operation: OperationConfig
    feed: FeedConfig
    content: ContentConfig
    known_accounts: KnownAccountsConfig

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
