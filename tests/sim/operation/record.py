"""The operation at full size, drawn and run in a small public, measured as the published record is.

`python -m tests.sim.operation.record` prints the record beside the mean over five seeds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import numpy as np

from sim import InfluenceModel, load_scenario
from sim.events.records import REPOST
from sim.population.accounts import NEVER
from sim.population.truth import Layer
from sim.population.world import World, build_world

SEEDS = range(5)
N_CORE, N_AMPLIFIERS = 936, 200_000
TAKEDOWN = np.datetime64("2019-08-19")
RECORDS = 940  # user records of the archive's two sets
BATCHES = {  # days on which ten or more of the 940 were registered
    "2013-03-29": 10, "2016-06-27": 30, "2017-08-18": 97, "2017-08-19": 13, "2017-08-30": 119, "2017-10-08": 11,
    "2017-10-28": 10, "2018-07-13": 12, "2019-02-27": 11,
}  # fmt: skip
HONG_KONG = dt.timedelta(hours=8)


@cache
def world(seed: int, amplifiers: int = N_AMPLIFIERS) -> World:
    """Return the world of the whole operation with a hundred people; each account is drawn independently."""
    overrides = ["scenario.scale=1", "scenario.organic=100", f"scenario.amplifiers={amplifiers}"]
    return build_world(load_scenario("hk2019", scale=1.0, seed=seed, overrides=overrides))


@cache
def core_run(seed: int) -> InfluenceModel:
    """Return the run of the whole core without amplifiers: thirty days without enforcement.

    Twenty thousand people write enough for the core to repost.
    """
    overrides = ["scenario.scale=1", "scenario.organic=20000", "scenario.amplifiers=0", "scenario.days=30"]
    model = InfluenceModel(load_scenario("hk2019", scale=1.0, seed=seed, overrides=overrides))
    model.run()
    return model


@cache
def amplifier_acts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each amplifier's acts in thirty days without enforcement, and which amplifiers exist from the start.

    The planned amplifiers: with nobody enforced against, the reserve is never registered.

    A twentieth of the amplifiers with the whole core: what one does is the same. The few people write enough for
    amplifiers to repost.
    """
    overrides = ["scenario.scale=1", "scenario.organic=2000", f"scenario.amplifiers={N_AMPLIFIERS // 20}",
                 "scenario.days=30", "scenario.step_minutes=60"]  # fmt: skip
    model = InfluenceModel(load_scenario("hk2019", scale=1.0, seed=seed, overrides=overrides))
    model.run()
    rows = model.world.truth.accounts(Layer.AMPLIFIER)[: model.config.planned_amplifiers]
    return model.timeline.acts_count[rows], model.accounts.created[rows] < model.config.scenario.start_epoch


def of_layer(column: str, layer: Layer, seeds: Sequence[int] = SEEDS) -> np.ndarray:
    """Return a column of the accounts at a layer's rows, the seeds one after another."""
    worlds = [world(seed, 0 if layer == Layer.CORE else N_AMPLIFIERS) for seed in seeds]
    return np.concatenate([getattr(one.accounts, column)[rows_of(one, layer)] for one in worlds])


def rows_of(one: World, layer: Layer) -> np.ndarray:
    """Return the accounts of a layer that the record describes: all but state media, which were not taken down."""
    return np.setdiff1d(one.truth.accounts(layer), one.truth.state_media)


def core_days(seeds: Sequence[int] = SEEDS) -> np.ndarray:
    """Return the day of registration of each account of the core."""
    return of_layer("created", Layer.CORE, seeds).astype("datetime64[s]").astype("datetime64[D]")


def core_ages(seeds: Sequence[int] = SEEDS) -> np.ndarray:
    """Return the age in days of each account of the core at the takedown."""
    return (TAKEDOWN - core_days(seeds)).astype(int)


def core_acts(model: InfluenceModel) -> dict[str, np.ndarray]:
    """Return the core's part of a run's log."""
    log = model.activity
    ours = model.world.truth.layer[log["account"]] == Layer.CORE
    return {name: log[name][ours] for name in log.columns}


def local_times(model: InfluenceModel, seconds: np.ndarray) -> list[dt.datetime]:
    """Return Hong Kong time, by Python's own calendar, for seconds from the start of a run."""
    start = dt.datetime.fromisoformat(model.config.scenario.start) + HONG_KONG
    return [start + dt.timedelta(seconds=int(second)) for second in seconds]


def rows() -> list[tuple[str, str, str, str]]:
    """Return row number, quantity, record and simulation (mean over the seeds, of a median the median of all)."""
    days, ages = core_days(), core_ages()
    followers, old = of_layer("follower_count", Layer.CORE), days < np.datetime64("2017-01-01")
    amplified = of_layer("follower_count", Layer.AMPLIFIER)
    announced = [world(0).truth.accounts(layer).size for layer in (Layer.CORE, Layer.AMPLIFIER)]
    batch = {day: np.mean(days == np.datetime64(day)) for day in BATCHES}
    models = [core_run(seed) for seed in SEEDS]
    hours = np.array([when.hour for model in models for when in local_times(model, core_acts(model)["time"])])
    kinds = np.concatenate([core_acts(model)["kind"] for model in models])
    by_hour = np.bincount(hours, minlength=24)
    silent = np.mean([np.mean(model.core.acts_per_day == 0.0) for model in models])
    quiet = np.mean([1.0 - np.unique(core_acts(model)["account"]).size / N_CORE for model in models])
    per_seed = [core_ages([seed]) for seed in SEEDS]
    created = of_layer("created", Layer.AMPLIFIER)
    created = created[created < NEVER].astype("datetime64[s]")  # the reserve is not registered
    summer = [np.mean(when >= np.datetime64("2019-05-01")) for when in (days, created)]
    acts = [amplifier_acts(seed) for seed in SEEDS]
    mean, old_mean = (np.mean([n[old if part else slice(None)].mean() for n, old in acts]) for part in (0, 1))
    deciles = np.quantile(np.concatenate([n for n, _ in acts]), [0.1, 0.5, 0.9]).astype(int)
    return [
        ("1", "core : amplifiers", "936 : about 200,000", f"{announced[0]} : {announced[1]:,}"),
        ("2", "core never posting", "5%", f"{silent:.1%} (in the 30 days: {quiet:.1%})"),
        ("3", "core with 5,000 followers or more", "38.6%", f"{np.mean(followers >= 5000):.1%}"),
        ("4", "core with fewer than 10", "at most 50%; 29% show 0",
         f"{np.mean(followers < 10):.1%}; {np.mean(followers == 0):.1%}"),
        ("5", "age of the core at takedown, days: youngest, median, 75th percentile", "104, 731, 2,338",
         f"{np.mean([a.min() for a in per_seed]):.0f}, {np.median(ages):.0f}, {np.percentile(ages, 75):,.0f}"),
        ("5", "core from before 2017; of it with 5,000 followers or more", "45.2%; 73%",
         f"{old.mean():.1%}; {np.mean(followers[old] >= 5000):.1%}"),
        ("5", "followers of those from 2017 to 2019, median", "1", f"{np.median(followers[~old]):.0f}"),
        ("5", "newest of the core", "7 May 2019", str(days.max())),
        ("6", "core registered on the nine largest days; on the two largest", "33.3%; 12.7% and 10.3%",
         f"{sum(batch.values()):.1%}; {batch['2017-08-30']:.1%} and {batch['2017-08-18']:.1%}"),
        ("7", "accounts of a later set from May to August 2019", "54% (fresh accounts replace old ones)",
         f"core {summer[0]:.1%}, amplifiers that are planned {summer[1]:.0%}"),
        ("8", "core's acts from 09:00 to 17:59 in Hong Kong; busiest hours", "94% (90 to 96); 10 to 12",
         f"{np.mean((hours >= 9) & (hours < 18)):.1%}; {', '.join(map(str, sorted(np.argsort(-by_hour)[:2])))}"),
        ("10", "reposts among the core's acts", "29%", f"{np.mean(kinds == REPOST):.1%}"),
        ("11", "amplifiers without followers; with fewer than 8", "67 to 79%; about 95%",
         f"{np.mean(amplified == 0):.1%}; {np.mean(amplified < 8):.1%}"),
        ("12", "acts of an amplifier in thirty days", "4 to 15 where not caught at once",
         f"there from the start {old_mean:.1f}; all {mean:.1f}, deciles 1, 5, 9: {', '.join(map(str, deciles))}"),
    ]  # fmt: skip


if __name__ == "__main__":
    print("| row | quantity | record | simulated |\n| --- | --- | --- | --- |")
    for row in rows():
        print(f"| {' | '.join(row)} |")
