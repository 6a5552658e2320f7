"""A suspension of half strength hits half of the accounts."""

from __future__ import annotations

import numpy as np

from sim.population.accounts import Status
from tests.sim.enforcement.draws import config, lottery, rules, run, world
from tests.sim.platform.scripted import HOUR


def test_a_suspension_of_half_strength_is_carried_out_on_half() -> None:
    model = run(rules(strength=0.5, cadence_hours=60.0), lottery(1.0, 0))
    registered = world().accounts.created < config().scenario.start_epoch + 60 * HOUR
    share = (model.accounts.status[registered] == Status.SUSPENDED).mean()
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(registered.sum())
    assert (model.accounts.status[~registered] == Status.ACTIVE).all()
