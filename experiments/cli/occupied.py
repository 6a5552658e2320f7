"""Whether a job may write into its folder: a finished result, or a file of the user's own, is never lost silently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from experiments.cli.errors import shown
from sim.config import ConfigError

# What tasks write beside config.yaml; without it nobody can tell what these are the results of.
_RESULTS = (
    "provenance.json", "results.parquet", "series.parquet", "measures.parquet", "summary.parquet", "report.html",
    "timings.parquet", "archive", "manifest.json", "*_users.csv", "*_users.parquet", "*_tweets.csv",
    "*_tweets.parquet", "activity_*",
)  # fmt: skip
_MOST_KEYS = 3  # that a message names
_ABSENT = object()


def check_named() -> None:
    """Refuse an empty name for the folder of a run: it would be the folder that the user is in."""
    state = HydraConfig.get()
    key, name = ("sweep", state.sweep.dir) if state.mode == RunMode.MULTIRUN else ("run", state.run.dir)
    if not str(name).strip():
        raise ConfigError(f"hydra.{key}.dir must name a folder; got {str(name)!r}.")


def check_free(config: DictConfig, folder: Path, task: str) -> None:
    """Refuse a folder that holds anything but results of the same configuration.

    Those are replaced. A sweep may also extend another sweep's folder, with or without its `config.yaml`.

    Raises
    ------
    ConfigError
        The folder holds other results, or a `config.yaml` that no run wrote.
    """
    path = folder / "config.yaml"
    if task == "describe":
        return  # it writes statistics.json alone: `check_statistics`
    if path.exists():
        there, here = path.read_bytes(), OmegaConf.to_yaml(config, resolve=True)
        if there == here.encode():  # also where the run was ended before it wrote anything else
            return
        if not (folder / "provenance.json").exists():
            _refuse(folder, "a config.yaml that no run wrote: there is no provenance.json beside it")
        before, now = _content(there), yaml.safe_load(here)
        if task == "sweep" and before.get("task") == task:
            return
        if task == "compare" and _extends(before, now):
            return
        _refuse(folder, f"results of another configuration ({_differences(before, now)})")
    if task == "sweep":
        return
    for pattern in _RESULTS:
        for found in sorted(folder.glob(pattern)):
            _refuse(folder, f"{found.name} without a config.yaml that says what it is of")


def _extends(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether two comparisons differ at most in what they compare, and on how many seeds they report."""
    there, here = dict(_leaves(before)), dict(_leaves(now))
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
    key = "sweep" if HydraConfig.get().mode == RunMode.MULTIRUN else "run"
    raise ConfigError(f"{shown(folder)} holds {what}; choose another hydra.{key}.dir, or move it away.")


def _content(data: bytes) -> dict[str, Any]:
    """Return the keys of a file, of YAML or JSON; none where it cannot be read."""
    try:
        found = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Name the keys in which two configurations differ."""
    there, here = dict(_leaves(before)), dict(_leaves(now))
    keys = [key for key in here | there if here.get(key, _ABSENT) != there.get(key, _ABSENT)]
    keys.sort(key=lambda key: key.count("."))  # task and seed say most
    named = [f"{key} is {_value(there, key)} there and {_value(here, key)} here" for key in keys[:_MOST_KEYS]]
    more = f", and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    return "; ".join(named) + more if named else "written by another version"


def _leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _value(leaves: Mapping[str, Any], key: str) -> str:
    return json.dumps(leaves[key], ensure_ascii=False, default=str) if key in leaves else "absent"
