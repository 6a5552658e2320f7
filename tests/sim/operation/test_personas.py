"""The persona core acts by the operator's clock: its hours, its weekends, its share of reposts and of silence.

What a persona does in a step is its expected number of acts, rounded up or down by a draw: sums over independent steps
have at most the variance of a Poisson count, so a binomial or chi-square test errs to the safe side. `CHANCE` is the
chance of a false alarm of each.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import InfluenceModel, load_scenario
from sim.events.records import POST, REPOST
from sim.operation.personas import working_rhythm
from sim.population.truth import Origin
from tests.sim.operation.record import SEEDS, core_acts, core_run, local_times, world
from tests.worlds import PLAIN_OPERATION

CHANCE = 1e-6
STEPS = [minutes for minutes in range(5, 721) if 1440 % minutes == 0]

ONE_ROLE = [f"operation.roles.{role}.{key}" for role in ("outlet_zh", "outlet_en", "commentator", "repurposed")
            for key in ("accounts=0", "output=1", "campaign=1", "repost=1")]  # fmt: skip


def model_of(*overrides: str) -> InfluenceModel:
    basis = [
        "scenario.scale=1",
        "scenario.organic=50",
        "scenario.core=100",
        "scenario.amplifiers=0",
        "scenario.days=14",
        *ONE_ROLE,
    ]
    return InfluenceModel(load_scenario("hk2019", seed=1, overrides=[*PLAIN_OPERATION, *basis, *overrides]))


def run(*overrides: str) -> InfluenceModel:
    model = model_of(*overrides)
    model.run()
    return model


@cache
def plain() -> tuple[InfluenceModel, dict[str, np.ndarray]]:
    """Return the run of a hundred personas over two weeks, and their acts, each with its post's origin."""
    model, origin_of = model_of("operation.acts_per_day_median=4", "feed.followed_hours=72"), {}

    def note(model: InfluenceModel) -> None:
        posts = model.events[model.events["kind"] == POST]
        for author, time, origin in zip(posts["account"], posts["time"], posts["origin"], strict=True):
            origin_of[author, time] = origin

    model.run(note)
    acts = core_acts(model)
    acts["origin"] = np.array([origin_of[key] for key in zip(acts["author"], acts["post_time"], strict=True)])
    return model, acts


# When.


@pytest.mark.parametrize("minutes", STEPS)
def test_a_working_day_is_written_in_full_whatever_the_length_of_a_step(minutes: int) -> None:
    weights = load_scenario("hk2019").operation.hour_weights
    shares = working_rhythm(weights, 8, minutes)
    assert shares.size == 1440 // minutes
    assert shares.sum() == pytest.approx(1.0)
    begin = np.arange(shares.size) * minutes
    by_hand = [sum(weights[(m // 60 + 8) % 24] for m in range(b, b + minutes)) / sum(weights) / 60 for b in begin]
    assert shares == pytest.approx(by_hand)


@pytest.mark.parametrize("offset", [-5, 0, 8])
def test_the_working_day_follows_the_operators_clock(offset: int) -> None:
    at_ten = working_rhythm([float(hour == 10) for hour in range(24)], offset, 60)
    assert at_ten.argmax() == (10 - offset) % 24
    assert at_ten.max() == pytest.approx(1.0)


@pytest.mark.parametrize("minutes", [30, 60, 180])
def test_nobody_acts_outside_the_operators_hours(minutes: int) -> None:
    hours = [float(9 <= hour < 18) for hour in range(24)]
    model = run(f"scenario.step_minutes={minutes}", f"operation.hour_weights={hours}", "operation.utc_offset_hours=6")
    acts = core_acts(model)["time"]
    utc = [dt.datetime.fromisoformat("2019-07-20") + dt.timedelta(seconds=int(second)) for second in acts]
    seen = {(when + dt.timedelta(hours=6)).hour for when in utc}
    assert seen == set(range(9, 18))


def test_acts_fall_on_the_hours_of_the_day_by_their_weights() -> None:
    model, acts = plain()
    hours = np.bincount([when.hour for when in local_times(model, acts["time"])], minlength=24)
    weights = np.array(model.config.operation.hour_weights)
    assert stats.chisquare(hours, weights / weights.sum() * hours.sum()).pvalue > CHANCE


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0])
def test_weekends_are_damped_by_the_configured_factor_in_local_time(factor: float) -> None:
    # Two whole weeks: each local weekday and hour comes twice, wherever the run begins.
    model = run(f"operation.weekend_factor={factor}", "operation.acts_per_day_median=4")
    days = Counter(when.isoweekday() for when in local_times(model, core_acts(model)["time"]))
    counts = np.array([days[day] for day in range(1, 8)])
    law = np.array([1.0] * 5 + [factor] * 2)
    assert counts.sum() > 2000
    assert (counts[law == 0.0] == 0).all()
    counts, law = counts[law > 0.0], law[law > 0.0]
    assert stats.chisquare(counts, law / law.sum() * counts.sum()).pvalue > CHANCE


def test_each_persona_acts_as_often_as_expected_of_it() -> None:
    # Own posts alone: they are a share of acts that nothing else can drop. Personas of five and more expected posts.
    model, acts = plain()
    steps = model.n_steps
    expected = sum(model.core.expected_acts(step) for step in range(steps)) * (
        1.0 - model.config.operation.core_repost_share
    )
    posts = np.bincount(acts["account"][acts["kind"] == POST] - 50, minlength=100)
    assert (posts[expected == 0.0] == 0).all()
    busy = expected >= 5.0
    assert busy.sum() > 50
    # One-sided: rounding makes the counts vary less than Poisson's, never more.
    assert stats.chi2.sf(((posts - expected)[busy] ** 2 / expected[busy]).sum(), busy.sum()) > CHANCE
    assert abs(posts.sum() - expected.sum()) < 5 * np.sqrt(expected.sum())


def test_daily_output_is_lognormal_as_configured() -> None:
    rules = load_scenario("hk2019").operation
    rates = np.concatenate(
        [InfluenceModel(world(seed, 0).config, world=world(seed, 0)).core.acts_per_day for seed in SEEDS]
    )
    logs = np.log(rates[rates > 0])
    law = stats.norm(np.log(rules.acts_per_day_median), rules.acts_per_day_sigma)
    assert stats.kstest(logs, law.cdf).pvalue > CHANCE
    # Row 2 of the record: 46 of 936 never posted.
    assert stats.binomtest(int((rates == 0).sum()), rates.size, 46 / 936).pvalue > CHANCE


def test_a_silent_persona_never_acts() -> None:
    model, acts = plain()
    silent = model.core.accounts[model.core.acts_per_day == 0.0]
    assert silent.size > 0
    assert not np.isin(acts["account"], silent).any()


def test_no_two_acts_of_a_persona_fall_in_one_second_and_each_falls_in_its_step() -> None:
    model = run("operation.acts_per_day_median=300", "scenario.days=1", "operation.core_repost_share=0")
    acts = core_acts(model)
    assert acts["time"].size > 10_000
    pairs = acts["account"].astype(np.int64) << 32 | acts["time"]
    assert np.unique(pairs).size == pairs.size


# What.


def test_the_campaigns_share_of_own_posts_is_the_configured_one_and_the_rest_is_cover() -> None:
    model, acts = plain()
    own = acts["origin"][acts["kind"] == POST]
    assert set(own.tolist()) == {Origin.CAMPAIGN, Origin.COVER}
    hits = int(np.count_nonzero(own == Origin.CAMPAIGN))
    assert stats.binomtest(hits, own.size, model.config.operation.campaign_share).pvalue > CHANCE


def test_personas_repost_the_campaign_of_the_last_day_of_others_and_each_post_once() -> None:
    _, acts = plain()
    reposts = {name: column[acts["kind"] == REPOST].tolist() for name, column in acts.items()}
    assert len(reposts["time"]) > 500
    assert set(reposts["origin"]) == {Origin.CAMPAIGN}
    seen = Counter(zip(reposts["account"], reposts["author"], reposts["post_time"], strict=True))
    assert max(seen.values()) == 1
    assert all(account != author for account, author, _ in seen)
    age = np.subtract(reposts["time"], reposts["post_time"])
    assert 0 < age.min() <= age.max() <= 26 * 3600  # a day back, and whole steps


def test_a_persona_that_writes_nothing_of_the_campaign_leaves_nothing_to_repost() -> None:
    acts = core_acts(run("operation.campaign_share=0", "operation.promotion.contested_share=0"))
    assert acts["kind"].size > 500
    assert (acts["kind"] == POST).all()


# The whole core over thirty days, beside the record.


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_cores_output_is_the_records(seed: int) -> None:
    # 60,000 acts a seed leave an error of 0.1%: the bands are the records' own.
    model = core_run(seed)
    acts = core_acts(model)
    hours = np.array([when.hour for when in local_times(model, acts["time"])])
    assert 0.90 < np.mean((hours >= 9) & (hours < 18)) < 0.96
    assert set(np.argsort(-np.bincount(hours, minlength=24))[:2].tolist()) == {10, 11}
    # Ten accounts write two fifths, so that a seed has its own share; some reposts find no post in a small public.
    assert np.mean(acts["kind"] == REPOST) == pytest.approx(0.29, abs=0.06)
    weekend = [when.isoweekday() > 5 for when in local_times(model, acts["time"])]
    # In the record a Saturday or Sunday had 0.41 of a working day's posts from 20 July on; they are 10 of the 30 days.
    assert np.mean(weekend) / (1 - np.mean(weekend)) * 20 / 10 == pytest.approx(0.41, abs=0.05)
