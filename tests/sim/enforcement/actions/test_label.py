"""People repost labelled posts less; friction holds them back from every repost."""

from __future__ import annotations

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


def test_friction_takes_nearly_its_share_of_the_publics_reposts() -> None:
    counts = [public_reposts(run(None, of=world(1, f"feed.repost_friction={share}"))) for share in (0.0, 0.4, 1.0)]
    assert counts[2] == 0
    # A post that a reader does not pass on may come to it once more, so that somewhat less than the share is lost.
    assert 0 < counts[1] < counts[0] * 0.7
    assert counts[0] == public_reposts(twin())
