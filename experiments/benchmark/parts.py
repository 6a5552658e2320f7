"""What is measured: each function runs one part in a process of its own and returns what it used.

Compiled code is loaded before the clock starts, by running a world of 2,000 accounts for two days and a step of a
larger one, or else a part would be charged for what is done once in a process; `demo` says what that comes to.

With each part goes the number of lines of memory that it fetches from random places: at each log-in the reader's
traits, its place in the graph, the row of those it follows, the newest acts of each of them that acted recently, and
the post of each item read (about 12 in all at full size); one for each tie of a graph, to draw its far end; one for
each repost, to find what else is known of the account or the post. What the machine needs for these alone is the
ceiling.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.co_repost import CoRepost
from experiments.benchmark.ceiling import random_reads_per_second
from experiments.benchmark.measure import Clock, Measured, peak_bytes
from experiments.benchmark.mesa_version import PublicModel
from sim import InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.config.composition import load_enforcement
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.graph.generate import generate
from sim.observation import POST, REPOST, Observation
from sim.population.organic import community_sizes
from sim.population.world import build_world
from sim.public.organic import OrganicPublic

SEED = 1
THREADS = 2  # what the requirements are stated for
_HOUR, _DAY = 3600, 86_400
_CELL = 200  # amplifiers of a cell in the synthetic day of reposts


def load_compiled() -> None:
    """Run a small world, so that all compiled code is in this process (and, at the first time, in the cache)."""
    numba.set_num_threads(min(THREADS, numba.config.NUMBA_NUM_THREADS))
    config = load_scenario("hk2019", scale=0.002, seed=SEED, overrides=["scenario.days=2"])
    InfluenceModel(config, detector="co_repost").run()
    InfluenceModel(_public(200_000, 1.0, 1)).step()  # so many log in at once that several threads share them


def simulation(overrides: Sequence[str], enforcement: Sequence[str] = ()) -> Measured:
    """Run the scenario once, its world included, with the co-repost detector under a threshold or other enforcement."""
    load_compiled()
    return _simulation(overrides, enforcement)


def demo(overrides: Sequence[str]) -> Measured:
    """Run the scenario twice in a process that has compiled nothing: the amounts tell the first from the second."""
    start = time.process_time()
    first = _simulation(overrides)
    second = _simulation(overrides)
    command = {"imports": start, "first_run": first.cpu_seconds}
    return _with(second, command)


def sessions(accounts: int, mean_following: float, warm_days: int, days: int) -> Measured:
    """Run the organic public alone, and measure its step: feed and behaviour. The first days fill the feeds."""
    load_compiled()
    config = _public(accounts, mean_following, warm_days + days)
    model = InfluenceModel(config)
    public = model.organic = _TimedPublic(model)
    per_day = config.scenario.n_steps // config.scenario.days
    for _ in range(warm_days * per_day):
        model.step()
    public.clock, before = Clock(), _items(model)
    for _ in range(days * per_day):
        model.step()
    log_ins, lines = _fetched(model, days, _items(model) - before)
    amounts = {
        "account_steps": float(accounts * days * per_day), "acts": float(len(model.activity)),
        "lines_a_log_in": lines / log_ins,
    }  # fmt: skip
    return _measured(public.clock, lines, amounts)


class _TimedPublic(OrganicPublic):
    """The organic public with a clock on its step."""

    def __init__(self, model: InfluenceModel) -> None:
        super().__init__(model)
        self.clock = Clock()

    def step(self) -> None:
        with self.clock:
            super().step()


def graph(accounts: int, mean_following: float) -> Measured:
    """Draw the follower graph of the organic public."""
    load_compiled()
    config = _public(accounts, mean_following, 1)
    with Clock() as clock:
        drawn = generate(config.graph, community_sizes(config), SEED)
    return _measured(clock, drawn.n_ties, {"ties": float(drawn.n_ties)})


def co_repost(accounts: int, reposts: int) -> Measured:
    """Let the co-repost detector observe a day of reposts, hour by hour, and score the accounts once."""
    load_compiled()
    hours = day_of_reposts(accounts, reposts)
    detector = CoRepost()
    with Clock() as clock:
        for hour in hours:
            detector.observe(hour)
        scores = detector.score()
    amounts = {
        "reposts": float(sum(hour.n_events for hour in hours)), "accounts": float(accounts),
        "scored": float(np.count_nonzero(~np.isnan(scores))),
    }  # fmt: skip
    return _measured(clock, amounts["reposts"], amounts)


def day_of_reposts(accounts: int, reposts: int) -> list[Observation]:
    """Return a synthetic day of reposts, one observation an hour.

    Four fifths of the accounts make nine tenths of the reposts: at least one each, the others by a lognormal law of
    activity, and among posts of a lognormal popularity (log-sd 2: the most popular of half a million gets thousands).
    The rest are amplifiers in cells of 200, half of whom repost each of the posts that their cell is tasked with.
    """
    organic, spontaneous = accounts - accounts // 5, reposts - reposts // 10
    cells = max((accounts - organic) // _CELL, 1)
    many = np.arange(max(spontaneous - organic, 0))
    busy = _by_weight(1.5, stream(SEED, Purpose.ACTIVITY), organic, uniforms(stream(SEED, Purpose.WRITE), many))
    who = np.concatenate([np.arange(organic), busy])
    n_posts = max(reposts // 5, 1)
    popular = uniforms(stream(SEED, Purpose.REPOST), np.arange(who.size))
    post = _by_weight(2.0, stream(SEED, Purpose.APPEAL), n_posts, popular)

    tasks = np.arange((reposts - spontaneous) * 2 // _CELL)
    task, member = np.repeat(tasks, _CELL), np.tile(np.arange(_CELL), tasks.size)
    taking_part = uniforms(stream(SEED, Purpose.PARTICIPATION), task, member) < 0.5
    task, member = task[taking_part], member[taking_part]
    who = np.concatenate([who, np.minimum(organic + task % cells * _CELL + member, accounts - 1)])
    post = np.concatenate([post, n_posts + task])

    when = np.sort((uniforms(stream(SEED, Purpose.SESSION_TIME), np.arange(who.size)) * _DAY).astype(np.int64))
    order = np.argsort(uniforms(stream(SEED, Purpose.DELAY), np.arange(who.size)))
    who, post = who[order], post[order]
    ends = np.searchsorted(when, np.arange(1, 25) * _HOUR)
    return [
        Observation(
            step=hour, start=hour * _HOUR, end=(hour + 1) * _HOUR, n_accounts=accounts + 1, columns={},
            events={
                "time": when[part], "account": who[part].astype(np.int32), "post": post[part],
                "kind": np.full(when[part].size, REPOST, np.int8),
                "author": np.full(when[part].size, accounts, np.int32),  # one account wrote it all and reposts nothing
            },
        )
        for hour, part in enumerate(map(slice, [0, *ends[:-1]], ends))
    ]  # fmt: skip


def mesa_step(accounts: int, mean_following: float, warm_days: int, days: int) -> Measured:
    """Run the organic public as Mesa agents, and then the real model, on one graph: whole steps of both.

    The times are those of the Mesa version; the amounts hold those of the real model, and what both came to.
    """
    load_compiled()
    config = _public(accounts, mean_following, warm_days + days)
    world = build_world(config)
    ours, theirs = InfluenceModel(config, world=world), PublicModel(world)
    per_day = config.scenario.n_steps // config.scenario.days
    clocks = []
    for model in (ours, theirs):
        for _ in range(warm_days * per_day):
            model.step()
        with Clock() as clock:
            for _ in range(days * per_day):
                model.step()
        clocks.append(clock)
    amounts = {
        "steps": float(days * per_day), "our_cpu_seconds": clocks[0].cpu,
        "our_impressions": float(ours.outcome().organic_impressions), "impressions": float(theirs.impressions),
        "our_posts": float(np.count_nonzero(ours.activity["kind"] == POST)), "posts": float(theirs.posts),
        "our_reposts": float(np.count_nonzero(ours.activity["kind"] == REPOST)), "reposts": float(theirs.reposts),
    }  # fmt: skip
    _, lines = _fetched(ours, days, _items(ours) * days / (warm_days + days))
    return _measured(clocks[1], lines, amounts)


def _simulation(overrides: Sequence[str], enforcement: Sequence[str] = ()) -> Measured:
    numba.set_num_threads(min(THREADS, numba.config.NUMBA_NUM_THREADS))
    with Clock() as whole:
        with Clock() as building:
            config = load_scenario("hk2019", seed=SEED, overrides=overrides)
            model = InfluenceModel(config, "co_repost", enforcement=load_enforcement(*enforcement))
        model.run()
    amounts = {
        "accounts": float(config.scenario.n_accounts), "ties": float(model.world.graph.n_ties),
        "account_steps": float(config.scenario.n_accounts * config.scenario.n_steps),
        "acts_logged": float(len(model.activity)), "building": building.cpu,
    }  # fmt: skip
    peak = peak_bytes()
    log_ins, lines = _fetched(model, config.scenario.days, _items(model))
    amounts["lines_a_log_in"] = lines / log_ins
    reads = lines + model.world.graph.n_ties
    del model
    return _measured(whole, reads, amounts, peak)


def _public(accounts: int, mean_following: float, days: int) -> WorldConfig:
    """Return the scenario's world without the operation."""
    return load_scenario(
        "hk2019",
        seed=SEED,
        overrides=[
            "scenario.scale=1", f"scenario.organic={accounts}", "scenario.core=0", "scenario.amplifiers=0",
            f"graph.mean_following={mean_following}", f"scenario.days={days}",
        ],
    )  # fmt: skip


def _items(model: InfluenceModel) -> float:
    """Return how many items organic accounts have read so far."""
    return float(model.organic_impressions + len(model.impressions))


def _fetched(model: InfluenceModel, days: int, items: float) -> tuple[float, float]:
    """Return the expected log-ins of so many days, and the lines of memory that they fetch from random places.

    Whose acts are fetched is taken as it is at the end of the run; `items` are those read in these days.
    """
    rate = model.world.accounts.session_rate[: model.config.scenario.n_organic].astype(np.float64)
    graph, recent = model.world.graph, model.timeline.view(model.accounts.status).recent
    return float(rate.sum()) * days, _lines(graph.indptr, graph.indices, rate, recent) * days + items


@njit(cache=True)
def _lines(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], rate: NDArray[np.float64], recent: NDArray[np.uint8]
) -> float:
    """Return the lines that log-ins fetch in a day, except those of posts: 64 bytes each, 16 accounts of a row."""
    total = 0.0
    for reader in range(rate.size):
        lines = 2 + (indptr[reader + 1] + 15) // 16 - indptr[reader] // 16
        for place in range(indptr[reader], indptr[reader + 1]):
            lines += recent[indices[place] >> 3] >> (indices[place] & 7) & 1
        total += rate[reader] * lines
    return total


def _by_weight(sigma: float, key: np.uint64, n: int, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return numbers in [0, n), each drawn in proportion to a lognormal weight of its own."""
    ends = np.cumsum(np.exp(sigma * normals(key, np.arange(n))))
    return np.minimum(np.searchsorted(ends, draw * ends[-1], side="right"), n - 1)


def _measured(clock: Clock, reads: float, amounts: dict[str, float], peak: int | None = None) -> Measured:
    """Note the peak memory, and only then measure the ceiling, which takes memory of its own."""
    peak = peak_bytes() if peak is None else peak
    return Measured(clock.cpu, clock.wall, peak, float(reads), random_reads_per_second(), amounts)


def _with(measured: Measured, amounts: dict[str, float]) -> Measured:
    return Measured(**{**vars(measured), "amounts": {**measured.amounts, **amounts}})
