"""Follower graphs from and to files: an edge list as CSV or Parquet, plain or gzip."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from sim.graph.csr import FollowerGraph, GraphError

_COLUMNS = ("follower", "followee")


def read_edge_list(path: str | os.PathLike[str], n: int | None = None) -> FollowerGraph:
    """Read a follower graph from an edge list.

    Parameters
    ----------
    path : path
        `.csv`, `.csv.gz`, `.parquet` or `.parquet.gz`, with the columns
        `follower` and `followee`: account numbers from 0 on.
    n : int, optional
        Number of accounts; one more than the largest number by default.

    Raises
    ------
    GraphError
        Names the file, the row (1 is the first below the header) and what was expected there.
    """
    table = _read(Path(path))
    columns = []
    for name in _COLUMNS:
        if name not in table.column_names:
            raise GraphError(f"{path}: column {name!r} is missing; found {', '.join(table.column_names) or 'none'}.")
        columns.append(_numbers(table.column(name), f"{path}: {name}", n))
    followers, followees = columns
    loops = np.flatnonzero(followers == followees)
    if loops.size:
        row = int(loops[0])
        raise GraphError(f"{path}: row {row + 1}: an account cannot follow itself; got {followers[row]}.")
    largest = int(max(followers.max(), followees.max())) + 1 if followers.size else 0
    return FollowerGraph.from_ties(followers, followees, largest if n is None else n)


def _read(path: Path) -> pa.Table:
    """Read a file as a table, every cell of a CSV as text so that a bad one can be shown."""
    try:
        raw = path.read_bytes()
        if path.suffix == ".gz":
            raw, path = gzip.decompress(raw), path.with_suffix("")
        if path.suffix == ".parquet":
            return parquet.read_table(pa.BufferReader(raw))
        if path.suffix != ".csv":
            raise GraphError(f"{path}: an edge list must end in .csv or .parquet, or .gz after that.")
        header = raw.split(b"\n", 1)[0].decode("utf-8", "replace").strip().replace('"', "").split(",")
        types = csv.ConvertOptions(column_types={name: pa.string() for name in header}, strings_can_be_null=False)
        return csv.read_csv(pa.BufferReader(raw), convert_options=types)
    except GraphError:
        raise
    except (OSError, EOFError, pa.ArrowException) as error:
        raise GraphError(f"{path}: cannot be read as an edge list: {error}") from error


def _numbers(column: pa.ChunkedArray, where: str, n: int | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a column as account numbers."""
    text = pc.fill_null(pc.cast(column, pa.string()), "")
    whole = np.asarray(
        pc.match_substring_regex(text, r"^\s*\d{1,10}\s*$").combine_chunks().to_numpy(zero_copy_only=False)
    )
    bad = np.flatnonzero(~whole.astype(bool))
    expected = "a whole number of at least 0"
    if bad.size:
        raise GraphError(f"{where}: row {bad[0] + 1}: expected {expected}; got {text[int(bad[0])].as_py()!r}.")
    numbers = np.asarray(pc.cast(pc.utf8_trim_whitespace(text), pa.int64()).to_numpy(), np.int64)
    outside = np.flatnonzero(numbers >= (2**31 if n is None else n))
    if outside.size:
        top = (2**31 if n is None else n) - 1
        raise GraphError(
            f"{where}: row {outside[0] + 1}: expected {expected} and at most {top}; got {numbers[outside[0]]}."
        )
    return numbers


def write_edge_list(graph: FollowerGraph, path: str | os.PathLike[str]) -> None:
    """Write a graph as an edge list, whole or not at all: to a temporary name beside it, then renamed."""
    target = Path(path)
    followers = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    table = pa.table({"follower": followers, "followee": graph.indices})
    sink = pa.BufferOutputStream()
    inner = target.with_suffix("") if target.suffix == ".gz" else target
    if inner.suffix == ".parquet":
        parquet.write_table(table, sink)
    elif inner.suffix == ".csv":
        csv.write_csv(table, sink)
    else:
        raise GraphError(f"{path}: an edge list must end in .csv or .parquet, or .gz after that.")
    data = sink.getvalue().to_pybytes()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(data, mtime=0) if target.suffix == ".gz" else data)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
