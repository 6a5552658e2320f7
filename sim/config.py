"""A dataclass per configuration group: type, unit and range of every parameter. The values are in conf/*.yaml.

`from_mapping` turns a mapping (what Hydra composed) into a dataclass and says of a wrong value what it is, where it
stands and what is allowed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

_FIRST_DAY, _LAST_DAY = "1970-01-01", "2200-01-01"  # on either side of which no times of day are kept


class ConfigError(ValueError):
    """A configuration value that is not allowed. The message names the key, the value and what is allowed."""


def ranged(low: float, high: float = math.inf, *, open_low: bool = False) -> Any:
    """Declare a number's allowed range: [low, high], or (low, high] with `open_low`."""
    return field(metadata={"low": low, "high": high, "open_low": open_low})


def probability() -> Any:
    """Declare a probability or a share: [0, 1]."""
    return ranged(0.0, 1.0)


def one_of(*choices: str) -> Any:
    """Declare a text with a closed list of values."""
    return field(metadata={"choices": choices})


def shares() -> Any:
    """Declare a mapping from name to share, the shares adding up to one."""
    return field(metadata={"low": 0.0, "high": 1.0, "sum_to_one": True})


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
        _check(self, "scenario")
        if 1440 % self.step_minutes:
            raise ConfigError(f"scenario.step_minutes must divide a day of 1440 minutes; got {self.step_minutes}.")
        _date("scenario.start", self.start)
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
        _check(self, "graph")
        if self.edge_list == "":
            raise ConfigError("graph.edge_list must name a file, or be null; got ''.")


@dataclass(frozen=True, kw_only=True)
class BenignGroup:
    """One kind of innocent yet coordinated accounts, who repost their hubs and one another."""

    share: float = probability()  # of the organic public
    size: int = ranged(2, 100_000)  # accounts in one group
    boost: float = ranged(1.0, 1e6)  # factor on the probability of reposting a member of the own group
    appeal: float = ranged(0.0, 1e3)  # factor on the appeal of the hubs' posts

    def __post_init__(self) -> None:
        _check(self, "organic.groups.*")


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
    default_image_share: float = probability()
    empty_bio_share: float = probability()
    verified_share: float = probability()
    phone_share: float = probability()
    vpn_share: float = probability()

    def __post_init__(self) -> None:
        _check(self, "organic")
        if set(self.languages) != set(self.utc_offset_hours):
            raise ConfigError(
                "organic.utc_offset_hours must name the languages of organic.languages "
                f"({', '.join(sorted(self.languages))}); got {', '.join(sorted(self.utc_offset_hours)) or 'none'}."
            )
        total = sum(group.share for group in self.groups.values())
        if total > 1.0:
            raise ConfigError(f"organic.groups.*.share must add up to at most 1; got {total:g}.")


@dataclass(frozen=True, kw_only=True)
class OperationConfig:
    """The persona core, the amplifier layer and the operator's plan."""

    languages: dict[str, float] = shares()  # of personas and their campaign
    utc_offset_hours: int = ranged(-12, 14)  # the operator's working day
    hour_weights: list[float] = field(metadata={"low": 0.0, "high": 1.0, "length": 24})  # of output, by local hour
    weekend_factor: float = ranged(0.0, 10.0)  # output on Saturday and Sunday / on a working day
    # the persona core
    silent_share: float = probability()  # personas that never post
    acts_per_day_median: float = ranged(0.0, 1e4)
    acts_per_day_sigma: float = ranged(0.0, 4.0)
    campaign_share: float = probability()  # of own posts; the rest is cover content
    core_repost_share: float = probability()  # of acts
    campaign_appeal: float = ranged(0.0, 1e3)  # factor on the appeal of campaign posts
    established_share: float = probability()  # bought or repurposed accounts, older than those registered in bulk
    established_created: list[str]  # dates, rising: as many established accounts between any two neighbours (UTC)
    bulk_created: list[str]  # the same of the accounts registered in bulk; begins where the established ones end
    established_followed_share: float = probability()  # of the established, with thousands of followers
    bulk_followed_share: float = probability()  # of those registered in bulk
    followers_log_mean: float = ranged(0.0, 20.0)  # of those with thousands of followers
    followers_log_sd: float = ranged(0.0, 4.0)
    few_followers_log_mean: float = ranged(-20.0, 20.0)  # of the others, rounded down
    few_followers_log_sd: float = ranged(0.0, 4.0)
    authentic_share: float = probability()  # of an operation account's followers, real people of the simulated public
    core_batches: dict[str, float] = field(
        metadata={"low": 0.0, "high": 1.0}
    )  # date -> share of the core registered on it, beside the dates above
    core_empty_bio_share: float = probability()
    # the amplifier layer
    cell_size: int = ranged(1, 1_000_000)
    wave_days: list[float] = field(metadata={"low": -3660.0, "high": 3660.0})  # of registration, days from the start
    wave_weights: list[float] = field(metadata={"low": 0.0, "high": 1.0})  # share of the layer in each wave
    wave_spread_hours: float = ranged(0.0, 10_000.0)  # duration of a wave's registrations
    amplifiers_followed_share: float = probability()  # with any follower
    amplifier_followers_mean: float = ranged(1.0, 1e4)  # of those followed (geometric)
    cells_per_post: float = ranged(0.0, 1e4)  # mean number of cells tasked with a campaign post
    participation: float = probability()  # of a tasked cell's members, who repost the post
    delay_median_seconds: float = ranged(0.0, 1e6, open_low=True)
    delay_sigma: float = ranged(0.0, 4.0)  # log-sd
    camouflage_share: float = probability()  # of an amplifier's reposts that go to organic posts instead
    amplifier_empty_bio_share: float = probability()
    amplifier_default_image_share: float = probability()
    vpn_share: float = probability()  # seen access; the rest is residential proxies and unblocked addresses
    mainland_share: float = probability()

    def __post_init__(self) -> None:
        _check(self, "operation")
        if not self.wave_days or len(self.wave_days) != len(self.wave_weights):
            raise ConfigError(
                "operation.wave_weights must have one weight per entry of operation.wave_days "
                f"({len(self.wave_days)}, at least one); got {len(self.wave_weights)}."
            )
        if not math.isclose(sum(self.wave_weights), 1.0, abs_tol=1e-6):
            raise ConfigError(f"operation.wave_weights must add up to 1; got {sum(self.wave_weights):g}.")
        if sum(self.hour_weights) <= 0.0:
            raise ConfigError("operation.hour_weights must hold a positive weight; got none.")
        for name in ("established_created", "bulk_created"):
            days = [_date(f"operation.{name}[{i}]", day) for i, day in enumerate(getattr(self, name))]
            if len(days) < 2 or days != sorted(days):
                raise ConfigError(f"operation.{name} must be two or more dates, rising; got {getattr(self, name)}.")
        if _date("", self.established_created[-1]) > _date("", self.bulk_created[0]):
            raise ConfigError(
                "operation.bulk_created must begin where operation.established_created ends "
                f"({self.established_created[-1]}) or later; got {self.bulk_created[0]}."
            )
        for day in self.core_batches:
            _date(f"operation.core_batches.{day}", day)
        old = sum(share for day, share in self.core_batches.items() if self.is_established(day))
        new = sum(self.core_batches.values()) - old
        for kind, batches, share in (
            ("established accounts", old, self.established_share),
            ("accounts registered in bulk", new, 1.0 - self.established_share),
        ):
            if batches > share + 1e-9:
                raise ConfigError(
                    f"operation.core_batches of {kind} must add up to at most their share ({share:g}); got {batches:g}."
                )
        if self.vpn_share + self.mainland_share > 1.0:
            raise ConfigError(
                "operation.vpn_share + operation.mainland_share must be at most 1; "
                f"got {self.vpn_share + self.mainland_share:g}."
            )

    def is_established(self, day: str) -> bool:
        """Whether a batch of this date consists of established accounts: it lies before those registered in bulk."""
        return dt.date.fromisoformat(day) < dt.date.fromisoformat(self.bulk_created[0])


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

    def __post_init__(self) -> None:
        _check(self, "feed")
        if self.candidates < self.attention:
            raise ConfigError(
                f"feed.candidates must be at least feed.attention ({self.attention}); got {self.candidates}."
            )


@dataclass(frozen=True, kw_only=True)
class EnforcementConfig:
    """When scores are taken, and what is done about them."""

    policy: str = one_of("never", "threshold")
    threshold: float  # in [0, 1], or inf, which never acts
    cadence_hours: float = ranged(0.0, 87600.0, open_low=True)  # between two scorings, in whole steps
    delay_hours: float = ranged(0.0, 87600.0)  # from a score to its action

    def __post_init__(self) -> None:
        _check(self, "enforcement")
        if not is_threshold(self.threshold):
            raise ConfigError(f"enforcement.threshold must lie in [0, 1] or be inf; got {self.threshold!r}.")


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """All that a world is built from. The defence (detector and enforcement) is no part of it."""

    seed: int
    scenario: ScenarioConfig
    graph: GraphConfig
    organic: OrganicConfig
    operation: OperationConfig
    feed: FeedConfig

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise ConfigError(f"seed must be a whole number in [0, 2**63); got {self.seed!r}.")
        unknown = sorted(set(self.operation.languages) - set(self.organic.languages))
        if unknown:
            raise ConfigError(
                f"operation.languages must be among organic.languages ({', '.join(self.organic.languages)}); "
                f"got {', '.join(unknown)}."
            )


Group = TypeVar("Group")


def from_mapping(cls: type[Group], mapping: Any, where: str = "") -> Group:
    """Build a configuration dataclass from a mapping.

    Parameters
    ----------
    cls : type
        One of this module's dataclasses.
    mapping : mapping
        Its fields by name, nested groups as mappings; numbers may come as text.
    where : str
        The key under which the mapping stands, for messages.

    Raises
    ------
    ConfigError
        A key is unknown or missing, or a value has the wrong type or lies outside its range.
    """
    if not isinstance(mapping, Mapping):
        raise ConfigError(f"{where or 'the configuration'} must be a group of keys; got {mapping!r}.")
    prefix = f"{where}." if where else ""
    known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    for key in mapping:
        if key not in known:
            raise ConfigError(f"{prefix}{key} is not an option; allowed here: {', '.join(sorted(known))}.")
    for key in sorted(known - set(mapping)):
        raise ConfigError(f"{prefix}{key} is missing; it needs a value.")
    hints = get_type_hints(cls)
    return cls(**{key: convert(hints[key], value, prefix + key) for key, value in mapping.items()})


def convert(kind: Any, value: Any, where: str) -> Any:
    """Return a value as a type of this module's fields; raise `ConfigError`, with the key `where`, if it is none."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a mapping of names to values; got {value!r}.")
        return {str(key): convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is list:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise ConfigError(f"{where} must be a list; got {value!r}.")
        return [convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value)]
    if arguments and type(None) in arguments:
        return None if value is None else convert(arguments[0], value, where)
    if hasattr(kind, "__dataclass_fields__"):
        return value if isinstance(value, kind) else from_mapping(kind, value, where)
    if kind is str:
        if not isinstance(value, str):
            raise ConfigError(f"{where} must be a text; got {value!r}.")
        return value
    word = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
    if kind is not bool and isinstance(value, bool) or kind is bool and not isinstance(value, bool):
        raise ConfigError(f"{where} must be {word}; got {value!r}.")
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"{where} must be {word}; got {value!r}.") from None
    if kind is int and not isinstance(value, str) and number != value:
        raise ConfigError(f"{where} must be {word}; got {value!r}.")
    return number


def is_threshold(value: Any) -> bool:
    """Whether a value is a number in [0, 1], or inf."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (0.0 <= value <= 1.0 or value == math.inf)


def _date(key: str, text: str) -> dt.date:
    """Return a date YYYY-MM-DD; Python reads others too, such as 2019-W30-1, which are refused."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ConfigError(f"{key} must be a date YYYY-MM-DD; got {text!r}.")
    return day


def _check(config: Any, where: str) -> None:
    """Check each field of a dataclass against its declared range."""
    for spec in fields(config):
        value, rules, key = getattr(config, spec.name), spec.metadata, f"{where}.{spec.name}"
        if "choices" in rules and value not in rules["choices"]:
            raise ConfigError(f"{key} must be one of {', '.join(rules['choices'])}; got {value!r}.")
        if "length" in rules and len(value) != rules["length"]:
            raise ConfigError(f"{key} must have {rules['length']} entries; got {len(value)}.")
        if "low" in rules:
            items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
            for name, number in [("", value)] if items is None else items:
                _check_range(f"{key}.{name}" if items is not None else key, number, rules)
        if rules.get("sum_to_one") and not math.isclose(sum(value.values()), 1.0, abs_tol=1e-6):
            raise ConfigError(f"{key} must add up to 1; got {sum(value.values()):g}.")


def _check_range(key: str, number: float, rules: Mapping[str, Any]) -> None:
    low, high, open_low = rules["low"], rules["high"], rules.get("open_low", False)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ConfigError(f"{key} must be a number; got {number!r}.")
    too_low = number <= low if open_low else number < low
    if too_low or number > high or math.isnan(number):
        allowed = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if math.isinf(high) else ']'}"
        raise ConfigError(f"{key} must lie in {allowed}; got {number}.")
