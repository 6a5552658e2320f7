"""The core does on each day what the record says; who is in use changes with the months."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pytest

from sim import load_scenario
from sim.config import ConfigError, WorldConfig
from sim.population.core_output import daily_acts, in_use, languages_by_output, local_days
from sim.population.truth import Layer
from sim.population.world import World, build_world
from tests.sim.population.core import output_of

FEW = ["scenario.organic=100", "scenario.scale=1", "scenario.amplifiers=0"]
OWN = "operation=default"  # no record of days
ALONE = ["scenario.amplifiers=0", "scenario.days=10"]
DAYS = "operation.days={accounts: 936, acts: {2019-07-22: 1000, 2019-07-24: 400}, otherwise: 70}"

SPANS = "operation.spans={begins: ['2018-01-01', '2019-08-01'], days: [[0, 10], [1, 400]]}"


def config(*overrides: str, scenario: str = "hk2019", seed: int = 1) -> WorldConfig:
    return load_scenario(scenario, seed=seed, overrides=[*FEW, *overrides])


@cache
def world(*overrides: str, scenario: str = "hk2019", seed: int = 1) -> World:
    return build_world(config(*overrides, scenario=scenario, seed=seed))


def acts_of(one: World) -> np.ndarray:
    core = one.truth.accounts(Layer.CORE)
    return daily_acts(one.config, output_of(one), one.accounts.created[core])


def on(one: World, day: str) -> int:
    return int((dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days - local_days(one.config)[0])


@pytest.mark.parametrize("core", [936, 100])
def test_a_day_has_the_acts_of_the_record_for_each_account_of_the_core(core: int) -> None:
    one = world(OWN, DAYS, SPANS, f"scenario.core={core}")
    overt = np.isin(one.truth.accounts(Layer.CORE), one.truth.state_media)
    by_day = acts_of(one)[~overt].sum(axis=0) * 936 / core
    # In the table; between its dates; a Saturday and a Monday outside it.
    expected = {"2019-07-22": 1000.0, "2019-07-23": 0.0, "2019-07-20": 70.0 * 0.4, "2019-07-29": 70.0}
    assert {day: by_day[on(one, day)] for day in expected} == pytest.approx(expected)


def test_without_a_record_of_days_each_persona_has_its_own_on_all_days() -> None:
    one = world(OWN, "scenario.core=50")
    by_day = acts_of(one)
    assert by_day[:, on(one, "2019-07-23")] == pytest.approx(output_of(one).acts_per_day)
    assert by_day[:, on(one, "2019-07-27")] == pytest.approx(0.4 * output_of(one).acts_per_day)


@pytest.mark.parametrize("scale", [0.02, 0.5, 1.0, 2.0])
def test_an_outlet_does_the_scales_part_of_what_it_does_at_full_size(scale: float) -> None:
    one = build_world(load_scenario("hk2019", scale=scale, seed=1, overrides=[OWN, "scenario.organic=200", *ALONE]))
    output, role = output_of(one), one.truth.role[one.truth.accounts(Layer.CORE)]
    whole = one.config.operation.acts_per_day_median * one.config.operation.roles["outlet_zh"].output
    outlets = output.acts_per_day[(role == 1) | (role == 2)]
    assert outlets == pytest.approx(np.full(2, min(scale, 1.0) * whole))
    assert output.acts_per_day[output.overt] == pytest.approx(one.config.operation.promotion.posts_per_day)


def test_the_outlets_have_the_same_share_of_the_record_at_a_twentieth() -> None:
    """In the sum of the worlds: which personas a small core has is chance."""
    done = {}
    for scale, seeds in ((1.0, 1), (0.05, 10)):
        acts = np.zeros(2)
        for seed in range(seeds):
            overrides = ["scenario.organic=2000", "operation.spans=null", *ALONE]
            one = build_world(load_scenario("hk2019", scale=scale, seed=seed, overrides=overrides))
            role = one.truth.role[one.truth.accounts(Layer.CORE)]
            own = output_of(one).acts_per_day
            acts += own[(role == 1) | (role == 2)].sum(), own[~output_of(one).overt].sum()
        done[scale] = acts[0] / acts[1]
    assert 0.5 < done[0.05] / done[1.0] < 2.0  # twenty times as many without the rule


def test_as_many_personas_are_in_use_in_a_month_as_in_the_record() -> None:
    """Of Russia's 2,856 accounts 386 act; those in use whose output is next to nothing do not."""
    active = []
    for seed in (1, 2, 3):
        one = world(scenario="ira2016", seed=seed)
        active.append(np.count_nonzero(-np.expm1(-acts_of(one).sum(axis=1))[:-2] > 0.5))
    assert 386 / 1.2 < np.mean(active) < 386 * 1.2


def test_nobody_is_in_use_before_registration_and_those_by_number_always_are() -> None:
    one = world("scenario.start=2017-08-01", "scenario.days=60")
    core = one.truth.accounts(Layer.CORE)
    created, output = one.accounts.created[core], output_of(one)
    used = in_use(one.config, output, created)
    registered = (created + 8 * 3600) // 86_400
    assert not used[local_days(one.config)[None, :] < registered[:, None]][~np.repeat(output.by_number, 0)].any()
    assert used[output.by_number].all()
    assert 0.0 < used[~output.by_number].mean() < 0.2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_languages_are_shares_of_what_is_written_though_a_few_write_most(seed: int) -> None:
    one = world(seed=seed)
    core = one.truth.accounts(Layer.CORE)
    acts, language = acts_of(one).sum(axis=1), one.accounts.language[core]
    overt = np.isin(core, one.truth.state_media)
    chinese = list(one.config.organic.languages).index("zh")
    assert acts[~overt][language[~overt] == chinese].sum() / acts[~overt].sum() == pytest.approx(0.92, abs=0.02)
    assert np.sort(acts[~overt])[-10:].sum() / acts[~overt].sum() > 0.3


def test_a_busy_persona_reposts_more_where_the_record_says_so() -> None:
    one = world(scenario="ira2016")
    output = output_of(one)
    busy = output.acts_per_day > np.median(output.acts_per_day)
    assert output.repost_share[busy].mean() > 2.0 * output.repost_share[~busy].mean()
    free = languages_by_output(
        one.config, one.truth.role[one.truth.accounts(Layer.CORE)],
        one.accounts.created[one.truth.accounts(Layer.CORE)], np.zeros(output.by_number.size, np.int64),
    )  # fmt: skip
    assert set(free.tolist()) == {list(one.config.organic.languages).index("en")}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("operation.days={accounts: 1, acts: {monday: 3}, otherwise: 0}", "operation.days.acts.monday must be a date"),
        ("operation.days={accounts: 1, acts: {}}", "operation.days.otherwise is missing"),
        ("operation.spans={begins: ['2019-01-01'], days: [[0, 1], [1, 2]]}", "operation.spans.begins must be two"),
        ("operation.spans={begins: ['2019-01-01', '2019-02-01'], days: [[0, 9], [1, 2]]}", "operation.spans.days must"),
        ("operation.sittings={acts: 0.5, gap_seconds: 60}", "operation.sittings.acts must lie in [1, 100]; got 0.5."),
        ("operation.desks={accounts: 0, together: 1, within_seconds: 1}", "operation.desks.accounts must lie in"),
        ("operation.core_repost_inside_share=1.5", "operation.core_repost_inside_share must lie in [0, 1] or be null"),
        ("operation.core_following=[[0, 10, 5]]", "operation.core_following must hold rows [FOLLOWERS, BELOW"),
        ("operation.core_following=[[0, 10, 5, 9, 0]]", "operation.core_following must hold a row with a weight"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config(OWN, override)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
