"""A whole comparison on tiny worlds: thresholds from other seeds, training on another scenario, failing detectors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from experiments.compare import compared
from experiments.compare import config as compare_config
from experiments.compare import run as compare
from experiments.compare.config import CompareConfig, load_compare, train_config
from experiments.compare.run import run_compare
from experiments.store.comparison import Comparison
from sim import ConfigError, load_scenario
from sim.config import from_mapping
from sim.config.composition import compose_config, load_enforcement
from tests.experiments.odd_detectors import Learns
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=[*TINY, "operation=static"])  # nobody answers a suspension
ENFORCEMENT = load_enforcement("enforcement.delay_hours=0", "enforcement.cadence_hours=12")

WRITTEN = {f"{name}.parquet" for name in (*Comparison.TABLES, "timings", "summary", "comparison", "differences")}
WRITTEN |= {"evaluations", "comparison.csv"}


def options(detectors: list[str], **changes) -> CompareConfig:
    given = OmegaConf.to_container(compose_config().compare, resolve=True)
    changed = {
        "choose_seeds": 1,
        "report_seeds": 2,
        "false_positive_budget": 0.05,
        "top": [10],
        "before_posts": [1, 1_000_000],
    } | changes
    return from_mapping(CompareConfig, {**given, "detectors": detectors, **changed}, "compare")


def odd(name: str, **given) -> dict:
    return {"_target_": f"tests.experiments.odd_detectors.{name}", **given}


def value(found: Comparison, detector: str, measure: str, layer: str, rule: str = "none", part: str = "replay"):
    rows = found.measures
    chosen = rows[
        (rows["detector"] == detector) & (rows["measure"] == measure) & (rows["layer"] == layer)
        & (rows["rule"] == rule) & (rows["part"] == part)
    ]  # fmt: skip
    return chosen.set_index("seed")["value"]


def seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let detectors of this folder that take a seed have that of the run."""
    real = compared.detector_settings

    def settings(detector, *, seed):
        takes = isinstance(detector, dict) and "seed" in detector
        return {**detector, "seed": seed} if takes else real(detector, seed=seed)

    monkeypatch.setattr(compared, "detector_settings", settings)


@pytest.fixture(scope="module")
def found() -> Comparison:
    return run_compare(WORLD, options(["random", "oracle"]), ENFORCEMENT)


def test_seeds_reported_on_are_none_of_those_chosen_on(found):
    assert (found.choose_seeds, found.report_seeds) == ([1], [2, 3])
    for table in (found.measures, found.groups, found.curves, found.calibration):
        assert set(table["seed"]) == {2, 3}
    assert not found.failures


def test_thresholds_do_not_depend_on_the_seeds_reported_on(found):
    fewer = run_compare(WORLD, options(["random", "oracle"], report_seeds=1, loop="none"), ENFORCEMENT)
    pd.testing.assert_frame_equal(fewer.points, found.points)
    other = run_compare(replace(WORLD, seed=2), options(["random", "oracle"], report_seeds=1, loop="none"), ENFORCEMENT)
    assert not other.points["threshold"].equals(found.points["threshold"])


def test_the_evaluation_of_a_detector_does_not_depend_on_the_others(found):
    alone = run_compare(WORLD, options(["random"]), ENFORCEMENT)

    def evaluated(of: Comparison) -> pd.DataFrame:
        table = of.summary()
        return table[table["detector"] == "random"].reset_index(drop=True)

    pd.testing.assert_frame_equal(evaluated(alone), evaluated(found))


def test_floor_and_ceiling_are_where_they_belong(found):
    assert (value(found, "oracle", "auc", "core") == 1.0).all()
    assert (value(found, "oracle", "average_precision", "operation") == 1.0).all()
    assert (value(found, "oracle", "wrongly_hit_per_million", "core", "budget") == 0.0).all()
    assert (value(found, "random", "coverage", "core") == 1.0).all()
    at = found.points.set_index(["detector", "rule"])["threshold"]["random", "budget"]
    assert at == pytest.approx(0.95, abs=0.04)  # of 400 people with random scores; 3.5 standard deviations
    rate = value(found, "random", "false_positive_rate", "operation", "budget")
    assert ((rate - (1.0 - at)).abs() < 0.05).all()


def test_where_acting_changes_nothing_of_a_score_the_loop_agrees_with_the_replay(found):
    """But for accounts that first score in the last scoring: the loop ends before that takes effect."""
    for name in ("random", "oracle"):
        for measure, layer, loop in (
            ("recall", "core", "recall_core"),
            ("recall", "amplifiers", "recall_amplifiers"),
            ("false_positive_rate", "operation", "false_positive_rate"),
        ):
            replayed = value(found, name, measure, layer, "budget")
            looped = value(found, name, loop, "all", "budget", "loop")
            assert (looped <= replayed).all()
            assert (looped >= replayed - 0.01).all()


def test_the_curve_of_detection_ends_at_the_share_that_is_ever_caught(found):
    curve = found.curves[(found.curves["curve"] == "detection_budget")]
    last = curve[curve["x"] == curve["x"].max()].set_index(["detector", "layer", "seed"])["y"].sort_index()
    for name in ("random", "oracle"):
        for layer in ("core", "amplifiers", "operation"):
            whenever = value(found, name, "caught_before_1000000_posts", layer, "budget")
            assert last[name, layer].equals(whenever)
    assert last["random"].nunique() > 1


def test_the_curve_of_cost_has_its_least_where_the_threshold_was_chosen(found):
    chosen = found.points[found.points["rule"] == "cost"].set_index("detector")
    for name, part in found.costs.groupby("detector"):
        assert np.isinf(part["threshold"].max())
        assert part.loc[part["threshold"].idxmax(), "cost"] == pytest.approx(chosen.loc[name, "cost_of_never"])
        assert part["cost"].min() >= chosen.loc[name, "cost"] - 1e-9
    oracle = found.costs[found.costs["detector"] == "oracle"]
    assert set(oracle["threshold"]) == {0.0, 1.0, np.inf}


def test_groups_add_up_to_the_people_hit(found):
    hit = found.groups[found.groups["detector"] == "random"].groupby(["rule", "seed", "by"])[["hit", "accounts"]].sum()
    for rule in ("budget", "cost"):
        for seed in (2, 3):
            assert hit.loc[rule, seed].loc[["language", "activity", "community"]].nunique().tolist() == [1, 1]
            rate = value(found, "random", "false_positive_rate", "operation", rule)[seed]
            row = hit.loc[(rule, seed, "language")]
            assert row["hit"] / row["accounts"] == rate


def test_without_an_operation_everybody_hit_is_hit_wrongly():
    """The true false-positive rate of random scores at threshold t is 1 - t; 800 people, 4 standard deviations."""
    world = load_scenario("hk2019", seed=1, overrides=[*TINY, "scenario.core=0", "scenario.amplifiers=0"])
    found = run_compare(world, options(["random", "co_repost"], loop="cost"), ENFORCEMENT)
    assert not found.failures
    at = found.points.set_index(["detector", "rule"])["threshold"]["random", "budget"]
    rate = value(found, "random", "false_positive_rate", "operation", "budget")
    assert rate.mean() == pytest.approx(1.0 - at, abs=4.0 * np.sqrt(0.05 * 0.95 / 800))
    assert (value(found, "random", "precision", "operation", "budget") == 0.0).all()
    assert value(found, "random", "auc", "operation").isna().all()
    assert (found.points.set_index(["detector", "rule"])["threshold"].loc[:, "cost"] == np.inf).all()
    assert (value(found, "random", "organic_suspended", "all", "cost", "loop") == 0.0).all()


def test_detectors_that_misbehave_are_named_and_the_rest_is_completed(tmp_path: Path, monkeypatch):
    names = ["TooHigh", "random", "Raises", "RaisesLater", "Leaves"]
    configured = {name: odd(name) for name in names if name != "random"}
    configured["RaisesLater"] = odd("RaisesLater", seed=1)
    seeded(monkeypatch)
    found = run_compare(WORLD, options(names), ENFORCEMENT, detectors=configured, folder=tmp_path)
    failed = dict(found.failures)
    assert failed["TooHigh"].startswith("detector TooHigh: score() must lie in [0, 1] or be NaN; got ")
    assert failed["Raises"] == "detector Raises: score() raised ZeroDivisionError: nothing to divide by"
    assert (
        failed["RaisesLater"] == "detector RaisesLater: score() raised KeyError: 'lost'"
    )  # its threshold was chosen, but it was not evaluated
    assert failed["Leaves"] == "detector Leaves: score() raised SystemExit: 3"
    assert len(found.failures) == 4
    assert set(found.measures["detector"]) == {"random"}
    assert set(found.points["detector"]) == {"random", "RaisesLater"}
    written = {path.name for path in tmp_path.iterdir()}
    assert written == WRITTEN  # and no recording
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "measures.parquet"), found.measures)


def test_a_supervised_detector_is_trained_once_on_another_scenario(monkeypatch: pytest.MonkeyPatch):
    elsewhere = load_scenario("hk2019", seed=1, overrides=[*TINY, "scenario.days=1", "scenario.core=30"])
    elsewhere = replace(elsewhere, scenario=replace(elsewhere.scenario, name="elsewhere"))
    monkeypatch.setattr(compared, "train_config", lambda options, world: elsewhere)
    monkeypatch.setattr(Learns, "fitted", [])
    found = run_compare(WORLD, options(["Learns", "random"]), ENFORCEMENT, detectors={"Learns": odd("Learns")})
    assert not found.failures
    assert found.supervised == {"Learns": "elsewhere"}
    assert Learns.fitted == [(24, 110, 510)]
    assert {2, 3} == set(value(found, "Learns", "auc", "core").index)
    assert len(value(found, "Learns", "reach", "all", "budget", "loop")) == 2


def test_without_another_scenario_a_supervised_detector_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compare_config, "available", lambda group: ["hk2019"])
    found = run_compare(
        WORLD,
        options(["Learns", "random"], report_seeds=1, loop="none"),
        ENFORCEMENT,
        detectors={"Learns": odd("Learns")},
    )
    assert [name for name, _ in found.failures] == ["Learns"]
    assert "compare.train_scenario" in found.failures[0][1]
    assert set(found.measures["detector"]) == {"random"}


def test_training_on_the_scenario_that_is_tried_is_refused():
    with pytest.raises(ConfigError, match=r"compare\.train_scenario must be another than the scenario tried, hk2019"):
        train_config(options(["random"], train_scenario="hk2019"), WORLD)
    with pytest.raises(ConfigError, match="must have an operation to learn from; quiet has none"):
        train_config(options(["random"], train_scenario="quiet"), WORLD)
    learnt = train_config(options(["random"]), WORLD)
    assert learnt is None or learnt.scenario.n_core > 0
    quiet = load_scenario("quiet", scale=0.02, seed=4)
    other = train_config(options(["random"], train_overrides=["scenario.days=3"]), quiet)
    assert (other.scenario.name, other.scenario.days, other.scenario.scale, other.seed) == ("hk2019", 3, 0.02, 4)
    with pytest.raises(ConfigError, match="scenario must be one of"):
        train_config(options(["random"], train_scenario="atlantis"), WORLD)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choose_seeds": 0}, r"compare\.choose_seeds must lie in \[1, 10000\]; got 0\."),
        ({"false_positive_budget": 1.5}, r"compare\.false_positive_budget must lie in \[0, 1\]; got 1\.5\."),
        ({"loop": "maybe"}, r"compare\.loop must be one of none, budget, cost; got 'maybe'\."),
        ({"top": [10, 0]}, r"compare\.top\.1 must lie in \[1, 1e\+09\]; got 0\."),
        ({"top": [10, 10]}, r"compare\.top must hold each value once; got 10 more than once\."),
        ({"detectors": []}, r"compare\.detectors must name at least one detector; got none\."),
        ({"detectors": ["random", "random"]}, r"compare\.detectors must hold each value once; got 'random'"),
        ({"prices": {"impression": 1}}, r"compare\.prices\.review_hour is missing; it needs a value\."),
        (
            {"prices": {"wrongly_suspended": -1, "review_hour": 1, "review_hours": 1, "impression": 1}},
            r"compare\.prices\.wrongly_suspended must lie in \[0, 1e\+12\]; got -1\.0\.",
        ),
    ],
)
def test_options_that_are_not_allowed_are_told_by_key_and_value(changes, message):
    with pytest.raises(ConfigError, match=message):
        options(**{"detectors": ["random"], **changes})


def test_a_detector_that_cannot_be_made_is_told_before_anything_is_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compare, "record", None)
    with pytest.raises(ConfigError, match="detector must be one of"):
        run_compare(WORLD, options(["random", "tarot"]), ENFORCEMENT)


def test_options_by_name_are_those_of_the_configuration_as_changed():
    found = load_compare("compare.detectors=[co_repost]", "compare.report_seeds=7", "compare.prices.impression=3")
    changed = {"report_seeds": 7, "prices": {**compose_config().compare.prices, "impression": 3}}
    kept = {"choose_seeds": 3, "false_positive_budget": 0.001, "top": [100, 1000], "before_posts": [1, 2, 5]}
    assert found == options(["co_repost"], **kept, **changed)
    with pytest.raises(ConfigError, match=r"compare\.report_seeds"):
        load_compare("compare.report_seeds=0")
    assert load_compare("compare.report_seeds=3", detectors=["co_repost"], **changed) == options(
        ["co_repost"], **kept, **changed
    )
    with pytest.raises(ConfigError, match=r"compare\.report_seed is not an option"):
        load_compare(report_seed=3)


def test_a_detector_that_fails_late_is_shown_with_the_seeds_it_was_evaluated_on(monkeypatch: pytest.MonkeyPatch):
    seeded(monkeypatch)
    configured = {"RaisesLater": odd("RaisesLater", seed=1, first=3)}
    found = run_compare(WORLD, options(["random", "RaisesLater"]), ENFORCEMENT, detectors=configured)
    assert found.fewer_seeds("RaisesLater") == ["1 of 2 seeds", "loop: 1 of 2"]
    assert found.fewer_seeds("random") == []
    assert set(value(found, "RaisesLater", "auc", "core").index) == {2}


def test_what_was_evaluated_before_ctrl_c_is_kept_whole_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seeded(monkeypatch)
    configured = {"Stops": odd("Stops", seed=1)}
    with pytest.raises(compare.Interrupted) as stopped:
        run_compare(
            WORLD, options(["random", "Stops", "oracle"], report_seeds=3), ENFORCEMENT, detectors=configured,
            folder=tmp_path,
        )  # fmt: skip
    found = stopped.value.found
    assert (found.report_seeds, found.stopped_of) == ([2, 3], 3)
    assert not found.failures  # it is the user who stopped it
    evaluated = {name: set(value(found, name, "auc", "core").index) for name in ("random", "Stops", "oracle")}
    assert evaluated == {"random": {2, 3}, "Stops": {2}, "oracle": {2}}
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "summary.parquet"), found.summary())


def test_ctrl_c_before_anything_was_evaluated_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seeded(monkeypatch)
    with pytest.raises(KeyboardInterrupt) as stopped:
        run_compare(
            replace(WORLD, seed=3), options(["Stops"]), ENFORCEMENT, detectors={"Stops": odd("Stops", seed=3)},
            folder=tmp_path,
        )  # fmt: skip
    assert not isinstance(stopped.value, compare.Interrupted)
    assert list(tmp_path.iterdir()) == []


def test_a_detector_that_ends_the_program_as_it_is_made_is_named():
    with pytest.raises(ConfigError, match="detector NeverMade cannot be made: it raised SystemExit: no licence"):
        run_compare(WORLD, options(["NeverMade"]), ENFORCEMENT, detectors={"NeverMade": odd("NeverMade")})


@pytest.mark.parametrize(
    ("enforcement", "message"),
    [
        *(
            ([f"enforcement={name}"], rf"enforcement\.policy must be threshold .* got '{policy}'\.")
            for name, policy in (("never", "never"), ("top_k", "top_k"), ("ladder", "ladder"), ("defence", "review"))
        ),
        (["enforcement.cadence_hours=49"], r"cadence_hours must be at most the 48 hours of the run, .* got 49\."),
    ],
)
def test_enforcement_under_which_detectors_cannot_be_compared_is_refused(
    enforcement, message, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(compare, "record", None)
    with pytest.raises(ConfigError, match=message):
        run_compare(WORLD, options(["random"]), load_enforcement(*enforcement))


def test_everybody_is_scored_once_where_the_cadence_is_the_length_of_the_run():
    whole = load_enforcement("enforcement.cadence_hours=48")
    found = run_compare(WORLD, options(["random"], report_seeds=1, loop="none"), whole)
    assert (value(found, "random", "coverage", "core") == 1.0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_scenario": "nosuch"}, r"compare\.train_scenario must be one of .*; got 'nosuch'\."),
        ({"train_scenario": "hk2019"}, r"compare\.train_scenario must be another than the scenario tried, hk2019"),
        ({"train_overrides": ["scenario.dys=3"]}, "dys"),
    ],
)
def test_the_training_scenario_is_checked_even_if_no_detector_is_trained(
    changes, message, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(compare, "record", None)
    with pytest.raises(ConfigError, match=message):
        run_compare(WORLD, options(["random"], **changes), ENFORCEMENT)
