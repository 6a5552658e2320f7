"""Detectors made for a log: windows as long as it, and no bound that was meant for a step of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.score.config import ScoreConfig
from experiments.score.log import Log

_CROWD = "CreationBurst"  # whose window is that of a crowd of registrations, not of acts
_BOUNDS = ("max_reposts", "max_traces")  # of a window: they keep a run's scoring short, and a log is scored once
_HOLDERS = ("max_reposters", "max_sharers")  # of one item: of a log that is scored once, the work alone is bounded
_ALIKE = ("CoRepost", "CoUrl", "CopyPaste", "FastRepost", "HashtagSequence")
_MOST_STRATA = 4000  # spans times languages that `null_model` compares; it refuses 4,096 and more


def fitted(settings: Mapping[str, Any], log: Log, options: ScoreConfig) -> dict[str, Any]:
    """Return a detector's settings, and those of what it is made of, with windows that fit.

    Parameters
    ----------
    settings : mapping
        `_target_` and parameters.
    log : Log
    options : ScoreConfig
        Its `window_hours`; null is the whole log, unless it is scored at a cadence.
    """
    hours = options.window_hours
    if hours is None and options.cadence_hours is None or hours is not None and math.isinf(hours):
        hours = math.ceil(log.hours) + 1.0
    made = _with(settings, hours, log)
    if options.cadence_hours is None and _name(made) in _ALIKE:  # as parts of `fused` they would tie too many pairs
        made |= {key: None for key in _HOLDERS if key in made}
    return made


def _with(settings: Mapping[str, Any], hours: float | None, log: Log) -> dict[str, Any]:
    made: dict[str, Any] = {
        key: _with(value, hours, log) if isinstance(value, Mapping) else value for key, value in settings.items()
    }
    name = _name(made)
    if hours is not None and name != _CROWD and "window_hours" in made:
        made["window_hours"] = hours
        made |= {key: None for key in _BOUNDS if key in made}
    if name == "Multiplex":  # its layers are what the log has
        lacks = log.fields()
        made["traces"] = [
            trace for trace in made["traces"] if ("post" if trace == "repost" else trace) not in lacks
        ] or made["traces"]
    if name == "NullModel" and hours is not None:
        languages = 1 if log.language is None else int(log.language.max()) + 1
        least = math.ceil(hours * languages / _MOST_STRATA)
        made["bucket_hours"] = max(made.get("bucket_hours", 6.0), float(least))
    return made


def windows_of(settings: Mapping[str, Any]) -> list[float]:
    """Return the windows of a detector's settings, hours, those of its parts included."""
    found = [float(settings["window_hours"])] if "window_hours" in settings else []
    for value in settings.values():
        if isinstance(value, Mapping):
            found += windows_of(value)
    return found


def _name(settings: Mapping[str, Any]) -> str:
    """Return the class of a detector's settings."""
    return str(settings.get("_target_", "")).rpartition(".")[2]
