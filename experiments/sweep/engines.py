"""Which of Hydra's launchers run the jobs of a sweep, whether they can, and how they are configured here.

Nothing of a launcher is imported before one is chosen: each is an extra of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from sim.config import ConfigError

BASIC = "basic"  # Hydra's own, in place of which a sweep has processes of its own
#: What has to be installed for each launcher.
PLUGINS = {
    "joblib": "hydra-joblib-launcher",
    "ray": "hydra-ray-launcher",
    "submitit_local": "hydra-submitit-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
}
MOST_AT_ONCE = 1000  # jobs that are waited for at a time, each by a thread
JOBS_FOLDER = ".jobs"  # below a sweep's folder, while a launcher runs
_SUBMITIT_DEFAULT = "${hydra.sweep.dir}/.submitit/%j"
_SECONDS_FOR_SACCT = 30
#: Ray says nothing of itself, sends nothing about its use to its makers, and does not start a page of its own.
_RAY_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_RAY_DEFAULTS = {"log_to_driver": False, "logging_level": "error", "include_dashboard": False}


def chosen() -> str:
    """Return the name of the launcher of the command that runs; `basic` where none was chosen or no Hydra runs."""
    return str(HydraConfig.get().runtime.choices.get("hydra/launcher")) if HydraConfig.initialized() else BASIC


def how_to_install(name: str) -> str | None:
    """Say how to install a launcher; None of one that is not known here."""
    return f"hydra/launcher={name} needs {PLUGINS[name]}: pip install {PLUGINS[name]}" if name in PLUGINS else None


def check_engine(name: str) -> None:
    """Refuse a launcher that cannot run jobs here, before anything is run.

    Raises
    ------
    ConfigError
        A program is missing, or SLURM keeps no accounts: submitit would then wait for ever for a job that was killed.
    """
    if name == "ray" and find_spec("ray") is None:
        raise ConfigError(f"{how_to_install(name)}.")
    if name != "submitit_slurm":
        return
    for program in ("sbatch", "sacct", "scancel"):
        if shutil.which(program) is None:
            raise ConfigError(f"hydra/launcher={name} must run where SLURM's commands are; {program} is not on PATH.")
    try:
        asked = subprocess.run(
            ["sacct", "--noheader", "--allocations", "--jobs=1"], capture_output=True, text=True,
            timeout=_SECONDS_FOR_SACCT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        failed = f"sacct did not answer within {_SECONDS_FOR_SACCT} seconds"
    else:
        if asked.returncode == 0:
            return
        lines = asked.stderr.strip().splitlines() or [f"sacct left with {asked.returncode}"]
        failed = lines[0].removeprefix("sacct: ").removeprefix("error: ")
    raise ConfigError(
        f"hydra/launcher={name} needs SLURM's accounting, without which a killed job would be waited for without end "
        f"({failed}); ask for slurmdbd to be set up, or use hydra/launcher=joblib inside one allocation."
    )


def jobs_config(folder: Path, token: str) -> DictConfig:
    """Return the configuration that jobs are launched with: the running command's `hydra`, its own output apart.

    Jobs write no folder, no log and no copy of a configuration of their own, and call no callbacks.

    Parameters
    ----------
    folder : Path
        The sweep's, absolute: what launchers keep goes below it.
    token : str
        Stands in the names of SLURM's jobs, by which they are cancelled.
    """
    config: Any = deepcopy(HydraConfig.instance().cfg)
    quiet = {"version": 1, "root": None, "disable_existing_loggers": False}
    OmegaConf.set_readonly(config.hydra, False)  # launchers write into it as well
    with open_dict(config.hydra):
        config.hydra.launcher = _launcher_of(HydraConfig.get().launcher, folder, token)
        # The folder that a worker happens to be in is there already: Hydra makes it where it is not.
        config.hydra.run.dir = config.hydra.sweep.dir = config.hydra.sweep.subdir = "."
        config.hydra.output_subdir = None
        config.hydra.callbacks = {}
        config.hydra.job_logging = config.hydra.hydra_logging = quiet
        config.hydra.verbose = False
        config.hydra.job.chdir = False
        config.hydra.overrides.task = config.hydra.overrides.hydra = []
    made: DictConfig = config
    return made


def _launcher_of(launcher: DictConfig, folder: Path, token: str) -> dict[str, Any]:
    """Return a launcher's configuration without references, with what makes it run by one override."""
    given: Any = OmegaConf.to_container(launcher)
    settings: Any = OmegaConf.to_container(launcher, resolve=True)
    if given.get("submitit_folder") == _SUBMITIT_DEFAULT:
        settings["submitit_folder"] = str(folder / JOBS_FOLDER / "submitit" / "%j")
    if "submitit_folder" in settings:
        settings["name"] = f"{settings['name']}-{token}"
    if isinstance(ray := settings.get("ray"), dict):
        os.environ.update({name: os.environ.get(name, value) for name, value in _RAY_ENVIRONMENT.items()})
        # Where Ray runs already its memory is given, and saying how much is an error; else it takes what is free.
        ray["remote"] = {"max_retries": 0, **(ray.get("remote") or {})}  # a sweep starts what is missing once more
        ray["init"] = {"object_store_memory": None, **_RAY_DEFAULTS, **(ray.get("init") or {})}
    return dict(settings)


def at_once(name: str, settings: Mapping[str, Any], jobs: int) -> int:
    """Return how many jobs are handed over at a time, each by itself; 0 for launchers that are given all together.

    Only a launch of its own keeps a job that dies from losing the others: launchers wait for their jobs in order, and
    the first that is lost ends the waiting. joblib has its processes for one launch.
    """
    if name == "ray":
        return min(jobs, MOST_AT_ONCE)
    if name == "submitit_slurm":
        return min(jobs, MOST_AT_ONCE, int(settings.get("array_parallelism") or MOST_AT_ONCE))
    if name == "submitit_local":
        return min(jobs, len(os.sched_getaffinity(0)))
    return 0
