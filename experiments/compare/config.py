"""Options of `task=compare`: which detectors, on which seeds, within which budget and at which prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from detectors.evaluation.operating_point import Prices
from experiments.compare.replay import cadence_steps
from sim import ConfigError, load_scenario
from sim.config import EnforcementConfig, WorldConfig, from_mapping
from sim.config.checks import check_distinct, check_ranges, described, one_of, proportion, ranged
from sim.config.composition import compose_config
from sim.config.yaml_files import available

MOST_SEEDS = 10_000
MOST_PRICE = 1e12
MOST_LISTED = 1_000_000_000
MOST_DAYS = 36_500
RULES = ("budget", "cost")
EVERYBODY, MATCHED = "everybody", "matched"
UPPER_BOUND, MEAN = "upper_bound", "mean"


@dataclass(frozen=True, kw_only=True)
class PricesConfig(Prices):
    """What mistakes cost, in any one currency."""

    wrongly_suspended: float = ranged(0.0, MOST_PRICE, "price of a person hit by mistake", unit="currency")
    review_hour: float = ranged(0.0, MOST_PRICE, "price of an hour of a reviewer", unit="currency")
    impression: float = ranged(0.0, MOST_PRICE, "price of an impression of the operation's content", unit="currency")
    review_hours: float = ranged(0.0, MOST_PRICE, "hours of review for each account acted upon", unit="hours")

    def __post_init__(self) -> None:
        check_ranges(self, "compare.prices")


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Options of `task=compare`, beside the configuration of a run."""

    detectors: list[str] = described("detectors that are compared", allowed="names of files of conf/detector")
    choose_seeds: int = ranged(1, MOST_SEEDS, "number of seeds for choosing thresholds, from `seed` on", unit="seeds")
    report_seeds: int = ranged(1, MOST_SEEDS, "number of seeds for reporting, those that come next", unit="seeds")
    false_positive_budget: float = proportion("share of the organic public that the rule `budget` may hit")
    budget_by: str = one_of(
        UPPER_BOUND, MEAN,
        meaning="what must keep the budget on the seeds chosen on: the upper bound over seeds of the share hit "
        "(below five seeds the worst of them), or its mean",
    )  # fmt: skip
    choose_scenario: str | None = described(
        "another scenario on whose seeds thresholds are chosen; null: the one tried",
        allowed="a file of conf/scenario, null",
    )
    choose_overrides: list[str] = described("to that scenario, such as scenario.days=10")
    people_hit: list[float] = ranged(
        0.0, 1.0, "shares of the organic public that are hit exactly, for the share found there", unit="share",
        open_low=True,
    )  # fmt: skip
    prevalences: list[float] = ranged(
        0.0,
        1.0,
        "shares of all accounts that are the operation's, for the precision there",
        unit="share",
        open_low=True,
    )
    controls: str = one_of(
        EVERYBODY, MATCHED,
        meaning="whom a ranking is judged against: all organic accounts, or those that used a link or hashtags that "
        "the operation used on the same day, weighted so that the operation is `controls_share` of all",
    )  # fmt: skip
    controls_share: float = ranged(
        1e-6, 0.999999, "share of the accounts that are the operation's where controls are matched", unit="share"
    )
    prices: PricesConfig = described("prices of mistakes, for the rule `cost`: your own choice")
    top: list[int] = ranged(
        1, MOST_LISTED, "lengths of a list of the highest scores, for precision at k", unit="accounts"
    )
    before_posts: list[int] = ranged(1, MOST_LISTED, "share caught before their k-th post", unit="posts")
    within_days: list[int] = ranged(1, MOST_DAYS, "share caught within d days of their first act", unit="days")
    loop: str = one_of("none", *RULES, meaning="the rule whose threshold is tried in the loop")
    train_scenario: str | None = described(
        "scenario on which supervised detectors learn; null: the first other one with an operation",
        allowed="a file of conf/scenario, null",
    )
    train_overrides: list[str] = described("to that scenario, such as scenario.days=10")

    def __post_init__(self) -> None:
        check_ranges(self, "compare")
        if not self.detectors:
            raise ConfigError("compare.detectors must name at least one detector; got none.")
        for key in ("detectors", "top", "before_posts", "within_days", "people_hit", "prevalences"):
            check_distinct(f"compare.{key}", getattr(self, key))
        if self.choose_scenario is None and self.choose_overrides:
            raise ConfigError(
                "compare.choose_overrides are for compare.choose_scenario, which is null; got "
                f"{self.choose_overrides[0]!r}."
            )
        if self.choose_scenario is not None and self.choose_scenario == self.train_scenario:
            raise ConfigError(
                "compare.choose_scenario must be another than compare.train_scenario: detectors look better on "
                f"what they were trained on; got {self.choose_scenario!r} for both."
            )

    def asked(self) -> dict[str, Any]:
        """Return what an evaluation depends on, as `experiments.compare.evaluation.evaluate` takes it."""
        return {
            "top": self.top, "before_posts": self.before_posts, "within_days": self.within_days,
            "people_hit": self.people_hit, "prevalences": self.prevalences,
            "base_rate": self.controls_share if self.controls == MATCHED else None,
        }  # fmt: skip


def load_compare(*overrides: str, **options: Any) -> CompareConfig:
    """Return the default options of a comparison, changed by overrides such as `compare.report_seeds=10`, or by name.

    Parameters
    ----------
    *overrides : str
        As on the command line.
    **options
        Fields of `CompareConfig`, which go before overrides; `prices` as a mapping of all four.

    Raises
    ------
    ConfigError
        An option is unknown, or a value is not allowed.

    Examples
    --------
    >>> load_compare("compare.detectors=[random,co_repost]", report_seeds=10).detectors
    ['random', 'co_repost']
    """
    return from_mapping(CompareConfig, _mapping(compose_config(overrides)) | options, "compare")


def compare_from(config: DictConfig) -> CompareConfig:
    """Return the comparison's options in a composed configuration."""
    return from_mapping(CompareConfig, _mapping(config), "compare")


def check_enforcement(enforcement: EnforcementConfig, world: WorldConfig) -> None:
    """Raise `ConfigError` where detectors cannot be compared under this enforcement."""
    if enforcement.policy != "threshold":
        raise ConfigError(
            "enforcement.policy must be threshold where detectors are compared, as each acts at the threshold chosen "
            f"for it; got {enforcement.policy!r}."
        )
    scenario = world.scenario
    if cadence_steps(enforcement, world) > scenario.n_steps:
        hours = scenario.n_steps * scenario.step_minutes / 60.0
        raise ConfigError(
            f"enforcement.cadence_hours must be at most the {hours:g} hours of the run, or nobody is scored; "
            f"got {enforcement.cadence_hours:g}."
        )


def train_config(options: CompareConfig, world: WorldConfig) -> WorldConfig | None:
    """Return the world that supervised detectors are trained on: of another scenario than the one they are tried on.

    By default it is the first other scenario, by name, that has an operation; None if there is none.

    Raises
    ------
    ConfigError
        The scenario named is the one tried, is unknown or has no operation, or an override is wrong.
    """
    tried, named = world.scenario.name, options.train_scenario
    if named is None:
        others = (name for name in available("scenario") if name not in (tried, options.choose_scenario))
        made = (_load(name, options.train_overrides, world) for name in others)
        return next((one for one in made if _has_operation(one)), None)
    one = _other("train", named, options.train_overrides, world)
    if not _has_operation(one):
        raise ConfigError(f"compare.train_scenario must have an operation to learn from; {named} has none.")
    return one


def _mapping(config: DictConfig) -> Any:
    given = config.compare
    return OmegaConf.to_container(given, resolve=True) if OmegaConf.is_config(given) else given


def choose_config(options: CompareConfig, world: WorldConfig) -> WorldConfig:
    """Return the world on whose seeds thresholds are chosen: the one tried, or another scenario of the same scale.

    Raises
    ------
    ConfigError
        The scenario named is the one tried or is unknown, or an override is wrong.
    """
    if options.choose_scenario is None:
        return world
    return _other("choose", options.choose_scenario, options.choose_overrides, world)


def _load(name: str, overrides: list[str], world: WorldConfig) -> WorldConfig:
    return load_scenario(name, scale=world.scenario.scale, seed=world.seed, overrides=overrides)


def _other(use: str, name: str, overrides: list[str], world: WorldConfig) -> WorldConfig:
    """Return the world of another scenario than the one tried, at its scale and seed."""
    try:
        made = _load(name, overrides, world)
    except ConfigError as error:
        if str(error).startswith("scenario must be one of"):
            raise ConfigError(f"compare.{use}_{error}") from None
        raise
    if made.scenario.name == world.scenario.name:
        raise ConfigError(
            f"compare.{use}_scenario must be another than the scenario tried, {made.scenario.name}; got {name}."
        )
    return made


def _has_operation(world: WorldConfig) -> bool:
    return world.scenario.n_core + world.scenario.n_amplifiers > 0
