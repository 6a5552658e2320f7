"""Whether a job may write into its folder: a finished result, or a file of the user's own, is never lost silently."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from experiments.cli.errors import shown
from experiments.store.folders import EVALUATIONS, RUNS, TWINS
from experiments.store.leaves import leaves
from sim.config import ConfigError

# What tasks write beside config.yaml; without it nobody can tell what these are the results of.
_RESULTS = (
    RUNS, EVALUATIONS, "provenance.json", "results.parquet", "series.parquet", "days.parquet",
    "timings.parquet", "comparison.csv", "comparison.parquet", "differences.parquet", "measures.parquet",
    "summary.parquet", "report.html",
    "archive", "manifest.json", "*_users.csv", "*_users.parquet", "*_tweets.csv", "*_tweets.parquet", "activity_*",
    "accounts.csv", "accounts.parquet", "scores.csv", "scores.parquet", "edges.csv", "groups.csv", "network.graphml",
)  # fmt: skip
_MOST_KEYS = 3  # that a message names
_ABSENT = object()


def check_named() -> None:
    """Refuse an empty name for the folder of a run: it would be the folder that the user is in."""
    state = HydraConfig.get()
    key = folder_key()
    name = state.sweep.dir if key == "sweep" else state.run.dir
    if not str(name).strip():
        raise ConfigError(f"hydra.{key}.dir must name a folder; got {str(name)!r}.")


@contextmanager
def kept_for(folder: Path, task: str, *, overwrite: bool) -> Iterator[None]:
    """Keep other commands out of a job's folder while the block runs; with `overwrite`, its results are removed first.

    What killed commands left half-written goes in any case.

    Raises
    ------
    OutputError
        Another command writes into it, or it cannot be written.
    """
    if task == "describe":
        yield
        return
    from experiments.store.lock import only_writer  # numba comes with these
    from sim.core.files import remove_leftovers

    with only_writer(folder):
        remove_leftovers(folder, *(folder / name for name in (RUNS, EVALUATIONS, TWINS)))
        if overwrite and task != "collect":
            _remove_results(folder)
        yield


def check_free(config: DictConfig, folder: Path, task: str, *, overwrite: bool) -> None:
    """Refuse a folder that holds anything but results of the same configuration, which are made again.

    A sweep may add to the runs of another sweep; then nothing is replaced but the tables, which hold all runs.

    Raises
    ------
    ConfigError
        The folder holds other results, or there is nothing in it to collect.
    """
    if task == "describe":
        return  # it writes statistics.json alone: `check_statistics`
    path, here = folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True)
    if path.exists() and not (folder / "provenance.json").exists() and path.read_bytes() != here.encode():
        _refuse(folder, "a config.yaml that no run wrote: there is no provenance.json beside it")
    if task == "collect":
        if not _holds_runs(folder):
            raise ConfigError(f"{shown(folder)} holds no runs of a sweep; hydra.run.dir must name the folder of one.")
        return
    if overwrite or task == "lesson" or task == "sweep" and _holds_runs(folder):
        return  # a page's runs are found by their keys, whatever else lies beside them
    if path.exists() and not _holds_runs(folder):
        before, now = _without_means(_content(path.read_bytes())), _without_means(yaml.safe_load(here))
        if before != now and not (task == "compare" and _extends(before, now)):
            _refuse(folder, f"results of another configuration ({_differences(before, now)})")
        if task == "sweep":
            _refuse(folder, "a sweep's tables of an earlier version, which kept no file of each run")
        return
    for pattern in _RESULTS:
        for found in sorted(folder.glob(pattern)):
            what = "the runs of a sweep" if found.name == RUNS else found.name
            _refuse(folder, f"{what} without a config.yaml that says what it is of" if not path.exists() else what)


def _holds_runs(folder: Path) -> bool:
    return any((folder / RUNS).glob("*.parquet"))


def _remove_results(folder: Path) -> None:
    """Remove what tasks write, and nothing else."""
    for pattern in (*_RESULTS, "config.yaml"):
        for found in folder.glob(pattern):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink()


def _extends(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether two comparisons differ at most in what they compare, and on how many seeds they report."""
    there, here = dict(leaves(before)), dict(leaves(now))
    keys = {*there, *here} - {"compare.detectors", "compare.report_seeds"}
    return all(there.get(key, _ABSENT) == here.get(key, _ABSENT) for key in keys)


def check_statistics(folder: Path, asked: Mapping[str, Any]) -> None:
    """Refuse a folder whose `statistics.json` is of other files, or of the same looked at in another way."""
    path = folder / "statistics.json"
    if not path.exists():
        return
    there = _content(path.read_bytes())
    now = json.loads(json.dumps(asked))
    before = {key: there.get(key) for key in now}
    if before != now:
        _refuse(folder, f"a statistics.json of something else ({_differences(before, now)})")


def _refuse(folder: Path, what: str) -> None:
    raise ConfigError(f"{shown(folder)} holds {what}; choose another hydra.{folder_key()}.dir, or move it away.")


def folder_key() -> str:
    """Return the word of Hydra's key for the folder: that of a --multirun is another."""
    state = HydraConfig.get()
    several = state.mode == RunMode.MULTIRUN or state.run.dir == state.sweep.dir
    return "sweep" if several else "run"


def _without_means(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without what decides how it is run, and not what comes of it."""
    return {key: value for key, value in config.items() if key not in ("workers", "overwrite")}


def _content(data: bytes) -> dict[str, Any]:
    """Return the keys of a file, of YAML or JSON; none where it cannot be read."""
    try:
        found = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Name the keys in which two configurations differ."""
    there, here = dict(leaves(before)), dict(leaves(now))
    keys = [key for key in here | there if here.get(key, _ABSENT) != there.get(key, _ABSENT)]
    keys.sort(key=lambda key: key.count("."))  # task and seed say most
    named = [f"{key} is {_value(there, key)} there and {_value(here, key)} here" for key in keys[:_MOST_KEYS]]
    more = f", and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return "; ".join(named) + more if named else "written by another version"


def _value(leaves: Mapping[str, Any], key: str) -> str:
    return json.dumps(leaves[key], ensure_ascii=False, default=str) if key in leaves else "absent"
