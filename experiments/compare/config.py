"""Options of `task=compare`: which detectors, on which seeds, within which budget and at which prices."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import DictConfig, OmegaConf

from detectors.evaluation.operating_point import Prices
from experiments.compare.replay import cadence_steps
from sim import ConfigError, load_scenario
from sim.config import EnforcementConfig, WorldConfig, from_mapping
from sim.config.checks import check_ranges, described, one_of, proportion, ranged
from sim.config.composition import compose_config
from sim.config.yaml_files import available

MOST_SEEDS = 10_000
MOST_PRICE = 1e12
MOST_LISTED = 1_000_000_000
RULES = ("budget", "cost")


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
    prices: PricesConfig = described("prices of mistakes, for the rule `cost`: your own choice")
    top: list[int] = ranged(
        1, MOST_LISTED, "lengths of a list of the highest scores, for precision at k", unit="accounts"
    )
    before_posts: list[int] = ranged(1, MOST_LISTED, "share caught before their k-th post", unit="posts")
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
        for key in ("detectors", "top", "before_posts"):
            values = getattr(self, key)
            twice = [value for i, value in enumerate(values) if value in values[:i]]
            if twice:
                raise ConfigError(f"compare.{key} must hold each value once; got {twice[0]!r} more than once.")


def load_compare(*overrides: str) -> CompareConfig:
    """Return the default options of a comparison, changed by overrides such as `compare.report_seeds=10`.

    Raises
    ------
    ConfigError
        An option is unknown, or a value is not allowed.

    Examples
    --------
    >>> load_compare("compare.detectors=[random,co_repost]").detectors
    ['random', 'co_repost']
    """
    return compare_from(compose_config(overrides))


def compare_from(config: DictConfig) -> CompareConfig:
    """Return the comparison's options in a composed configuration."""
    given = config.compare
    return from_mapping(
        CompareConfig, OmegaConf.to_container(given, resolve=True) if OmegaConf.is_config(given) else given, "compare"
    )


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

    def load(name: str) -> WorldConfig:
        return load_scenario(name, scale=world.scenario.scale, seed=world.seed, overrides=options.train_overrides)

    if named is None:
        others = (load(name) for name in available("scenario") if name != tried)
        return next((made for made in others if _has_operation(made)), None)
    try:
        made = load(named)
    except ConfigError as error:
        if str(error).startswith("scenario must be one of"):
            raise ConfigError(f"compare.train_{error}") from None
        raise
    if made.scenario.name == tried:
        raise ConfigError(f"compare.train_scenario must be another than the scenario tried, {tried}; got {named}.")
    if not _has_operation(made):
        raise ConfigError(f"compare.train_scenario must have an operation to learn from; {named} has none.")
    return made


def _has_operation(world: WorldConfig) -> bool:
    return world.scenario.n_core + world.scenario.n_amplifiers > 0
