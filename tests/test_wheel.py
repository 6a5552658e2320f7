"""The wheel: what it holds, and that it works in the folder of another project, without clone and without network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sim", "detectors", "conf", "experiments")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
LOAD = "import sim; print(sim.__file__); print(sim.load_scenario('hk2019', scale=0.05, seed=1).scenario.n_organic)"

pytestmark = pytest.mark.slow


def succeeds(*command: str, folder: Path, path: Path | None = None) -> str:
    """Run a command in a folder, with another on Python's path, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of a copy of the sources: what lies in build/ from another day must not get into it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    succeeds(*PIP, "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), folder=source)
    (path,) = out.glob("takedown-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the wheel is installed into."""
    folder = tmp_path_factory.mktemp("installed")
    succeeds(*PIP, "install", str(wheel), "--no-deps", "--no-index", "--target", str(folder), folder=folder)
    return folder


@pytest.fixture(params=["plain", "package"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a Hydra project of somebody else's: its conf/ has the same name as ours, with or without __init__.py."""
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "config.yaml").write_text("mine: 1\n", encoding="utf-8")
    if request.param == "package":
        (conf / "__init__.py").touch()
    return tmp_path


def test_the_wheel_holds_the_packages_and_their_data_and_no_benchmark(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    kept = (".py", ".yaml", ".j2", ".csv")
    expected = {
        path.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / name).rglob("*")
        if path.suffix in kept and "benchmark" not in path.relative_to(ROOT).parts
    }  # fmt: skip
    assert {
        "sim/model.py", "conf/config.yaml", "experiments/report/compare.html.j2",
        "experiments/validation/published_detectors.csv",
    } <= expected  # fmt: skip
    assert names == expected


def test_a_scenario_loads_in_a_project_that_has_a_conf_of_its_own(installed: Path, project: Path) -> None:
    where, organic = succeeds(sys.executable, "-c", LOAD, folder=project, path=installed).split()
    assert Path(where).is_relative_to(installed)
    assert organic == "50000"


def test_the_command_answers_in_a_project_that_has_a_conf_of_its_own(installed: Path, project: Path) -> None:
    assert "takedown" in succeeds(sys.executable, "-m", "experiments", "--help", folder=project, path=installed)
    script = installed / "bin" / "takedown"
    assert "scenario" in succeeds(sys.executable, str(script), "--help", folder=project, path=installed)
