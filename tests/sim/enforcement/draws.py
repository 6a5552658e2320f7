"""What the tests of enforcement share: a small world, a detector that scores accounts at random, and enforcement."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from sim import InfluenceModel
from sim.config import AppealsConfig, EnforcementConfig, ReviewConfig, WorldConfig
from sim.enforcement.actions.registry import BUILT_IN
from sim.population.accounts import Status
from sim.population.world import World, build_world
from tests.sim.platform.scripted import HOUR, Scripted
from tests.sim.test_model import same_log, tiny

DAY = 24 * HOUR
BEGIN = DAY  # the lottery's first scores are taken then, and take effect at once
#: Numbers of the actions in the log.
NUMBER = {name: kind.number for name, kind in BUILT_IN.items()}
ACTIONS = tuple(NUMBER)
BUSY = (
    "operation.authentic_share=0.2", "operation.campaign_appeal=5", "organic.repost_reference_items=1",
    "operation.acts_per_day_median=40", "organic.acts_per_month_median=30",
)  # fmt: skip


@cache
def world(seed: int = 1, *overrides: str) -> World:
    """A small world in which much is written, read and reposted."""
    return build_world(tiny(seed, *BUSY, *overrides))


def config() -> WorldConfig:
    return world().config


def rules(action: str = "suspend", strength: float = 1.0, **changes: Any) -> EnforcementConfig:
    plain: dict[str, Any] = {"policy": "threshold", "threshold": 0.5, "cadence_hours": 6.0, "delay_hours": 0.0}
    return EnforcementConfig(**{**plain, "action": action, "strength": strength, **changes})


def appeals(share: float, **changes: Any) -> AppealsConfig:
    plain = AppealsConfig(
        share={"organic": share, "core": share, "amplifiers": share}, actions=["suspend"], wait_hours_median=3.0,
        wait_sigma=0.5, reviewers=0.0, immune_days=30.0,
    )  # fmt: skip
    return replace(plain, **changes)


def review(reviewers: float, **changes: Any) -> ReviewConfig:
    plain = ReviewConfig(
        reviewers=reviewers, hours_per_day=24.0, minutes_per_case=10.0, miss_rate=0.0, false_alarm_rate=0.0,
        recheck_days=30.0,
    )  # fmt: skip
    return replace(plain, **changes)


def lottery(share: float = 0.3, begin: int = 24 * HOUR) -> Scripted:
    """Return a detector that scores a random share of all accounts 1 and the others 0, from a time on."""
    n = config().scenario.n_accounts
    return Scripted((np.random.Generator(np.random.Philox(key=2)).random(n) < share).astype(np.float64), begin)


def run(enforcement: EnforcementConfig | None, detector: Any = None, of: World | None = None) -> InfluenceModel:
    """Run the world to its end; without an enforcement, as the unenforced twin."""
    of = of or world()
    scored_by = None if enforcement is None else (detector or lottery())
    model = InfluenceModel(of.config, scored_by, enforcement=enforcement, world=of)
    model.run()
    return model


@cache
def twin() -> InfluenceModel:
    return run(None)


def rows(model: InfluenceModel) -> list[tuple[int, int, int, bool]]:
    """Return the enforcement log: time, account, action, lifted."""
    log = model.platform.actions.log
    return list(zip(*(log[name].tolist() for name in ("time", "account", "action", "lifted")), strict=True))


def hit() -> np.ndarray:
    """Return which accounts the lottery scores 1, by internal number, of those registered when it begins."""
    pseudonyms = twin().platform.pseudonyms
    registered = world().accounts.created < config().scenario.start_epoch + BEGIN
    return (lottery().scores[pseudonyms] == 1.0) & registered


def is_twin(model: InfluenceModel) -> bool:
    return (
        same_log(model.activity, twin().activity)
        and same_log(model.impressions, twin().impressions)
        and model.outcome().organic_impressions == twin().outcome().organic_impressions
        and (model.accounts.stance == twin().accounts.stance).all()
        and (model.accounts.status == Status.ACTIVE).all()
    )
