"""A class of one's own is part of what a result is made from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.store.own_code import own_sources

NAMED = {"detector": {"members": [{"_target_": "detector_of_mine.Mine"}]}, "policy": "threshold"}


@pytest.fixture
def own_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "detector_of_mine.py"
    path.write_text("from base_of_mine import Base\n\nclass Mine(Base):\n    pass\n")
    (tmp_path / "base_of_mine.py").write_text("class Base:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    for name in ("detector_of_mine", "base_of_mine"):
        sys.modules.pop(name, None)


def test_a_change_of_a_class_of_ones_own_or_of_its_base_changes_the_digest(own_detector: Path):
    first = own_sources(NAMED)
    assert list(first) == ["detector_of_mine.Mine"]
    assert own_sources(NAMED) == first
    for path in (own_detector, own_detector.with_name("base_of_mine.py")):
        path.write_text(path.read_text() + "# changed\n")
        changed = own_sources(NAMED)
        assert changed != first
        first = changed


def test_classes_of_the_package_are_covered_by_its_own_digest():
    assert (
        own_sources({"_target_": "detectors.random.RandomDetector", "policy": "sim.enforcement.policy.Threshold"}) == {}
    )


def test_what_cannot_be_imported_is_left_to_be_said_where_it_is_made():
    assert own_sources({"policy": "no.such.Thing"}) == {}
