"""Mesa's own tools run the model: by keywords, to its end, in batches, with a data collector."""

from __future__ import annotations

import math
import warnings
from functools import cache
from typing import Any

import mesa
import numpy as np
import pytest

from sim import ConfigError, InfluenceModel, load_scenario
from sim.arguments import _of_batch_run, _seeds_runs
from sim.metrics import SERIES, TWIN_MEASURES
from sim.observation import DetectorError
from tests.sim.test_model import Recorder, same_log

DAYS = ["scenario.days=1", "scenario.step_minutes=60"]
WORLD: dict[str, Any] = {"scenario": "hk2019", "scale": 0.002, "overrides": DAYS}


def batch(**run: Any) -> list[dict[str, Any]]:
    """Run Mesa's `batch_run`; a list is a list of values to it, so `overrides` stands in one more."""
    options = {
        name: run.pop(name) for name in ("iterations", "max_steps", "number_processes", "rng_of_batch") if name in run
    }
    if "rng_of_batch" in options:
        options |= {"rng": options.pop("rng_of_batch"), "iterations": None}
    return mesa.batch_run(InfluenceModel, {**WORLD, "overrides": [DAYS], **run}, display_progress=False, **options)


@cache
def ended() -> InfluenceModel:
    model = InfluenceModel(**WORLD, detector="co_repost", threshold=0.3, seed=1)
    model.run_model()
    return model


def unlike(rows: list[dict[str, Any]]) -> int:
    """Return how many of the runs differ."""
    return len({(row["total_impressions"], row["cost"]) for row in rows})


def our_warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    return [str(found.message) for found in caught if "`iterations`" not in str(found.message)]


# --- keywords ---


def test_keywords_make_the_model_that_a_configuration_makes() -> None:
    config = load_scenario("hk2019", scale=0.002, seed=3, overrides=DAYS)
    by_keywords, by_config = InfluenceModel(**WORLD, seed=3), InfluenceModel(config)
    assert by_keywords.config == config
    by_keywords.run()
    by_config.run()
    assert same_log(by_keywords.activity, by_config.activity)


@pytest.mark.parametrize("seed", [{"seed": 5}, {"rng": 5}, {"seed": np.int64(5)}, {"rng": np.uint32(5)}])
def test_a_seed_is_a_whole_number_under_either_name(seed: dict[str, Any]) -> None:
    config = InfluenceModel(**WORLD, **seed).config
    assert (config.seed, type(config.seed)) == (5, int)


def test_a_seed_among_the_overrides_is_a_named_one() -> None:
    assert InfluenceModel(scenario="hk2019", scale=0.002, overrides=[*DAYS, "seed=9"]).config.seed == 9


def test_one_override_may_be_a_text_as_batch_run_goes_through_several() -> None:
    assert InfluenceModel(scenario="hk2019", scale=0.002, overrides="scenario.days=2").config.scenario.days == 2


def test_enforcement_may_be_named_as_a_detector_is() -> None:
    assert InfluenceModel(**WORLD, detector="co_repost", enforcement="ladder").enforcement.policy == "ladder"


def test_load_scenario_keeps_its_default_seed() -> None:
    assert load_scenario("hk2019").seed == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "InfluenceModel needs a config, as load_scenario gives, or scenario, one of hk2019, "),
        ({"scenario": "hk2018"}, r"scenario must be one of hk2019, .*; got 'hk2018'"),
        ({"config": "hk2019"}, r"config must be a WorldConfig, .*; got 'hk2019'. scenario='hk2019' names one"),
        ({**WORLD, "seed": 1, "rng": 1}, "seed and rng are one thing: give one; got seed=1 and rng=1"),
        ({**WORLD, "seed": -1}, r"seed must be a whole number in \[0, 2\*\*63\), .*; got -1"),
        ({**WORLD, "seed": True}, "seed must be a whole number"),
        ({**WORLD, "seed": 1.0}, "seed must be a whole number"),
        ({**WORLD, "rng": np.random.default_rng(1)}, r"rng must be a whole number .*; got Generator\(PCG64\)"),
        ({**WORLD, "rng": np.random.SeedSequence(1)}, "rng must be a whole number"),
        ({**WORLD, "overrides": [3]}, r"overrides must be a list of texts .*; got \[3\]"),
        ({**WORLD, "overrides": ["scenario.dys=3"]}, "scenario.dys is not an option"),
        ({**WORLD, "scale": -1}, "scenario.scale must lie in"),
        ({**WORLD, "detector": "co_repst"}, "detector must be one of"),
        ({**WORLD, "enforcement": "hard"}, "enforcement must be one of .*; got 'hard'"),
        ({**WORLD, "enforcement": 3}, "enforcement must be an EnforcementConfig or a name; got 3"),
    ],
)
def test_arguments_that_are_not_allowed_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        InfluenceModel(**arguments)


@pytest.mark.parametrize(
    "beside", [{"scenario": "hk2019"}, {"scale": 0.1}, {"seed": 1}, {"rng": 1}, {"overrides": DAYS}]
)
def test_a_configuration_and_keywords_together_are_refused(beside: dict[str, Any]) -> None:
    name = next(iter(beside))
    with pytest.raises(ConfigError, match=f"a config or keywords, not both; got a config and {name}="):
        InfluenceModel(ended().config, **beside)


def test_a_world_gives_its_seed_where_none_is_named() -> None:
    assert InfluenceModel(**WORLD, world=ended().world).world is ended().world
    with pytest.raises(ConfigError, match="world must be built from its config"):
        InfluenceModel(**WORLD, seed=2, world=ended().world)


# --- to the end ---


def test_running_says_whether_there_are_steps_left() -> None:
    model = InfluenceModel(**WORLD, seed=1)
    running = [model.running]
    model.run(lambda now: running.append(now.running))
    assert running == [True] * 24 + [False]
    assert model.steps == model.step_number == 24


def test_run_model_ends_and_a_step_more_is_refused_each_time() -> None:
    model = ended()
    assert model.step_number == 24
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the run is over after its 24 steps"):
            model.step()


def test_run_for_and_run_until_stop_at_the_end_of_the_run() -> None:
    model, at = InfluenceModel(**WORLD, seed=1), []
    for run, steps in ((model.run_for, 5), (model.run_until, 5), (model.run_until, 7.5), (model.run_for, 1e6)):
        run(steps)
        at.append(model.step_number)
    model.run_for(1)
    assert at == [5, 5, 7, 24]
    assert same_log(model.activity, run_of(model).activity)


@pytest.mark.parametrize("steps", ["x", math.nan, -3, True, None])
def test_a_number_of_steps_that_is_none_is_refused(steps: Any) -> None:
    model = ended()
    with pytest.raises(ConfigError, match=f"^duration must be a number of steps, at least 0; got {steps!r}.$"):
        model.run_for(steps)
    if steps != -3:  # run_until a step that is past does nothing
        with pytest.raises(ConfigError, match=f"^end_time must be a number of steps; got {steps!r}.$"):
            model.run_until(steps)


def run_of(model: InfluenceModel) -> InfluenceModel:
    other = InfluenceModel(model.config, world=model.world)
    other.run()
    return other


def test_a_run_whose_detector_failed_goes_on_with_the_next_step() -> None:
    class Fails(Recorder):
        def observe(self, observation: Any) -> None:
            if observation.step == 2:
                raise ValueError("not today")

        def score(self) -> np.ndarray:
            return np.full(len(model.accounts), np.nan)

    model = InfluenceModel(**WORLD, detector=Fails(), seed=1)
    with pytest.raises(DetectorError, match="not today"):
        model.run()
    assert model.step_number == 3
    model.run()
    assert model.over
    assert len(model.datacollector.get_model_vars_dataframe()) == 24


# --- the data collector ---


def test_the_frame_holds_the_series_by_step_and_at_the_end_what_needs_no_twin() -> None:
    model, frame = ended(), ended().datacollector.get_model_vars_dataframe()
    assert len(frame) == 24
    for name in SERIES:
        assert frame[name].tolist() == model.outcome().series[name].tolist()
    results = model.results()
    measures = frame.drop(columns=list(SERIES))
    assert measures.iloc[:-1].isna().all(axis=None)
    last = measures.iloc[-1].to_dict()
    assert last.pop("total_impressions") == results["impressions"] == frame["impressions"].sum()
    assert last.pop("total_organic_amplification") == results["organic_amplification"]
    assert last.pop("seed") == model.config.seed == 1
    np.testing.assert_equal(last, {name: value for name, value in results.items() if name in last})
    assert set(results) == set(last) | {*TWIN_MEASURES, *SERIES[:4]}
    for name in ("reach", "live_amplifiers"):
        assert frame[name].iloc[-1] == results[name]


def test_a_run_read_before_its_end_says_how_far_it_is() -> None:
    model = InfluenceModel(**WORLD, seed=1)
    model.run_for(6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):  # a picture that is drawn anew at each step has it said once
            assert len(model.datacollector.get_model_vars_dataframe()) == 6
    assert [str(found.message) for found in caught] == [
        "the run is at step 6 of 24: its measures at the end are missing; raise max_steps, or run it to its end"
    ]
    with pytest.warns(UserWarning, match="the run is at step 6 of 24"):
        model.results()


def test_a_run_read_at_its_end_says_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ended().results()
        ended().datacollector.get_model_vars_dataframe()
        run_of(ended()).datacollector.model_vars  # noqa: B018


# --- batches ---


def test_iterations_without_a_seed_are_different_runs() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = batch(iterations=3)
    assert unlike(rows) == 3
    assert our_warnings(caught) == []
    (again,) = batch(rng=rows[1]["seed"])
    assert {name: again[name] for name in SERIES} == {name: rows[1][name] for name in SERIES}
    assert {"cost", "recall_amplifiers", "false_positive_rate", "precision", "organic_enforced"} <= set(rows[0])


def test_iterations_with_a_seed_are_one_run_and_a_warning_says_so_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = batch(iterations=3, rng=4)
    assert unlike(rows) == 1
    (said,) = our_warnings(caught)
    assert said.startswith("seed 4 is named, so every iteration of batch_run is the same run")


@pytest.mark.parametrize("by", ["overrides", "config"])
def test_a_seed_that_is_named_otherwise_is_warned_of_too(by: str) -> None:
    model: dict[str, Any] = {"overrides": [[*DAYS, "seed=4"]]}
    if by == "config":
        model = {"config": ended().config, "scenario": None, "scale": None, "overrides": None}
    with pytest.warns(UserWarning, match="every iteration of batch_run is the same run"):
        assert unlike(batch(iterations=2, **model)) == 1


@pytest.mark.skipif(_seeds_runs(), reason="from Mesa 3.5 on batch_run says the seed itself")
def test_seeds_of_a_parameter_are_runs_of_those_seeds() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = batch(seed=[1, 2])
    assert unlike(rows) == 2
    assert our_warnings(caught) == []
    with pytest.warns(UserWarning, match="a parameter seed="):
        batch(seed=1, iterations=2)


@pytest.mark.skipif(not _seeds_runs(), reason="Mesa 3.5 and later")
def test_seeds_of_batch_run_are_runs_of_those_seeds() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = batch(rng_of_batch=[1, 2, 1])
    assert unlike(rows) == 2
    assert our_warnings(caught) == []
    with pytest.warns(UserWarning, match="drops a parameter named seed"):
        assert unlike(batch(seed=1, iterations=2)) == 2


def test_seeds_are_taken_as_mesa_3_5_passes_them() -> None:
    for given in (None, 1, 2):  # `seed` beside the parameters, from batch_run(rng=[None, 1, 2])
        model = InfluenceModel(**WORLD, detector="co_repost", seed=given)
        assert model.config.seed == given or given is None
    assert _of_batch_run("iteration") is None


def test_a_batch_that_stops_before_the_end_says_so_and_has_the_series_alone() -> None:
    with pytest.warns(UserWarning, match=r"at step \d+ of 24: its measures at the end are missing; raise max_steps"):
        (row,) = batch(max_steps=6, rng=1)
    assert {"impressions", "live_amplifiers"} <= set(row)
    assert "cost" not in row


def test_a_threshold_is_a_parameter_like_any_other() -> None:
    two_days = [["scenario.days=2", "scenario.step_minutes=60"]]  # with scores at the end of the first
    rows = batch(detector="random", threshold=np.array([0.9, math.inf], np.float32), rng=1, overrides=two_days)
    assert rows[0]["organic_enforced"] > 0 == rows[1]["organic_enforced"]
