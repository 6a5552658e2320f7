"""Roles and narratives: who the personas are, and that the mixture over roles is what the core is calibrated to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim import ConfigError, InfluenceModel, load_scenario
from sim.events.records import POST, REPOST
from sim.population.truth import Origin
from tests.sim.operation.record import core_acts, core_days, world

CHANCE = 1e-6

OWN = "operation=default"  # no record of days


def test_two_outlets_write_each_in_its_language_at_any_scale() -> None:
    for core in (8, 936):
        overrides = ["scenario.scale=1", "scenario.organic=100", f"scenario.core={core}", "scenario.amplifiers=0"]
        model = InfluenceModel(load_scenario("hk2019", seed=2, overrides=overrides))
        truth, names = model.world.truth, list(model.config.organic.languages)
        for name, language in (("outlet_zh", "zh"), ("outlet_en", "en")):
            (outlet,) = np.flatnonzero(truth.role == 1 + truth.role_names.index(name))
            assert names[model.accounts.language[outlet]] == language
            assert not model.accounts.empty_bio[outlet]
            mean = model.core.acts_per_day[model.core.accounts == outlet]
            assert mean == model.config.operation.acts_per_day_median * model.config.operation.roles[name].output


def test_commentators_have_their_share_and_none_is_of_before_the_bulk() -> None:
    truths = [world(seed, 0).truth for seed in range(5)]
    roles = np.concatenate([np.delete(truth.role, truth.state_media) for truth in truths])  # not of the record
    number = 1 + world(0, 0).truth.role_names.index("commentator")
    core = roles[roles > 0]
    assert stats.binomtest(int(np.count_nonzero(core == number)), core.size, 0.15).pvalue > CHANCE
    assert core_days()[core == number].min() >= np.datetime64("2016-11-08")


def test_the_mixture_over_roles_has_the_cores_shares_of_reposts_and_campaign_posts() -> None:
    """The factors of `default.yaml`, weighted by expected acts, leave the core's own values alone."""
    model = InfluenceModel(world(0, 0).config, world=world(0, 0))
    core, operation = model.core, model.config.operation
    roles = list(operation.roles.values())
    by_share = {name: sum(r.share * getattr(r, name) for r in roles) for name in ("output", "campaign", "repost")}
    assert by_share == pytest.approx({"output": 1.0, "campaign": 1.0, "repost": 1.0}, abs=0.01)
    reposts = np.average(core.repost_share, weights=core.acts_per_day)
    assert reposts == pytest.approx(operation.core_repost_share, abs=0.02)  # a seed's heavy-tailed output is in it
    own = core.acts_per_day * (1 - core.repost_share)
    assert np.average(core.campaign_share, weights=own) == pytest.approx(operation.campaign_share, abs=0.02)


def test_each_role_reposts_and_campaigns_by_its_own_share() -> None:
    overrides = [OWN, "scenario.scale=1", "scenario.organic=50", "scenario.core=200", "scenario.amplifiers=0",
                 "scenario.days=8",
                 "operation.acts_per_day_median=8", "operation.core_repost_share=0.2"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=overrides))
    posts = []
    model.run(lambda model: posts.append(model.events[model.events["kind"] == POST]))
    written = np.concatenate(posts)
    role = model.world.truth.role
    for number, rules in enumerate(model.config.operation.roles.values(), 1):
        own = written[role[written["account"]] == number]
        hits = int(np.count_nonzero(own["origin"] == Origin.CAMPAIGN))
        assert own.size > 100
        assert stats.binomtest(hits, own.size, 0.4 * rules.campaign).pvalue > CHANCE
    acts = core_acts(model)
    share = [np.mean(acts["kind"][role[acts["account"]] == number] == REPOST) for number in (3, 4)]
    assert share[0] > share[1]  # commentators repost more; what a repost found nothing to repost is lost


def test_narratives_share_the_campaign_by_weights_that_move_with_time_and_nothing_else_has_one() -> None:
    weights = {"rioters": {"2019-07-22": 1.0, "2019-07-30": 0.0}, "hands": {"2019-07-22": 0.0, "2019-07-30": 1.0}}
    overrides = [OWN, "scenario.scale=1", "scenario.organic=50", "scenario.core=300", "scenario.amplifiers=0",
                 "scenario.days=8",
                 "scenario.start='2019-07-22'", "operation.acts_per_day_median=8"]  # fmt: skip
    config = load_scenario("hk2019", seed=1, overrides=overrides)
    model = InfluenceModel(replace(config, operation=replace(config.operation, narratives=weights)))
    seen = []
    model.run(lambda model: seen.append(model.events[["time", "narrative", "origin", "kind"]].copy()))
    events = np.concatenate(seen)
    campaign = (events["origin"] == Origin.CAMPAIGN) & (events["kind"] == POST)
    assert (events["narrative"][~campaign] == 0).all()
    assert set(events["narrative"][campaign].tolist()) == {1, 2}
    day = events["time"][campaign] / 86_400
    late = events["narrative"][campaign] == 2
    # Logistic law with a known chance: the weight of the second rises by an eighth a day.
    expected, variance = (day / 8).sum(), (day / 8 * (1 - day / 8)).sum()
    assert abs(late.sum() - expected) < 5 * np.sqrt(variance)
    assert late[day < 2].mean() < 0.25 < 0.75 < late[day > 6].mean()


@pytest.mark.slow
def test_the_campaign_rises_from_may_to_july_as_in_the_record() -> None:
    # Row 9: 2.9, 9.3 and 23.3 thousand posts. Monthly means of a straight line between dates: within a sixth.
    overrides = [OWN, "scenario.scale=1", "scenario.organic=50", "scenario.core=400", "scenario.amplifiers=0",
                 "scenario.days=92",
                 "scenario.start='2019-05-01'", "operation.acts_per_day_sigma=0.5"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=overrides))
    times = []
    model.run(lambda model: times.append(model.events["time"][(model.events["origin"] == Origin.CAMPAIGN)
                                                              & (model.events["kind"] == POST)]))  # fmt: skip
    day = np.concatenate(times) // 86_400
    months = np.array(
        [np.count_nonzero(day < 31), np.count_nonzero((day >= 31) & (day < 61)), np.count_nonzero(day >= 61)]
    )
    assert months / months.sum() == pytest.approx(np.array([2.9, 9.3, 23.3]) / 35.5, rel=0.17)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("operation.roles.commentator.share=0.3", r"roles.\*.share must add up to 1; got 1.15"),
        ("+operation.narratives.foreign_hands.soon=1", r"foreign_hands.soon must be a date YYYY-MM-DD; got 'soon'"),
        ("+operation.campaign_volume.noon=-1", r"campaign_volume.noon must lie in \[0, 1000\]; got -1"),
    ],
)
def test_roles_and_narratives_that_cannot_be_are_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_scenario("hk2019", overrides=[override])
