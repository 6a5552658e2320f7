"""The page's texts, its puzzle, how arrays are packed, and the command that writes it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from experiments.lesson import page as of_page
from experiments.lesson.layout import places
from experiments.lesson.pack import Packed, plain
from experiments.lesson.page import LANGUAGES, SOURCES, unknown_prices
from experiments.lesson.puzzle import puzzle_of
from experiments.lesson.read import MEASURES

ROOT = Path(__file__).parents[3]
PLACE = re.compile(r"\{\w+(?::\w+)?\}")


def texts_of(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from texts_of(one, f"{where}.{key}")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from texts_of(one, f"{where}.{i}")
    else:
        yield where, str(value)


def language(name: str) -> dict[str, str]:
    return dict(texts_of(yaml.safe_load((SOURCES / "text" / f"{name}.yaml").read_text(encoding="utf-8"))))


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    english, chinese = (language(name) for name in LANGUAGES)
    assert english.keys() == chinese.keys()
    differ = [key for key in english if sorted(PLACE.findall(english[key])) != sorted(PLACE.findall(chinese[key]))]
    assert differ == []


def test_the_translation_says_that_no_native_speaker_has_read_it() -> None:
    english, chinese = (language(name) for name in LANGUAGES)
    assert english[".page.unread"] == ""
    assert chinese[".page.unread"]


def test_every_measure_that_the_page_holds_has_a_name() -> None:
    assert {f".names.measures.{name}" for name in MEASURES} <= language("en").keys()


def test_what_is_said_of_the_scale_stands_in_the_validation() -> None:
    record = yaml.safe_load((SOURCES / "record.yaml").read_text(encoding="utf-8"))
    validation = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    shares = {name: value for name, value in record["facts"].items() if isinstance(value, float)}
    assert len(shares) == 10
    for name, value in shares.items():
        assert re.search(rf"(?<![\d.]){100 * value:.3g}%", validation), name
    for name in ("record_core", "record_amplifiers"):
        assert f"{record['facts'][name]:,}" in validation, name


def test_prices_without_a_source_are_known_to_be_without() -> None:
    assert unknown_prices() == ["acts_per_hour", "operator_hour", "upkeep"]


def test_a_puzzle_is_won_by_few_settings_and_on_other_seeds_too() -> None:
    rising = np.linspace(0.0, 0.95, 40)
    cut, hit = np.repeat(rising[:, None], 5, axis=1), np.repeat((rising**3 / 10.0)[:, None], 5, axis=1)
    cut[::2, 3:] = 0.0  # every second setting does nothing on the seeds that are not shown
    found = puzzle_of(cut, hit)
    assert found["played"] == 3
    assert found["fair"]
    assert 0.05 <= len(found["winners"]) / 40 <= 0.20
    for setting in found["winners"]:
        assert setting % 2 == 1
        for seeds in (slice(0, 3), slice(3, 5)):
            assert cut[setting, seeds].mean() >= found["cut"]
            assert hit[setting, seeds].mean() <= found["hit"]


@pytest.mark.parametrize(
    ("cut", "hit"),
    [
        (np.zeros((10, 2)), np.ones((10, 2))),  # nobody can win
        (np.ones((10, 2)), np.zeros((10, 2))),  # everybody does
        (np.repeat(np.linspace(0.0, 1.0, 10)[:, None], 1, axis=1), np.zeros((10, 1))),  # no seed to check it on
        (np.repeat([[0.9, 0.0], [0.0, 0.9]], 5, axis=0), np.zeros((10, 2))),  # what wins on one half loses on the other
        (np.full((10, 2), np.nan), np.zeros((10, 2))),
    ],
)
def test_where_no_figures_are_fair_there_is_no_puzzle(cut: Any, hit: Any) -> None:
    found = puzzle_of(cut, hit)
    assert (found["fair"], found["winners"]) == (False, [])


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_grid_a_puzzle_is_won_by_5_to_20_in_100(seed: int) -> None:
    draw = np.random.default_rng(seed)
    cut = draw.beta(0.5, 2.0, (105, 5)) - 0.1
    found = puzzle_of(cut, draw.beta(0.3, 8.0, (105, 5)))
    wins = len(found["winners"])
    assert found["fair"] == (wins > 0)
    assert wins == 0 or 0.05 <= wins / 105 <= 0.20


def test_arrays_come_out_of_the_text_as_they_went_in() -> None:
    packed, one, two = Packed(), np.array([[1, 2], [3, 250]], np.uint8), np.array([0.5, np.nan, -1e9])
    packed.add("one", one)
    packed.add("two", two)
    raw = base64.b64decode(packed.text())
    kind, shape, offset = packed.places["two"]
    assert (kind, shape, offset % 8) == ("Float64Array", [3], 0)
    np.testing.assert_array_equal(np.frombuffer(raw, "<f8", 3, offset), two)
    np.testing.assert_array_equal(packed.array("one"), one)
    with pytest.raises(ValueError, match="must be new"):
        packed.add("one", one)
    assert plain({"a": np.float64("nan"), "b": [np.int32(3)], "c": (True, None)}) == {
        "a": None,
        "b": [3],
        "c": [True, None],
    }


def test_layers_are_drawn_apart() -> None:
    layer = np.repeat(np.array([1, 2, 0], np.uint8), [4, 20, 60])
    cell = np.where(layer == 2, np.arange(layer.size) % 3, -1).astype(np.int32)
    x, y = places(layer, cell, [(5, 30), (6, 31)])
    radius = np.hypot(x, y)
    assert radius[layer == 1].max() < radius[layer == 2].min() < radius[layer == 2].max() < radius[layer == 0].min()
    assert radius.max() < 1.0


def test_an_installed_copy_refuses_by_name(
    takedown: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(of_page.check_sources, "__defaults__", (tmp_path,))
    status, _, said = takedown("task=lesson", "hydra.run.dir=here")
    assert status == 2
    assert (
        said
        == "takedown: task=lesson needs a clone of the project: the sources of the page are not installed with it.\n"
    )


def test_wrong_use_is_one_line(takedown: Callable[..., tuple[int, str, str]]) -> None:
    status, _, said = takedown("task=lesson", "hydra.run.dir=here", "lesson.seeds=0")
    assert status == 2
    assert said.startswith("takedown: lesson.seeds must lie in [1, 100]")
    assert said.count("\n") == 1
