"""A page of a world that runs in a fraction of a second, made once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.lesson.build import contents
from experiments.lesson.config import LessonConfig
from experiments.lesson.pack import Packed
from experiments.lesson.page import page
from experiments.lesson.plan import Part, parts_of
from sim import load_scenario
from sim.config import EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement
from tests.experiments.lesson.browser import Browsed, browsed
from tests.experiments.tiny import TINY

OPTIONS = LessonConfig(
    seeds=2, detectors=["activity", "random"], thresholds=3, detector="activity", threshold=0.5,
    operator={"scenario.amplifiers": [40, 80], "operation.camouflage_share": [0.3]}, operator_seeds=1,
    operations={"static": ["operation=static"], "replacing": []}, adaptation_thresholds=1,
    august_days=3, hands=2, nodes=60, file=None,
)  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """A page, what it holds, and what it was made from."""

    world: WorldConfig
    enforcement: EnforcementConfig
    options: LessonConfig
    folder: Path
    parts: dict[str, Part]
    said: dict[str, Any]
    packed: Packed
    html: str


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    """Return the page of a tiny world, with its runs."""
    folder = tmp_path_factory.mktemp("lesson")
    world = load_scenario("hk2019", seed=1, overrides=list(TINY))
    enforcement = load_enforcement("enforcement.cadence_hours=6", "enforcement.delay_hours=1")
    said, packed = contents(world, enforcement, OPTIONS, folder)
    parts = parts_of(world, enforcement, OPTIONS)
    return Lesson(world, enforcement, OPTIONS, folder, parts, said, packed, page(said, packed))


@pytest.fixture(scope="module")
def path(lesson: Lesson, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page's file."""
    path = tmp_path_factory.mktemp("page") / "lesson.html"
    path.write_text(lesson.html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shared(path: Path) -> Iterator[Browsed]:
    """Return the page in a browser that all tests share."""
    with browsed(path) as found:
        yield found


@pytest.fixture
def open_page(shared: Browsed) -> Iterator[Browsed]:
    """Return the page; nothing may be asked of any server, and the console stays empty."""
    shared.errors.clear()
    yield shared
    assert shared.errors == []
    assert shared.requests == []
