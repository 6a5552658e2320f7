"""The console command `takedown`: a Hydra application that runs a simulation or a sweep, writes or reads an archive."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import hydra
import pandas as pd
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from experiments.cli.archives import DescribeConfig, PublishConfig, describe_files, files_of, publish_wave
from experiments.report import figures
from experiments.report.terminal import console, nobody_reads, run_table, step_progress, sweep_table
from experiments.store.results import check_writable, provenance, row_of, series_of, write_json, write_table
from experiments.store.twins import Twins, Worlds
from experiments.sweep import UNENFORCED, grid, run_sweep
from sim import ConfigError, InfluenceModel
from sim.archive import ArchiveError, check_publishable, write_archive
from sim.config import from_mapping
from sim.config.composition import WORLD_KEYS, check_overrides, enforcement_from, world_from
from sim.config.detector import detectors_of, load_detector
from sim.config.messages import explain, first_line, is_refusal
from sim.config.sources import checked_files
from sim.config.yaml_files import CONFIG_FOLDER
from sim.core.files import OutputError, write_whole
from sim.graph.csr import GraphError
from sim.metrics import results
from sim.observation import DetectorError
from sim.platform.platform import check_protocol

NO_GROUPS = ("seed", "task", "sweep", "compare", "archive", "publish", "describe")
GROUPS = (*(key for key in WORLD_KEYS if key not in NO_GROUPS), "detector", "enforcement")
KEYS = (*GROUPS, *NO_GROUPS)
TASKS = ("simulate", "sweep", "compare", "archive", "describe")
FULL_ERROR = "HYDRA_FULL_ERROR"  # Hydra's switch for tracebacks
MOST_SEEDS = 100_000
USAGE, FAILURE, INTERRUPTED = 2, 1, 130  # exit statuses


@dataclass(frozen=True)
class SweepConfig:
    """What `task=sweep` reads besides the configuration of a run."""

    seeds: int
    detectors: list[str]
    thresholds: dict[str, list[float]]

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise ConfigError(f"sweep.seeds must lie in [1, {MOST_SEEDS}]; got {self.seeds}.")


@dataclass
class Session:
    """What the jobs of one command share, and the worst that came of them."""

    worlds: Worlds = field(default_factory=Worlds)
    twins: Twins = field(default_factory=Twins)
    full_errors: bool = False
    status: int = 0

    def fail(self, message: str, status: int) -> None:
        """Say on one line what went wrong, and remember the exit status."""
        print(f"takedown: {message}", file=sys.stderr)
        self.status = max(self.status, status)

    def job(self, config: DictConfig) -> None:
        """Run one job as its configuration says; one that fails does not stop the others of a --multirun."""
        state = HydraConfig.get()
        folder = Path(state.runtime.output_dir)
        if state.mode == RunMode.MULTIRUN and self.twins.folder is None:
            self.twins.folder = folder.parent / ".twins" if state.sweep.subdir else folder / ".twins"
        try:
            check_overrides(map(str, OmegaConf.to_container(state.overrides.task) or ()))
            unknown = sorted(set(map(str, config)) - set(KEYS))
            if unknown:
                raise ConfigError(f"{unknown[0]} is not an option; allowed here: {', '.join(sorted(KEYS))}.")
            missing = sorted(set(KEYS) - set(map(str, config)))
            if missing:
                raise ConfigError(f"{missing[0]} is missing; it needs a value.")
            if config.task == "simulate":
                self.simulate(config, folder, str(state.runtime.choices["detector"]))
            elif config.task == "sweep":
                self.sweep(config, folder)
            elif config.task == "compare":
                self.compare(config, folder, str(state.runtime.choices["detector"]))
            elif config.task == "archive":
                self.archive(config, folder)
            elif config.task == "describe":
                self.describe(config, folder)
            else:
                raise ConfigError(f"task must be one of {', '.join(TASKS)}; got {config.task!r}.")
        except Exception as error:
            if self.full_errors:
                raise
            self.fail(*_message(error))
        finally:
            gc.collect()  # as in outcome_of: the next job of a --multirun needs the room
            with suppress(OSError):
                folder.rmdir()  # nothing half-written: the folder goes where nothing came into it

    def simulate(self, config: DictConfig, folder: Path, detector_name: str) -> None:
        """Run one simulation and its twin; write and print what came of them, and what an investigation published."""
        world_config, enforcement = world_from(config), enforcement_from(config)
        publish = from_mapping(PublishConfig, _plain(config.publish), "publish")
        detector = load_detector(config.detector)
        check_protocol(detector)
        for route in enforcement.routes.values():
            check_protocol(load_detector(route.detector, seed=world_config.seed))
        check_writable(folder)
        world = self.worlds.get(world_config)
        steps, failed = world_config.scenario.n_steps, None
        with step_progress("simulating") as progress:
            progress.plan(steps * (1 if self.twins.has(world_config) else 2))
            twin = self.twins.get(world_config, world, progress.step)
            model = InfluenceModel(world_config, detector, enforcement=enforcement, world=world)
            try:
                model.run(progress.step)
            except DetectorError as error:  # what has been run is told, beside as many steps of the twin
                twin, done = model.twin(), f"{model.step_number} of {steps} steps"
                failed = f"{str(error).removesuffix('.')}. Results are of {done}."
        outcome = model.outcome()
        threshold = model.platform.enforcement.threshold
        labels = {
            "scenario": world_config.scenario.name, "detector": detector_name, "threshold": threshold,
            "seed": world_config.seed,
        }  # fmt: skip
        twin_labels = {**labels, "detector": UNENFORCED, "threshold": float("inf")}
        series = pd.concat([series_of(twin_labels, twin), series_of(labels, outcome)], ignore_index=True)
        write_table(pd.DataFrame([row_of(labels, results(outcome, twin))]), folder / "results.parquet")
        write_table(series, folder / "series.parquet")
        self._origin(config, folder, [world_config.seed], failed)
        published = publish_wave(model, folder / "archive", publish, _shown(folder / "archive"))
        title = f"{world_config.scenario.name}: {detector_name} at threshold {threshold:g}, seed {world_config.seed}"
        if failed:
            self.fail(failed, FAILURE)
            title += f", the first {model.step_number} of {steps} steps"
        out = console()
        out.print(run_table(title, outcome, twin))
        if published:
            out.print(published, soft_wrap=True)
        out.print(f"results in {_shown(folder)}", soft_wrap=True)

    def sweep(self, config: DictConfig, folder: Path) -> None:
        """Run detectors x thresholds x seeds; write tables and figures, print the summary."""
        world_config, enforcement = world_from(config), enforcement_from(config)
        options = from_mapping(SweepConfig, _plain(config.sweep), "sweep")
        seeds = [world_config.seed + i for i in range(options.seeds)]
        replace(world_config, seed=seeds[-1])  # may be too large
        cells = grid(options.detectors, options.thresholds, seeds)
        chosen = str(HydraConfig.get().runtime.choices["detector"])
        own = detectors_of(config, chosen, options.detectors)
        check_writable(folder)
        with step_progress("sweeping") as progress:
            found = run_sweep(
                world_config, cells, enforcement, folder=folder, worlds=self.worlds, twins=self.twins,
                detectors=own, on_plan=progress.plan, on_step=progress.step,
            )  # fmt: skip
        for cell, reason in found.failures:
            self.fail(f"{cell} failed: {reason}", FAILURE)
        if found.table.empty:
            return
        self._origin(config, folder, seeds)
        written = figures.save(figures.curve(found.table), folder / "reach_against_false_positives")
        policy = figures.shown_policy(found.table)
        written += figures.save(figures.over_time(found.series, *policy), folder / "operation_over_time")
        out = console()
        out.print(sweep_table(found.table))
        if found.reused:
            out.print(f"{found.reused} of {len(found.table)} runs were in the folder already")
        for path in [*written, folder / "results.parquet"]:
            out.print(_shown(path), soft_wrap=True)

    def archive(self, config: DictConfig, folder: Path) -> None:
        """Run one simulation and write it as an archive; the twin is not needed."""
        world_config, enforcement = world_from(config), enforcement_from(config)
        options = from_mapping(PublishConfig, _plain(config.publish), "publish")
        check_publishable(world_config.scenario)
        detector = load_detector(config.detector)
        check_protocol(detector)
        check_writable(folder)
        model = InfluenceModel(world_config, detector, enforcement=enforcement, world=self.worlds.get(world_config))
        with step_progress("simulating") as progress:
            progress.plan(world_config.scenario.n_steps)
            model.run(progress.step)
        written = write_archive(model, folder, hash_below=options.hash_below)
        self._origin(config, folder, [world_config.seed])
        out = console()
        for path in written:
            out.print(_shown(path), soft_wrap=True)

    def describe(self, config: DictConfig, folder: Path) -> None:
        """Print what an archive's files hold, beside the record, and write it as JSON."""
        options = from_mapping(DescribeConfig, _plain(config.describe), "describe")
        files = files_of(_plain(config.archive))
        check_writable(folder)
        table = describe_files(files, options, folder)
        out = console()
        out.print(table)
        out.print(_shown(folder / "statistics.json"), soft_wrap=True)

    def compare(self, config: DictConfig, folder: Path, chosen: str) -> None:
        """Run the bench; `chosen` is the detector of the command line, with its values as changed there."""
        from experiments.cli.compare import REPORT, compare
        from experiments.compare.run import Interrupted  # takes a second that the other tasks need not wait

        stopped = None
        try:
            found = compare(config, folder, chosen, self.worlds)
        except Interrupted as error:
            found, stopped = error.found, error
        for name, reason in found.failures:
            self.fail(f"{name} could not be judged: {reason}", FAILURE)
        if not found.measures.empty:
            console().print(_shown(folder / REPORT), soft_wrap=True)
        if stopped is not None:
            seeds = f"{len(found.report_seeds)} of the {found.stopped_of} seeds to be reported on"
            self.fail(f"what was judged so far, on {seeds}, is in {_shown(folder)}", INTERRUPTED)
            raise stopped

    def _origin(self, config: DictConfig, folder: Path, seeds: list[int], failed: str | None = None) -> None:
        write_whole(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True).encode())
        write_json(provenance(seeds) | ({"failed": failed} if failed else {}), folder / "provenance.json")


def main() -> None:
    """Run the command line; leave with 0, 1 (a run failed), 2 (wrong use) or 130 (interrupted)."""
    session = Session(full_errors=os.environ.get(FULL_ERROR) == "1")

    def job(config: DictConfig) -> None:
        session.job(config)

    application = hydra.main(version_base="1.3", config_path=CONFIG_FOLDER, config_name="config")(job)
    try:
        try:
            with _errors_come_through(), checked_files():
                application()
        finally:
            if sys.stdout is not None:  # it is None where it was closed from the start
                sys.stdout.flush()
    except KeyboardInterrupt:
        session.fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        nobody_reads()
    except Exception as error:
        if session.full_errors:
            raise
        session.fail(*_message(error))
    sys.exit(session.status)


def _message(error: Exception) -> tuple[str, int]:
    """Return what a user is told of an error, and the exit status."""
    if isinstance(error, ConfigError):
        return str(error), USAGE
    if isinstance(error, ArchiveError):
        return f"archive: {error}", USAGE
    if isinstance(error, GraphError):
        return f"graph.edge_list: {error}", USAGE
    if is_refusal(error):
        return explain(error), USAGE
    if isinstance(error, ValueError) and "Config group override" in str(error):  # all that Hydra says of it
        given = [word for word in sys.argv[1:] if word.partition("=")[0] in ("", *GROUPS, "experiment")]
        return f"a group is chosen by the name of one of its files; got {', '.join(given)}.", USAGE
    if isinstance(error, ValueError) and str(error).startswith(("The --", "Only one of --")):  # Hydra's of its flags
        return str(error) + ".", USAGE
    if isinstance(error, DetectorError | OutputError):
        return str(error), FAILURE
    if isinstance(error, MemoryError):
        return "not enough memory; a smaller scenario.scale or organic_log_share needs less", FAILURE
    if isinstance(error, OSError):
        return f"{error.filename or 'standard output'} cannot be used: {error.strerror or error}.", FAILURE
    return f"{type(error).__name__}: {first_line(error)} (HYDRA_FULL_ERROR=1 shows where)", FAILURE


@contextmanager
def _errors_come_through() -> Iterator[None]:
    """Keep Hydra from printing tracebacks itself: it lets errors through where HYDRA_FULL_ERROR is 1."""
    before, refuse = os.environ.get(FULL_ERROR), argparse.ArgumentParser.error
    os.environ[FULL_ERROR] = "1"
    argparse.ArgumentParser.error = _refuse_flags  # type: ignore[method-assign]
    logging.raiseExceptions = False  # or Hydra's log tells at length that nobody reads it any more
    try:
        yield
    finally:
        logging.raiseExceptions = True
        argparse.ArgumentParser.error = refuse  # type: ignore[method-assign]
        os.environ.pop(FULL_ERROR)
        if before is not None:
            os.environ[FULL_ERROR] = before


def _refuse_flags(self: argparse.ArgumentParser, message: str) -> NoReturn:
    raise ConfigError(f"{message}; flags come before key=value, and takedown --hydra-help lists them.")


def _plain(value: Any) -> Any:
    """Return a part of a configuration without OmegaConf."""
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _shown(path: Path) -> str:
    """Return a path as seen from the folder the user is in."""
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    main()
