"""What the tests of enforcement share: a small world, a detector that names accounts at random, and its enforcement."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from sim import InfluenceModel
from sim.config import AppealsConfig, EnforcementConfig, ReviewConfig, WorldConfig
from sim.enforcement.actions.registry import BUILT_IN
from sim.population.world import World, build_world
from tests.sim.platform.test_platform import HOUR, Scripted
from tests.sim.test_model import tiny

#: Numbers of the actions in the log.
NUMBER = {name: kind.number for name, kind in BUILT_IN.items()}
ACTIONS = tuple(NUMBER)
BUSY = (
    "operation.authentic_share=0.2", "operation.campaign_appeal=5", "organic.repost_reference_items=1",
    "operation.acts_per_day_median=40", "feed.trend_minimum_reposts=2", "organic.acts_per_month_median=30",
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
    """Score a share of all accounts 1, by lot, from a time on; the others 0."""
    n = config().scenario.n_accounts
    return Scripted((np.random.Generator(np.random.Philox(key=2)).random(n) < share).astype(np.float64), begin)


def run(enforcement: EnforcementConfig | None, detector: Any = None, of: World | None = None) -> InfluenceModel:
    """Run the world to its end; without an enforcement, as the unenforced twin."""
    of = of or world()
    judge = None if enforcement is None else (detector or lottery())
    model = InfluenceModel(of.config, judge, enforcement=enforcement, world=of)
    model.run()
    return model


@cache
def twin() -> InfluenceModel:
    return run(None)


def rows(model: InfluenceModel) -> list[tuple[int, int, int, bool]]:
    """Return the enforcement log: time, account, action, lifted."""
    log = model.platform.actions.log
    return list(zip(*(log[name].tolist() for name in ("time", "account", "action", "lifted")), strict=True))
