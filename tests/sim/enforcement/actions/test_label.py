"""People repost labelled posts less; friction holds them back from every repost."""

from __future__ import annotations

import numpy as np
import pytest

from sim import InfluenceModel
from sim.events.records import REPOST
from sim.population.truth import Layer
from tests.sim.enforcement.draws import BEGIN, hit, rules, run, twin, world


def test_nobody_reposts_what_is_fully_labelled() -> None:
    labelled, model = hit(), run(rules("label"))
    log = model.activity
    people = model.world.truth.layer[log["account"]] == Layer.ORGANIC
    reposts = people & (log["kind"] == REPOST)
    before, after = (reposts & when for when in (log["time"] < BEGIN, log["time"] >= BEGIN))
    assert labelled[log["author"][before]].sum() > 10
    assert not labelled[log["author"][after]].any()
    assert after.sum() > 10


def public_reposts(model: InfluenceModel) -> int:
    people = model.world.truth.layer[model.activity["account"]] == Layer.ORGANIC
    return int((people & (model.activity["kind"] == REPOST)).sum())


#: Everybody reads all that those followed write, and reposts straight from them or not at all: one draw for each read.
ONE_DRAW = ("feed=chronological", "feed.attention=1000", "feed.candidates=1000", "organic.secondhand=0",
            "organic.social_proof=0")  # fmt: skip


def hindered(share: float, *overrides: str) -> int:
    """Return how many reposts the public makes under friction."""
    return public_reposts(run(None, of=world(1, *overrides, f"feed.repost_friction={share}")))


def test_friction_takes_its_share_of_the_publics_reposts_where_all_is_read() -> None:
    free = hindered(0.0, *ONE_DRAW)
    assert free > 1000
    assert hindered(0.4, *ONE_DRAW) / free == pytest.approx(0.6, abs=5.0 * np.sqrt(0.6 * 0.4 / free))


def test_friction_takes_less_where_attention_is_short_for_other_posts_take_the_place_of_reposts() -> None:
    free = hindered(0.0)
    assert 0.6 * free < hindered(0.4) < 0.7 * free
    assert hindered(1.0) == 0
    assert free == public_reposts(twin())
