"""Compiled code is never older than what it was compiled from."""

from __future__ import annotations

from pathlib import Path

import grimp
import numba
import pytest

from sim.core.compiled import cache_folder


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "one.py").write_text("from numba import njit")
    (tmp_path / "two.py").write_text("@unmanaged\ndef f(): ...")
    (tmp_path / "three.py").write_text("class Origin(IntEnum): ...")
    (tmp_path / "plain.py").write_text("x = 1")
    return tmp_path


@pytest.mark.parametrize("name", ["one.py", "two.py", "three.py"])
def test_a_change_in_any_file_with_compiled_code_is_a_new_folder(package: Path, name: str) -> None:
    before = cache_folder(package)
    assert cache_folder(package) == before
    (package / name).write_text((package / name).read_text() + "\n# changed")
    assert cache_folder(package) != before


def test_a_change_in_a_file_without_compiled_code_compiles_nothing_again(package: Path) -> None:
    before = cache_folder(package)
    (package / "plain.py").write_text("x = 2")
    assert cache_folder(package) == before


def test_a_folder_that_the_user_chose_is_used(package: Path, tmp_path: Path) -> None:
    assert cache_folder(package, str(tmp_path / "mine")).parent == tmp_path / "mine"


def test_the_simulation_keeps_its_compiled_code_by_its_own_content() -> None:
    assert Path(numba.config.CACHE_DIR).name == cache_folder(Path(__file__).parents[3] / "sim").name


def test_numba_is_set_up_before_any_of_our_functions_is_compiled() -> None:
    graph = grimp.build_graph("sim", "detectors", include_external_packages=True, cache_dir=None)
    compiling = graph.find_modules_that_directly_import("numba") - {"sim.core.compiled", "sim.core.prefetch"}
    compiling = {module for module in compiling if module.startswith("sim.")}  # for a detector sim.observation does it
    assert len(compiling) > 10
    assert {m for m in compiling if not graph.chain_exists(importer=m, imported="sim.core.compiled")} == set()
    assert graph.find_modules_directly_imported_by("sim.observation") >= {"sim.core.compiled"}
