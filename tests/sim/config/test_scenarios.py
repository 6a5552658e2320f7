"""Every scenario runs in any size, and its operation looks as the record says."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.config.yaml_files import available
from sim.population.truth import Layer
from sim.population.world import build_world


@pytest.mark.parametrize("name", available("scenario"))
@pytest.mark.parametrize("scale", [0.001, 0.01])
def test_it_runs_in_any_size(name: str, scale: float) -> None:
    model = InfluenceModel(load_scenario(name, scale=scale, seed=1, overrides=["scenario.days=1"]))
    model.run()
    assert len(model.activity) > 0
    operation = model.config.scenario.n_core + model.config.scenario.n_amplifiers
    assert (operation == 0) == (name in ("spam_only", "quiet"))


def followers_of_the_core(name: str) -> np.ndarray:
    world = build_world(load_scenario(name, scale=1.0, seed=1, overrides=["scenario.organic=100"]))
    core = np.setdiff1d(world.truth.accounts(Layer.CORE), world.truth.state_media)
    return world.accounts.follower_count[core]


def test_the_core_of_2020_has_hardly_a_follower() -> None:
    followers = followers_of_the_core("prc2020")
    assert followers.size == 23_750
    assert 0.60 < (followers == 0).mean() < 0.79  # two thirds to four fifths
    assert (followers < 8).mean() == pytest.approx(0.95, abs=0.03)


def test_the_personas_of_2016_have_the_followers_of_the_archive() -> None:
    followers = followers_of_the_core("ira2016")
    # Quartiles of 2,854 accounts, log-sd 2.1: five standard errors are a quarter.
    assert np.median(followers) == pytest.approx(172, rel=0.25)
    assert np.quantile(followers, 0.75) == pytest.approx(732, rel=0.3)
