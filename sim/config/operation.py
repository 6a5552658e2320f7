"""The operation: the persona core, the amplifier layer and the operator's plan."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

from sim.config.channels import PromotionConfig, SecondPlatformConfig
from sim.config.checks import ConfigError, check_ranges, date_of, probability, ranged, shares

SUPPLY_KINDS = ("fresh", "bought", "hijacked")  # in the order of sim.population.truth.Supply


@dataclass(frozen=True, kw_only=True)
class LayerSupply:
    """Where one layer's accounts come from, and how its fallen ones are replaced."""

    kinds: dict[str, float] = shares()  # fresh, bought and hijacked: share of the accounts bought for the campaign
    reserve_share: float = probability()  # of the layer's accounts: not registered until they replace a fallen one
    per_day: float = probability()  # accounts taken up in a day at most, as a share of the layer; 0 replaces nobody
    lag_hours: float = ranged(0.0, 87600.0)  # mean time from a suspension to its replacement (exponential)
    evasion: float = probability()  # of replacements, that come in by another network than the one that fell

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

    core: LayerSupply
    amplifiers: LayerSupply
    bought_age_years: float = ranged(0.0, 20.0)  # of bought amplifiers at the start, at most (uniform)

    def __post_init__(self) -> None:
        check_ranges(self, "operation.supply")


@dataclass(frozen=True, kw_only=True)
class RoleConfig:
    """What a persona is for. Factors are on the core's values, whose mean over the roles stays as it is."""

    accounts: int = ranged(0, 1_000_000)  # that many, whatever the scale; these write steadily and are never silent
    share: float = probability()  # of the core; the last role has those that are left
    registered_in_bulk: bool  # all of them out of the accounts registered in bulk
    language: str | None  # of the accounts by number
    output: float = ranged(0.0, 1e4)  # factor on acts a day
    campaign: float = ranged(0.0, 1e4)  # factor on campaign_share; the product is at most 1
    repost: float = ranged(0.0, 1e4)  # factor on core_repost_share; the product is at most 1

    def __post_init__(self) -> None:
        check_ranges(self, "operation.roles.*")


@dataclass(frozen=True, kw_only=True)
class AdaptationConfig:
    """What the operator does about its amplifiers' losses (`sim.operation.tactics.rules`)."""

    rule: str  # none, throttle, scatter, dormant, rotate_cells, learn, or the dotted path of a class
    trigger_share: float = probability()  # lost in a day, of all amplifiers or of a cell's, that counts as heavy
    throttle_factor: float = probability()  # on participation
    scatter_factor: float = ranged(0.0, 1e6, open_low=True)  # on delays
    rest_hours: float = ranged(0.0, 87600.0)  # without orders, of all (dormant) or of a cell (rotate_cells)
    review_days: float = ranged(0.0, 3660.0, open_low=True)  # between two choices of learn
    explore_share: float = probability()  # of cells that go on trying out after a choice of learn

    def __post_init__(self) -> None:
        check_ranges(self, "operation.adaptation")


@dataclass(frozen=True, kw_only=True)
class CostConfig:
    """What the operator pays, in US dollars."""

    fresh: float = ranged(0.0, 1e6)  # an account registered for the campaign
    bought: float = ranged(0.0, 1e6)  # one that is years old
    hijacked: float = ranged(0.0, 1e6)  # one taken from its owner
    operator_hour: float = ranged(0.0, 1e6)
    acts_per_hour: float = ranged(0.0, 1e6, open_low=True)  # of the core, that one operator does by hand

    def __post_init__(self) -> None:
        check_ranges(self, "operation.costs")


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
    posts_before_log_mean: float = ranged(-5.0, 15.0)  # of the log of what a core account had posted before the run
    posts_before_log_sd: float = ranged(0.0, 4.0)
    authentic_share: float = probability()  # of an operation account's followers, real people of the simulated public
    core_batches: dict[str, float] = field(
        metadata={"low": 0.0, "high": 1.0}
    )  # date -> share of the core registered on it, beside the dates above
    core_empty_bio_share: float = probability()
    roles: dict[str, RoleConfig] = field(metadata={})
    narratives: dict[str, dict[str, float]] = field(metadata={})  # name -> date -> weight among the campaign's posts
    campaign_volume: dict[str, float] = field(metadata={"low": 0.0, "high": 1e3})  # date -> factor on campaign_share
    # the amplifier layer
    cell_size: int = ranged(1, 1_000_000)
    wave_days: list[float] = field(metadata={"low": -3660.0, "high": 3660.0})  # of registration, days from the start
    wave_weights: list[float] = field(metadata={"low": 0.0, "high": 1.0})  # share of the layer in each wave
    wave_spread_hours: float = ranged(0.0, 10_000.0)  # duration of a wave's registrations
    amplifiers_followed_share: float = probability()  # with any follower
    amplifier_followers_mean: float = ranged(1.0, 1e4)  # of those followed (geometric)
    train_share: float = probability()  # of an amplifier's followers that are no people: others of its cell
    train_return_share: float = probability()  # of the follows inside a cell, that are returned
    followed_people_share: float = probability()  # of whom an amplifier follows outside its cell: people
    follow_back_share: float = probability()  # of the people who follow an amplifier: those whom it follows too
    cells_per_post: float = ranged(0.0, 1e4)  # mean number of cells tasked with a campaign post
    participation: float = probability()  # of a tasked cell's members, who repost the post
    delay_median_seconds: float = ranged(0.0, 1e6, open_low=True)
    delay_sigma: float = ranged(0.0, 4.0)  # log-sd
    camouflage_share: float = probability()  # of an amplifier's reposts that go to organic posts instead
    amplifier_empty_bio_share: float = probability()
    amplifier_default_image_share: float = probability()
    vpn_share: float = probability()  # seen access; the rest is residential proxies and unblocked addresses
    mainland_share: float = probability()
    accounts_per_exit: float = ranged(0.0, 1e9, open_low=True)  # that share a VPN exit or mainland block, mean
    core_phone_share: float = probability()  # of the core, by phone; the rest by the web site
    amplifier_automation_share: float = probability()  # by an automation client
    amplifier_phone_share: float = probability()
    supply: SupplyConfig
    adaptation: AdaptationConfig
    costs: CostConfig
    # other channels
    promotion: PromotionConfig
    second_platform: SecondPlatformConfig

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
