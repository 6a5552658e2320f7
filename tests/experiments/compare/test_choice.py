"""Where thresholds are chosen, whom rankings are judged against, and what is kept of what was compared."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from experiments.compare import run as compare
from experiments.compare.config import choose_config, train_config
from experiments.compare.run import run_compare
from experiments.store.comparison import Comparison
from sim import ConfigError, load_scenario
from tests.experiments.compare.test_run import ENFORCEMENT, WORLD, options, value
from tests.experiments.tiny import TINY

LAYERS = ("organic", "operation", "core", "amplifiers")


@pytest.fixture(scope="module")
def found() -> Comparison:
    return run_compare(WORLD, options(["random", "oracle"], loop="none"), ENFORCEMENT)


def test_thresholds_can_be_chosen_on_another_scenario(found: Comparison, monkeypatch: pytest.MonkeyPatch):
    other = load_scenario("hk2019", seed=1, overrides=[*TINY, "scenario.amplifiers=0", "scenario.core=0"])
    elsewhere = replace(other, scenario=replace(other.scenario, name="elsewhere"))
    given = {"detectors": ["random"], "report_seeds": 1, "loop": "none"}
    there = run_compare(elsewhere, options(**given), ENFORCEMENT)
    monkeypatch.setattr(compare, "choose_config", lambda options, world: elsewhere)
    chosen = run_compare(WORLD, options(**given, choose_scenario="elsewhere"), ENFORCEMENT)
    pd.testing.assert_frame_equal(chosen.points, there.points)
    assert chosen.points["threshold"].iloc[0] != found.points["threshold"].iloc[0]
    assert (chosen.chosen_on, found.chosen_on, chosen.report_seeds) == ("elsewhere", "", [2])
    for measure in ("auc", "recall_at_0.001_hit"):
        one, other = (value(of, "random", measure, "amplifiers")[2] for of in (chosen, found))
        assert one == other


def test_the_scenario_that_thresholds_are_chosen_on_is_another_and_nobody_is_trained_on_it():
    asked = options(["random"], choose_scenario="quiet", choose_overrides=["scenario.days=3"])
    chosen = choose_config(asked, WORLD)
    assert (chosen.scenario.name, chosen.scenario.days, chosen.scenario.scale) == ("quiet", 3, WORLD.scenario.scale)
    with pytest.raises(ConfigError, match=r"compare\.choose_scenario must be another than the scenario tried, hk2019"):
        choose_config(options(["random"], choose_scenario="hk2019"), WORLD)
    with pytest.raises(ConfigError, match=r"compare\.choose_scenario must be one of "):
        choose_config(options(["random"], choose_scenario="atlantis"), WORLD)
    assert train_config(options(["random"], choose_scenario="ira2016"), WORLD).scenario.name == "prc2020"


def test_matched_controls_change_whom_a_ranking_is_judged_against_and_nothing_of_who_is_hit(found: Comparison):
    matched = run_compare(WORLD, options(["random"], controls="matched", loop="none"), ENFORCEMENT)
    everybody = value(found, "random", "accounts", "organic")
    assert (value(matched, "random", "controls", "organic") < everybody).all()
    assert value(found, "random", "controls", "organic").equals(everybody)
    assert (value(matched, "random", "base_rate", "amplifiers") == 0.104).all()
    assert not value(matched, "random", "auc", "amplifiers").equals(value(found, "random", "auc", "amplifiers"))
    for measure, rule in (("recall_at_0.01_hit", "none"), ("false_positive_rate", "budget"), ("recall", "budget")):
        of = [value(one, "random", measure, "operation", rule) for one in (matched, found)]
        assert of[0].equals(of[1])


def test_what_was_compared_is_kept_with_the_results(found: Comparison):
    assert found.settings["random"] == {"_target_": "detectors.random.RandomDetector", "seed": 1}
    sizes = {
        layer: value(found, "oracle", "accounts", layer) for layer in ("organic", "operation", "core", "amplifiers")
    }
    assert (value(found, "oracle", "accounts_acted", "organic") < sizes["organic"]).all()
    assert (sizes["operation"] == sizes["core"] + sizes["amplifiers"]).all()
    assert set(found.acting["price"]) == {1.0, 10.0, 100.0, 1000.0}
    assert (found.acting[found.acting["detector"] == "oracle"]["caught"] == 1.0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budget_by": "luck"}, r"compare\.budget_by must be one of upper_bound, mean; got 'luck'\."),
        ({"controls": "some"}, r"compare\.controls must be one of everybody, matched; got 'some'\."),
        ({"controls_share": 0.0}, r"compare\.controls_share must lie in \[1e-06, 0\.999999\]; got 0\."),
        ({"people_hit": [0.1, 0.0]}, r"compare\.people_hit\.1 must lie in \(0, 1\]; got 0\."),
        ({"people_hit": [0.1, 0.1]}, r"compare\.people_hit must hold each value once; got 0\.1 more than once\."),
        ({"prevalences": [2]}, r"compare\.prevalences\.0 must lie in \(0, 1\]; got 2"),
        ({"within_days": [0]}, r"compare\.within_days\.0 must lie in \[1, 36500\]; got 0\."),
        (
            {"choose_overrides": ["scenario.days=3"]},
            r"choose_overrides are for compare\.choose_scenario, ",
        ),
        ({"choose_scenario": "quiet", "train_scenario": "quiet"}, r"must be another than compare\.train_scenario"),
    ],
)
def test_options_that_are_not_allowed_are_named_with_what_is(changes, message):
    with pytest.raises(ConfigError, match=message):
        options(["random"], **changes)
