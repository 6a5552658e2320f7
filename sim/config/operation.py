"""The operation: the persona core, the amplifier layer and the operator's plan."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from sim.config.capacity import CapacityConfig
from sim.config.channels import PromotionConfig, SecondPlatformConfig
from sim.config.checks import ConfigError, check_ranges, date_of, described, proportion, quantiles, ranged, shares
from sim.config.core_month import (
    CoreRepostSharesConfig,
    DaysConfig,
    DesksConfig,
    SittingsConfig,
    SpansConfig,
    check_following,
)

SUPPLY_KINDS = ("fresh", "bought", "hijacked")  # in the order of sim.population.truth.Supply


@dataclass(frozen=True, kw_only=True)
class LayerSupply:
    """Where one layer's accounts come from, and how suspended ones are replaced."""

    kinds: dict[str, float] = shares("shares of fresh, bought and hijacked accounts; of the core, in its reserve")
    reserve_share: float = proportion("share of the layer's accounts that is held back to replace suspended ones")
    per_day: float = proportion("most replacements a day, as a share of the layer; 0: no replacement")
    lag_hours: float = ranged(
        0.0, 87600.0, "mean time from a suspension to its replacement (exponential)", unit="hours"
    )
    evasion: float = proportion("share of replacements that use another network than the account they replace")

    def __post_init__(self) -> None:
        check_ranges(self, "operation.supply.*")
        unknown = sorted(set(self.kinds) - set(SUPPLY_KINDS))
        if unknown:
            raise ConfigError(
                f"operation.supply.*.kinds must be among {', '.join(SUPPLY_KINDS)}; got {', '.join(unknown)}."
            )


@dataclass(frozen=True, kw_only=True)
class SupplyConfig:
    """Account supply: registered, bought and hijacked accounts, and replacement after suspensions."""

    core: LayerSupply = described("supply of persona accounts")
    amplifiers: LayerSupply = described("supply of amplifier accounts")
    bought_age_years: float = ranged(
        0.0, 20.0, "greatest age of bought amplifiers at the start (uniform from 0)", unit="years"
    )
    lead_days: float = ranged(
        0.0, 3660.0, "days before the start over which fresh accounts of the reserve are registered, to wait; "
        "0: they are registered when they are used", unit="days",
    )  # fmt: skip
    idle_loss_per_day: float = ranged(
        0.0, 10.0, "rate at which fresh accounts that wait to be used are lost", unit="1 / day"
    )
    hijacked_most: float = ranged(
        0.0, 1.0, "hijacked accounts that are to be had, per account of the public; bought ones stand in for others",
        unit="share",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges(self, "operation.supply")


@dataclass(frozen=True, kw_only=True)
class RoleConfig:
    """What a persona is for. Factors are on the core's values, whose mean over the roles stays as it is."""

    accounts: int = ranged(
        0,
        1_000_000,
        "number of accounts in this role at any scale, which post steadily and are never silent; below full size each "
        "does its scale's part",
        unit="accounts",
    )
    share: float = proportion("share of the core in this role; the last role gets all that remain")
    registered_in_bulk: bool = described("whether all accounts in this role were registered in bulk")
    language: str | None = described(
        "language of the accounts given by number; null: drawn", allowed="a language, null"
    )
    output: float = ranged(0.0, 1e4, "factor on acts a day", unit="factor")
    campaign: float = ranged(0.0, 1e4, "factor on campaign_share; the product is at most 1", unit="factor")
    repost: float = ranged(0.0, 1e4, "factor on core_repost_share; the product is at most 1", unit="factor")

    def __post_init__(self) -> None:
        check_ranges(self, "operation.roles.*")


@dataclass(frozen=True, kw_only=True)
class CostConfig:
    """What the operator pays, in US dollars."""

    fresh: float = ranged(0.0, 1e6, "price of an account registered for the campaign", unit="US dollars")
    bought: float = ranged(0.0, 1e6, "price of an account that is years old", unit="US dollars")
    hijacked: float = ranged(0.0, 1e6, "price of an account taken from its owner", unit="US dollars")
    upkeep: float = ranged(0.0, 1e6, "cost of an account that waits to be used, a day", unit="US dollars")
    operator_hour: float = ranged(0.0, 1e6, "cost of an hour of an operator's work", unit="US dollars")
    acts_per_hour: float = ranged(
        0.0, 1e6, "acts of the core that one operator does by hand in an hour", unit="acts", open_low=True
    )

    def __post_init__(self) -> None:
        check_ranges(self, "operation.costs")


@dataclass(frozen=True, kw_only=True)
class OperationConfig:
    """The persona core, the amplifier layer and the operator's plan."""

    languages: dict[str, float] = shares("shares of personas and campaign posts, by language")
    utc_offset_hours: int = ranged(-12, 14, "offset of the operator's local time from UTC", unit="hours")
    hour_weights: list[float] = ranged(
        0.0, 1.0, "weight of each local hour, from 0 to 23, in a day's output", unit="weight", length=24
    )
    weekend_factor: float = ranged(
        0.0, 10.0, "output on Saturday or Sunday divided by output on a working day", unit="factor"
    )
    # the persona core
    silent_share: float = proportion("share of personas that never post")
    acts_per_day_median: float = ranged(0.0, 1e4, "median number of acts of a persona on a working day", unit="acts")
    acts_per_day_sigma: float = ranged(0.0, 4.0, "spread of acts a day between personas", unit="log-sd")
    campaign_share: float = proportion("share of own posts for the campaign; the rest is cover content")
    core_repost_share: float = proportion("share of the core's acts that are reposts")
    campaign_appeal: float = ranged(0.0, 1e3, "factor on the appeal of campaign posts", unit="factor")
    established_share: float = proportion(
        "share of the core that is bought or repurposed, and older than accounts registered in bulk"
    )
    established_created: list[str] = described(
        "registration dates of established accounts: equal numbers between neighbouring dates", unit="UTC days",
        allowed="two or more dates, rising",
    )  # fmt: skip
    bulk_created: list[str] = described(
        "registration dates of accounts registered in bulk; not before the last established one", unit="UTC days",
        allowed="two or more dates, rising",
    )  # fmt: skip
    established_followed_share: float = proportion("share of established accounts with thousands of followers")
    bulk_followed_share: float = proportion("share of accounts registered in bulk with thousands of followers")
    followers_log_mean: float = ranged(
        0.0, 20.0, "mean log of followers of core accounts that have thousands", unit="log"
    )
    followers_log_sd: float = ranged(
        0.0, 4.0, "spread of followers of core accounts that have thousands", unit="log-sd"
    )
    few_followers_log_mean: float = ranged(
        -20.0, 20.0, "mean log of followers of the other core accounts, before rounding down", unit="log"
    )
    few_followers_log_sd: float = ranged(0.0, 4.0, "spread of followers of the other core accounts", unit="log-sd")
    posts_before_log_mean: float = ranged(-5.0, 15.0, "mean log of posts of a core account before the run", unit="log")
    posts_before_log_sd: float = ranged(0.0, 4.0, "spread of posts of a core account before the run", unit="log-sd")
    authentic_share: float = proportion(
        "share of an operation account's followers who are people of the simulated public"
    )
    core_batches: dict[str, float] = ranged(
        0.0, 1.0, "share of the core registered on one date, by date, in addition to the dates above", unit="share"
    )
    core_empty_bio_share: float = proportion("share of the core without a bio")
    roles: dict[str, RoleConfig] = described("roles of personas, by name, 1 to 255 roles", allowed="NAME: keys below")
    narratives: dict[str, dict[str, float]] = described(
        "weights of narratives among campaign posts: name -> date -> weight, 1 to 255 names", allowed="[0, inf)"
    )
    campaign_volume: dict[str, float] = ranged(0.0, 1e3, "factor on campaign_share, by date", unit="factor")
    # the core's month as a record has it; null: as the keys above say
    days: DaysConfig | None = described(
        "acts of the whole core on each day; null: each persona has acts_per_day on all days",
        allowed="null, keys below",
    )
    spans: SpansConfig | None = described(
        "when personas are in use; null: all of them, always", allowed="null, keys below"
    )
    sittings: SittingsConfig | None = described(
        "how personas act at a sitting; null: one act at a time", allowed="null, keys below"
    )
    desks: DesksConfig | None = described(
        "personas that act at the same times; null: each at its own", allowed="null, keys below"
    )
    core_repost_inside_share: float | None = described(
        "share of the core's reposts that are of the campaign, the others being of popular posts of the public; "
        "null: all",
        unit="share", allowed="null, [0, 1]",
    )  # fmt: skip
    core_repost_shares: CoreRepostSharesConfig | None = described(
        "share of reposts persona by persona; null: core_repost_share for all", allowed="null, keys below"
    )
    core_following: list[list[float]] | None = described(
        "joint table of core accounts' followers and followees; null: followees whatever the followers",
        unit="accounts", allowed="null, [[FOLLOWERS, BELOW, FOLLOWING, BELOW, WEIGHT], ...]",
    )  # fmt: skip
    # the amplifier layer
    cell_size: int = ranged(1, 1_000_000, "number of amplifiers in a cell", unit="accounts")
    wave_days: list[float] = ranged(
        -3660.0, 3660.0, "times of registration waves, counted from the start of the run", unit="days"
    )
    wave_weights: list[float] = ranged(
        0.0, 1.0, "share of the layer registered in each wave; the shares add up to 1", unit="share"
    )
    wave_spread_hours: float = ranged(0.0, 10_000.0, "duration of a wave's registrations", unit="hours")
    amplifiers_followed_share: float = proportion("share of amplifiers with any followers")
    amplifier_followers_mean: float = ranged(
        1.0, 1e4, "mean followers of amplifiers that have any (geometric)", unit="accounts"
    )
    train_share: float = proportion("share of an amplifier's followers other than people that belong to its cell")
    train_return_share: float = proportion("share of follows inside a cell that are returned")
    followed_people_share: float = proportion("share of an amplifier's followees outside its cell who are people")
    follow_back_share: float = proportion("share of the people following an amplifier whom it follows as well")
    cells_per_post: float = ranged(0.0, 1e4, "mean number of cells that a campaign post is assigned to", unit="cells")
    participation: float = proportion("share of an assigned cell's members that repost the post")
    capacity: CapacityConfig = described("how much an amplifier does at most, which then decides who reposts what")
    delay_median_seconds: float = ranged(
        0.0, 1e6, "median time from the assignment to the repost", unit="seconds", open_low=True
    )
    delay_sigma: float = ranged(0.0, 4.0, "spread of the time to the repost", unit="log-sd")
    camouflage_share: float = proportion("share of an amplifier's reposts that go to organic posts instead")
    amplifier_repost_share: list[list[float]] = quantiles("share of reposts in an amplifier's acts; the rest is cover")
    amplifier_empty_bio_share: float = proportion("share of amplifiers without a bio")
    amplifier_default_image_share: float = proportion("share of amplifiers with the default picture")
    vpn_share: float = proportion(
        "share of operation accounts that use a VPN; all without VPN or mainland address use residential proxies"
    )
    mainland_share: float = proportion("share of operation accounts that use unblocked mainland addresses")
    accounts_per_exit: float = ranged(
        0.0, 1e9, "mean number of operation accounts per VPN exit or mainland block", unit="accounts", open_low=True
    )
    core_phone_share: float = proportion("share of the core that uses the phone app; the rest use the web site")
    amplifier_automation_share: float = proportion("share of amplifiers that use an automation client")
    amplifier_phone_share: float = proportion("share of amplifiers that use the phone app; those left use the web site")
    supply: SupplyConfig = described("where accounts come from, and how suspended ones are replaced")
    tactics: list[str] = described(
        "what the operator does otherwise than the values here say, in this order; none: the static operation",
        allowed="[NAME, ...]: spread_registrations, or the dotted path of a class",
    )
    tactic_options: dict[str, dict[str, Any]] = described(
        "values of tactics", allowed="NAME: {KEY: VALUE, ...}, as the tactic declares them"
    )
    costs: CostConfig = described("what the operator pays")
    # other channels
    promotion: PromotionConfig = described("posts that state media pay for to be shown")
    second_platform: SecondPlatformConfig = described(
        "pages, groups and accounts that run the same campaign on a second platform"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "operation")
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
            days = [date_of(f"operation.{name}[{i}]", day) for i, day in enumerate(getattr(self, name))]
            if len(days) < 2 or days != sorted(days):
                raise ConfigError(f"operation.{name} must be two or more dates, rising; got {getattr(self, name)}.")
        if date_of("", self.established_created[-1]) > date_of("", self.bulk_created[0]):
            raise ConfigError(
                "operation.bulk_created must begin where operation.established_created ends "
                f"({self.established_created[-1]}) or later; got {self.bulk_created[0]}."
            )
        for day in self.core_batches:
            date_of(f"operation.core_batches.{day}", day)
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
        inside = self.core_repost_inside_share
        if inside is not None and not 0.0 <= inside <= 1.0:
            raise ConfigError(f"operation.core_repost_inside_share must lie in [0, 1] or be null; got {inside}.")
        if self.core_following is not None:
            check_following("operation.core_following", self.core_following)
        self._check_roles()
        if self.vpn_share + self.mainland_share > 1.0:
            raise ConfigError(
                "operation.vpn_share + operation.mainland_share must be at most 1; "
                f"got {self.vpn_share + self.mainland_share:g}."
            )

        clients = self.amplifier_automation_share + self.amplifier_phone_share
        if clients > 1.0:
            raise ConfigError(
                "operation.amplifier_automation_share + operation.amplifier_phone_share must be at most 1; "
                f"got {clients:g}."
            )

    def _check_roles(self) -> None:
        if not 1 <= len(self.roles) <= 255:
            raise ConfigError(f"operation.roles must name 1 to 255 roles; got {len(self.roles)}.")
        total = sum(role.share for role in self.roles.values())
        if not math.isclose(total, 1.0, abs_tol=1e-6):
            raise ConfigError(f"operation.roles.*.share must add up to 1; got {total:g}.")
        bulk = sum(role.share for role in list(self.roles.values())[:-1] if role.registered_in_bulk)
        if bulk > 1.0 - self.established_share + 1e-9:
            raise ConfigError(
                "operation.roles.*.share of roles registered in bulk must add up to at most "
                f"{1.0 - self.established_share:g} (1 - established_share); got {bulk:g}."
            )
        if not 1 <= len(self.narratives) <= 255:
            raise ConfigError(f"operation.narratives must name 1 to 255 narratives; got {len(self.narratives)}.")
        for name, knots in {"campaign_volume": self.campaign_volume, **self.narratives}.items():
            where = f"operation.{name if name == 'campaign_volume' else f'narratives.{name}'}"
            if not knots:
                raise ConfigError(f"{where} must hold a date with its value; got none.")
            for day, value in knots.items():
                date_of(f"{where}.{day}", day)
                if not 0.0 <= value < math.inf:
                    raise ConfigError(f"{where}.{day} must lie in [0, inf); got {value:g}.")

    def is_established(self, day: str) -> bool:
        """Whether a batch of this date consists of established accounts: it lies before those registered in bulk."""
        return dt.date.fromisoformat(day) < dt.date.fromisoformat(self.bulk_created[0])
