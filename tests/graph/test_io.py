"""Edge lists are read as they were written, and a bad one is refused by file, row and value."""

from __future__ import annotations

import gzip
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from sim.graph.csr import FollowerGraph, GraphError
from sim.graph.io import read_edge_list, write_edge_list


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".parquet.gz"])
def test_what_was_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    graph = FollowerGraph.from_networkx(nx.gnp_random_graph(40, 0.1, seed=1, directed=True))
    write_edge_list(graph, tmp_path / f"ties{suffix}")
    again = read_edge_list(tmp_path / f"ties{suffix}", n=40)
    assert np.array_equal(graph.indptr, again.indptr)
    assert np.array_equal(graph.indices, again.indices)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("follower,followee\n0,1\n2,2\n", ("row 2", "itself", "2")),
        ("follower,followee\n0,1\n1,7\n", ("row 2", "7")),
        ("follower,followee\n0,1\n-1,0\n", ("row 2", "-1")),
        ("follower,followee\n0,x\n", ("row 1", "x")),
        ("follower,followee\n0,1.5\n", ("row 1", "1.5")),
        ("follower,followee\n0,\n", ("row 1", "followee")),
        ("follower,friend\n0,1\n", ("followee", "friend")),
        ("", ("ties.csv",)),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, text: str, named: tuple[str, ...]) -> None:
    path = tmp_path / "ties.csv"
    path.write_text(text)
    with pytest.raises(GraphError) as error:
        read_edge_list(path, n=5)
    for word in ("ties.csv", *named):
        assert word in str(error.value)


@pytest.mark.parametrize("name", ["none.csv", "ties.txt", "folder.csv"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "ties.txt").write_text("follower,followee\n0,1\n")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(GraphError, match=name):
        read_edge_list(tmp_path / name)


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ties.csv.gz"
    path.write_bytes(gzip.compress(b"follower,followee\n0,1\n")[:-6])
    with pytest.raises(GraphError, match=r"ties\.csv\.gz"):
        read_edge_list(path)
