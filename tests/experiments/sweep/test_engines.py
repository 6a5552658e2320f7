"""Which launchers there are, when one is refused, and how they are configured."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from experiments.sweep import engines
from experiments.sweep.engines import at_once, check_engine, jobs_config, reason_of, settings_of
from sim.config import ConfigError

from .launched import command

Programs = Callable[..., None]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Return a function that puts programs on PATH, and nothing else: name, what it does."""

    def put(**scripts: str) -> None:
        for name, script in scripts.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return put


def test_slurm_is_refused_where_its_commands_are_not(programs: Programs):
    programs(sbatch="", sacct="")
    with pytest.raises(ConfigError, match="must run where SLURM's commands are; scancel is not on PATH"):
        check_engine("submitit_slurm")


def test_slurm_is_refused_without_accounting_which_a_killed_job_is_noticed_by(programs: Programs):
    programs(sbatch="", scancel="", sacct="echo Slurm accounting storage is disabled >&2; exit 1")
    with pytest.raises(ConfigError, match=r"needs SLURM's accounting.*Slurm accounting storage is disabled"):
        check_engine("submitit_slurm")


def test_slurm_is_refused_where_sacct_does_not_answer(programs: Programs, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "_SECONDS_FOR_SACCT", 0.2)
    programs(sbatch="", scancel="", sacct="while true; do :; done")
    with pytest.raises(ConfigError, match="sacct did not answer"):
        check_engine("submitit_slurm")


def test_slurm_with_accounting_is_taken(programs: Programs):
    programs(sbatch="", scancel="", sacct="")
    check_engine("submitit_slurm")


@pytest.mark.skipif(find_spec("hydra_plugins") is not None, reason="a launcher is installed")
@pytest.mark.parametrize("name", ["joblib", "ray", "submitit_slurm"])
def test_a_launcher_that_is_not_installed_is_named_with_what_to_install(takedown, name: str):
    status, _, err = takedown(f"hydra/launcher={name}")
    assert status == 2
    assert err.count("\n") == 1
    assert f"pip install {engines.PLUGINS[name]}" in err


def test_what_submitit_keeps_goes_below_the_folder_of_the_sweep_unless_it_was_given_another(tmp_path: Path):
    given = {"submitit_folder": "${hydra.sweep.dir}/.submitit/%j", "name": "takedown"}
    config = OmegaConf.create({"hydra": {"sweep": {"dir": "elsewhere"}, "launcher": given}})
    found = settings_of(config.hydra.launcher, tmp_path, "abc")
    assert found == {"submitit_folder": f"{tmp_path}/submitit/%j", "name": "takedown-abc"}
    config.hydra.launcher.submitit_folder = "/shared/%j"
    assert settings_of(config.hydra.launcher, tmp_path, "abc")["submitit_folder"] == "/shared/%j"


def test_ray_runs_by_one_override_and_what_the_user_gives_has_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "environ", {})
    launcher = OmegaConf.create({"ray": {"init": {"address": "auto", "log_to_driver": True}, "remote": {}}})
    found = settings_of(launcher, tmp_path, "abc")["ray"]
    assert found["init"]["object_store_memory"] is None
    assert found["init"]["address"] == "auto"
    assert found["init"]["log_to_driver"] is True
    assert found["remote"] == {"max_retries": 0}
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_jobs_write_nothing_of_their_own_and_call_no_callbacks(tmp_path: Path):
    with command("hydra.sweep.dir=never", "hydra.verbose=true"):
        config = jobs_config(tmp_path, "abc").hydra
    assert (config.sweep.dir, config.sweep.subdir, config.output_subdir) == (".", ".", None)
    assert (config.callbacks, config.verbose, config.job_logging.root) == ({}, False, None)


@pytest.mark.parametrize(
    ("name", "settings", "jobs", "found"),
    [
        ("joblib", {}, 9, 0),
        ("ray", {}, 9, 9),
        ("submitit_slurm", {"array_parallelism": 4}, 9, 4),
        ("submitit_slurm", {"array_parallelism": 256}, 9, 9),
    ],
)
def test_jobs_of_a_cluster_wait_each_by_itself(name: str, settings: dict[str, int], jobs: int, found: int):
    assert at_once(name, settings, jobs) == found


def test_a_dead_job_is_told_by_slurms_word_and_its_own_last():
    died = type("UncompletedJobError", (Exception,), {})
    text = "Job 5 (task: 0)\nhas not produced any output (state: OUT_OF_MEMORY)\n-----\nsrun: error: vm: task 0: Killed"
    assert reason_of(died(text)) == "its job died (OUT_OF_MEMORY; srun: error: vm: task 0: Killed)"
    assert reason_of(ValueError("what\nmore")) == "ValueError: what"
