"""What the page holds is what the library gives; it is made again byte for byte, and what is kept is not run again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from detectors.evaluation.operating_point import ThresholdOutcomes
from experiments.compare.recording import record
from experiments.compare.replay import replay
from experiments.lesson import build
from experiments.lesson.build import OPERATOR, baselines_digest, contents
from experiments.lesson.config import LessonConfig
from experiments.lesson.page import MOST_BYTES, page
from experiments.lesson.plan import parts_of, runs_in, with_value
from experiments.lesson.read import DAYS, MEASURES
from experiments.lesson.watched import FINE
from experiments.store.leaves import leaves
from experiments.sweep import SweepResults
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.checks import from_mapping
from sim.config.composition import compose_config, load_enforcement
from sim.config.detector import load_detector
from tests.experiments.lesson.conftest import Lesson


def results_of(lesson: Lesson, part: str, point: int, seed: int) -> dict[str, float]:
    """Return what the library gives for a run of the page, run here by itself."""
    run = lesson.parts[part].runs[point][seed]
    model = InfluenceModel(run.world, load_detector(run.settings), enforcement=run.enforcement)
    model.run()
    return model.results()


@pytest.mark.parametrize(
    ("part", "point", "seed", "names"),
    [("grid", 4, 1, MEASURES), ("operator", 1, 0, OPERATOR), ("feeds", 3, 1, MEASURES)],
)
def test_the_page_holds_what_the_library_gives(
    lesson: Lesson, part: str, point: int, seed: int, names: tuple[str, ...]
) -> None:
    expected = results_of(lesson, part, point, seed)
    found = lesson.packed.array(part)[point, seed]
    np.testing.assert_array_equal(found, [expected[name] for name in names])


def test_a_point_of_the_grid_is_the_detector_at_the_threshold_that_it_is_called_by(lesson: Lesson) -> None:
    for (detector, threshold), runs in zip(lesson.parts["grid"].names, lesson.parts["grid"].runs, strict=True):
        assert all(run.arms["detector"] == detector and run.enforcement.threshold == threshold for run in runs)
        assert [run.world.seed for run in runs] == [1, 2]


def test_what_several_parts_ask_for_is_run_once(lesson: Lesson) -> None:
    grid, adaptation = (lesson.parts[name] for name in ("grid", "adaptation"))
    (threshold,) = lesson.options.adapted_to
    again = adaptation.runs[adaptation.names.index(("replacing", threshold))]
    first = grid.runs[grid.names.index((lesson.options.detector, threshold))]
    assert [run.key for run in again] == [run.key for run in first]
    keys = [run.key for part in lesson.parts.values() for of in part.runs for run in of]
    assert [run.key for run in runs_in(lesson.parts)] == list(dict.fromkeys(keys))
    assert len(list((lesson.folder / "runs").glob("*.parquet"))) == len(set(keys)) < len(keys)


def test_chapter_7_has_days_of_its_own(lesson: Lesson) -> None:
    assert lesson.said["days"] == 2
    assert lesson.packed.array("august_days").shape[-1] == lesson.said["august_days"] == 3


def test_operators_side_by_side_differ_by_replacement_alone() -> None:
    options = from_mapping(LessonConfig, OmegaConf.to_container(compose_config(()).lesson), "lesson")
    world = load_scenario("hk2019", seed=1)
    parts = parts_of(world, load_enforcement(), options)
    names, runs = parts["adaptation"].names, parts["adaptation"].runs
    static, replacing = (runs[names.index((name, options.adapted_to[0]))][0] for name in ("static", "replacing"))
    there, here = dict(leaves(static.config())), dict(leaves(replacing.config()))
    assert {key for key in there | here if there.get(key) != here.get(key)} == {"operation.supply.amplifiers.per_day"}


def test_days_add_up_to_the_run_and_to_its_twin(lesson: Lesson) -> None:
    days, measures = lesson.packed.array("feeds_days"), lesson.packed.array("feeds")
    read, reach = DAYS.index("impressions"), DAYS.index("reach")
    np.testing.assert_array_equal(days[:, :, 0, read].sum(axis=-1), measures[:, :, MEASURES.index("impressions")])
    np.testing.assert_array_equal(days[:, :, 0, reach, -1], measures[:, :, MEASURES.index("reach")])
    # Nobody acts in the first arm: it is its own twin.
    np.testing.assert_array_equal(days[0, :, 0], days[0, :, 1])


def test_people_whom_one_would_hit_by_watching_are_those_of_the_evaluation(lesson: Lesson, tmp_path: Path) -> None:
    recording, truth = record(lesson.world, tmp_path / "run")
    detector = load_detector("activity")
    history, _ = replay(recording, truth, detector, cadence_steps=6, delay_seconds=3600, step_seconds=3600)
    peak = history.peak
    expected = ThresholdOutcomes.of(peak[truth.members("organic")], peak[truth.members("operation")], [])
    counts = lesson.packed.array("watched")[0, 0]
    assert counts[0, 0] > counts[0, 500] > 0
    np.testing.assert_array_equal(counts[0], expected.wrongly_hit(FINE))
    np.testing.assert_array_equal(counts[1], expected.caught(FINE))


def test_cards_show_accounts_of_both_sides_and_what_every_detector_says(lesson: Lesson) -> None:
    cards = [card for hand in lesson.said["cards"] for card in hand]
    assert [len(hand) for hand in lesson.said["cards"]] == [8, 8]
    assert {"core", "amplifiers"} <= {card["truth"] for card in cards}
    assert any(card["truth"] == "none" for card in cards)
    for card in cards:
        assert [name for name, _, _ in card["detectors"]] == lesson.options.detectors
        assert sum(card["hours"]) == card["week_posts"] + card["week_reposts"] >= 5


def test_the_network_is_small_and_its_day_goes_forward(lesson: Lesson) -> None:
    packed = lesson.packed
    layer, time, who = (packed.array(f"day_{name}") for name in ("layer", "time", "who"))
    assert 10 <= layer.size <= lesson.options.nodes
    assert set(layer) == {0, 1, 2}
    assert (np.diff(time) >= 0).all()
    assert time[0] >= 0
    assert time[-1] < 86_400
    assert who.max() < layer.size
    assert np.abs(packed.array("day_x")).max() <= 1.0


def test_the_same_runs_give_the_same_page_and_none_is_run_again(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[SweepResults] = []
    run_plan = build.run_plan

    def counted(*arguments: Any, **more: Any) -> SweepResults:
        found.append(run_plan(*arguments, **more))
        return found[-1]

    def refused(*arguments: Any) -> None:
        raise AssertionError("this is kept")

    monkeypatch.setattr(build, "run_plan", counted)
    monkeypatch.setattr(build, "watch", refused)
    monkeypatch.setattr(build, "day_and_person", refused)
    said, packed = contents(lesson.world, lesson.enforcement, lesson.options, lesson.folder)
    assert [one.reused for one in found] == [len(runs_in(lesson.parts))]
    assert page(said, packed) == lesson.html


def test_the_page_is_one_small_file_that_names_its_runs_and_baselines(lesson: Lesson) -> None:
    assert len(lesson.html.encode()) < MOST_BYTES
    assert f'<meta name="baselines" content="{baselines_digest()}">' in lesson.html
    for outside in ("src=", '<link rel="stylesheet"', "@import", "fetch(", "XMLHttpRequest", 'type="module"'):
        assert outside not in lesson.html


def test_a_committed_page_is_of_the_results_that_the_model_has() -> None:
    committed = Path(__file__).parents[3] / "docs" / "lesson.html"
    if not committed.exists():
        pytest.skip("docs/lesson.html does not exist yet: `make lesson` writes it")
    assert f'content="{baselines_digest()}"' in committed.read_text(encoding="utf-8"), "make lesson, and commit it"


def test_a_change_of_a_baseline_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("{}", encoding="utf-8")
    before = baselines_digest(tmp_path)
    (tmp_path / "one.json").write_text('{"reach": 1}', encoding="utf-8")
    assert baselines_digest(tmp_path) != before


def test_a_value_of_the_world_is_changed_by_its_key(lesson: Lesson) -> None:
    changed = with_value(lesson.world, "operation.tactics", ["spread_registrations"])
    assert changed.operation.tactics == ["spread_registrations"]
    assert replace(changed, operation=lesson.world.operation) == lesson.world
    with pytest.raises(ConfigError, match=r"operation\.no_such_key is not a key"):
        with_value(lesson.world, "operation.no_such_key", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"detectors": []}, "lesson.detectors must name at least one"),
        ({"detectors": ["activity", "nope"]}, r"lesson.detectors\[1\] must be one of access, .*; got 'nope'\.$"),
        ({"detector": "oracle"}, "lesson.detector must be one of lesson.detectors"),
        ({"operator": {"scenario.core": []}}, "lesson.operator.scenario.core must be a list"),
        ({"operator": {"scenario.core": list(range(121))}}, "at most 120 combinations; got 121"),
        ({"seeds": 0}, "lesson.seeds must lie in"),
    ],
)
def test_what_the_page_cannot_show_is_refused(lesson: Lesson, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(lesson.options, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"operations": {"static": ["feed=chronological"]}},
            "lesson.operations.static must change the operation alone",
        ),
        ({"operator": {"scenario.no_such": [1]}}, "scenario.no_such is not a key of the configuration of a world"),
        ({"operator": {"scenario.core": [-1]}}, "scenario.core must lie in"),
    ],
)
def test_runs_that_cannot_be_are_refused_before_the_first(lesson: Lesson, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parts_of(lesson.world, lesson.enforcement, replace(lesson.options, **change))


def test_thresholds_of_the_adaptation_are_of_the_grid() -> None:
    options = LessonConfig(
        seeds=5, detectors=["co_repost"], thresholds=21, detector="co_repost", threshold=0.41, operator={},
        operator_seeds=5, operations={}, adaptation_thresholds=6, august_days=60, hands=3, nodes=300, file=None,
    )  # fmt: skip
    assert options.chosen == 0.4
    assert len(options.adapted_to) == 6
    assert set(options.adapted_to) <= set(options.tried) - {0.0}
