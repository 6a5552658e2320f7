"""Paid promotion: the impressions bought are shown to the readers they were bought for, until the ban.

Whether a session is sold is a draw of its own, so counts have at most the variance of a Poisson law; `CHANCE` is the
chance of a false alarm of each statistical test.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import ConfigError, InfluenceModel, load_scenario
from sim.events.records import POST, PROMOTED, REPOST
from sim.population.truth import Layer

CHANCE = 1e-6
HOUR, DAY = 3600, 86_400
OFF = ["operation.promotion.advertisers={en:0,zh:0}"]


BASIS = ["scenario.scale=1", "scenario.organic=5000", "scenario.core=12", "scenario.amplifiers=20", "scenario.days=5",
         "scenario.step_minutes=60",
         "scenario.start='2019-07-22'", "feed.followed_hours=48", "operation.promotion.posts_per_day=40",
         "operation.promotion.impressions_per_day={en:100,zh:100}", "operation.second_platform.pages=0"]  # fmt: skip


@cache
def run(*overrides: str, barred_at: int | None = None) -> InfluenceModel:
    """Return the run of five working days from a Monday, with promotion that is never out of posts after the first."""
    model = InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*BASIS, *overrides]))
    while model.step_number < model.n_steps:
        if model.step_number == barred_at:
            model.accounts.advertising_barred[model.world.truth.state_media] = True
        model.step()
    return model


def promoted(model: InfluenceModel) -> dict[str, np.ndarray]:
    """Return the paid part of a run's impressions."""
    paid = model.impressions["source"] == PROMOTED
    return {name: model.impressions[name][paid] for name in model.impressions.columns}


def test_as_many_impressions_are_shown_as_were_bought_in_each_language() -> None:
    model = run()
    read = promoted(model)
    language = model.accounts.language[read["account"]]
    names = list(model.config.organic.languages)
    whole_days = read["time"] >= DAY  # from the first morning on there is a post to promote
    for name, bought in (("en", 225), ("zh", 60)):
        shown = int(np.count_nonzero(whole_days & (language == names.index(name))))
        # There are few log-ins in a step, so their number is nearly a Poisson variable.
        law = stats.poisson(4 * bought)
        assert min(law.cdf(shown), law.sf(shown - 1)) > CHANCE / 2
    assert set(language.tolist()) == {names.index("en"), names.index("zh")}


def test_only_state_medias_own_posts_are_promoted_in_their_language_and_once_written() -> None:
    model = run()
    read = promoted(model)
    assert set(read["author"].tolist()) == set(model.world.truth.state_media.tolist())
    assert (model.accounts.language[read["author"]] == model.accounts.language[read["account"]]).all()
    assert (read["post_time"] // HOUR < read["time"] // HOUR).all()  # nobody reads what is written in the same step
    assert (model.world.truth.layer[read["account"]] == Layer.ORGANIC).all()


def test_a_promoted_read_counts_as_an_impression_and_costs_its_price() -> None:
    model = run()
    assert model.results()["promoted_impressions"] == promoted(model)["time"].size > 500
    assert model.results()["cost_promotion"] == pytest.approx(0.006 * promoted(model)["time"].size)
    assert model.results()["impressions"] == len(model.impressions)


def test_people_repost_a_promoted_post_at_most_once() -> None:
    model = run("organic.secondhand=1", "organic.acts_per_month_median=60", "organic.repost_share=[[0,0.6],[1,0.6]]",
                "operation.promotion.impressions_per_day={en:2000,zh:3000}")  # fmt: skip
    log, media = model.activity, model.world.truth.state_media
    paid = log["source"] == PROMOTED
    assert np.count_nonzero(paid) > 20
    assert set(log["kind"][paid].tolist()) == {REPOST}
    assert np.isin(log["author"][paid], media).all()
    again = np.isin(log["author"], media) & (log["kind"] == REPOST)
    keys = np.stack([log[name][again] for name in ("account", "author", "post_time")])
    assert np.unique(keys, axis=1).shape[1] == keys.shape[1]


def test_a_ban_ends_promotion_at_once_and_ordinary_posts_stay() -> None:
    free, banned = run(), run(barred_at=50)
    before = promoted(free)["time"] < 50 * HOUR
    for name, column in promoted(banned).items():
        assert np.array_equal(column, promoted(free)[name][before])
    media = banned.world.truth.state_media
    own = [np.isin(model.activity["account"], media) & (model.activity["kind"] == POST) for model in (free, banned)]
    assert np.array_equal(free.activity["time"][own[0]], banned.activity["time"][own[1]])
    assert (banned.activity["time"][own[1]] > 50 * HOUR).any()


def test_a_ban_by_date_is_the_platforms_and_not_the_twins() -> None:
    config = load_scenario("hk2019", seed=1, overrides=[*BASIS, "operation.promotion.barred_on='2019-07-24'"])
    banned = InfluenceModel(config, "random", 1.0)
    banned.run()
    sold = promoted(banned)["time"]
    assert DAY < sold.max() < 2 * DAY
    bars = banned.platform.actions.log
    assert set(bars["account"].tolist()) == set(banned.world.truth.state_media.tolist())
    assert set(bars["time"].tolist()) == {2 * DAY}
    assert banned.twin().promoted_impressions == run().promotion.impressions > sold.size


def test_without_money_nothing_is_promoted_and_nothing_else_differs() -> None:
    poor = run("operation.promotion.impressions_per_day={en:0,zh:0}")
    barred = run(barred_at=0)
    for name in poor.activity.columns:
        assert np.array_equal(poor.activity[name], barred.activity[name])
    assert len(poor.impressions) == len(barred.impressions) > 0
    assert promoted(poor)["time"].size == promoted(barred)["time"].size == 0


def test_state_media_are_verified_accounts_of_the_core_and_no_part_of_it_where_there_are_none() -> None:
    model = run()
    media = model.world.truth.state_media
    truth = model.world.truth
    assert media.size == 3
    assert {truth.role_names[role - 1] for role in truth.role[media]} == {"state_media"}
    assert model.accounts.verified[media].all()
    assert (model.world.truth.layer[media] == Layer.CORE).all()
    assert run(*OFF).world.truth.state_media.size == 0 == promoted(run(*OFF))["time"].size


def test_half_an_advertiser_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"operation.promotion.advertisers.en must be a whole number; got 1.5"):
        load_scenario("hk2019", overrides=["operation.promotion.advertisers.en=1.5"])
