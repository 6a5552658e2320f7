"""Laws of a whole run: what must hold whatever the parameters."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref

import numba
import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.events.log import ActivityLog
from sim.events.records import REPOST
from sim.observation import Observation, ObservationError
from sim.population.accounts import Status
from sim.population.truth import Layer
from sim.population.world import build_world
from sim.public.organic import _ALONE, _CHUNK_SIZE
from sim.public.sessions import Sessions
from tests.worlds import PLAIN_OPERATION

TINY = ["operation=static", "scenario.scale=1", "scenario.organic=1500", "scenario.core=12", "scenario.amplifiers=240",
        "scenario.days=3", "scenario.step_minutes=60",
        "operation.cell_size=20",
        "operation.acts_per_day_median=6", "operation.wave_spread_hours=6", "operation.wave_days=[-30,1,2]",
        "operation.wave_weights=[0.5,0.3,0.2]", "organic.acts_per_month_median=20", *PLAIN_OPERATION]  # fmt: skip


def tiny(seed: int = 1, *more: str) -> WorldConfig:
    return load_scenario("hk2019", seed=seed, overrides=[*TINY, *more])


def same_log(one: ActivityLog, other: ActivityLog) -> bool:
    return len(one) == len(other) and all(np.array_equal(one[name], other[name]) for name in one.columns)


def run(config: WorldConfig, detector: object = None, threshold: float | None = None) -> InfluenceModel:
    model = InfluenceModel(config, detector, threshold)  # type: ignore[arg-type]
    model.run()
    return model


@pytest.fixture(scope="module")
def enforced() -> InfluenceModel:
    return run(tiny(), "co_repost", 0.3)


def test_the_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    one, same, other = run(tiny()), run(tiny()), run(tiny(2))
    assert len(one.activity) > 1000
    assert same_log(one.activity, same.activity)
    assert same_log(one.impressions, same.impressions)
    assert not same_log(one.activity, other.activity)


def test_a_run_that_is_over_says_so_when_it_is_to_go_on() -> None:
    with pytest.raises(RuntimeError, match=r"the run is over after its 72 steps \(scenario.days\)"):
        run(tiny()).step()


def test_a_run_that_nobody_holds_is_let_go() -> None:
    model = run(tiny(), "co_repost", 0.3)
    model.results()
    left = weakref.ref(model)
    del model
    gc.collect()
    assert left() is None


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor")
def test_the_number_of_threads_changes_nothing() -> None:
    busy = load_scenario("hk2019", scale=0.05, seed=1, overrides=["scenario.days=1", "scenario.step_minutes=360"])
    before, several = numba.get_num_threads(), run(busy)
    numba.set_num_threads(1)
    try:
        alone = run(busy)
    finally:
        numba.set_num_threads(before)
    nobody_reports = np.zeros(busy.scenario.n_organic, np.bool_)
    readers = Sessions(busy, several.accounts, several.world.truth.group, nobody_reports).step(0).account.size
    assert readers > max(_ALONE, 2 * _CHUNK_SIZE)  # so that there is something to share out
    assert same_log(several.activity, alone.activity)
    assert same_log(several.impressions, alone.impressions)


def test_one_thread_for_few_readers_does_what_several_do(monkeypatch: pytest.MonkeyPatch) -> None:
    world = load_scenario("hk2019", scale=0.02, seed=1, overrides=["scenario.days=2"])
    alone = run(world)
    monkeypatch.setattr("sim.public.organic._ALONE", 0)
    shared = run(world)
    assert same_log(shared.activity, alone.activity)
    assert same_log(shared.impressions, alone.impressions)


def test_the_order_within_a_second_says_nothing_of_the_layer() -> None:
    model = run(load_scenario("hk2019", scale=0.02, seed=1, overrides=["scenario.days=8"]))
    time, account = model.activity["time"], model.activity["account"]
    operation = model.world.truth.operation[account]
    tied = np.flatnonzero((time[1:] == time[:-1]) & (operation[1:] != operation[:-1]))
    # Of neighbours in one second, which is the operation's: a coin, five standard errors (one in two million).
    assert tied.size > 200
    assert abs(operation[tied].mean() - 0.5) < 5.0 * 0.5 / np.sqrt(tied.size)


def test_a_policy_that_never_acts_gives_the_unenforced_twin_bit_for_bit() -> None:
    watched, unwatched = run(tiny(), "co_repost", float("inf")), run(tiny())
    assert same_log(watched.activity, unwatched.activity)
    assert watched.results()["reach_cut_off"] == 0.0
    assert watched.results()["false_positive_rate"] == 0.0


def test_another_process_with_another_hash_seed_gives_the_same_log() -> None:
    code = (
        "import zlib; from tests.sim.test_model import run, tiny; log = run(tiny()).activity;"
        "print(zlib.crc32(b''.join(log[name].tobytes() for name in log.columns)))"
    )
    sums = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                       capture_output=True, text=True).stdout
        for seed in ("0", "7")
    }  # fmt: skip
    assert len(sums) == 1


def test_nobody_acts_before_registration_or_after_suspension(enforced: InfluenceModel) -> None:
    log, table = enforced.activity, enforced.accounts
    when = log["time"] + enforced.config.scenario.start_epoch
    assert (table.status == Status.SUSPENDED).sum() > 10
    assert (when >= table.created[log["account"]]).all()
    assert (when < table.suspended_at[log["account"]]).all()


def test_suspended_accounts_are_not_read(enforced: InfluenceModel) -> None:
    reads, table = enforced.impressions, enforced.accounts
    when = reads["time"] + enforced.config.scenario.start_epoch
    assert (when < table.suspended_at[reads["author"]]).all()
    passed_on = reads["source"] >= 0
    assert (when[passed_on] < table.suspended_at[reads["source"][passed_on]]).all()


def test_an_impression_needs_a_path_by_which_the_item_came(enforced: InfluenceModel) -> None:
    reads, log = enforced.impressions, enforced.activity
    acts = set(zip(log["account"].tolist(), log["author"].tolist(), log["post_time"].tolist(), strict=True))
    assert len(reads) > 0
    for reader, source, author, post_time, when in zip(
        reads["account"], reads["source"], reads["author"], reads["post_time"], reads["time"], strict=True
    ):
        assert when > post_time
        if source >= 0:
            assert source in enforced.world.graph.following(int(reader))
            assert (source, author, post_time) in acts


def test_nobody_reposts_a_post_twice(enforced: InfluenceModel) -> None:
    log = enforced.activity
    reposts = log["kind"] == REPOST
    keys = np.stack([log[name][reposts] for name in ("account", "author", "post_time")])
    assert np.unique(keys, axis=1).shape[1] == keys.shape[1]


def test_the_log_is_in_time_order(enforced: InfluenceModel) -> None:
    assert (np.diff(enforced.activity["time"]) >= 0).all()


def test_amplifiers_whom_nobody_follows_reach_nobody_without_recommendations() -> None:
    config = tiny(1, "feed=chronological", "operation.amplifiers_followed_share=0", "operation.authentic_share=0",
                  "operation.promotion.advertisers={en:0,zh:0}")  # fmt: skip
    model = run(config)
    acts = model.world.truth.layer[model.activity["account"]] == Layer.AMPLIFIER
    assert acts.sum() > 100
    assert model.outcome().reached.size == 0


@pytest.mark.parametrize("seed", range(5))
def test_suspending_more_accounts_can_only_shrink_the_set_of_people_reached(seed: int) -> None:
    # Unlimited attention, chronological, no recommendations, no social proof: the law holds account by account.
    config = tiny(
        seed, "feed=chronological", "feed.attention=4096", "feed.candidates=4096", "organic.social_proof=0",
        "feed.acts_per_account=4096", "operation.authentic_share=0.2", "organic.repost_reference_items=8",
        "operation.campaign_appeal=3", "operation.camouflage_share=0.3", "organic.acts_per_month_median=5",
    )  # fmt: skip
    world = build_world(config)
    draw = np.random.Generator(np.random.Philox(key=seed)).random(config.scenario.n_accounts)
    reached = []
    for share in (0.0, 0.05, 0.3):
        model = InfluenceModel(config, world=world)
        model.accounts.status[draw < share] = Status.SUSPENDED
        model.run()
        reached.append(set(model.outcome().reached.tolist()))
    assert reached[0] >= reached[1] >= reached[2]
    assert reached[0] > reached[2]


@pytest.mark.slow
def test_with_recommendations_suspending_more_shrinks_reach_in_the_mean() -> None:
    # Where somebody is suspended, others take the place in a reader's recommendations: for one seed reach may rise.
    reached = []
    for seed in range(6):
        config = tiny(seed, "operation.authentic_share=0.2", "operation.campaign_appeal=3", "feed.entries_per_hour=10")
        world = build_world(config)
        draw = np.random.Generator(np.random.Philox(key=seed)).random(config.scenario.n_accounts)
        for share in (0.0, 0.1, 0.5):
            model = InfluenceModel(config, world=world)
            model.accounts.status[draw < share] = Status.SUSPENDED
            model.run()
            still = draw[model.outcome().reached] >= 0.5  # readers who are never suspended
            reached.append(int(still.sum()))
    none, tenth, half = np.array(reached).reshape(6, 3).mean(axis=0)
    assert none > tenth > half


class Recorder:
    """Keeps the observations that it is handed."""

    requires = frozenset({"time", "account", "kind", "post", "author", "created", "registered"})

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        self.seen.append(observation)

    def score(self) -> np.ndarray:
        return np.full(self.seen[0].n_accounts, np.nan)


def test_the_account_number_that_detectors_see_says_nothing_of_the_layer() -> None:
    model = run(tiny(), Recorder())
    operation = model.world.truth.operation
    fresh = model.platform.pseudonyms
    assert sorted(fresh) == list(range(fresh.size))
    inside, outside = fresh[operation], fresh[~operation]
    auc = (inside[:, None] > outside[None, :]).mean()
    # The standard error of an AUC of one half is sqrt((m + n + 1) / 12 m n): five of them, a false alarm in 10**6.
    error = np.sqrt((inside.size + outside.size + 1) / (12 * inside.size * outside.size))
    assert abs(auc - 0.5) < 5 * error


def test_nothing_reachable_from_an_observation_is_the_truth_or_can_be_written() -> None:
    recorder = Recorder()
    model = InfluenceModel(tiny(), recorder)
    model.step()
    seen = recorder.seen[0]
    for name in (*seen.columns, *seen.event_fields):
        array = seen.column(name) if name in seen.columns else seen.event(name)
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    with pytest.raises(ObservationError):
        seen.step = 3
    assert set(seen.columns) | set(seen.event_fields) == Recorder.requires


def test_an_account_that_is_not_registered_yet_shows_nothing() -> None:
    recorder = Recorder()
    model = InfluenceModel(tiny(), recorder)
    model.step()
    seen = recorder.seen[0]
    hidden = ~seen.column("registered")
    assert hidden.any()
    assert (seen.column("created")[hidden] == 0).all()
