"""One job of a command: what a task is given, and the task that its configuration asks for.

A task is imported when a job asks for it and its configuration is right: what tasks stand on takes seconds to import.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from experiments.cli.errors import GROUPS, NO_GROUPS, ExitStatus, message_of
from experiments.cli.interrupts import raise_again
from experiments.cli.occupied import check_free, check_named, kept_for
from sim.config import ConfigError, EnforcementConfig, WorldConfig, from_mapping
from sim.config.checks import auto_or_count
from sim.config.composition import check_overrides, enforcement_from, resolved, world_from
from sim.core.interruption import undisguised
from sim.core.memory import check_memory

if TYPE_CHECKING:
    from experiments.store.twins import Worlds

KEYS = (*GROUPS, *NO_GROUPS)
# Each is a module of this package with `run(job)`.
TASKS = ("simulate", "sweep", "collect", "compare", "archive", "describe", "score", "lesson")
Options = TypeVar("Options")


@dataclass
class Shared:
    """Worlds that the jobs of one command share, made when first asked for."""

    @cached_property
    def worlds(self) -> Worlds:
        """Return the worlds that have been built."""
        from experiments.store.twins import Worlds

        return Worlds()


@dataclass(frozen=True)
class Job:
    """What a task is given.

    Attributes
    ----------
    config : DictConfig
        Composed.
    folder : Path
        Where results go.
    chosen : str
        The name of the configured detector, whose values may have been changed on the command line.
    enforced : str
        The name of the configured enforcement, likewise.
    shared : Shared
        Worlds of the jobs of this command.
    fail : callable
        Called with what went wrong and the exit status, where the task goes on.
    varied : tuple of str, optional
        The words of a --multirun that give several values; None for a command without.
    command : tuple of str
        The words of the command line.
    """

    config: DictConfig
    folder: Path
    chosen: str
    enforced: str
    shared: Shared
    fail: Callable[[str, int], None]
    varied: tuple[str, ...] | None = None
    command: tuple[str, ...] = ()

    @cached_property
    def world(self) -> WorldConfig:
        """Return what the world is built from."""
        world = world_from(self.config)
        if world.graph.edge_list is None:
            return world
        from sim.graph.own import sized  # wrong use waits for nothing that only a run needs

        return sized(world)

    @cached_property
    def enforcement(self) -> EnforcementConfig:
        """Return what is done about scores."""
        return enforcement_from(self.config)

    @cached_property
    def workers(self) -> int | str:
        """Return the number of processes that was asked for, or "auto"."""
        return auto_or_count("workers", self.config.workers)

    @cached_property
    def overwrite(self) -> bool:
        """Return whether results that lie in the folder may be replaced."""
        if not isinstance(self.config.overwrite, bool):
            raise ConfigError(f"overwrite must be true or false; got {self.config.overwrite!r}.")
        return self.config.overwrite

    def options(self, cls: type[Options], group: str) -> Options:
        """Return the options of a task, of the group that it reads."""
        return from_mapping(cls, resolved(self.config, group), group)


class HydrasOwn(Exception):
    """A --multirun of a task that Hydra runs itself, with a job and a folder for each combination."""


@dataclass
class Session:
    """The jobs of one command."""

    exit: ExitStatus = field(default_factory=ExitStatus)
    shared: Shared = field(default_factory=Shared)
    full_errors: bool = False
    varied: tuple[str, ...] | None = None
    command: tuple[str, ...] = ()
    jobs: int = 0

    def run(self, config: DictConfig) -> None:
        """Run one job as its configuration says; one that fails does not stop the others of a --multirun."""
        state = HydraConfig.get()
        folder = Path(state.runtime.output_dir)
        self.jobs += 1
        try:
            check_named()
            check_overrides(map(str, OmegaConf.to_container(state.overrides.task) or ()))
            chosen = chosen_detector(state.runtime.choices)
            enforced = str(state.runtime.choices.get("enforcement"))
            job = Job(config, folder, chosen, enforced, self.shared, self.exit.fail, self.varied, self.command)
            name = task_of(job)
            if self.varied is not None:
                if name not in ("sweep", "simulate"):
                    raise HydrasOwn
                name = "sweep"
            if name == "options":
                import_module("experiments.cli.options").run(job)
                return
            check_free(config, folder, name, overwrite=job.overwrite)
            task = import_module(f"experiments.cli.{name}")
            raise_again()
            with undisguised(), kept_for(folder, name, overwrite=job.overwrite):
                task.run(job)
        except HydrasOwn:
            raise
        except Exception as error:
            if self.full_errors:
                raise
            self.exit.fail(*message_of(error, state.overrides.task))
        finally:
            gc.collect()  # as in outcome_of: the next job of a --multirun needs the memory
            with suppress(OSError):
                if state.mode == RunMode.MULTIRUN:
                    folder.rmdir()  # nothing half-written: the folder goes where nothing came into it


def chosen_detector(choices: Mapping[str, Any]) -> str:
    """Return the name of the file that the group `detector` was composed of.

    Raises
    ------
    ConfigError
        It was given as a list, or taken out and put in without a file.
    """
    chosen = choices.get("detector")
    if not isinstance(chosen, str):
        raise ConfigError(
            "detector must be the name of a file of conf/detector, one value: detector=co_repost; "
            "its keys are changed by detector.KEY=VALUE."
        )
    return chosen


def task_of(job: Job) -> str:
    """Return the module of the task that a job is to run, once its configuration has been found to be right.

    Raises
    ------
    ConfigError
        A key is unknown or missing, the task is unknown, or a value is not allowed.
    """
    keys = set(map(str, job.config))
    if unknown := sorted(keys - set(KEYS)):
        raise ConfigError(f"{unknown[0]} is not an option; allowed here: {', '.join(sorted(KEYS))}.")
    if missing := sorted(set(KEYS) - keys):
        raise ConfigError(f"{missing[0]} is missing; it needs a value.")
    if job.config.options is not None:
        return "options"
    task = job.config.task
    if task not in TASKS:
        raise ConfigError(f"task must be one of {', '.join(TASKS)}; got {task!r}.")
    _ = job.workers, job.overwrite
    if task not in ("describe", "collect", "score"):  # which need neither
        _ = job.world, job.enforcement
        _say_network(job.world)
        check_memory(job.world)  # before a second is spent on importing what would run it
    return str(task)


def _say_network(world: WorldConfig) -> None:
    """Say how large a network of the user's own is, and what that makes of the size of the layers."""
    path = world.graph.edge_list
    if path is not None:
        from experiments.report.terminal import console
        from sim.graph.own import size_of

        said = f"{path}: {size_of(path)[1]}; scenario.scale is {world.scenario.scale:.4g} with it."
        console().print(said)
