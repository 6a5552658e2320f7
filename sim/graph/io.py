"""Follower graphs from and to files: an edge list as CSV or Parquet, plain or gzip.

A file is read at the speed of Arrow. Only where that fails, or finds what cannot be, are its rows walked one by one in
Python to say which is the first bad one: a good file pays nothing for the message.
"""

from __future__ import annotations

import gzip
import io
import os
import reprlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from sim.core.files import temporary_beside
from sim.core.text import RowError, csv_rows
from sim.graph.csr import MAX_ACCOUNTS, FollowerGraph, GraphError

_COLUMNS = ["follower", "followee"]


def read_edge_list(path: str | os.PathLike[str], n: int | None = None) -> FollowerGraph:
    """Read a follower graph from an edge list; a tie that is listed more than once counts once.

    Parameters
    ----------
    path : path
        `.csv`, `.csv.gz`, `.parquet` (with any compression inside) or `.parquet.gz`. A CSV is UTF-8 with a header.
        The columns `follower` and `followee` hold account numbers from 0 on; other columns are ignored.
    n : int, optional
        Number of accounts; one more than the largest number by default.

    Raises
    ------
    GraphError
        The file cannot be read, a column is missing, there is no row, or one is bad: no whole numbers in [0, n), or an
        account that follows itself. Names the file, the line (a CSV's header is line 1) or the row (a Parquet file's
        first is row 1), the value and what was expected.
    """
    if not os.fspath(path):
        raise GraphError("an edge list must have a name; got ''.")
    path = Path(path)
    limit = MAX_ACCOUNTS if n is None else n
    kind, data = _content(path)
    columns, rows = (_csv_columns, _csv_rows) if kind == ".csv" else (_parquet_columns, _parquet_rows)
    try:
        followers, followees = columns(path, data)
        fault = _fault(followers, followees, limit)
    except pa.ArrowException as error:
        fault = _one_line(error)
    if fault or kind == ".csv" and (b"0x" in data or b"0X" in data):  # Arrow would take 0x10 for a number
        for place, cells in rows(path, data):
            wrong = _wrong(cells, limit)
            if wrong:
                raise GraphError(f"{path}: {'line' if kind == '.csv' else 'row'} {place}: {wrong}.")
    if fault:
        raise GraphError(f"{path}: cannot be read: {fault}.")
    if not followers.size:
        raise GraphError(f"{path}: must have a row after its header; got none.")
    if n is None:
        n = int(max(followers.max(), followees.max())) + 1
    return FollowerGraph.from_ties(followers, followees, n)


def _content(path: Path) -> tuple[str, bytes]:
    """Return the kind of a file by its name, and its content, unpacked."""
    kind = _kind(path)
    try:
        data = path.read_bytes()
        return kind, gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: a name with a zero byte
        raise GraphError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _kind(path: Path) -> str:
    """Return `.csv` or `.parquet`."""
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if kind not in (".csv", ".parquet"):
        raise GraphError(f"{path}: the name must end in .csv, .csv.gz, .parquet or .parquet.gz; got {path.name!r}.")
    return kind


def _csv_columns(path: Path, data: bytes) -> list[NDArray[np.int64]]:
    """Read the two columns of a CSV."""
    _check_header(path, next(_csv_cells(path, data), (1, []))[1])
    options = pyarrow.csv.ConvertOptions(
        include_columns=_COLUMNS, column_types=dict.fromkeys(_COLUMNS, pa.int64()), null_values=[]
    )
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)  # in other columns
    whole = pa.BufferReader(data + b"\n")  # a header without a line end is an empty file to Arrow
    table = pyarrow.csv.read_csv(whole, parse_options=parse, convert_options=options)
    return [table.column(name).to_numpy() for name in _COLUMNS]


def _csv_rows(path: Path, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the two cells of each row of a CSV."""
    cells = _csv_cells(path, data)
    _, header = next(cells)
    places = [header.index(name) for name in _COLUMNS]
    for line, row in cells:
        if len(row) != len(header):
            raise GraphError(f"{path}: line {line}: must have {len(header)} cells, as the header has; got {len(row)}.")
        yield line, [row[place] for place in places]


def _csv_cells(path: Path, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield line and cells of each row, as of `csv_rows`."""
    try:
        yield from csv_rows(io.BytesIO(data), errors="replace")
    except RowError as error:
        raise GraphError(f"{path}: {error}.") from error


def _parquet_columns(path: Path, data: bytes) -> list[NDArray[np.int64]]:
    """Read the two columns of a Parquet file."""
    columns = _parquet_table(path, data).columns
    for name, column in zip(_COLUMNS, columns, strict=True):
        if not pa.types.is_integer(column.type):
            raise GraphError(f"{path}: column {name!r} must be of a whole-number type; got {column.type}.")
        if column.null_count:
            raise pa.ArrowInvalid("an empty cell")
    return [column.cast(pa.int64()).to_numpy() for column in columns]


def _parquet_rows(path: Path, data: bytes) -> Iterator[tuple[int, tuple[int | None, ...]]]:
    """Yield the number, from 1 on, and the two cells of each row of a Parquet file."""
    columns = (column.to_pylist() for column in _parquet_table(path, data).columns)
    return enumerate(zip(*columns, strict=True), start=1)


def _parquet_table(path: Path, data: bytes) -> pa.Table:
    try:
        file = pyarrow.parquet.ParquetFile(pa.BufferReader(data))
        _check_header(path, file.schema_arrow.names)
        return file.read(columns=_COLUMNS).select(_COLUMNS)
    except (OSError, pa.ArrowException) as error:
        raise GraphError(f"{path}: cannot be read: {_one_line(error)}.") from error


def _check_header(path: Path, found: list[str]) -> None:
    """Say so where the columns are not there, once each."""
    for name in _COLUMNS:
        if found.count(name) != 1:
            shown = ", ".join(reprlib.repr(column) for column in found[:6]) or "none"
            raise GraphError(f"{path}: the columns must include follower and followee, once each; got {shown}.")


def _fault(followers: NDArray[np.int64], followees: NDArray[np.int64], limit: int) -> str:
    """Say what is wrong with the ties, if anything is."""
    if not followers.size:  # which is said elsewhere
        return ""
    if min(followers.min(), followees.min()) < 0 or max(followers.max(), followees.max()) >= limit:
        return "an account outside the range"
    return "an account that follows itself" if (followers == followees).any() else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _wrong(cells: Sequence[object], limit: int) -> str:
    """Say what is wrong with the cells of one row, if anything is."""
    ends = []
    for name, cell in zip(_COLUMNS, cells, strict=True):
        text = str(cell).strip(" \t")  # as Arrow
        digits = text.lstrip("0") or text[:1]
        if not (text.isascii() and text.isdigit()) or len(digits) > len(str(limit)) or int(digits) >= limit:
            return f"{name} must be a whole number in [0, {limit}); got {reprlib.repr(cell)}"
        ends.append(digits)
    return f"followee must not be the follower itself; got {ends[0]} twice" if ends[0] == ends[1] else ""


def write_edge_list(graph: FollowerGraph, path: str | os.PathLike[str]) -> None:
    """Write a graph as an edge list that `read_edge_list` reads, whole or not at all.

    It is written to a temporary name beside it, then renamed. The number of accounts is not in it: accounts at the end
    without ties are lost unless it is read with `n`, and a graph without any tie cannot be read again.

    Raises
    ------
    GraphError
        The name does not end as it must.
    OSError
        The file cannot be written.
    """
    target = Path(path)
    followers = np.repeat(np.arange(graph.n, dtype=np.int32), graph.following_count())
    table = pa.table({"follower": followers, "followee": graph.indices})
    sink = pa.BufferOutputStream()
    if _kind(target) == ".parquet":
        pyarrow.parquet.write_table(table, sink)
    else:
        pyarrow.csv.write_csv(table, sink)
    data = sink.getvalue().to_pybytes()
    temporary = temporary_beside(target)
    try:
        temporary.write_bytes(gzip.compress(data, 6, mtime=0) if target.suffix == ".gz" else data)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
