"""The structure of the repository: no import circle, no long file, and tests in folders that mirror the packages."""

from __future__ import annotations

from pathlib import Path

import grimp
import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sim", "detectors", "experiments")
MOST_LINES = 350


def packages(root: Path) -> set[Path]:
    """Return the package folders below a root, relative to it."""
    return {file.parent.relative_to(root) for top in PACKAGES for file in (root / top).rglob("__init__.py")}


def packages_without_tests(root: Path) -> set[str]:
    """Return the packages that have no folder of the same name with a test below it."""
    return {str(folder) for folder in packages(root) if not any((root / "tests" / folder).rglob("test_*.py"))}


def misplaced_tests(root: Path) -> set[str]:
    """Return the tests named after a module or package that stand outside the folder which mirrors it."""
    mirrors: dict[str, set[Path]] = {folder.name: {folder} for folder in packages(root)}
    for folder in packages(root):
        for module in (root / folder).glob("*.py"):
            mirrors.setdefault(module.stem, set()).add(folder)
    tests = [test.relative_to(root / "tests") for top in PACKAGES for test in (root / "tests" / top).rglob("test_*.py")]
    return {
        str(test) for test in tests
        if test.parent not in mirrors.get(test.stem.removeprefix("test_"), {test.parent})
    }  # fmt: skip


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


def test_every_package_has_a_folder_of_tests():
    assert packages_without_tests(ROOT) == set()


def test_every_test_named_after_a_module_stands_in_the_folder_that_mirrors_it():
    assert misplaced_tests(ROOT) == set()


def test_a_missing_folder_and_a_misplaced_test_would_be_found(tmp_path: Path):
    for file in ("sim/__init__.py", "sim/core/__init__.py", "sim/core/rng.py", "tests/sim/test_rng.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert packages_without_tests(tmp_path) == {"sim/core"}
    assert misplaced_tests(tmp_path) == {"sim/test_rng.py"}
