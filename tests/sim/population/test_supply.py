"""Where the operation's accounts come from: the drawn accounts beside the user records of August 2019.

Accounts are drawn independently, so a count of them is binomial. Five seeds of the whole core are pooled (4,680
accounts); a test of such a count against the record's share has a chance of a false alarm of 10**-6 (`CHANCE`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim import ConfigError, load_scenario
from sim.config import WorldConfig
from sim.population.accounts import Access, AccountTable
from sim.population.amplifiers import fill_amplifiers
from sim.population.organic import community_sizes
from sim.population.personas import fill_core
from sim.population.supply import operation_ties, supply_of
from sim.population.truth import Layer
from sim.population.world import build_world
from tests.sim.operation.record import BATCHES, N_AMPLIFIERS, N_CORE, RECORDS, core_ages, core_days, of_layer, world
from tests.worlds import PLAIN_OPERATION

CHANCE = 1e-6
DAY = 86_400


@cache
def config(*overrides: str) -> WorldConfig:
    return load_scenario(
        "hk2019",
        scale=1.0,
        seed=1,
        overrides=["scenario.organic=100", "operation=static", *PLAIN_OPERATION, *overrides],
    )


def core_of(rules: WorldConfig) -> np.ndarray:
    """Return the times of registration of the core, seconds from the start of the run."""
    table = AccountTable.empty(rules.scenario.n_accounts)
    fill_core(table, rules, supply_of(rules))
    first = rules.scenario.n_organic
    return table.created[first : first + rules.scenario.n_core] - rules.scenario.start_epoch


def is_share(hits: np.ndarray, record: float) -> bool:
    """Whether so many hits come up by chance where the record's share is the law."""
    return bool(stats.binomtest(int(hits.sum()), hits.size, record).pvalue > CHANCE)


# The core.


def test_the_core_and_the_amplifiers_are_as_many_as_announced() -> None:
    truth = world(0).truth
    assert truth.accounts(Layer.CORE).size == N_CORE
    assert truth.accounts(Layer.AMPLIFIER).size == N_AMPLIFIERS


def test_the_share_of_the_core_with_thousands_of_followers_is_the_records() -> None:
    assert is_share(of_layer("follower_count", Layer.CORE) >= 5000, 0.386)


def test_followers_in_the_thousands_are_lognormal_as_recorded() -> None:
    # Those with few add one in a thousand to the left end, so the law is held to what lies above 5,000.
    followers = of_layer("follower_count", Layer.CORE)
    logs = np.log(followers[followers >= 5000])
    law = stats.truncnorm((np.log(5000) - 9.91) / 0.73, np.inf, loc=9.91, scale=0.73)
    assert stats.kstest(logs, law.cdf).pvalue > CHANCE


def test_at_most_half_of_the_core_has_fewer_than_ten_followers_and_no_more_show_none_than_in_the_records() -> None:
    # 49% of the records show fewer than ten; without the 29% that show none, which may mean unknown, 20%.
    followers = of_layer("follower_count", Layer.CORE)
    error = 0.5 / np.sqrt(followers.size)
    assert 0.20 - 5 * error < np.mean(followers < 10) < 0.50 + 5 * error
    assert np.mean(followers == 0) < 0.29 + 5 * error


def test_the_share_registered_before_2017_is_the_records() -> None:
    assert is_share(core_days() < np.datetime64("2017-01-01"), 425 / RECORDS)


def test_of_those_three_quarters_have_thousands_of_followers_and_of_the_younger_a_tenth() -> None:
    followers, old = of_layer("follower_count", Layer.CORE), core_days() < np.datetime64("2017-01-01")
    assert is_share(followers[old] >= 5000, 0.73)
    assert is_share(followers[~old] >= 5000, (0.386 * RECORDS - 0.73 * 425) / 515)


def test_half_of_the_younger_have_at_most_one_follower() -> None:
    # Twenty seeds: the median's rank has a standard error of half a hundredth, and the law puts 54% at one or none.
    seeds = range(20)
    young = of_layer("follower_count", Layer.CORE, seeds)[core_days(seeds) >= np.datetime64("2017-01-01")]
    assert np.median(young) == 1


@pytest.mark.parametrize(("days", "older"), [(731, 0.5), (2338, 0.25)])
def test_the_median_and_the_upper_quartile_of_age_are_the_records(days: int, older: float) -> None:
    # 731 days is the day of a batch: the record's share lies between those strictly older and those at least so old.
    ages = core_ages()
    error = np.sqrt(older * (1 - older) / ages.size)
    assert np.mean(ages > days) - 5 * error < older < np.mean(ages >= days) + 5 * error


def test_the_oldest_and_the_newest_account_are_the_records() -> None:
    # Some 120 of the pooled accounts fall in the last 111 days, and as many in the first 440: a gap of 12 and of 100
    # days at the ends has a chance of e**-13 and of e**-27.
    days = core_days()
    assert np.datetime64("2008-05-16") <= days.min() < np.datetime64("2008-09-01")
    assert np.datetime64("2019-04-25") < days.max() <= np.datetime64("2019-05-07")


def test_a_third_of_the_core_was_registered_on_nine_days_each_with_its_recorded_share() -> None:
    days = core_days()
    hits = np.array([np.count_nonzero(days == np.datetime64(day)) for day in BATCHES])
    counts = np.append(hits, days.size - hits.sum())
    record = np.append(list(BATCHES.values()), RECORDS - sum(BATCHES.values()))
    assert stats.chisquare(counts, record / RECORDS * days.size).pvalue > CHANCE
    by_day = dict(zip(*np.unique(days, return_counts=True), strict=True))
    largest = sorted(by_day, key=lambda day: -by_day[day])[:3]
    assert [str(day) for day in largest] == ["2017-08-30", "2017-08-18", "2016-06-27"]


def test_a_batch_takes_its_share_out_of_its_own_kind_of_account() -> None:
    """However many are registered on one day, the established keep their share."""
    rules = config()
    one_day = replace(rules.operation, core_batches={"2016-06-27": 0.3, "2018-07-13": 0.5})
    for seed in range(3):
        created = core_of(replace(rules, seed=seed, operation=one_day)) + rules.scenario.start_epoch
        days = created.astype("datetime64[s]").astype("datetime64[D]")
        assert is_share(days == np.datetime64("2016-06-27"), 0.3)
        assert is_share(days == np.datetime64("2018-07-13"), 0.5)
        assert is_share(days < np.datetime64("2017-01-01"), rules.operation.established_share)


@pytest.mark.parametrize("start", ["2016-01-01", "2017-08-18", "2019-05-08", "2019-07-20"])
def test_nobody_of_the_core_is_registered_after_the_start(start: str) -> None:
    created = core_of(config(f"scenario.start='{start}'"))
    assert created.max() < 0
    assert np.unique(created).size > 0.95 * created.size  # nor are all that would have been in one second


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["operation.established_created=['2016-01-01']"], "established_created must be two or more dates, rising"),
        (["operation.bulk_created=['2018-01-01','2017-01-01']"], "bulk_created must be two or more dates, rising"),
        (["operation.bulk_created=['2018-01-01','soon']"], r"bulk_created\[1\] must be a date YYYY-MM-DD; got 'soon'"),
        (["operation.bulk_created=['2016-01-01','2017-01-01']"], r"must begin .*\(2016-11-08\) or later; got 2016"),
        (["operation.established_share=0.04"], r"of established accounts .* their share \(0.04\); got 0.0425"),
        (["operation.established_share=0.8"], r"registered in bulk .* their share \(0.2\); got 0.2904"),
        (["+operation.core_batches.noon=0.1"], r"core_batches.noon must be a date YYYY-MM-DD; got 'noon'"),
    ],
)
def test_registrations_that_cannot_be_are_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_scenario("hk2019", overrides=overrides)


# The amplifiers.


def test_most_amplifiers_have_no_follower_and_nearly_all_fewer_than_eight() -> None:
    # Bands of the sources; a million accounts leave no sampling error worth counting.
    followers = of_layer("follower_count", Layer.AMPLIFIER)
    assert 0.67 < np.mean(followers == 0) < 0.79
    assert 0.93 < np.mean(followers < 8) < 0.97


def test_amplifiers_are_registered_in_the_configured_waves_and_at_no_other_time() -> None:
    rules = config()
    table = AccountTable.empty(rules.scenario.n_accounts)
    fill_amplifiers(table, rules, supply_of(rules))
    created = table.created[-rules.scenario.n_amplifiers :] - rules.scenario.start_epoch
    begin = np.array(rules.operation.wave_days) * DAY
    length = rules.operation.wave_spread_hours * 3600
    inside = (created[:, None] >= begin) & (created[:, None] < begin + length)
    assert (inside.sum(axis=1) == 1).all()
    law = np.array(rules.operation.wave_weights) * created.size
    assert stats.chisquare(inside.sum(axis=0), law).pvalue > CHANCE
    for number in range(begin.size):
        place = (created[inside[:, number]] - begin[number]) / length
        assert stats.kstest(place, "uniform").pvalue > CHANCE


def test_cells_are_filled_one_after_another_in_the_order_of_registration() -> None:
    rules = config("operation.cell_size=300")
    table = AccountTable.empty(rules.scenario.n_accounts)
    cell = fill_amplifiers(table, rules, supply_of(rules))
    created = table.created[-cell.size :]
    sizes = np.bincount(cell)
    assert (sizes[:-1] == 300).all()
    assert 1 <= sizes[-1] == 200_000 - 300 * (sizes.size - 1) <= 300
    first = np.array([created[cell == number].min() for number in range(sizes.size)])
    last = np.array([created[cell == number].max() for number in range(sizes.size)])
    assert (last[:-1] <= first[1:]).all()


# Both.


@pytest.mark.parametrize("layer", [Layer.CORE, Layer.AMPLIFIER])
def test_languages_and_networks_of_access_have_the_configured_shares(layer: Layer) -> None:
    rules = load_scenario("hk2019")
    language, access = of_layer("language", layer), of_layer("access", layer)
    names = list(rules.organic.languages)
    counts = np.bincount(language, minlength=len(names))
    shares = np.array([rules.operation.languages.get(name, 0.0) for name in names])
    assert (counts[shares == 0.0] == 0).all()
    if layer == Layer.AMPLIFIER:  # the core's are shares of what it writes: tests/sim/population/test_core_output.py
        assert stats.chisquare(counts[shares > 0], shares[shares > 0] * language.size).pvalue > CHANCE
    assert is_share(access == Access.VPN, rules.operation.vpn_share)
    assert is_share(access == Access.MAINLAND, rules.operation.mainland_share)


def test_real_followers_are_the_configured_share_of_those_shown_and_speak_the_accounts_language() -> None:
    rules = config("scenario.organic=5000", "scenario.amplifiers=1000", "operation.authentic_share=0.1",
                   "organic.susceptibility_sigma=0")  # fmt: skip
    table = AccountTable.empty(rules.scenario.n_accounts)
    table.session_rate[:5000] = 1.0
    fill_core(table, rules, supply_of(rules))
    fill_amplifiers(table, rules, supply_of(rules))
    followers, followees = operation_ties(table, rules, supply_of(rules))
    count = np.bincount(followees, minlength=len(table))[5000:]
    exact = table.follower_count[5000:] / rules.graph.whole_ratio * 0.1
    assert np.abs(count - exact).max() < 1.0
    # What is rounded is a coin of variance at most a quarter: six standard errors, a false alarm in 10**9.
    assert abs(count.sum() - exact.sum()) < 6 * np.sqrt(0.25 * count.size)
    of_organic = np.repeat(np.arange(len(rules.organic.languages)), community_sizes(rules).reshape(-1, 2).sum(axis=1))
    assert (of_organic[followers] == table.language[followees]).all()
    assert stats.kstest(followers[table.language[followees] == 0], stats.uniform(0, 2250).cdf).pvalue > CHANCE


def test_followers_that_no_column_can_hold_are_as_many_as_it_can() -> None:
    rules = config("operation.followers_log_mean=20", "operation.followers_log_sd=4", "scenario.amplifiers=0")
    table = AccountTable.empty(rules.scenario.n_accounts)
    fill_core(table, rules, supply_of(rules))
    assert table.follower_count.min() >= 0
    assert table.follower_count.max() == 2**31 - 1


def test_the_more_unevenly_people_are_susceptible_the_fewer_follow_the_operation_s_accounts() -> None:
    many, few = (
        build_world(load_scenario("hk2019", scale=0.05, seed=1, overrides=[f"organic.susceptibility_sigma={sigma}"]))
        for sigma in (0.0, 3.0)
    )
    ties = [operation_ties(one.accounts, one.config, one.truth.supply)[0] for one in (many, few)]
    assert ties[0].size == ties[1].size > 1000
    assert 2 * np.unique(ties[1]).size < np.unique(ties[0]).size
