"""What the tests of the platform share: a small world, and a detector whose scores are given."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from detectors import Detector, Evidence
from sim import InfluenceModel
from sim.config import EnforcementConfig, WorldConfig
from sim.observation import Observation
from sim.population.accounts import NEVER
from sim.population.world import World, build_world
from tests.sim.test_model import tiny

N = 1500 + 12 + 240
HOUR, DAY = 3600, 86_400


@cache
def config() -> WorldConfig:
    return tiny()


@cache
def world() -> World:
    return build_world(config())


def enforcement(threshold: float = 0.5, cadence: float = 6.0, delay: float = 0.0) -> EnforcementConfig:
    return EnforcementConfig(policy="threshold", threshold=threshold, cadence_hours=cadence, delay_hours=delay)


def model_of(detector: Any, rules: EnforcementConfig | None = None, of: WorldConfig | None = None) -> InfluenceModel:
    shared = world() if of is None else None
    return InfluenceModel(of or config(), detector, enforcement=rules or enforcement(), world=shared)


def seconds_of_suspension(model: InfluenceModel) -> np.ndarray:
    """Return when each account was suspended, seconds from the start of the run, or NEVER."""
    at = model.accounts.suspended_at
    return np.where(at == NEVER, NEVER, at - model.config.scenario.start_epoch)


class Scripted(Detector):
    """Gives the scores that it was made with, from second `begin` of the run on; before that NaN."""

    requires = frozenset({"account"})

    def __init__(self, scores: Any = 1.0, begin: int = 0) -> None:
        self.scores, self.begin = scores, begin
        self.now, self.n, self.asked = 0, 0, []

    def observe(self, observation: Observation) -> None:
        self.now += observation.end - observation.start
        self.n = observation.n_accounts

    def score(self) -> np.ndarray:
        self.asked.append(self.now)
        return np.full(self.n, np.nan) if self.now < self.begin else np.zeros(self.n) + self.scores

    def explain(self, account: int) -> Evidence:
        return Evidence(account, "The score was given.")
