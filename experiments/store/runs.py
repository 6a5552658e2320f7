"""A run of a sweep on disk: one file of its own, named by the hash of what made it, with a digest of what it holds.

The file is Parquet: the run's days as its table, the rest as JSON under the key `takedown` of its metadata. Whatever a
folder's tables say is made from such files (`experiments.store.collect`), and can be made again.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.store.folders import RUNS
from sim.core.files import write_whole
from sim.metrics import SERIES, Outcome

TWIN = "twin_"  # before the name of a measure of the unenforced twin
SUMMED = ("impressions", "organic_amplification")  # over a day; the other measures of SERIES as they stand at its end
_METADATA = b"takedown"


class DamagedRun(ValueError):
    """A run's file was cut short, changed, or is none."""


@dataclass(frozen=True)
class Timing:
    """What a run took. It differs each time, and is no part of a result.

    Attributes
    ----------
    cpu_seconds, wall_seconds : float
        Of the run itself, without its world and its twin.
    peak_memory_bytes : int
        Of the process that ran it, up to its end.
    host : str
    """

    cpu_seconds: float
    wall_seconds: float
    peak_memory_bytes: int
    host: str


@dataclass(frozen=True)
class RunRecord:
    """The result of one run.

    Attributes
    ----------
    key : str
        SHA-256 of the configuration and the code.
    code : str
        Of the code alone.
    arms : dict of str to number, text, bool or None
        What was varied, by column: `detector` and `threshold` first.
    choices : dict of str to str
        The file that each group of the configuration was composed of.
    config : dict
        All that the run was made from, resolved.
    seed : int
    steps, planned_steps : int
        Done, and of the whole run.
    failed : str, optional
        Why the run was broken off.
    measures : dict of str to float
        Of `sim.metrics.results`, over the steps done; empty where nothing can be said.
    days : dict of str to list of float
        By day: the measures of `SERIES`, and with `twin_` before it each one of the unenforced twin.
    timing : Timing, optional
    """

    key: str
    code: str
    arms: Mapping[str, Any]
    choices: Mapping[str, str]
    config: Mapping[str, Any]
    seed: int
    steps: int
    planned_steps: int
    failed: str | None
    measures: Mapping[str, float]
    days: Mapping[str, list[float]]
    timing: Timing | None = field(default=None, compare=False)

    def digest(self) -> str:
        """Return the SHA-256 of the result."""
        content = {name: value for name, value in vars(self).items() if name != "timing"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def days_of(outcome: Outcome, twin: Outcome | None) -> dict[str, list[float]]:
    """Return the measures of `SERIES` by day, of a run and of its twin over as many steps.

    A day that has only begun counts with what there is of it.
    """
    found = {}
    for prefix, one in (("", outcome), (TWIN, twin)):
        if one is None:
            continue
        steps = one.series["impressions"].size
        day = np.ceil(np.arange(1, steps + 1) * one.step_hours / 24.0 - 1e-9).astype(np.int64) - 1
        starts = np.flatnonzero(np.diff(day, prepend=-1))
        ends = np.append(starts[1:], steps) - 1
        for name in SERIES:
            values = one.series[name]
            by_day = np.add.reduceat(values, starts) if name in SUMMED and steps else values[ends[: starts.size]]
            found[prefix + name] = [float(value) for value in by_day]
    return found


def pack_run(record: RunRecord) -> bytes:
    """Return the content of a run's file."""
    rest = {name: value for name, value in vars(record).items() if name not in ("days", "timing")}
    rest |= {"digest": record.digest(), "timing": None if record.timing is None else asdict(record.timing)}
    table = pa.table({name: pa.array(values, pa.float64()) for name, values in record.days.items()})
    buffer = io.BytesIO()
    # Without the schema in Arrow's own form, which would hold all of the metadata once more.
    with pq.ParquetWriter(buffer, table.schema, store_schema=False, write_statistics=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({_METADATA: json.dumps(rest).encode()})
    return buffer.getvalue()


def run_path(folder: Path, key: str) -> Path:
    """Return where the run of a key lies in a sweep's folder."""
    return folder / RUNS / f"{key}.parquet"


def write_run(folder: Path, record: RunRecord) -> None:
    """Write a run's file; raise `OutputError` where it cannot be written."""
    write_whole(run_path(folder, record.key), pack_run(record))


def read_run(path: Path) -> RunRecord:
    """Read a run's file.

    Raises
    ------
    DamagedRun
        It cannot be read, or does not hold what was written.
    """
    try:
        # Without Arrow's threads: a process that is forked later would not have them.
        file = pq.ParquetFile(io.BytesIO(path.read_bytes()), pre_buffer=False)
        table = file.read(use_threads=False)
        rest = json.loads(file.metadata.metadata[_METADATA])
        days = {name: table.column(name).to_pylist() for name in table.column_names}
        digest, timing = rest.pop("digest"), rest.pop("timing")
        record = RunRecord(**rest, days=days, timing=None if timing is None else Timing(**timing))
        whole = record.digest() == digest and record.key == path.stem
    except (OSError, ValueError, LookupError, TypeError, AttributeError, pa.ArrowException) as error:
        raise DamagedRun(f"{path} cannot be read: {error}") from error
    if not whole:
        raise DamagedRun(f"{path} does not hold what was written into it")
    return record


def kept_runs(folder: Path) -> Iterator[tuple[Path, RunRecord | None]]:
    """Yield the files of a folder's runs in the order of their names; None in place of what is damaged."""
    for path in sorted((folder / RUNS).glob("*.parquet")):
        try:
            yield path, read_run(path)
        except DamagedRun:
            yield path, None
