"""Sweeps: detector x threshold x seed, every policy beside the twin of its seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.store.results import code_digest, digest, series_of, write_table
from experiments.store.twins import OnStep, Twins, Worlds, outcome_of
from sim import ConfigError
from sim.config import EnforcementConfig, WorldConfig, is_threshold
from sim.config.detector import detector_settings, load_detector
from sim.core.files import OutputError
from sim.graph.csr import GraphError
from sim.metrics import Outcome, results
from sim.platform.platform import check_protocol

UNENFORCED = "none"  # what the tables call the detector of a twin


@dataclass(frozen=True)
class Cell:
    """One run of a sweep."""

    detector: str
    threshold: float
    seed: int

    def __str__(self) -> str:
        return f"{self.detector} at threshold {self.threshold:g}, seed {self.seed}"


@dataclass
class SweepResults:
    """What a sweep came to.

    Attributes
    ----------
    table : pandas.DataFrame
        One line a cell: detector, threshold, seed, key, then every measure of `sim.metrics.results`.
    series : pandas.DataFrame
        One line a step of each cell and of each twin (detector `none`), with the measures of `sim.metrics.SERIES`.
    failures : list of (Cell, str)
        Cells that could not be run, and why.
    reused : int
        Cells whose results lay in the folder already.
    """

    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    failures: list[tuple[Cell, str]] = field(default_factory=list)
    reused: int = 0


def grid(detectors: Sequence[str], thresholds: Mapping[str, Sequence[Any]], seeds: Sequence[int]) -> list[Cell]:
    """Return the cells of a sweep, seed by seed.

    Raises
    ------
    ConfigError
        A detector has no thresholds, one of them is not a number in [0, 1] or inf, or something is there twice.
    """
    if not detectors or not seeds:
        raise ConfigError("sweep.detectors and sweep.seeds must name at least one each; got none.")
    _check_distinct("sweep.detectors", detectors)
    for name in detectors:
        where, values = f"sweep.thresholds.{name}", thresholds.get(name)
        if values is None or isinstance(values, str | float | int) or not len(values):
            have = "" if name in thresholds else f" Detectors that have one: {', '.join(sorted(thresholds))}."
            raise ConfigError(f"{where} must be a list of thresholds; got {values!r}.{have}")
        for value in values:
            if not is_threshold(value):
                raise ConfigError(f"{where} must hold numbers in [0, 1] or inf; got {value!r}.")
        _check_distinct(where, values)
    return [Cell(name, float(value), seed) for seed in seeds for name in detectors for value in thresholds[name]]


def _check_distinct(where: str, values: Sequence[Any]) -> None:
    """Refuse what is there twice: the table would take one run for two seeds."""
    twice = [value for i, value in enumerate(values) if value in values[:i]]
    if twice:
        raise ConfigError(f"{where} must hold each value once; got {twice[0]!r} more than once.")


def run_sweep(
    config: WorldConfig,
    cells: Sequence[Cell],
    enforcement: EnforcementConfig,
    *,
    detectors: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    worlds: Worlds | None = None,
    twins: Twins | None = None,
    on_plan: Callable[[int], None] | None = None,
    on_step: OnStep | None = None,
) -> SweepResults:
    """Run every cell beside the twin of its seed; a cell that fails is noted and the rest goes on.

    Parameters
    ----------
    config : WorldConfig
        The world; a cell's seed takes the place of its own.
    cells : sequence of Cell
        See `grid`.
    enforcement : EnforcementConfig
        Policy, cadence, delay and so on; a cell's threshold takes the place of its own.
    detectors : mapping of str to (str or mapping), optional
        What to make each cell's detector from; by default its name (a file of conf/detector).
    folder : Path, optional
        Where the tables are written, after each seed and at the end, also of a sweep that is broken off. Cells whose
        results lie there, of the same configuration and code, are not run again.
    worlds, twins : optional
        To share with other sweeps.
    on_plan, on_step : callable, optional
        Told the number of steps to be run, and each step.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    worlds, twins = worlds or Worlds(), twins or Twins()
    settings = {
        (name, seed): detector_settings((detectors or {}).get(name, name), seed=seed)
        for name, seed in dict.fromkeys((cell.detector, cell.seed) for cell in cells)
    }
    for made_from in {name: one for (name, _), one in settings.items()}.values():
        check_protocol(load_detector(made_from))  # a wrong one shows before the first hour is spent
    keys = {cell: _key(config, cell, enforcement, settings[cell.detector, cell.seed]) for cell in cells}
    found = SweepResults()
    kept = _Kept(folder)
    kept_keys = set(kept.keys)
    todo = [cell for cell in cells if keys[cell] not in kept_keys]
    by_seed: dict[int, list[Cell]] = {}
    for cell in cells:
        by_seed.setdefault(cell.seed, []).append(cell)
    if on_plan is not None:
        fresh_twins = sum(not twins.has(replace(config, seed=seed)) for seed in {cell.seed for cell in todo})
        on_plan((len(todo) + fresh_twins) * config.scenario.n_steps)

    rows: list[dict[str, Any]] = []
    series: list[pd.DataFrame] = []

    def collect() -> None:
        found.table = pd.DataFrame(rows)
        found.series = pd.concat(series, ignore_index=True) if series else pd.DataFrame()
        if folder is not None and rows:
            write_table(found.table, folder / "results.parquet")
            write_table(found.series, folder / "series.parquet")

    try:
        for seed, cells_of_seed in by_seed.items():
            seeded = replace(config, seed=seed)
            twin: Outcome | None = None
            twin_noted = False
            for cell in cells_of_seed:
                if keys[cell] in kept_keys:
                    row, part, twin_part = kept.take(keys[cell])
                    found.reused += 1
                else:
                    try:
                        twin = twin or twins.get(seeded, worlds.get(seeded), on_step)
                        policy = at_threshold(enforcement, cell.threshold)
                        made = load_detector(settings[cell.detector, seed])
                        outcome = outcome_of(seeded, made, policy, worlds.get(seeded), on_step)
                    except (ConfigError, GraphError, OutputError, MemoryError):  # true of every cell
                        raise
                    except Exception as error:  # one cell must not lose the others
                        found.failures.append((cell, " ".join(f"{type(error).__name__}: {error}".split())))
                        continue
                    labels = {"detector": cell.detector, "threshold": cell.threshold, "seed": seed}
                    row = {**labels, "key": keys[cell], **results(outcome, twin)}
                    part = series_of({**labels, "key": keys[cell]}, outcome)
                    twin_part = series_of(
                        {"detector": UNENFORCED, "threshold": math.inf, "seed": seed, "key": ""}, twin
                    )
                rows.append(row)
                if not twin_noted:
                    series.append(twin_part)
                    twin_noted = True
                series.append(part)
            collect()
    except BaseException:
        collect()
        raise
    return found


def at_threshold(enforcement: EnforcementConfig, threshold: float) -> EnforcementConfig:
    """Return an enforcement with another threshold; where its policy never acts, with that of a threshold."""
    policy = "threshold" if enforcement.policy == "never" else enforcement.policy
    return replace(enforcement, policy=policy, threshold=threshold)


def _key(config: WorldConfig, cell: Cell, enforcement: EnforcementConfig, settings: dict[str, Any]) -> str:
    """Return what identifies a cell's result: the configuration of its run and the code."""
    policy = at_threshold(enforcement, cell.threshold)
    return digest(replace(config, seed=cell.seed), policy, settings, cell.detector, code_digest())


class _Kept:
    """The tables that lie in a folder from an earlier go, if they can be read."""

    def __init__(self, folder: Path | None) -> None:
        self.keys: list[str] = []
        if folder is None:
            return
        try:
            table = pd.read_parquet(folder / "results.parquet")
            series = pd.read_parquet(folder / "series.parquet")
            self._rows = {row["key"]: row for row in table.to_dict("records")}
            self._series = dict(iter(series.groupby("key", sort=False)))
            self._twins = dict(iter(series[series["detector"] == UNENFORCED].groupby("seed")))
        except (OSError, ValueError, KeyError):
            return
        whole = set(self._rows) & set(self._series)
        self.keys = [key for key in whole if self._rows[key]["seed"] in self._twins]

    def take(self, key: str) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
        """Return a cell's line, its series and its twin's series."""
        row = self._rows[key]
        return row, self._series[key], self._twins[row["seed"]]
