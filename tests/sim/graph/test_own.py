"""A network of one's own, in every form in which it comes, is the same graph; its size is that of the public."""

from __future__ import annotations

import gzip
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from sim import InfluenceModel, load_scenario
from sim.graph.csr import GraphError
from sim.graph.io import write_edge_list
from sim.graph.own import OwnNetwork, read_network, sized

DRAWN = nx.gnp_random_graph(30, 0.1, seed=4, directed=True)
TIES = [(f"id{one}", f"id{other}") for one, other in DRAWN.edges]
NAMED = nx.DiGraph(TIES)


def ties(network: OwnNetwork) -> set[tuple[str, str]]:
    """Return who follows whom, by id."""
    assert network.ids is not None
    graph = network.graph
    return {
        (network.ids[follower], network.ids[int(followee)])
        for follower in range(graph.n)
        for followee in graph.indices[graph.indptr[follower] : graph.indptr[follower + 1]]
    }  # fmt: skip


def lines(sign: str, header: str = "", comment: str = "") -> str:
    return "".join(f"{line}\n" for line in [comment, header, *(sign.join(tie) for tie in TIES)] if line)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ties.csv", lines(",", "source,target")),
        ("ties.csv", lines(",", "follower,followee")),
        ("ties.csv", lines(",")),
        ("ties.csv", lines(";", "Source;Target")),
        ("ties.tsv", lines("\t", "from\tto")),
        ("snap.txt", lines(" ", comment="# FromNodeId ToNodeId")),
        ("snap.edges", lines("\t", comment="% of a collection")),
    ],
)
def test_edge_lists_are_read_with_and_without_a_header(name: str, text: str, tmp_path: Path):
    (tmp_path / name).write_text(text)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    for path in (tmp_path / name, tmp_path / f"{name}.gz"):
        assert ties(read_network(path)) == set(TIES)


def test_networkx_files_and_parquet_are_the_same_graph(tmp_path: Path):
    nx.write_graphml(NAMED, tmp_path / "ties.graphml")
    nx.write_graphml(NAMED, tmp_path / "packed.graphml.gz")
    nx.write_gml(NAMED, tmp_path / "ties.gml")
    pd.DataFrame(TIES, columns=["source", "target"]).to_parquet(tmp_path / "ties.parquet")
    for name in ("ties.graphml", "packed.graphml.gz", "ties.gml", "ties.parquet"):
        assert ties(read_network(tmp_path / name)) == set(TIES), name


def test_ties_of_an_undirected_graph_go_both_ways(tmp_path: Path):
    nx.write_gml(nx.Graph([("a", "b"), ("b", "c")]), tmp_path / "ties.gml")
    assert ties(read_network(tmp_path / "ties.gml")) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}


def test_our_own_files_keep_their_numbers(tmp_path: Path):
    (tmp_path / "ties.csv").write_text("follower,followee\n7,0\n3,7\n")
    network = read_network(tmp_path / "ties.csv")
    assert network.ids is None
    assert (network.graph.n, network.graph.n_ties) == (8, 2)


def test_it_is_said_what_was_read_and_that_a_graph_is_almost_empty(tmp_path: Path):
    (tmp_path / "ties.txt").write_text("a b\na a\nc d\n")
    assert str(read_network(tmp_path / "ties.txt")) == (
        "4 accounts, 2 ties, 0.5 follows an account; 1 ties of an account to itself were left out; the graph is almost "
        "empty, and next to nothing spreads on it"
    )
    assert "empty" not in str(read_network(_written(tmp_path / "more.txt", "a b\nb c\nc a\n")))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ties.dat", "a b\n", "the name must end in .csv, .tsv"),
        ("ties.txt", "", "must hold ties, two accounts a line; got none."),
        ("ties.txt", "# nothing\n", "must hold ties, two accounts a line; got none."),
        ("ties.txt", "a b\nc\n", "line 2: must hold two accounts; got 'c'."),
        ("ties.csv", "source,target\na,b\nc,\n", "line 3: must hold two accounts; got 'c,'."),
        ("ties.csv", "a,b,c,d\n", "line 1: must hold two accounts, or name the columns follower and followee; got 4"),
        ("ties.csv", "source,target\n", "must have a row after its header; got none."),
        ("ties.txt", "a a\n", "must hold a tie between two accounts; got none."),
        ("ties.gml", "graph [", "cannot be read as GML: "),
        ("ties.graphml", "<graphml>", "cannot be read as GRAPHML: "),
        ("ties.parquet", "PAR1", "cannot be read: "),
    ],
)
def test_a_wrong_network_is_refused_in_one_line(name: str, text: str, says: str, tmp_path: Path):
    with pytest.raises(GraphError) as refused:
        read_network(_written(tmp_path / name, text))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / name))


def test_the_public_is_as_large_as_its_network_and_the_layers_keep_their_proportions(tmp_path: Path):
    graph = nx.gnp_random_graph(500, 0.02, seed=1, directed=True)
    path = _written(tmp_path / "ties.csv", "".join(f"p{one},p{other}\n" for one, other in graph.edges))
    config = load_scenario("hk2019", scale=0.05, overrides=[f"graph.edge_list={path}", "scenario.days=2"])
    n = len({end for tie in graph.edges for end in tie})
    scenario = sized(config).scenario
    assert scenario.n_organic == n
    assert scenario.n_amplifiers == round(config.scenario.amplifiers * n / config.scenario.organic)
    model = InfluenceModel(config)
    assert model.config.scenario.n_organic == n
    assert model.world.graph.n_ties >= graph.number_of_edges()
    model.run()


def test_a_network_of_the_size_of_the_public_changes_no_scale(tmp_path: Path):
    write_edge_list(read_network(_written(tmp_path / "a.txt", "a b\nb c\nc a\n")).graph, tmp_path / "ties.csv")
    config = load_scenario(
        "hk2019", overrides=["scenario.organic=3", "scenario.scale=1", f"graph.edge_list={tmp_path / 'ties.csv'}"]
    )
    assert sized(config) is config
