"""Personas repost the public: popular posts of their language, each once; a small share stays inside the operation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.events.log import post_identity
from sim.events.records import REPOST
from sim.population.truth import Layer


@cache
def run(inside: str = "0.2") -> InfluenceModel:
    """Return two days of sixty busy personas in a public of 3,000."""
    overrides = [
        "operation=default",
        "scenario.scale=1", "scenario.organic=3000", "scenario.core=60", "scenario.amplifiers=0", "scenario.days=2",
        "operation.core_repost_share=0.8", "operation.acts_per_day_median=10", "scenario.start=2019-07-22",
        "organic.languages={zh: 0.5, en: 0.35, ja: 0.05, es: 0.05, ar: 0.05}",
        f"operation.core_repost_inside_share={inside}",
    ]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=overrides))
    model.run()
    return model


def core_reposts(model: InfluenceModel) -> dict[str, np.ndarray]:
    log, layer = model.activity, model.world.truth.layer
    ours = (layer[log["account"]] == Layer.CORE) & (log["kind"] == REPOST)
    found = {name: log[name][ours] for name in log.columns}
    return {**found, "post": post_identity(log)[ours], "outside": layer[found["author"]] == Layer.ORGANIC}


def test_a_share_of_the_cores_reposts_stays_inside() -> None:
    found = core_reposts(run())["outside"]
    assert found.size > 500
    assert found.mean() == pytest.approx(0.8, abs=0.08)
    assert core_reposts(run("1"))["outside"].sum() == 0
    assert core_reposts(run("null"))["outside"].sum() == 0


def test_what_is_reposted_of_the_public_is_in_the_language_of_the_persona_and_no_post_twice() -> None:
    found = core_reposts(run())
    outside = found["outside"]
    assert (run().accounts.language[found["account"]] == found["language"])[outside].all()
    pairs = np.stack([found["account"], found["post"]])[:, outside]
    assert np.unique(pairs, axis=1).shape == pairs.shape


def test_it_is_a_post_that_the_public_reposted_in_the_hour_before_and_rather_a_popular_one() -> None:
    model = run()
    log, found = model.activity, core_reposts(model)
    public = (log["account"] < model.config.scenario.n_organic) & (log["kind"] == REPOST)
    post, time = post_identity(log)[public], log["time"][public]
    length = model.config.scenario.step_seconds
    popularity = []
    for who in np.flatnonzero(found["outside"])[::7]:
        begin = found["time"][who] // length * length
        recent = (time < begin) & (time >= begin - 3600)
        times = np.count_nonzero(post[recent] == found["post"][who])
        assert times > 0
        popularity.append((times, np.mean(np.unique(post[recent], return_counts=True)[1])))
    chosen, offered = np.mean(popularity, axis=0)
    assert chosen > 1.2 * offered


def test_what_a_platform_has_suspended_is_not_reposted() -> None:
    config = run().config
    model = InfluenceModel(config)
    model.accounts.status[: config.scenario.n_organic : 2] = 1
    model.run()
    found = core_reposts(model)
    assert found["outside"].sum() > 100
    assert (found["author"][found["outside"]] % 2 == 1).all()
