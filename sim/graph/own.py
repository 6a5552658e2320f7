"""A network of somebody's own in the place of the drawn follower graph: any ids, in the forms in which networks come.

An edge list as text (CSV, or SNAP's: two columns between spaces or tabs, comments after `#`), with or without a header,
or as Parquet; GraphML and GML, read by NetworkX; each plain or gzip. The first column follows the second. Ties of an
undirected graph go both ways. What the simulation writes itself, whole numbers below `follower,followee`, is read by
`sim.graph.io`, which refuses more.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import reprlib
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.text import reason_of
from sim.graph.csr import FollowerGraph, GraphError
from sim.graph.io import read_edge_list

HEADERS = (("follower", "followee"), ("source", "target"), ("from", "to"), ("src", "dst"), ("fromnodeid", "tonodeid"))
_ENDINGS = (".csv", ".tsv", ".txt", ".edges", ".parquet", ".graphml", ".gml")
_HEAD = 1 << 16  # bytes by which our own files are known
_LONG = 10  # digits of an id that is no number of an account
_FEW = 1.0  # follows of an account on average, below which a graph is almost empty


@dataclass(frozen=True)
class OwnNetwork:
    """A network as it was read.

    Attributes
    ----------
    graph : FollowerGraph
    ids : tuple of str or None
        By account, as in the file; None where these are the account's number.
    dropped : int
        Ties of an account to itself, which were left out.
    """

    graph: FollowerGraph
    ids: tuple[str, ...] | None = None
    dropped: int = 0

    def __str__(self) -> str:
        """Say how large it is, and whether it is almost empty."""
        n, ties = self.graph.n, self.graph.n_ties
        said = f"{n:,} accounts, {ties:,} ties, {ties / n:.3g} follows an account"
        more = f"; {self.dropped:,} ties of an account to itself were left out" if self.dropped else ""
        empty = "; the graph is almost empty, and next to nothing spreads on it" if ties < _FEW * n else ""
        return said + more + empty


def read_network(path: str | os.PathLike[str], n: int | None = None) -> OwnNetwork:
    r"""Read a network of any of these forms.

    Accounts are numbered by their ids where these are the numbers in a file of our own, else in the order in which the
    file names them.

    Parameters
    ----------
    path : path
    n : int, optional
        Number of accounts in a file of our own, where those with the highest numbers may have no tie.

    Raises
    ------
    GraphError
        The file cannot be read, is of no known form, or holds no tie. Names the file, the line and what is allowed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "snap.txt")
    >>> _ = path.write_text("# FromNodeId ToNodeId\n30 1412\n30 3352\n1412 30\n")
    >>> print(read_network(path))
    3 accounts, 3 ties, 1 follows an account
    """
    path = Path(path)
    kind = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if kind not in _ENDINGS:
        raise GraphError(f"{path}: the name must end in {', '.join(_ENDINGS)}, or one of these and .gz.")
    if kind in (".graphml", ".gml"):
        return _of_networkx(path, kind)
    ends = _of_parquet(path) if kind == ".parquet" else _of_text(path)
    if ends is None:
        return OwnNetwork(read_edge_list(path, n))
    return _numbered(path, *ends)


def sized(config: WorldConfig) -> WorldConfig:
    """Return a configuration whose public is as large as its network: `scenario.scale` follows from the file.

    The layers keep their proportions. A configuration without a network, or with one of its size, is returned as it is.

    Raises
    ------
    GraphError
        `graph.edge_list` names a file that cannot be used.
    """
    if config.graph.edge_list is None:
        return config
    n = size_of(config.graph.edge_list)[0]
    if n == config.scenario.n_organic:
        return config
    return replace(config, scenario=replace(config.scenario, scale=n / config.scenario.organic))


def size_of(path: str) -> tuple[int, str]:
    """Return the accounts of a network, and what is to be said of it; a file is read once for it."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise GraphError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return _size_of(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _size_of(path: str, _changed: int, _length: int) -> tuple[int, str]:
    network = read_network(path)
    if network.graph.n < 2:
        raise GraphError(f"{path}: must hold at least two accounts; got {network.graph.n}.")
    return network.graph.n, str(network)


def _of_networkx(path: Path, kind: str) -> OwnNetwork:
    import networkx as nx

    try:
        graph: Any = nx.read_graphml(path) if kind == ".graphml" else nx.read_gml(path)
    except Exception as error:  # whatever a parser raises
        reason = reason_of(error) or type(error).__name__
        raise GraphError(f"{path}: cannot be read as {kind[1:].upper()}: {reason}.") from error
    number = {node: i for i, node in enumerate(graph.nodes)}
    ends = np.array([(number[one], number[other]) for one, other in graph.edges()], np.int64).reshape(-1, 2)
    if not graph.is_directed():
        ends = np.concatenate([ends, ends[:, ::-1]])
    return _graph(path, ends[:, 0], ends[:, 1], tuple(map(str, graph.nodes)))


def _of_parquet(path: Path) -> tuple[list[str], list[str]] | None:
    try:
        data = path.read_bytes()
        file = pyarrow.parquet.ParquetFile(pa.BufferReader(gzip.decompress(data) if path.suffix == ".gz" else data))
        names = {name.lower(): name for name in file.schema_arrow.names}
        pair = next((pair for pair in HEADERS if set(pair) <= set(names)), None)
        if pair is None:
            shown = ", ".join(map(reprlib.repr, file.schema_arrow.names[:6])) or "none"
            raise GraphError(f"{path}: the columns must include follower and followee, once each; got {shown}.")
        columns = file.read(columns=[names[name] for name in pair]).select([names[name] for name in pair]).columns
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise GraphError(f"{path}: cannot be read: {reason_of(error)}.") from error
    if pair == HEADERS[0] and not any(pa.types.is_string(column.type) for column in columns):
        return None
    for column in columns:
        if column.null_count:
            row = column.combine_chunks().is_null().index(True).as_py()
            raise GraphError(f"{path}: row {row + 1}: must name two accounts; got nothing.")
    one, other = (column.cast(pa.string()).to_pylist() for column in columns)
    return one, other


def _of_text(path: Path) -> tuple[list[str], list[str]] | None:
    """Return the ends of the ties; None where the file is one of our own."""
    try:
        data = path.read_bytes()
        plain = gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise GraphError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if path.name.endswith((".csv", ".csv.gz")) and _is_our_own(plain[:_HEAD]):
        return None
    text = plain.decode("utf-8-sig", "replace")
    lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] not in "#%"]
    if not lines:
        raise GraphError(f"{path}: must hold ties, two accounts a line; got none.")
    sign = next((sign for sign in ("\t", ",", ";") if sign in lines[0][1]), None)
    first = _cells(lines[0][1], sign)
    lower = [name.strip().lower() for name in first]
    pair = next((pair for pair in HEADERS if set(pair) <= set(lower)), None)
    if pair is None and len(first) > 3:
        raise GraphError(f"{path}: line {lines[0][0]}: must hold two accounts, or name the columns {HEADERS[0][0]} and "
                         f"{HEADERS[0][1]}; got {len(first)} cells.")  # fmt: skip
    places = (0, 1) if pair is None else (lower.index(pair[0]), lower.index(pair[1]))
    one, other = [], []
    for number, line in lines[pair is not None :]:
        cells = _cells(line, sign)
        if len(cells) <= max(places) or not (cells[places[0]].strip() and cells[places[1]].strip()):
            raise GraphError(f"{path}: line {number}: must hold two accounts; got {reprlib.repr(line)}.")
        one.append(cells[places[0]].strip())
        other.append(cells[places[1]].strip())
    return one, other


def _cells(line: str, sign: str | None) -> list[str]:
    return line.split() if sign is None else next(csv.reader(io.StringIO(line), delimiter=sign), [])


def _is_our_own(head: bytes) -> bool:
    """Return whether a CSV has the columns follower and followee, and a number among the ends of its first tie."""
    rows = csv.reader(io.StringIO(head.decode("utf-8-sig", "replace")))
    try:
        filled = [row for row in rows if row]
        header, first = (*filled[:2], [], [])[:2]
    except csv.Error:
        return True
    if not {*HEADERS[0]} <= {*header}:
        return False
    ends = [first[header.index(name)].strip() for name in HEADERS[0] if header.index(name) < len(first)]
    return len(ends) < 2 or any(end.isascii() and end.isdigit() and len(end) < _LONG for end in ends)


def _numbered(path: Path, one: list[str], other: list[str]) -> OwnNetwork:
    if not one:
        raise GraphError(f"{path}: must have a row after its header; got none.")
    codes = pa.array([name for pair in zip(one, other, strict=True) for name in pair]).dictionary_encode()
    ends = codes.indices.to_numpy().astype(np.int64).reshape(-1, 2)
    return _graph(path, ends[:, 0], ends[:, 1], tuple(codes.dictionary.to_pylist()))


def _graph(path: Path, one: NDArray[np.int64], other: NDArray[np.int64], ids: tuple[str, ...]) -> OwnNetwork:
    loops = one == other
    if loops.all():
        raise GraphError(f"{path}: must hold a tie between two accounts; got none.")
    graph = FollowerGraph.from_ties(one[~loops], other[~loops], len(ids))
    return OwnNetwork(graph, ids, int(np.count_nonzero(loops)))
