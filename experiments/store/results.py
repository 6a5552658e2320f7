"""Results on disk: tables, the resolved configuration and their provenance; a file is written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import detectors
import sim
from sim.core.files import OutputError, write_whole
from sim.metrics import SERIES, Outcome

PACKAGES = (
    "takedown", "numpy", "numba", "llvmlite", "scipy", "mesa", "networkx", "pandas", "pyarrow", "hydra-core",
    "matplotlib", "scikit-learn",
)  # fmt: skip


def check_writable(folder: Path) -> None:
    """Raise `OutputError` unless files can be made in a folder: checked before a run rather than after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}.") from error


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    write_whole(path, buffer.getvalue())


def write_json(value: Any, path: Path) -> None:
    """Write a value as JSON."""
    write_whole(path, (json.dumps(value, indent=2) + "\n").encode())


def row_of(keys: Mapping[str, Any], measures: Mapping[str, float]) -> dict[str, Any]:
    """Return a row of the results table: the keys of the run, then its measures."""
    return {**keys, **measures}


def series_of(keys: Mapping[str, Any], outcome: Outcome) -> pd.DataFrame:
    """Return the measures per step as a table, one row a step, beside the keys; `hours` is the end of the step."""
    steps = len(outcome.series["impressions"])
    return pd.DataFrame(
        {
            **{name: [value] * steps for name, value in keys.items()},
            "step": np.arange(steps),
            "hours": np.arange(1, steps + 1) * outcome.step_hours,
            **{name: outcome.series[name] for name in SERIES},
        }
    )


def digest(*parts: Any) -> str:
    """Return the SHA-256 of configurations (dataclasses, mappings, numbers, texts) as hexadecimal text."""
    plain = [asdict(part) if hasattr(part, "__dataclass_fields__") else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


@cache
def code_digest() -> str:
    """Return the SHA-256 of what a result depends on beside its configuration: source code and versions."""
    whole = hashlib.sha256(json.dumps(versions(), sort_keys=True).encode())
    for package in (sim, detectors):
        folder = Path(str(package.__path__[0]))
        for path in sorted(folder.rglob("*.py")):
            whole.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of the packages that a result depends on."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = None
    return found


def provenance(seeds: Sequence[int], command: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the provenance of results: versions, commit, seeds, command, machine, time."""
    return {
        "command": ["takedown", *(sys.argv[1:] if command is None else command)],
        "seeds": list(seeds),
        "versions": versions(),
        "code_sha256": code_digest(),
        **_commit(),
        "machine": platform.machine(),
        "system": platform.system(),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _commit() -> dict[str, Any]:
    """Return the commit of the checkout that the code is run from, and whether tracked files differ from it."""
    folder = Path(str(sim.__path__[0]))

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")  # an installed copy may lie inside another checkout
        return {"commit": git("rev-parse", "HEAD"), "modified": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "modified": None}
