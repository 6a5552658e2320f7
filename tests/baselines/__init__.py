"""Fingerprints of five small runs, as they are in the JSON files beside this one.

A commit that changes what a run comes to changes a baseline, and says so in CHANGELOG.md under "Changes results".
They are made anew by `python -m tests.baselines`.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np

from sim import InfluenceModel, load_scenario
from sim.config.composition import load_enforcement

FOLDER = Path(__file__).parent
#: Scenario, detector, enforcement, and overrides to the world; ten days let replacement, appeals and trends begin.
RUNS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "threshold": ("hk2019", "co_repost", ("enforcement.threshold=0.4", "enforcement.delay_hours=2"), ()),
    "defence_spread": (
        "hk2019", "co_repost", ("enforcement=defence",),
        ("scenario.days=12", "operation.tactics=[spread_registrations]", "operation.supply.idle_loss_per_day=0.01"),
    ),
    "ladder": ("hk2019", "fused", ("enforcement=ladder",), ()),
    "ira2016": ("ira2016", "fast_repost", ("enforcement.threshold=0.3",), ("scenario.scale=0.02",)),
    "prc2020": ("prc2020", "creation_burst", ("enforcement=top_k",), ()),
}  # fmt: skip
#: The columns of each log, in the order in which they are hashed.
LOGS = {
    "activity": ("time", "account", "kind", "author", "post_time", "source", "topic", "language"),
    "impressions": ("time", "account", "author", "post_time", "source"),
    "reports": ("time", "account", "kind", "author", "post_time"),
    "enforcement": ("time", "account", "action", "route", "lifted"),
    "second_platform": ("time", "account", "entity"),
}
SERIES = (
    "impressions", "reach", "organic_amplification", "live_amplifiers",
    "suspended_organic", "suspended_core", "suspended_amplifiers",
)  # fmt: skip


def run(name: str) -> InfluenceModel:
    """Return one of `RUNS`, run to its end."""
    scenario, detector, enforcement, overrides = RUNS[name]
    sizes = ["scenario.scale=0.01", "scenario.days=10"]
    config = load_scenario(scenario, seed=1, overrides=[*sizes, *overrides])
    model = InfluenceModel(config, detector, enforcement=load_enforcement(*enforcement))
    model.run()
    return model


def fingerprint(model: InfluenceModel) -> dict[str, Any]:
    """Return what a run came to: rows and hash of each log, hashes of the series, and the results to nine digits."""
    logs = {
        "activity": model.activity, "impressions": model.impressions, "reports": model.reader_reports,
        "enforcement": model.platform.actions.log, "second_platform": model.second_platform.views,
    }  # fmt: skip
    series = model.outcome().series
    return {
        "logs": {
            name: {"rows": len(log), "sha256": _hash([log[key] for key in LOGS[name]])} for name, log in logs.items()
        },
        "status": _hash([model.accounts.status, model.accounts.suspended_at]),
        "series": {name: _hash([np.array([_digits(value) for value in series[name]], "S")]) for name in SERIES},
        "results": {name: _digits(value) for name, value in model.results().items()},
    }


def differences(expected: Mapping[str, Any], found: Mapping[str, Any], where: str = "") -> list[str]:
    """Return what differs between two fingerprints, a line each; measures that are new since are none."""
    lines = []
    for key, value in expected.items():
        other = found.get(key, "nothing")
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            lines += differences(value, other, f"{where}{key}.")
        elif value != other:
            lines.append(f"{where}{key}: {value} before, {other} now")
    return lines


def versions() -> dict[str, str]:
    """Return the versions that a run's last digits may depend on."""
    return {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__}


def read(name: str) -> dict[str, Any]:
    """Return a baseline from its file."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def _digits(value: float) -> str:
    return f"{value:.9g}"


def _hash(columns: list[np.ndarray[Any, Any]]) -> str:
    """Return the SHA-256 of columns: integers as int64, texts as they are, the number of rows before each."""
    digest = hashlib.sha256()
    for column in columns:
        digest.update(f"{column.size};".encode())
        digest.update((column if column.dtype.kind == "S" else column.astype("<i8")).tobytes())
    return digest.hexdigest()
