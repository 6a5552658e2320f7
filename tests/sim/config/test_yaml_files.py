"""The package's YAML is found beside the code, whatever folders the user has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.config.yaml_files import CONFIG_FOLDER, available
from tests.processes import ROOT

OWN = "defaults:\n- override /graph: default\nscenario:\n  days: 1\n"
SCALE = ["scenario.scale=0.001", "enforcement=threshold", "detector=random"]


@pytest.fixture(params=["conf/config.yaml", "conf/__init__.py"], ids=["plain", "package"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a folder that has a `conf` of its own, as every Hydra project."""
    (tmp_path / "conf/experiment").mkdir(parents=True)
    (tmp_path / request.param).touch()
    (tmp_path / "conf/experiment/mine.yaml").write_text("# @package _global_\n" + OWN)
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder that stands before ours on the path."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_folder_is_absolute_and_beside_the_code():
    assert Path(CONFIG_FOLDER) == ROOT / "conf"
    assert "hk2019" in available("scenario")


@pytest.mark.slow
def test_a_scenario_is_loaded_where_the_user_has_a_conf_folder(project: Path):
    done = python(project, "-c", "from sim import load_scenario; print(load_scenario('hk2019').seed)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


@pytest.mark.slow
def test_the_command_runs_with_the_users_own_files_where_the_user_has_a_conf_folder(project: Path):
    shown = python(project, "-m", "experiments", "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    done = python(project, "-m", "experiments", "--config-dir", "conf", "experiment=mine", *SCALE, "hydra.run.dir=run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "days: 1" in (project / "run/config.yaml").read_text()
