"""Personas act in sittings and from desks: in batches of their own and of several accounts, whatever befalls them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.events.content import FIELDS, Content
from sim.events.records import POSTED
from sim.population.core_output import daily_acts
from sim.population.core_plan import CorePlan
from sim.population.truth import Layer, Origin
from sim.population.world import World, build_world
from tests.sim.population.core import output_of

SITTINGS, DESKS = "sittings={acts: 2.5, gap_seconds: 60}", "desks={accounts: 20, together: 3, within_seconds: 40}"


@cache
def world(*parts: str, core: int = 936, days: int = 30) -> World:
    """Return the world of the whole core and hardly anybody else, of whose month only these parts are on."""
    off = ["operation.sittings=null", "operation.desks=null"]
    overrides = [
        "scenario.scale=1", "scenario.organic=100", "scenario.amplifiers=0",
        f"scenario.core={core}", f"scenario.days={days}", *off, *(f"operation.{part}" for part in parts),
    ]  # fmt: skip
    return build_world(load_scenario("hk2019", seed=1, overrides=overrides))


def plan(*parts: str) -> CorePlan:
    found = world(*parts).truth.plan
    assert found is not None
    return found


def pairs_in_a_minute(one: CorePlan, *, same: bool) -> int:
    """Return how many pairs of acts fall in one minute, of one account or of two."""
    minute = one.time // 60
    of_minute = np.unique(minute, return_counts=True)[1]
    of_both = np.unique(minute << 32 | one.who, return_counts=True)[1]
    own = int((of_both * (of_both - 1) // 2).sum())
    return own if same else int((of_minute * (of_minute - 1) // 2).sum()) - own


def test_without_sittings_and_desks_there_is_no_plan() -> None:
    assert world().truth.plan is None


def test_the_plan_has_as_many_acts_as_are_to_be_done_and_each_its_own_second() -> None:
    one = world(SITTINGS, DESKS)
    expected = daily_acts(one.config, output_of(one), one.accounts.created[one.truth.accounts(Layer.CORE)])
    found = plan(SITTINGS, DESKS)
    assert found.time.size == pytest.approx(expected[:, 1:-1].sum() + expected[:, [0, -1]].sum() / 2, rel=0.03)
    assert np.unique(found.who << 32 | found.time).size == found.time.size
    assert (np.diff(found.time) >= 0).all()


def test_a_sitting_has_two_or_three_acts_a_minute_apart() -> None:
    found = plan(SITTINGS)
    order = np.lexsort([found.nth, found.day, found.who])
    who, day, nth, time = (part[order] for part in (found.who, found.day, found.nth, found.time))
    within = (who[1:] == who[:-1]) & (day[1:] == day[:-1]) & (nth[1:] == nth[:-1] + 1) & (nth[1:] % 256 > 0)
    size = np.unique(who << 32 | day << 12 | nth // 256, return_counts=True)[1]
    assert set(size.tolist()) <= {1, 2, 3}  # one: state media, and what the start of the run cuts off
    assert size[size > 1].mean() == pytest.approx(2.5, abs=0.05)
    assert np.diff(time)[within].mean() == pytest.approx(60.5, rel=0.06)  # of some 6,000: four standard errors


def test_sittings_of_a_desk_begin_within_forty_seconds_and_hold_several_accounts() -> None:
    found = plan(SITTINGS, DESKS)
    of_desk = found.batch >= 0
    batch, time, who = found.batch[of_desk], found.time[of_desk], found.who[of_desk]
    order = np.lexsort([time, batch])
    begin = np.flatnonzero(np.r_[True, np.diff(batch[order]) > 0])
    span = np.maximum.reduceat(time[order], begin) - np.minimum.reduceat(time[order], begin)
    assert np.quantile(span, 0.99) < 40  # the few others stood in a second that the account had taken
    accounts = np.unique(batch << 10 | who % 1024).size
    assert accounts / np.unique(batch).size > 1.5


def test_one_of_sittings_and_desks_alone_gives_another_shape_than_both() -> None:
    alone = plan("sittings={acts: 1, gap_seconds: 60}")
    own = {name: pairs_in_a_minute(plan(*parts), same=True) for name, parts in
           {"sittings": (SITTINGS,), "desks": (DESKS,), "both": (SITTINGS, DESKS)}.items()}  # fmt: skip
    others = {name: pairs_in_a_minute(plan(*parts), same=False) for name, parts in
              {"sittings": (SITTINGS,), "desks": (DESKS,), "both": (SITTINGS, DESKS)}.items()}  # fmt: skip
    assert own["both"] > 1.3 * own["desks"]
    assert own["sittings"] > 5 * pairs_in_a_minute(alone, same=True)
    assert others["both"] > 1.5 * others["sittings"]


def test_what_is_sent_together_has_one_text_link_or_sequence_of_hashtags() -> None:
    one, found = world(SITTINGS, DESKS), plan(SITTINGS, DESKS)
    rows = np.flatnonzero(found.campaign & (found.batch >= 0))
    posts = np.zeros(rows.size, POSTED)
    posts["author"], posts["time"], posts["origin"] = found.who[rows], found.time[rows], Origin.CAMPAIGN
    content = Content(one.config, one.truth)
    fields = np.stack([content.of(name, posts) for name in FIELDS])
    together = np.unique(found.batch[rows], return_counts=True)
    for batch in together[0][together[1] > 1][:50]:
        values = fields[:, found.batch[rows] == batch]
        assert (np.ptp(values.astype(np.float64), axis=1) == 0).any()
    lone = np.flatnonzero(found.campaign & (found.batch < 0))
    assert (found.batch_of(found.who[lone], found.time[lone]) < 0).all()


def test_a_persona_keeps_to_its_plan_whoever_else_falls() -> None:
    """All that a core without a public does is planned: with half of it gone the others do the same."""
    one = world(SITTINGS, DESKS, "core_repost_inside_share=0", core=60, days=3)
    whole, half = InfluenceModel(one.config, world=one), InfluenceModel(one.config, world=one)
    core = one.truth.accounts(Layer.CORE)
    half.accounts.status[core[::2]] = 1
    whole.run()
    half.run()
    free = np.isin(whole.activity["account"], core[1::2])
    left = np.isin(half.activity["account"], core)
    assert left.sum() == free.sum() > 20
    assert np.array_equal(whole.activity["time"][free], half.activity["time"][left])
