"""The house as a newcomer finds it: no import circle, no long file, tests beside what they test."""

from __future__ import annotations

from pathlib import Path

import grimp
import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sim", "detectors", "experiments")
MOST_LINES = 350


def circles(graph: nx.DiGraph) -> list[list[str]]:
    """Return the groups of modules that reach one another."""
    return [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]


def test_no_module_imports_itself_by_way_of_others_even_for_types_alone():
    imports = grimp.build_graph(*PACKAGES, cache_dir=None)
    graph = nx.DiGraph((a, b) for a in imports.modules for b in imports.find_modules_directly_imported_by(a))
    assert len(graph) > 100
    assert circles(graph) == []


def test_a_circle_of_two_would_be_found():
    assert circles(nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")])) == [["a", "b"]]


@pytest.mark.parametrize("folder", [*PACKAGES, "tests"])
def test_no_file_is_longer_than_a_reader_can_hold(folder: str):
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {str(path.relative_to(ROOT)): n for path, n in lines.items() if n > MOST_LINES} == {}
