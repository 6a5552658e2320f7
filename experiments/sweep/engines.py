"""Which of Hydra's launchers run the jobs of a sweep, whether they can, and how they are configured here.

Nothing of a launcher is imported before one is chosen: each is an extra of its own.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf, open_dict

from sim.config import ConfigError

Cancel = Callable[[], None]
BASIC = "basic"  # Hydra's own, in place of which a sweep has processes of its own
#: What has to be installed for each launcher.
PLUGINS = {
    "joblib": "hydra-joblib-launcher",
    "ray": "hydra-ray-launcher",
    "submitit_local": "hydra-submitit-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
}
MOST_AT_ONCE = 1000  # jobs that are waited for at a time, each by a thread
_SUBMITIT_DEFAULT = "${hydra.sweep.dir}/.submitit/%j"
_SECONDS_FOR_SACCT = 30
#: What launchers raise where a job's process has died.
_DIED = ("TerminatedWorkerError", "WorkerCrashedError", "OutOfMemoryError", "UncompletedJobError")
#: Ray says nothing of itself, sends nothing about its use to its makers, and does not start a page of its own.
_RAY_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_RAY_DEFAULTS = {"log_to_driver": False, "logging_level": "error", "include_dashboard": False}


def chosen() -> str:
    """Return the name of the launcher of the command that runs; `basic` where none was chosen or no Hydra runs."""
    return str(HydraConfig.get().runtime.choices.get("hydra/launcher")) if HydraConfig.initialized() else BASIC


def not_installed(error: BaseException) -> str | None:
    """Say how to install the launcher that Hydra did not find; None where the error is another."""
    if not isinstance(error, MissingConfigException):
        return None
    group, _, name = (error.missing_cfg_file or "").rpartition("/")
    return f"{_needs(name)}." if group == "hydra/launcher" and name in PLUGINS else None


def _needs(name: str) -> str:
    return f"hydra/launcher={name} needs {PLUGINS[name]}: pip install {PLUGINS[name]}"


def check_engine(name: str) -> None:
    """Refuse a launcher that cannot run jobs here, before anything is run.

    Raises
    ------
    ConfigError
        A program is missing, or SLURM keeps no accounts: submitit would then wait for ever for a job that was killed.
    """
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


def jobs_config(jobs: Path, token: str) -> DictConfig:
    """Return the configuration that jobs are launched with: the running command's `hydra`, its own output apart.

    Jobs write no folder, no log and no copy of a configuration of their own, and call no callbacks.

    Parameters
    ----------
    jobs : Path
        What launchers keep goes below it.
    token : str
        Stands in the names of SLURM's jobs, by which they are cancelled.
    """
    config: Any = deepcopy(HydraConfig.instance().cfg)
    quiet = {"version": 1, "root": None, "disable_existing_loggers": False}
    OmegaConf.set_readonly(config.hydra, False)  # launchers write into it as well
    with open_dict(config.hydra):
        config.hydra.launcher = settings_of(HydraConfig.get().launcher, jobs, token)
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


def settings_of(launcher: DictConfig, jobs: Path, token: str) -> dict[str, Any]:
    """Return a launcher's configuration without references, with what makes it run by one override."""
    given: Any = OmegaConf.to_container(launcher)
    settings: Any = OmegaConf.to_container(launcher, resolve=True)
    if given.get("submitit_folder") == _SUBMITIT_DEFAULT:
        settings["submitit_folder"] = str(jobs / "submitit" / "%j")
    if "submitit_folder" in settings:
        settings["name"] = f"{settings['name']}-{token}"
    if isinstance(ray := settings.get("ray"), dict):
        os.environ.update({name: os.environ.get(name, value) for name, value in _RAY_ENVIRONMENT.items()})
        # Where Ray runs already its memory is given, and saying how much is an error; else it takes what is free.
        ray["remote"] = {"max_retries": 0, **(ray.get("remote") or {})}  # the sweep starts again what is missing
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


@contextmanager
def running(name: str, settings: Mapping[str, Any]) -> Iterator[Cancel]:
    """Start what a launcher needs and stop it at the end; yield what ends its jobs."""
    loud = [logging.getLogger(package) for package in ("hydra_plugins", "hydra", "submitit")]
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.WARNING)
    try:
        if name == "ray":
            with _ray(settings["ray"]["init"]) as cancel:
                yield cancel
        elif name == "submitit_slurm":
            yield partial(_cancel_on_slurm, settings["name"])
        else:
            yield lambda: None
    finally:
        for logger, level in zip(loud, levels, strict=True):
            logger.setLevel(level)


def _cancel_on_slurm(name: str) -> None:
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(["scancel", f"--name={name}"], capture_output=True, timeout=60, check=False)


@contextmanager
def _ray(settings: Mapping[str, Any]) -> Iterator[Cancel]:
    """Join a Ray cluster, or start one on this machine, before any job does; leave it at the end."""
    import ray
    from hydra_plugins.hydra_ray_launcher import _core

    ends = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**settings)
    except Exception as error:  # of several kinds, none of Ray's own
        where = settings.get("address") or os.environ.get("RAY_ADDRESS") or "on this machine"
        raise ConfigError(f"hydra/launcher=ray: no Ray {where} can be used; {reason_of(error)}") from error
    finally:
        signal.signal(signal.SIGTERM, ends)  # Ray's own would leave at once
    # The launcher keeps to itself what a job could be cancelled by. A thread that still waits for one when Ray is left
    # would crash this process.
    start, jobs = _core.launch_job_on_ray, []

    def noted(*arguments: Any, **named: Any) -> Any:
        jobs.append(start(*arguments, **named))
        return jobs[-1]

    def cancel() -> None:
        for job in jobs:
            ray.cancel(job, force=True)

    _core.launch_job_on_ray = noted
    try:
        yield cancel
    finally:
        _core.launch_job_on_ray = start
        jobs.clear()
        ray.shutdown()


def reason_of(error: BaseException) -> str:
    """Return an error in a line; of a job that died, how SLURM or its last words put it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" -") and not line.startswith("submitit ")]
    if not lines:
        return type(error).__name__
    if type(error).__name__ in _DIED:
        state = re.search(r"state: (\w+)", str(error))
        return f"its job died ({state[1] if state else type(error).__name__}; {lines[-1]})"
    return f"{type(error).__name__}: {lines[0]}"
