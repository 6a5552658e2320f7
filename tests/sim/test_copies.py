"""A run can be branched: the copy and the original go on as the uninterrupted run, and know nothing of each other."""

from __future__ import annotations

import copy
import math
import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.enforcement.policy import Threshold
from sim.observation import Observation
from sim.population.accounts import Status
from tests.sim.test_model import TINY, Recorder, same_log, tiny

#: Enforcement, detector and overrides to the world: between them limits, labels, removals, appeals, replacement, waves.
RUNS = {
    "threshold": (("enforcement.threshold=0.3", "enforcement.cadence_hours=4"), "co_repost", ()),
    "ladder": (("enforcement=ladder", "enforcement.cadence_hours=4"), "fused", ()),
    "defence": (
        ("enforcement=defence", "enforcement.cadence_hours=4", "enforcement.threshold=0.5"), "random",
        ("operation.tactics=[spread_registrations]", "operation.supply.idle_loss_per_day=1", "organic.belief=degroot"),
    ),
}  # fmt: skip
BUSY = ("operation.acts_per_day_median=20", "organic.acts_per_month_median=20",
        "feed.followed_hours=24")  # fmt: skip


def begun(name: str, steps: int = 0) -> InfluenceModel:
    enforcement, detector, overrides = RUNS[name]
    config = load_scenario("hk2019", seed=1, overrides=[*TINY[1:], *BUSY, *overrides])  # with replacement
    model = InfluenceModel(config, detector, enforcement=load_enforcement(*enforcement))
    model.run_for(steps)
    return model


@cache
def uninterrupted(name: str) -> InfluenceModel:
    model = begun(name)
    model.run()
    return model


def assert_same(one: InfluenceModel, other: InfluenceModel) -> None:
    np.testing.assert_equal(one.results(), other.results())
    np.testing.assert_equal(one.outcome().series, other.outcome().series)
    assert same_log(one.activity, other.activity)
    assert same_log(one.impressions, other.impressions)
    assert same_log(one.platform.actions.log, other.platform.actions.log)
    assert same_log(one.second_platform.views, other.second_platform.views)
    assert one.datacollector.get_model_vars_dataframe().equals(other.datacollector.get_model_vars_dataframe())


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_run_and_its_copy_both_go_on_as_the_uninterrupted_run(name: str) -> None:
    assert len(uninterrupted(name).platform.actions.log) > 20
    model = begun(name, 37)
    branch = copy.deepcopy(model)
    model.run()  # first the one, then the other: neither may lean on what the other has written
    branch.run()
    assert_same(model, uninterrupted(name))
    assert_same(branch, uninterrupted(name))


def test_a_copy_of_a_copy_goes_on_too_by_steps_taken_in_turn() -> None:
    models = [begun("threshold", 20)]
    models += [copy.deepcopy(models[0]), copy.deepcopy(copy.deepcopy(models[0]))]
    while not models[0].over:
        for model in models:
            model.step()
    for model in models:
        assert_same(model, uninterrupted("threshold"))


def test_what_is_done_to_a_copy_does_not_touch_the_run_it_was_made_of() -> None:
    model = begun("threshold", 30)
    branch = copy.deepcopy(model)
    everybody = np.arange(branch.config.scenario.n_organic)
    branch.platform.apply(everybody, "suspend", 1.0, branch.now, "by hand")
    branch.platform.policy = Threshold(math.inf)
    branch.accounts.stance[:] = -1.0
    branch.run()
    assert (branch.accounts.status[everybody] == Status.SUSPENDED).all()
    assert branch.results()["organic_enforced"] == everybody.size
    model.run()
    assert_same(model, uninterrupted("threshold"))


def test_copies_share_the_world_and_no_other_array_that_can_be_written() -> None:
    model = begun("ladder", 10)
    model.timeline.view()  # is kept until something changes, and not to be taken along
    assert model.timeline._view is not None
    branch = copy.deepcopy(model)
    assert branch.world is model.world
    assert branch.accounts.language is model.accounts.language
    ours = {id(array) for array in model.world.arrays()}
    shared = [
        name
        for name, array in vars(model.accounts).items()
        if np.shares_memory(array, getattr(branch.accounts, name)) and id(array) not in ours
    ]
    assert shared == []
    assert not np.shares_memory(model.timeline.view().posts, branch.timeline.view().posts)
    assert branch.timeline.view().lines is branch.timeline.lines  # a view is of the copy's own arrays
    assert branch.timeline.lines.ctypes.data % 64 == 0


def test_what_a_detector_has_kept_of_observations_is_not_made_writable_by_copying() -> None:
    model = InfluenceModel(tiny(), Recorder(), math.inf)
    model.run_for(2)
    branch = copy.deepcopy(model)
    seen: list[Observation] = branch.platform.detector.seen
    assert seen[0] is model.platform.detector.seen[0]
    assert not branch.platform._columns.column("created", branch.now).flags.writeable
    branch.run_for(1)
    assert len(seen) == 3 == len(model.platform.detector.seen) + 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        seen[2].column("created").flags.writeable = True


def test_a_run_cannot_be_pickled_and_says_what_to_do_instead() -> None:
    model = begun("threshold")
    for refused in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match=r"^InfluenceModel cannot be pickled.*deepcopy\(model\) branches a run"):
            refused(model)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(model.organic)


def test_a_detector_that_has_been_in_a_run_is_refused_for_a_second_one() -> None:
    used = Recorder()
    model = InfluenceModel(tiny(), used, math.inf)
    for again in (used, copy.deepcopy(used)):
        with pytest.raises(ConfigError, match="detector Recorder has been given to a run before"):
            InfluenceModel(tiny(), again, math.inf)
    model.run_for(1)
    copy.deepcopy(model).run_for(1)  # the copied run has a detector of its own
    InfluenceModel(tiny(), Recorder(), math.inf).run_for(1)


def test_a_detector_copied_before_its_run_serves_another() -> None:
    trained = Recorder()
    for _ in range(2):
        InfluenceModel(tiny(), copy.deepcopy(trained), math.inf).run_for(1)
    assert trained.seen == []


def test_a_detector_that_a_run_refuses_is_not_used_up() -> None:
    class Odd(Recorder):
        requires = frozenset({"layer"})

    odd: Any = Odd()
    with pytest.raises(ConfigError, match="which no platform sees"):
        InfluenceModel(tiny(), odd, math.inf)
    odd.requires = frozenset({"time"})
    InfluenceModel(tiny(), odd, math.inf)
