"""The tables of a sweep, made from the files of its runs: a row a run, a row a run and day.

What the tables hold depends on those files alone, not on when, where or in what order they were made. A folder may hold
the runs of several sweeps: whatever they differ by becomes a column. Runs of other code are left out, and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.store.leaves import leaves
from experiments.store.results import code_digest, write_table
from experiments.store.runs import TWIN, RunRecord, kept_runs
from sim.metrics import SERIES

RESULTS, DAYS, TIMINGS = "results.parquet", "days.parquet", "timings.parquet"
_FIRST = ("detector", "threshold")
_ABSENT = object()


@dataclass
class Collected:
    """The runs of a folder as tables.

    Attributes
    ----------
    table : pandas.DataFrame
        A row a run: the columns by which runs differ (`detector` and `threshold` always), seed, key, steps (done),
        failed (why it broke off, None where it is whole), then the measures of `sim.metrics.results`, NaN where they
        are undefined.
    days : pandas.DataFrame
        A row a run and day: the columns of `table` up to key, day, the measures of `sim.metrics.SERIES`, and the same
        of the unenforced twin with `twin_` before the name.
    timings : pandas.DataFrame
        A row a run: key, cpu_seconds, wall_seconds, peak_memory_bytes, host.
    damaged : list of Path
        Files that do not hold what was written.
    other_code : int
        Runs that are left out because other code made them.
    """

    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    days: pd.DataFrame = field(default_factory=pd.DataFrame)
    timings: pd.DataFrame = field(default_factory=pd.DataFrame)
    damaged: list[Path] = field(default_factory=list)
    other_code: int = 0


def collect(folder: Path) -> Collected:
    """Return the runs that lie in a sweep's folder as tables."""
    found = Collected()
    records: list[RunRecord] = []
    for path, record in kept_runs(folder):
        if record is None:
            found.damaged.append(path)
        else:
            records.append(record)
    chosen = _code_of(records)
    kept = [record for record in records if record.code == chosen]
    found.other_code = len(records) - len(kept)
    if not kept:
        return found
    labels, kept = _labels(kept)
    order = sorted(range(len(kept)), key=lambda i: (*map(_rank, labels[i].values()), kept[i].seed, kept[i].key))
    labels, kept = [labels[i] for i in order], [kept[i] for i in order]
    measures = list(dict.fromkeys(name for record in kept for name in record.measures))
    keys = [{**label, "seed": record.seed, "key": record.key} for label, record in zip(labels, kept, strict=True)]
    found.table = _frame(
        {**key, "steps": record.steps, "failed": record.failed}
        | {name: record.measures.get(name, float("nan")) for name in measures}
        for key, record in zip(keys, kept, strict=True)
    )
    found.days = _days(keys, kept)
    found.timings = pd.DataFrame(
        [{"key": record.key, **vars(record.timing)} for record in kept if record.timing is not None]
    )
    return found


def write_tables(found: Collected, folder: Path) -> list[Path]:
    """Write the tables of a sweep beside its runs; return their paths."""
    written = []
    for name, table in ((RESULTS, found.table), (DAYS, found.days), (TIMINGS, found.timings)):
        if not table.empty:
            write_table(table, folder / name)
            written.append(folder / name)
    return written


def _code_of(records: Sequence[RunRecord]) -> str:
    """Return the code whose runs are shown: the present one, or else the one that made most of them."""
    counts = Counter(record.code for record in records)
    if not counts or code_digest() in counts:
        return code_digest()
    return max(sorted(counts), key=lambda code: counts[code])


def _labels(records: Sequence[RunRecord]) -> tuple[list[dict[str, Any]], list[RunRecord]]:
    """Return, for each run, the columns that distinguish it from the others of its seed; and the runs.

    The columns are those that were varied; and, where runs are still alike, the keys of the configuration in which they
    differ. A run that broke off is left out where one that is like it is whole: its detector has been mended.
    """
    columns = [*_FIRST, *sorted({column for record in records for column in record.arms} - set(_FIRST))]
    flat = [_flat(record.config) for record in records]
    labels = [
        {column: _value(column, record, leaves) for column in columns}
        for record, leaves in zip(records, flat, strict=True)
    ]
    alike: dict[str, list[int]] = {}
    for i, (label, record) in enumerate(zip(labels, records, strict=True)):
        alike.setdefault(json.dumps([label, record.seed], sort_keys=True), []).append(i)
    more: set[str] = set()
    kept: list[int] = []
    for same in alike.values():
        whole = [i for i in same if records[i].failed is None] or same
        kept += whole
        for i in whole[1:]:
            one, other = flat[whole[0]], flat[i]
            more |= {key for key in one | other if one.get(key, _ABSENT) != other.get(key, _ABSENT)}
    more -= set(columns)
    found = [{**labels[i], **{key: flat[i].get(key) for key in sorted(more)}} for i in kept]
    return found, [records[i] for i in kept]


def _value(column: str, record: RunRecord, leaves: Mapping[str, Any]) -> Any:
    """Return what a run has in a column that may not have been varied in its own sweep."""
    for known in (record.arms, record.choices, leaves):
        if column in known:
            return known[column]
    return None


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a configuration by dotted key; lists as texts, which can stand in a table."""
    return {key: json.dumps(value) if isinstance(value, list | dict) else value for key, value in leaves(config)}


def _rank(value: Any) -> tuple[int, float, str]:
    """Return what rows are sorted by: what is absent, then numbers by their size, then texts."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value))


def _frame(rows: Any) -> pd.DataFrame:
    """Return rows as a table; a column of numbers and texts is one of texts."""
    table = pd.DataFrame(list(rows))
    for column in table.columns:
        kinds = {type(value) for value in table[column] if value is not None and value == value}
        if str in kinds and len(kinds) > 1 or bool in kinds and len(kinds) > 1:
            table[column] = [None if value is None or value != value else str(value) for value in table[column]]
    table["failed"] = table["failed"].astype(object).where(table["failed"].notna(), None)
    return table


def _days(keys: Sequence[Mapping[str, Any]], records: Sequence[RunRecord]) -> pd.DataFrame:
    lengths = [max((len(values) for values in record.days.values()), default=0) for record in records]
    labels = _frame({**key, "failed": None} for key in keys).drop(columns="failed")
    table = labels.loc[np.repeat(np.arange(len(keys)), lengths)].reset_index(drop=True)
    table["day"] = np.concatenate([np.arange(length) for length in lengths])
    for name in (*SERIES, *(TWIN + name for name in SERIES)):
        table[name] = np.concatenate(
            [record.days.get(name, np.full(n, np.nan)) for record, n in zip(records, lengths, strict=True)]
        )
    return table
