"""Edge lists are read as they were written; a bad one is refused by file, line or row, value and what is allowed."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.graph.csr import FollowerGraph, GraphError
from sim.graph.io import read_edge_list, write_edge_list

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".parquet.gz")
HEADER = b"follower,followee\n"


def same(a: FollowerGraph, b: FollowerGraph) -> bool:
    return np.array_equal(a.indptr, b.indptr) and np.array_equal(a.indices, b.indices)


def refused(path: Path, n: int | None = 5) -> str:
    """Return what a file is refused with: one line that begins with its name, which is cut off, and ends with a dot."""
    with pytest.raises(GraphError) as error:
        read_edge_list(path, n)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(".")
    assert len(message.splitlines()) == 1
    return message.removeprefix(f"{path}: ")


@st.composite
def graphs(draw: st.DrawFn) -> FollowerGraph:
    n = draw(st.integers(2, 300))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    ties = draw(st.lists(ends.filter(lambda tie: tie[0] != tie[1]), min_size=1))
    return FollowerGraph.from_ties([a for a, _ in ties], [b for _, b in ties], n)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(graph=graphs())
@settings(max_examples=50, deadline=None)
def test_what_was_written_is_read_again(suffix: str, graph: FollowerGraph):
    with tempfile.TemporaryDirectory() as folder:
        write_edge_list(graph, Path(folder) / f"ties{suffix}")
        assert same(read_edge_list(Path(folder) / f"ties{suffix}", graph.n), graph)
        assert [path.name for path in Path(folder).iterdir()] == [f"ties{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_n_the_largest_number_is_the_last_account(tmp_path: Path, suffix: str):
    graph = FollowerGraph.from_ties([0, 3], [7, 1], 20)
    write_edge_list(graph, tmp_path / f"ties{suffix}")
    assert same(read_edge_list(tmp_path / f"ties{suffix}"), FollowerGraph.from_ties([0, 3], [7, 1], 8))


def test_pandas_and_networkx_files_are_read(tmp_path: Path):
    graph = FollowerGraph.from_networkx(nx.gnp_random_graph(40, 0.1, seed=1, directed=True))
    frame = nx.to_pandas_edgelist(graph.to_networkx(), source="follower", target="followee")
    frame["weight"] = 1.5
    frame.to_csv(tmp_path / "ties.csv")  # with an index, a column without a name
    frame[["weight", "followee", "follower"]].to_parquet(tmp_path / "ties.parquet", compression="zstd")
    for name in ("ties.csv", "ties.parquet"):
        assert same(read_edge_list(tmp_path / name, graph.n), graph)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + b"0,1\n1,2\n",
        b"\xef\xbb\xbf" + HEADER + b"0,1\n1,2\n",
        b"follower,followee\r\n0,1\r\n1,2\r\n",
        b"follower,followee\r0,1\r1,2\r",
        b"\n\n" + HEADER + b"\n0,1\n\n\n1,2",
        HEADER + b" 0 ,\t1\n001,0002\n",
        HEADER + b"0,1\n1,2\n0,1\n0,1\n",
        b'"followee","follower"\n"1","0"\n"2","1"\n',
        b'follower,note,followee\n0,"two\nlines, ""0x1F""",1\n1,\xff,2\n',
    ],
    ids=["plain", "bom", "crlf", "cr", "empty lines", "spaces", "repeated", "quoted", "other column"],
)
def test_a_csv_is_read_however_it_was_written(tmp_path: Path, text: bytes):
    expected = FollowerGraph.from_ties([0, 1], [1, 2], 3)
    (tmp_path / "ties.csv").write_bytes(text)
    (tmp_path / "ties.csv.gz").write_bytes(gzip.compress(text))
    assert same(read_edge_list(tmp_path / "ties.csv"), expected)
    assert same(read_edge_list(tmp_path / "ties.csv.gz"), expected)


@pytest.mark.parametrize("text", [HEADER, HEADER.strip()])
@pytest.mark.parametrize("n", [5, None])
def test_a_header_alone_is_no_graph(tmp_path: Path, text: bytes, n: int | None):
    (tmp_path / "ties.csv").write_bytes(text)
    assert refused(tmp_path / "ties.csv", n) == "must have a row after its header; got none."
    write_edge_list(FollowerGraph.from_ties([], [], 5), tmp_path / "none.parquet")
    assert refused(tmp_path / "none.parquet", n) == "must have a row after its header; got none."


def test_an_edge_list_without_a_name_is_refused():
    with pytest.raises(GraphError, match=r"an edge list must have a name; got ''\."):
        read_edge_list("")


@pytest.mark.parametrize(
    "cell",
    ["x", "-1", "+1", "1.0", "1.5", "1e3", "0x3", "1_0", "nan", "NULL", "true", "5", "1\0", "3000000000", "9" * 25, ""],
)
def test_a_cell_that_is_no_account_is_shown_with_its_line(tmp_path: Path, cell: str):
    for line, name, rows in ((3, "followee", f"0,1\n1,{cell}\n2,1\n"), (2, "follower", f"{cell},1\nx,1\n")):
        (tmp_path / "ties.csv").write_text("follower,followee\n" + rows)
        expected = f"line {line}: {name} must be a whole number in [0, 5); got {cell!r}."
        assert refused(tmp_path / "ties.csv") == expected


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (b"0,1\n2,2\n", "line 3: followee must not be the follower itself; got 2 twice."),
        (b'0,1\n"2",02\n', "line 3: followee must not be the follower itself; got 2 twice."),
        (b"0,1\r\n1,z\r\n", "line 3: followee must be a whole number in [0, 5); got 'z'."),
        (b"0,1\r1,z\r", "line 3: followee must be a whole number in [0, 5); got 'z'."),
        (b"\n\n1,z\n", "line 4: followee must be a whole number in [0, 5); got 'z'."),
        (b'0,"1\n2"\n', "line 2: followee must be a whole number in [0, 5); got '1\\n2'."),
        (b"0,1\x00\n", "line 2: followee must be a whole number in [0, 5); got '1\\x00'."),
        (b"0,\xff\n", "line 2: followee must be a whole number in [0, 5); got '\ufffd'."),
        (b"0,\xc2\xa01\n", "line 2: followee must be a whole number in [0, 5); got '\\xa01'."),
        ("0,٣\n".encode(), "line 2: followee must be a whole number in [0, 5); got '٣'."),
        (b"0," + b"9" * 5000, "line 2: followee must be a whole number in [0, 5); got '999999999999...9999999999999'."),
        (b"0" * 5000 + b",1\n0,x", "line 3: followee must be a whole number in [0, 5); got 'x'."),
        (b"0,1\n1\n", "line 3: must have 2 cells, as the header has; got 1."),
        (b"0,1,2\n", "line 2: must have 2 cells, as the header has; got 3."),
        (b'0,1\n1,"2\n', "line 3: must be a row of CSV; unexpected end of data."),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, rows: bytes, message: str):
    (tmp_path / "ties.csv").write_bytes(HEADER + rows)
    assert refused(tmp_path / "ties.csv") == message


def test_lines_are_counted_through_cells_of_several_lines(tmp_path: Path):
    (tmp_path / "ties.csv").write_bytes(b'follower,note,followee\n0,"a\nb\nc",1\n1,,7\n')
    assert refused(tmp_path / "ties.csv") == "line 5: followee must be a whole number in [0, 5); got '7'."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"follower,friend\n0,1\n", "'follower', 'friend'"),
        (b"Follower,Followee\n0,1\n", "'Follower', 'Followee'"),
        (b"follower, followee\n0,1\n", "'follower', ' followee'"),
        (b"follower;followee\n0;1\n", "'follower;followee'"),
        (b"follower,followee,follower\n0,1,0\n", "'follower', 'followee', 'follower'"),
        (b"0,1\n1,2\n", "'0', '1'"),
        (b"", "none"),
        (b"\n\n", "none"),
    ],
)
def test_columns_that_are_missing_or_there_twice_are_refused(tmp_path: Path, text: bytes, found: str):
    (tmp_path / "ties.csv").write_bytes(text)
    expected = f"the columns must include follower and followee, once each; got {found}."
    assert refused(tmp_path / "ties.csv") == expected


@pytest.mark.parametrize(
    ("followers", "message"),
    [
        (pa.array([0, None]), "row 2: follower must be a whole number in [0, 5); got None."),
        (pa.array([0, -3]), "row 2: follower must be a whole number in [0, 5); got -3."),
        (pa.array([0, 5]), "row 2: follower must be a whole number in [0, 5); got 5."),
        (pa.array([0, 2**64 - 1], pa.uint64()), f"row 2: follower must be a whole number in [0, 5); got {2**64 - 1}."),
        (pa.array([0, 2], pa.int8()), "row 2: followee must not be the follower itself; got 2 twice."),
        (pa.array([0.0, 1.0]), "column 'follower' must be of a whole-number type; got double."),
        (pa.array(["0", "1"]), "column 'follower' must be of a whole-number type; got string."),
        (pa.array([True, False]), "column 'follower' must be of a whole-number type; got bool."),
        (pa.array([[0], [1]]), "column 'follower' must be of a whole-number type; got list<element: int64>."),
    ],
)
def test_a_bad_row_of_a_parquet_file_is_named(tmp_path: Path, followers: pa.Array, message: str):
    table = pa.table({"follower": followers, "followee": [1, 2]})
    pyarrow.parquet.write_table(table, tmp_path / "ties.parquet")
    assert refused(tmp_path / "ties.parquet") == message


def test_parquet_columns_that_are_missing_or_there_twice_are_refused(tmp_path: Path):
    for names in (["follower", "x"], ["follower", "follower"]):
        table = pa.table([pa.array([0]), pa.array([1])], names=names)
        pyarrow.parquet.write_table(table, tmp_path / "ties.parquet")
        found = ", ".join(map(repr, names))
        expected = f"the columns must include follower and followee, once each; got {found}."
        assert refused(tmp_path / "ties.parquet") == expected


PACKED = gzip.compress(HEADER + b"0,1\n", mtime=0)  # the time of day would be in the names of tests


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ties.csv.gz", PACKED[:-6], "Compressed file ended before"),
        ("ties.csv.gz", PACKED[:-8] + bytes(8), "CRC check failed"),
        ("ties.csv.gz", PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "Error -3 while decompressing"),
        ("ties.csv.gz", HEADER, "Not a gzipped file"),
        ("ties.parquet", b"", "size is 0 bytes"),
        ("ties.parquet", HEADER, "magic bytes not found"),
        ("ties.parquet", b"PAR1" + bytes(40) + b"PAR1", ""),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(tmp_path: Path, name: str, content: bytes, reason: str):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path / name)
    assert message.startswith("cannot be read: ")
    assert reason in message


def test_a_file_that_is_not_there_or_is_none_is_refused(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file.csv").touch()
    assert refused(tmp_path / "none.csv") == "cannot be read: No such file or directory."
    assert refused(tmp_path / "folder.csv") == "cannot be read: Is a directory."
    assert refused(tmp_path / "file.csv" / "ties.csv") == "cannot be read: Not a directory."
    assert refused(tmp_path / "zero\0.csv") == "cannot be read: embedded null byte."


@pytest.mark.parametrize("name", ["ties.txt", "ties", "ties.gz", "ties.CSV", ".csv", "ties.parquet.bz2"])
def test_a_name_that_says_nothing_of_the_format_is_refused(tmp_path: Path, name: str):
    expected = f"the name must end in .csv, .csv.gz, .parquet or .parquet.gz; got {name!r}."
    assert refused(tmp_path / name) == expected
    with pytest.raises(GraphError, match=r"the name must end in"):
        write_edge_list(FollowerGraph.from_ties([0], [1], 2), tmp_path / name)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path):
    graph = FollowerGraph.from_ties([0], [1], 2)
    (tmp_path / "ties.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        write_edge_list(graph, tmp_path / "ties.csv")
    with pytest.raises(FileNotFoundError):
        write_edge_list(graph, tmp_path / "none" / "ties.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["ties.csv"]
